"""Outcomes by number of sessions: counts by hand, dependence of rate and ending, and the words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.dose.courses import TOGETHER
from outcomes.models.dose.people import Stratum, strata_of
from outcomes.proportions import wilson
from outcomes.schema.verdicts import Verdict

NORMS = {
    "direction": "lower", "reliability": 0.85, "sd": 4.0, "criterion": "c",
    "clinical_mean": 17.0, "clinical_sd": 3.5, "functional_mean": 6.0, "functional_sd": 3.0,
}  # fmt: skip
# What a causal sentence about sessions would need.
CAUSAL = (
    "because", "leads to", "led to", "thanks to", "caused by", "due to", "the effect of",
    "more sessions help", "need more sessions", "works", "results in",
)  # fmt: skip


def world(n=600, *, seed=1, ending="good enough", pace=None):
    """People who each improve by their own positive amount at every session.

    `ending` "good enough": they end at their own target, so that the fast end early. "leaving":
    those who improve slowly leave early, the fast stay. A further session would make every
    single one of them better, in both worlds alike.
    """
    rng = np.random.default_rng(seed)
    paces = rng.lognormal(0, 0.6, n) if pace is None else np.full(n, pace)
    people, scores = [], []
    for person in range(n):
        start = rng.normal(18, 3)
        course = [start]
        for session in range(1, 25):
            course.append(start - paces[person] * session + rng.normal(0, 1.5))
            if ending == "good enough":
                done = course[-1] < rng.normal(10, 1.5)
            elif ending == "at random":
                done = rng.random() < 0.15 and session > 1
            else:
                done = rng.random() < 0.4 / (1 + 4 * paces[person] ** 2) or session == 12
            if done:
                break
        key = (f"c{person}", f"e{person}")
        reason = "completed" if course[-1] < 11 else "dropped_out"
        people.append((*key, start, course[-1], len(course) - 1, reason, paces[person]))
        scores += [(*key, number, 7 * number, s, start) for number, s in enumerate(course)]
    frame = pd.DataFrame(
        people,
        columns=[
            "client_id", "episode_id", "pre", "post", "sessions_attended", "end_reason", "pace",
        ],
    )  # fmt: skip
    columns = ["client_id", "episode_id", "number", "day", "score", "start"]
    frame = frame.assign(
        ended_on=pd.Timestamp("2026-01-01"), arm=np.where(np.arange(n) % 2, "therapy", "coaching")
    )
    return frame, pd.DataFrame(scores, columns=columns)


def changed(frame, **options):
    return oc.change(frame, pre="pre", post="post", **NORMS, **options)


def shares(result, measure="reliable_improvement"):
    rows = result.strata[result.strata["measure"].eq(measure)]
    return rows.set_index("stratum")


def test_counts_and_intervals_by_hand():
    frame = pd.DataFrame(
        {
            "pre": [20.0, 20, 20, 20, 20, 20, 8, 20],
            "post": [6.0, 14, 20, np.nan, 6, 20, 7, 6],
            "sessions_attended": [1, 1, 1, 1, 6, 7, 8, np.nan],
            "ended_on": [*[pd.Timestamp("2026-01-01")] * 6, pd.Timestamp("2026-01-01"), pd.NaT],
            "end_reason": ["completed", *["dropped_out"] * 3, "completed", "completed", None, None],
        }
    )
    result = oc.dose(changed(frame), strata=(1, 5))
    assert (result.n_in, result.n_used) == (8, 7)
    assert result.left_out == {"no number of sessions": 1}
    better = shares(result)
    assert better.loc["1 session" if "1 session" in better.index else "1 to 4 sessions", "n"] == 2
    first = result.share("1 to 4 sessions", "reliable_improvement")
    assert (first["n"], first["n_total"]) == (2, 3)
    assert (first["low"], first["high"]) == pytest.approx(wilson(2, 3))
    recovered = result.share("5 or more sessions", "reliable_recovery")
    assert (recovered["n"], recovered["n_total"]) == (1, 2)  # one was healthy at the start
    planned = result.share("5 or more sessions", "planned_ending")
    assert (planned["n"], planned["n_total"]) == (2, 3)
    both = result.share("1 to 4 sessions", "both_scores")
    assert (both["n"], both["n_total"]) == (3, 4)
    single = result.counts[result.counts["measure"].eq("both_scores")]
    assert single["stratum"].tolist() == ["1 session", "6 sessions", "7 sessions", "8 sessions"]


def test_means_are_t_intervals_and_the_contrast_has_welchs_error():
    frame, _ = world(200)
    result = oc.dose(changed(frame), strata=(1, 5))
    gain = frame["pre"] - frame["post"]
    few = frame["sessions_attended"] < 5
    row = result.means[result.means["measure"].eq("change")].iloc[0]
    expected = stats.ttest_1samp(gain[few], 0).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    pace = gain / frame["sessions_attended"]
    welch = stats.ttest_ind(pace[~few], pace[few], equal_var=False).confidence_interval(0.95)
    contrast = result.contrasts.iloc[0]
    assert contrast["difference"] == pytest.approx(pace[~few].mean() - pace[few].mean())
    # The same standard error; Bell and McCaffrey's df are not quite Welch's.
    assert (contrast["low"], contrast["high"]) == pytest.approx((welch.low, welch.high), rel=0.01)


@pytest.mark.parametrize(("ending", "sign"), [("good enough", -1), ("leaving", 1)])
def test_the_sign_of_a_naive_dose_response_is_that_of_the_rule_of_ending(ending, sign):
    # In both worlds a session more makes everybody better, by the same paces.
    frame, scores = world(900, ending=ending)
    assert (frame["pace"] > 0).all()
    result = oc.dose(changed(frame), scores, strata=(1, 3, 6, 9))
    naive = stats.spearmanr(frame["sessions_attended"], frame["pace"]).statistic
    assert np.sign(naive) == sign
    contrast = result.contrasts.iloc[0]
    assert np.sign(contrast["difference"]) == sign
    assert contrast["low"] * contrast["high"] > 0
    # The result says what it sees as description, with the same warning in both worlds.
    for text in (repr(result), result._repr_html_(), result.explain(), *result.sentences()):
        assert not any(word in text.lower() for word in CAUSAL)
    for text in (repr(result), result._repr_html_(), result.explain()):
        assert "Ending is part of the outcome" in text
    for kind in ("shares", "counts", "courses"):
        assert "Ending is part of the outcome" in result.plot(kind=kind).caption


def test_where_ending_has_nothing_to_do_with_change_the_courses_agree():
    frame, scores = world(400, pace=1.0, ending="at random")
    result = oc.dose(changed(frame), scores, strata=(1, 6))
    pace = result.means[result.means["measure"].eq("change_per_session")]["mean"]
    assert pace.to_numpy() == pytest.approx([1.0, 1.0], abs=0.15)


def test_the_curve_of_everybody_flattens_though_no_persons_course_does():
    frame, scores = world(1500)
    result = oc.dose(changed(frame), scores)
    lines = result.courses[result.courses["stratum"].eq(TOGETHER)].set_index("number")["mean"]
    early, late = lines[3] / 3, (lines[15] - lines[9]) / 6
    assert late < 0.5 * early
    # Among those with one total, the first half and the second half of the course are alike.
    some = frame[frame["sessions_attended"].between(9, 12)]["client_id"]
    within = scores[scores["client_id"].isin(some)]
    steps = within.assign(gain=within["start"] - within["score"]).groupby("number")["gain"].mean()
    assert steps[8] / 8 == pytest.approx(steps[4] / 4, rel=0.2)


def test_fast_and_slow_strata_are_told_in_words():
    frame, _ = world(900)
    result = oc.dose(changed(frame))
    pattern = result.pattern.iloc[0]
    assert pattern["verdict"] == Verdict.SUPPORTED
    assert "changed less with each session" in pattern["words"]
    few = oc.dose(changed(frame.head(12)))
    assert few.pattern.iloc[0]["verdict"] == Verdict.CANNOT_TELL
    assert "oc.first_change" in result.explain()
    assert all(text.startswith("Of those who had") for text in result.sentences())


def test_open_episodes_are_not_counted_and_are_told():
    frame, _ = world(60)
    frame.loc[:9, "ended_on"] = pd.NaT
    result = oc.dose(changed(frame))
    assert result.n_used == 50
    assert result.left_out == {"still open": 10}
    assert "10 left out: still open" in repr(result)
    whole = oc.dose(changed(frame.drop(columns="ended_on")))
    assert whole.n_used == 60
    assert any("who has ended" in text for text in whole.warnings)
    assert whole.warnings[0].startswith("Ending is part")


def test_clusters_widen_and_groups_are_kept_apart():
    frame, scores = world(400)
    frame = frame.assign(practitioner=np.repeat(np.arange(20), 20))
    frame["post"] = frame["post"] + 4 * (frame["practitioner"] % 2)
    alone = shares(oc.dose(changed(frame), strata=(1,)))
    together = shares(oc.dose(changed(frame), strata=(1,), cluster="practitioner"))
    assert (together["high"] - together["low"] > alone["high"] - alone["low"]).all()
    result = oc.dose(changed(frame, by="arm"), scores)
    assert set(result.strata["group"]) == {"coaching", "therapy"}
    assert result.by == "arm"
    assert all(text.startswith("In ") for text in result.sentences("planned_ending"))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_row_order_and_a_person_without_scores_change_nobody(seed):
    frame, scores = world(60)
    result = oc.dose(changed(frame), scores)
    empty = frame.iloc[:1].assign(client_id="new", episode_id="new", pre=np.nan, post=np.nan)
    more = pd.concat([frame, empty]).sample(frac=1, random_state=seed)
    other = oc.dose(changed(more), scores.sample(frac=1, random_state=seed))
    asked = ["reliable_improvement", "reliable_recovery"]
    pd.testing.assert_frame_equal(
        result.strata[result.strata["measure"].isin(asked)].reset_index(drop=True),
        other.strata[other.strata["measure"].isin(asked)].reset_index(drop=True),
    )
    pd.testing.assert_frame_equal(result.courses, other.courses)


def test_strata():
    assert [one.label for one in strata_of((1, 2, 5))] == [
        "1 session", "2 to 4 sessions", "5 or more sessions",
    ]  # fmt: skip
    assert Stratum(2, 4).holds(np.array([1, 2, 4, 5])).tolist() == [False, True, True, False]
    for wrong in ((), (0, 2), (3, 2), (1, 2.5)):
        with pytest.raises(UsageError, match="rising whole numbers"):
            strata_of(wrong)


def test_a_frame_needs_a_direction_and_its_columns():
    frame, scores = world(30)
    decided = changed(frame).to_frame()
    assert oc.dose(decided, direction="lower").n_used == 30
    with pytest.raises(UsageError, match="Which score is better"):
        oc.dose(decided)
    with pytest.raises(UsageError, match="lacks columns"):
        oc.dose(frame.drop(columns="pre"), direction="lower")
    with pytest.raises(UsageError, match="lacks columns"):
        oc.dose(changed(frame.drop(columns="sessions_attended")))
    with pytest.raises(UsageError, match="trajectories"):
        oc.dose(changed(frame), scores.drop(columns="start"))
    with pytest.raises(NotEnoughData, match="Nobody has ended"):
        oc.dose(changed(frame.assign(ended_on=pd.NaT)))


def test_the_example_practice(example_study):
    pairs = oc.pairs(example_study, "phq9")
    result = oc.dose(oc.change(pairs, instrument="phq9", by="arm"), cluster="practitioner_id")
    rows = result.strata[result.strata["measure"].eq("both_scores")]
    assert rows["n_total"].sum() == result.n_used
    assert result.unit == "points"

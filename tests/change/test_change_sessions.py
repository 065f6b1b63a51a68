"""Change over the sessions: small cases by hand, published vectors, and what must not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

import outcomes as oc
from outcomes.change.sessions.gains import Criteria, find_intervals
from outcomes.change.sessions.grid import grid
from outcomes.change.sessions.incidence import COMPETING, EVENT, OPEN, Observed, incidence
from outcomes.change.sessions.rule import Measure, find_rule
from outcomes.errors import NotEnoughData, UsageError

PRINTED = 5e-5  # four printed decimals
EXACT = 1e-7  # self-consistency is iterated until shares move less than 1e-9
SCALE = {"direction": "lower", "reliability": 0.8, "sd": 7.5}  # threshold 9.297
NONE = None


def course(*scores, client="c", days=7, **more):
    rows = [
        {"client_id": client, "episode_id": f"e-{client}", "number": k, "day": k * days, "score": s}
        for k, s in enumerate(scores)
        if s is not None
    ]
    return pd.DataFrame(rows).assign(**more)


def together(*frames):
    return pd.concat(frames, ignore_index=True)


def rule_of(threshold, direction="lower"):
    # z * sqrt(2) * sd * sqrt(1 - r) with r = .5 is z * sd, "exceeds"; just below the wanted size.
    sd = (threshold - 1e-6) / 1.959963984540054
    return find_rule(grid(course(10.0, 11.0)), Measure(direction=direction, reliability=0.5, sd=sd))


CRITERIA = Criteria(share=0.25, alpha=0.05, window=3)


class TestSuddenGains:
    # Wiedemann et al., suddengains, tests of identify_sg: x_2n, x_1n, x_n, x_n1, x_n2, x_n3 with
    # cut-off 7, and whether the intervals 2-3, 3-4, 4-5 are sudden gains (None: cannot be told).
    VECTORS = (
        ((28, 19, 23, 12, 13, NONE), (0, 0, NONE)),
        ((28, 19, 23, 11, 12, NONE), (0, 1, NONE)),
        ((28, 19, NONE, 12, 13, NONE), (NONE, NONE, NONE)),
        ((28, 19, 23, 12, 14, NONE), (0, 0, NONE)),
        ((28, 25, 28, 11, 12, NONE), (0, 1, NONE)),
        ((28, 26, 28, 11, 12, NONE), (0, 1, NONE)),
        ((NONE, 26, 28, NONE, 12, 11), (NONE, NONE, NONE)),
        ((35, 37, 23, 23, 24, 21), (1, 0, 0)),
        ((35, 37, 34, 24, 24, 21), (0, 1, 0)),
        ((35, 37, 34, 34, 24, 21), (0, 0, 1)),
        ((35, 37, 34, 37, 37, 37), (0, 0, 0)),
    )

    @pytest.mark.parametrize(("scores", "expected"), VECTORS)
    def test_equals_the_published_vectors_of_suddengains(self, scores, expected):
        matrix = np.array([scores], dtype=float)
        found = find_intervals(matrix, rule_of(7), CRITERIA)
        told = [
            int(gain) if judged else None
            for gain, judged in zip(found.gain[0, 1:4], found.judged[0, 1:4], strict=True)
        ]
        assert told == list(expected)

    @pytest.mark.parametrize(("scores", "expected"), VECTORS)
    def test_a_scale_where_higher_is_better_is_its_mirror(self, scores, expected):
        mirrored = 0 - np.array([scores], dtype=float)
        found = find_intervals(mirrored, rule_of(7, "higher"), CRITERIA)
        assert [bool(v) for v in found.gain[0, 1:4]] == [v == 1 for v in expected]

    def test_a_loss_is_a_gain_turned_round(self):
        up = np.array([[10.0, 11, 10, 25, 24, 26]])
        found = find_intervals(up, rule_of(7), CRITERIA)
        assert found.loss[0].tolist() == [False, False, True, False, False]
        assert not found.gain.any()

    @pytest.mark.parametrize(("drop", "gain"), [(6, False), (7, True), (8, True)])
    def test_the_first_criterion_at_its_boundary(self, drop, gain):
        steady = np.array([[24.0, 24, 24, 24 - drop, 24 - drop, 24 - drop]])
        assert find_intervals(steady, rule_of(7), CRITERIA).gain[0, 2] == gain

    @pytest.mark.parametrize(("before", "gain"), [(27, True), (28, True), (29, False)])
    def test_the_second_criterion_at_its_boundary(self, before, gain):
        steady = np.array([[before] * 3 + [before - 7.0] * 3])
        assert find_intervals(steady, rule_of(7), CRITERIA).gain[0, 2] == gain

    def test_the_third_criterion_is_the_t_of_the_scores_there_are(self):
        before, after = np.array([23.0, 28, 19]), np.array([11.0, 12])
        pooled = np.sqrt((2 * before.var(ddof=1) + after.var(ddof=1)) / 3)
        # 11.83 against 3.182 * 3.70 = 11.78: just above; one point less is just below.
        assert before.mean() - after.mean() > t.ppf(0.975, 3) * pooled
        assert before.mean() - (after.mean() + 0.1) < t.ppf(0.975, 3) * pooled

    def test_counts_people_and_reversals(self):
        frame = together(
            course(35, 37, 34, 20, 19, 21, client="keeps"),
            course(35, 37, 34, 20, 19, 33, client="loses"),
            course(35, 37, client="short"),
        )
        found = oc.sudden_gains(frame, direction="lower", reliability=0.5, sd=3.5)
        people = found.to_frame().set_index("client_id")
        assert people["gains"].to_dict() == {"keeps": 1, "loses": 0, "short": 0}
        assert people.loc["keeps", "largest_gain"] == 14
        assert people.loc["keeps", "first_gain"] == 2
        assert not people.loc["keeps", "reversed"]
        assert (found.n_in, found.n_used) == (3, 2)
        row = found.rates.set_index("measure").loc["sudden_gain"]
        assert (row["n"], row["n_total"]) == (1, 2)

    def test_a_gain_given_back_by_half_is_reversed(self):
        frame = together(
            course(35, 35, 35, 21, 21, 21, 28, client="half"),
            course(35, 35, 35, 21, 21, 21, 27.9, client="less"),
        )
        found = oc.sudden_gains(frame, direction="lower", reliability=0.5, sd=3.5).to_frame()
        assert found.set_index("client_id")["reversed"].to_dict() == {"half": True, "less": False}


class TestSetbacks:
    def test_a_setback_and_its_recovery(self):
        frame = together(
            course(30, 18, 29, 17, client="back"),
            course(30, 18, 29, client="stays"),
            course(30, 25, 20, client="steady"),
            course(30, 40, client="two"),
        )
        people = oc.setbacks(frame, **SCALE).to_frame().set_index("client_id")
        told = people["setback"].astype("object").where(people["setback"].notna(), "not known")
        assert told.to_dict() == {
            "back": True,
            "stays": True,
            "steady": False,
            "two": "not known",
        }
        assert people.loc["back", "setback_at"] == 2
        assert people.loc["back", "recovered"]
        assert not people.loc["stays", "recovered"]

    @pytest.mark.parametrize(("up", "setback"), [(9.29, False), (9.30, True)])
    def test_the_boundary_is_the_reliable_change(self, up, setback):
        people = oc.setbacks(course(30, 18, 18 + up), **SCALE).to_frame()
        assert bool(people["setback"].iloc[0]) is setback

    def test_rates_keep_their_denominators(self):
        frame = together(
            course(30, 18, 29, 17, client="a", arm="x"), course(30, 25, 20, client="b", arm="y")
        )
        rates = oc.setbacks(frame, by="arm", **SCALE).rates.set_index(["group", "measure"])
        assert rates.loc[("x", "setback"), ["n", "n_total"]].tolist() == [1, 1]
        assert rates.loc[("y", "recovered"), "n_total"] == 0
        assert np.isnan(rates.loc[("y", "recovered"), "rate"])


class TestEarlyResponse:
    def test_the_mark_divides_the_scores(self):
        frame = together(
            course(30, 18, 19, client="early", days=28),
            course(30, 29, 15, client="late", days=28),
            course(30, 18, client="no end", days=28),
        )
        result = oc.early_response(frame, **SCALE)
        people = result.to_frame().set_index("client_id")
        assert people["early"].tolist() == [True, False, True]
        assert people["improved_end"].tolist() == [True, True, pd.NA]
        assert result.n_used == 2

    def test_a_score_on_the_day_of_the_mark_is_early(self):
        frame = course(30, 18, 17, days=28)
        assert oc.early_response(frame, by_day=28, **SCALE).to_frame()["early"].iloc[0]
        later = oc.early_response(frame, by_day=27, **SCALE).to_frame()
        assert later["early"].isna().all()

    def test_refuses_a_mark_that_is_no_time(self):
        with pytest.raises(UsageError, match="not after the start"):
            oc.early_response(course(30, 18), by_day=0, **SCALE)


# Breast cosmesis, radiotherapy alone: 46 intervals in months (Finkelstein & Wolfe 1985).
COSMESIS = """
45- 6-10 0-7 46- 46- 7-16 17- 7-14 37-44 0-8 4-11 15- 11-15 22- 46- 46- 25-37 46- 26-40 46-
27-34 36-44 46- 36-48 37- 40- 17-25 46- 11-18 38- 5-12 37- 0-5 18- 24- 36- 5-11 19-35 17-25
24- 32- 33- 19-26 37- 34- 36-
"""
# Turnbull's estimate of the share still without retraction after each of its intervals.
TURNBULL = {5: 0.954, 7: 0.920, 8: 0.832, 12: 0.761, 25: 0.668, 34: 0.586, 40: 0.466}


class TestIncidence:
    def test_equals_turnbulls_published_estimate(self):
        left, right = zip(*(text.split("-") for text in COSMESIS.split()), strict=True)
        starts = np.array([int(value) for value in left])
        ends = np.array([int(value) if value else 0 for value in right])
        cause = np.where(ends > 0, EVENT, OPEN)
        found = incidence(Observed(starts, np.where(ends > 0, ends, starts), cause))
        assert found.converged
        without = 1 - found.event
        for month, share in TURNBULL.items():
            assert without[month - 1] == pytest.approx(share, abs=5e-4)

    def test_equals_aalen_johansen_where_times_are_exact(self):
        from statsmodels.duration.survfunc import CumIncidenceRight

        rng = np.random.default_rng(7)
        time = rng.integers(1, 12, size=200)
        cause = rng.choice([EVENT, COMPETING, OPEN], size=200, p=[0.5, 0.3, 0.2])
        # Left without either at `time`: seen up to and including that week.
        left = np.where(cause == OPEN, time, time - 1)
        found = incidence(Observed(left, time, cause))
        status = np.select([cause == EVENT, cause == COMPETING], [1, 2], 0)
        reference = CumIncidenceRight(time, status)
        expected = pd.Series(reference.cinc[0], index=reference.times)
        for week, share in expected.items():
            assert found.event[int(week) - 1] == pytest.approx(share, abs=EXACT)

    def test_without_censoring_it_is_the_share(self):
        observed = Observed(
            np.array([0, 0, 1, 1]), np.array([1, 1, 2, 2]), np.array([EVENT, COMPETING] * 2)
        )
        found = incidence(observed)
        assert found.event == pytest.approx([0.25, 0.5], abs=EXACT)
        assert found.competing == pytest.approx([0.25, 0.5], abs=EXACT)


class TestFirstChange:
    def test_ending_competes_and_openness_does_not(self):
        frame = together(
            course(30, 18, client="a", ended_on=pd.Timestamp("2026-01-01")),
            course(30, 29, client="b", ended_on=pd.Timestamp("2026-01-01")),
            course(30, 29, client="c", ended_on=pd.NaT),
        )
        found = oc.first_change(frame, seed=1, **SCALE)
        outcome = found.frame.set_index("client_id")["outcome"].to_dict()
        assert outcome == {"a": "improved", "b": "ended before", "c": "still open"}
        assert found.medians.loc[0, ["n_improved", "n_ended_before", "n_open"]].tolist() == [
            1,
            1,
            1,
        ]

    def test_median_by_hand(self):
        people = [course(30, *[29] * k, 18, client=f"c{k}") for k in range(5)]
        found = oc.first_change(together(*people), seed=1, **SCALE)
        assert found.medians["median_week"].iloc[0] == 3

    @pytest.mark.slow
    def test_the_limits_cover_the_true_incidence(self):
        rng = np.random.default_rng(11)
        inside, runs, weeks = 0, 120, 8
        truth = 1 - 0.85**4  # by week 4 with a chance of 0.15 each week
        for _ in range(runs):
            when = rng.geometric(0.15, size=60)
            people = [
                course(30, *[30 if w < k else 15 for w in range(1, weeks + 1)], client=f"c{i}")
                for i, k in enumerate(when)
            ]
            curve = oc.first_change(together(*people), seed=3, **SCALE).curve
            row = curve[curve["week"].eq(4)].iloc[0]
            inside += row["low"] <= truth <= row["high"]
        assert inside / runs == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / runs))


def practice(n=300, seed=5, noise=4.0):
    """People with four scores whose course is a line of the start score."""
    rng = np.random.default_rng(seed)
    start = rng.normal(20, 5, n)
    frames = []
    for i in range(n):
        path = [start[i], *(0.9 * start[i] - 2 * k + rng.normal(0, noise) for k in range(1, 4))]
        frames.append(course(*path, client=f"c{i}"))
    return together(*frames)


class TestOnTrack:
    @pytest.fixture
    def result(self):
        return oc.on_track(practice(), direction="lower", reliability=0.9, sd=5)

    def test_the_band_is_the_line_it_came_from(self, result):
        band = result.band
        at_two = band[band["number"].eq(2)]
        slope = np.polyfit(at_two["start"], at_two["expected"], 1)[0]
        assert slope == pytest.approx(0.9, abs=0.15)  # 300 people, residual SD 4

    def test_about_fifteen_in_a_hundred_are_beyond_the_limit(self, result):
        frame = result.to_frame()
        later = frame[frame["number"].gt(0)]
        beyond = (later["score"] > later["limit"]).mean()
        assert beyond == pytest.approx(0.15, abs=3 * np.sqrt(0.15 * 0.85 / 900))

    def test_nobody_is_judged_by_a_band_of_their_own(self):
        """One person's score may move everybody's limit but not the own."""
        frame = practice(120)
        moved = frame.copy()
        own = moved["client_id"].eq("c0") & moved["number"].gt(0)
        moved.loc[own, "score"] += 50
        scale = {"direction": "lower", "reliability": 0.9, "sd": 5}
        one, two = (oc.on_track(f, **scale).to_frame() for f in (frame, moved))
        mine = one["client_id"].eq("c0")
        assert one.loc[mine, "limit"].equals(two.loc[mine, "limit"])
        assert not one.loc[~mine, "limit"].equals(two.loc[~mine, "limit"])

    def test_values_from_the_table_of_alerts_and_outcomes(self, result):
        rates = result.rates.set_index("measure")
        n = rates["n"]
        assert n["sensitivity"] == n["positive_predictive_value"]
        assert n["specificity"] == n["negative_predictive_value"]
        assert n["sensitivity"] + (rates["n_total"] - n)["specificity"] == n["alert"]

    def test_says_so_where_there_are_too_few(self):
        found = oc.on_track(course(30, 18, 17), **SCALE)
        assert found.n_used == 0
        assert "Too few people" in found.warnings[-1]


CALLS = (
    oc.sudden_gains,
    oc.setbacks,
    oc.early_response,
    oc.first_change,
    oc.on_track,
)


@pytest.mark.parametrize("call", CALLS, ids=lambda f: f.__name__)
class TestAll:
    def test_the_order_of_rows_does_not_matter(self, call):
        frame = practice(40)
        mixed = frame.sample(frac=1, random_state=3)
        one, two = call(frame, **SCALE), call(mixed, **SCALE)
        pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())

    def test_refuses_a_frame_without_scores(self, call):
        empty = practice(2).assign(score=np.nan)
        with pytest.raises(NotEnoughData):
            call(empty, **SCALE)

    def test_refuses_another_instruments_thresholds(self, call):
        with pytest.raises(UsageError, match="thresholds are those of phq9"):
            call(practice(2).assign(instrument="gad7"), instrument="phq9")

    def test_refuses_a_column_that_is_not_there(self, call):
        with pytest.raises(UsageError, match="no column arm"):
            call(practice(2), by="arm", **SCALE)

    def test_explains_itself(self, call):
        result = call(practice(40), **SCALE)
        told = result.explain()
        assert "does not tell" in told
        assert "Source" in told
        assert repr(result).startswith(type(result).__name__)
        assert "<table" in result._repr_html_()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(0, 27) | st.none(), min_size=1, max_size=6), min_size=1, max_size=6
    )
)
def test_an_added_person_changes_nobody_else(courses):
    frames = [course(*scores, client=f"c{i}") for i, scores in enumerate(courses)]
    frame = together(course(20, 15, 10, 8, client="first"), *frames)
    less = frame[frame["client_id"].eq("first")]
    for call in (oc.sudden_gains, oc.setbacks, oc.early_response):
        whole = call(frame, **SCALE).to_frame()
        mine = whole[whole["client_id"].eq("first")].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, call(less, **SCALE).to_frame(), check_dtype=False)


def test_trajectories_of_the_example(root):
    example_study = oc.read(root / "data" / "example")
    frame = oc.trajectories(example_study, "phq9")
    first = frame[frame["number"].eq(0)]
    assert first["day"].eq(0).all()
    assert first["score"].equals(first["start"])
    assert not frame["occasion"].eq("followup").any()
    assert not frame.duplicated(["client_id", "episode_id", "day"]).any()
    pairs = oc.pairs(example_study, "phq9")
    both = pairs[pairs["status"].eq("paired")].merge(
        frame[frame["number"].eq(0)], on=["client_id", "episode_id"]
    )
    assert (both["pre"] == both["start"]).mean() == 1
    oc.setbacks(frame, instrument="phq9", by="arm", cluster="practitioner_id")

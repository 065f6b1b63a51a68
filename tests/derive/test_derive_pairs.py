"""Start and end scores: by occasion and date, never by position; nobody is lost."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.derive import pairs
from outcomes.errors import InstrumentError, UsageError

# Each case: scores as "date value occasion", then the pre and the post that must be found.
SPECIFICATION = {
    "first and last": ("01-05 18 intake|02-01 14 session|04-01 9 end", 18, 9),
    "intake wins over an earlier session": ("01-01 20 session|01-05 18 intake|03-01 7 end", 18, 7),
    "no intake: the earliest session": ("01-08 17 session|02-01 12 session", 17, 12),
    "an occasion that is not stated is a session": ("01-08 17 -|02-01 12 -", 17, 12),
    "the last session is an end score": ("01-05 18 intake|02-01 14 session", 18, 14),
    "a later session beats an earlier end": (
        "01-05 18 intake|02-01 9 end|02-08 11 session",
        18,
        11,
    ),
    "follow-up is not an end score": ("01-05 18 intake|06-01 4 followup", 18, None),
    "one score is no pair": ("01-05 18 intake", 18, None),
    "the end must be later by date": ("01-05 18 intake|01-05 9 end", 18, None),
    "end on the same day as a session: end": (
        "01-05 18 intake|03-01 12 session|03-01 8 end",
        18,
        8,
    ),
    "intake on the same day as a session: intake": ("01-05 3 session|01-05 18 intake", 18, None),
    "an end score alone": ("03-01 8 end", None, 8),
    "a second intake is no end score": ("01-05 18 intake|02-01 9 intake", 18, None),
    "a follow-up alone": ("06-01 4 followup", None, None),
    "zero is a score": ("01-05 18 intake|03-01 0 end", 18, 0),
    "no score": ("", None, None),
}


def study_of(make_study, rows, text: str, year: str = "2026"):
    answers = []
    for part in filter(None, text.split("|")):
        day, value, occasion = part.split()
        word = None if occasion == "-" else occasion
        answers.append(rows.answer("C1", "E1", f"{year}-{day}", float(value), word))
    return make_study([rows.episode("E1", "C1", "therapy", "2026-01-05", "2026-04-01")], answers)


def as_none(value: float) -> float | None:
    return None if pd.isna(value) else value


@pytest.mark.parametrize("case", SPECIFICATION)
def test_specification(make_study, rows, case):
    text, pre, post = SPECIFICATION[case]
    row = pairs(study_of(make_study, rows, text), "phq9").iloc[0]
    assert (as_none(row["pre"]), as_none(row["post"])) == (pre, post)
    status = {
        (True, True): "paired",
        (False, True): "no_start_score",
        (True, False): "no_end_score",
        (False, False): "no_score",
    }
    assert row["status"] == status[(pre is not None, post is not None)]
    assert row["n_scores"] == (text.count("|") + 1 if text else 0)


def test_dates_and_days_belong_to_the_scores(make_study, rows):
    row = pairs(study_of(make_study, rows, "01-05 18 intake|04-01 9 end"), "phq9").iloc[0]
    assert row["days"] == 86
    assert (str(row["pre_on"].date()), str(row["post_on"].date())) == ("2026-01-05", "2026-04-01")
    assert (row["pre_occasion"], row["post_occasion"]) == ("intake", "end")


@pytest.mark.parametrize(
    ("days", "window", "post"),
    [
        (60, 10, 12.0),  # 2026-03-06 is day 60
        (60, 0, 12.0),
        (61, 0, None),
        (150, 30, 5.0),  # a follow-up counts here
        (40, 30, 14.0),  # day 27 is 13 away, day 60 is 20 away
        (43, 30, 14.0),
        (44, 30, 12.0),
        (300, 30, None),
    ],
)
def test_a_fixed_follow_up_takes_the_nearest_score_in_its_window(
    make_study, rows, days, window, post
):
    text = "01-05 18 intake|02-01 14 session|03-06 12 session|06-04 5 followup"
    study = study_of(make_study, rows, text)
    row = pairs(study, "phq9", follow_up_days=days, follow_up_window=window).iloc[0]
    assert as_none(row["post"]) == post


def test_of_two_equally_near_the_later_counts(make_study, rows):
    text = "01-05 18 intake|02-01 14 session|02-03 12 session"
    row = pairs(study_of(make_study, rows, text), "phq9", follow_up_days=28).iloc[0]
    assert row["post"] == 12


def test_a_negative_follow_up_is_refused(make_study, rows):
    study = study_of(make_study, rows, "01-05 18 intake")
    with pytest.raises(UsageError, match="negative"):
        pairs(study, "phq9", follow_up_days=-1)


def test_other_raters_and_other_instruments_do_not_count(make_study, rows):
    answers = [
        rows.answer("C1", "E1", "2026-01-05", 18, "intake"),
        rows.answer("C1", "E1", "2026-04-01", 2, "end", rater="partner"),
        rows.answer("C1", "E1", "2026-04-01", 3, "end", instrument="gad7"),
    ]
    study = make_study([rows.episode("E1", "C1", "therapy", "2026-01-05")], answers)
    assert pairs(study, "phq9")["status"].tolist() == ["no_end_score"]


def test_an_unknown_rater_is_refused(make_study, rows):
    with pytest.raises(UsageError, match="client, partner, practitioner"):
        pairs(study_of(make_study, rows, ""), "phq9", rater="therapist")


def test_a_couple_gives_two_rows_each_with_its_own_scores(make_study, rows):
    study = make_study(
        [rows.episode("E1", "K1", "coaching", "2026-01-05", "2026-04-01")],
        [
            rows.answer("C1", "E1", "2026-01-05", 18, "intake"),
            rows.answer("C2", "E1", "2026-01-05", 6, "intake"),
            rows.answer("C2", "E1", "2026-04-01", 5, "end"),
        ],
        couples=[{"couple_id": "K1", "client_a": "C1", "client_b": "C2"}],
        clients=[{"client_id": "C1", "gender": "woman"}, {"client_id": "C2", "gender": "man"}],
    )
    found = pairs(study, "phq9")
    assert found["client_id"].tolist() == ["C1", "C2"]
    assert found["couple_id"].tolist() == ["K1", "K1"]
    assert found["status"].tolist() == ["no_end_score", "paired"]
    assert found["gender"].tolist() == ["woman", "man"]


def test_an_episode_that_names_nobody_is_not_lost(make_study, rows):
    study = make_study([rows.episode("E1", "K9", "coaching", "2026-01-05")])
    found = pairs(study, "phq9")
    assert found["client_id"].isna().tolist() == [True]
    assert found["status"].tolist() == ["no_score"]


def test_sessions_not_recorded_are_missing_and_sessions_not_attended_are_zero(make_study, rows):
    episodes = [rows.episode(f"E{i}", f"C{i}", "therapy", "2026-01-05") for i in (1, 2, 3)]
    sessions = [
        {"session_id": f"S{i}", "episode_id": key, "held_on": "2026-01-05", "status": status}
        for i, (key, status) in enumerate(
            [("E1", "attended"), ("E1", "late_seen"), ("E1", "no_show"), ("E2", "no_show")]
        )
    ]
    found = pairs(make_study(episodes, sessions=sessions), "phq9")
    assert found["sessions_attended"].tolist() == [2, 0, pd.NA]


def test_an_unknown_instrument_is_refused(make_study, rows):
    with pytest.raises(InstrumentError):
        pairs(study_of(make_study, rows, ""), "phq99")


def test_an_empty_study_gives_no_rows_and_all_columns(make_study):
    found = pairs(make_study(), "phq9")
    assert len(found) == 0
    assert {"arm", "pre", "post", "status", "days"} <= set(found.columns)


OCCASIONS = st.sampled_from(["intake", "session", "end", "followup", None])
SCORES = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2", "C3"]),
        st.integers(1, 28),
        st.integers(0, 27),
        OCCASIONS,
    ),
    max_size=25,
    unique_by=lambda score: score[:2],
)


def random_study(make_study, rows, scores, order=None, extra=()):
    answers = [
        rows.answer(who, who.replace("C", "E"), f"2026-02-{day:02d}", value, occasion)
        for who, day, value, occasion in scores
    ]
    if order is not None:
        order.shuffle(answers)
    kinds = {"C1": "therapy", "C2": "coaching", "C3": "therapy"}
    episodes = [
        rows.episode(who.replace("C", "E"), who, kind, "2026-02-01") for who, kind in kinds.items()
    ]
    episodes += [rows.episode(f"{who}E", who, "coaching", "2026-02-03") for who in extra]
    if order is not None:
        order.shuffle(episodes)
    return make_study(episodes, answers)


FEW = settings(max_examples=25, deadline=None)


@pytest.mark.slow
@FEW
@given(scores=SCORES, order=st.randoms(use_true_random=False))
def test_row_order_changes_nothing(make_study, rows, scores, order):
    plain = pairs(random_study(make_study, rows, scores), "phq9")
    shuffled = pairs(random_study(make_study, rows, scores, order), "phq9")
    pd.testing.assert_frame_equal(plain, shuffled)


@pytest.mark.slow
@FEW
@given(scores=SCORES)
def test_adding_an_empty_client_changes_nobody(make_study, rows, scores):
    plain = pairs(random_study(make_study, rows, scores), "phq9")
    more = pairs(random_study(make_study, rows, scores, extra=["A0", "Z9"]), "phq9")
    kept = more[~more["client_id"].isin(["A0", "Z9"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(plain, kept)


@FEW
@given(scores=SCORES)
def test_the_end_is_later_than_the_start_and_every_person_is_there(make_study, rows, scores):
    found = pairs(random_study(make_study, rows, scores), "phq9")
    assert found["client_id"].tolist() == ["C1", "C2", "C3"]
    both = found[found["status"].eq("paired")]
    assert (both["post_on"] > both["pre_on"]).all()
    assert (found["n_scores"].sum()) == len(scores)


def test_the_study_is_not_edited(make_study, rows):
    study = study_of(make_study, rows, "01-05 18 intake|04-01 9 end")
    before = {name: frame.copy() for name, frame in study.tables().items()}
    pairs(study, "phq9")
    for name, frame in study.tables().items():
        pd.testing.assert_frame_equal(frame, before[name])

"""Scores from answers, against closed forms and against known public errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes import instruments
from outcomes.errors import InstrumentError, RangeError
from outcomes.instruments.scoring import score, score_items
from outcomes.ledger import Ledger
from outcomes.schema import Study, empty_table
from outcomes.schema.tables import TABLES


def study(responses: pd.DataFrame) -> Study:
    tables = {name: empty_table(name) for name in TABLES}
    typed = responses.astype({c.name: c.dtype for c in TABLES["responses"].columns})
    tables["responses"] = typed
    ledger = Ledger.build([], read={}, kept={}, lines={})
    return Study(name="test", ledger=ledger, **tables)


def form(client="A", instrument="phq9", answers=(1,) * 9, day="2025-01-10", **extra):
    rows = [
        {
            "client_id": client,
            "episode_id": f"E{client}",
            "instrument": instrument,
            "item": str(item),
            "value": value,
            "taken_on": pd.Timestamp(day),
            "occasion": "intake",
            "rater": "client",
            **extra,
        }
        for item, value in enumerate(answers, start=1)
    ]
    return pd.DataFrame(rows)


def wide(*forms):
    return pd.DataFrame(forms, columns=range(1, len(forms[0]) + 1), dtype="float64")


CLOSED_FORMS = [
    ("phq9", [3] * 9, 27),
    ("phq9", [0, 1, 2, 3, 0, 1, 2, 3, 0], 12),
    ("gad7", [0] * 7, 0),
    # Items 2 and 3 are the positive ones; a web guide says 3 and 4.
    ("core10", [0, 4, 4, 0, 0, 0, 0, 0, 0, 0], 0),
    ("core10", [0, 0, 4, 4, 0, 0, 0, 0, 0, 0], 8),
    ("core10", [4, 0, 0, 4, 4, 4, 4, 4, 4, 4], 40),
    # A public calculator computes (raw - 5) * 4.
    ("who5", [1, 2, 3, 4, 5], 60),
    ("who5", [5] * 5, 100),
    ("rdas", [5] * 10 + [4] + [5] * 3, 69),
]


@pytest.mark.parametrize(("name", "answers", "expected"), CLOSED_FORMS)
def test_closed_forms(name, answers, expected):
    scored = score_items(instruments.get(name), wide(answers))
    assert scored["score"].tolist() == [expected]


def test_unanswered_is_missing_and_never_zero():
    phq9 = instruments.get("phq9")
    scored = score_items(phq9, wide([np.nan] * 9, [1] * 8 + [np.nan], [1] * 9))
    assert np.isnan(scored["score"][0])
    assert np.isnan(scored["score"][1]), "the rule for two missing items is not verified"
    assert scored["score"][2] == 9
    assert scored["n_answered"].tolist() == [0, 8, 9]


def test_prorating_only_when_asked_for():
    phq9 = instruments.get("phq9")
    forms = wide([2] * 7 + [np.nan] * 2, [2] * 6 + [np.nan] * 3)
    scored = score_items(phq9, forms, allow_unverified=True)
    assert scored["score"][0] == pytest.approx(18)
    assert scored["prorated"].tolist() == [True, False]
    assert np.isnan(scored["score"][1])


def test_positions_instead_of_codes_are_offered_not_shifted():
    with pytest.raises(RangeError) as caught:
        score_items(instruments.get("phq9"), wide([1, 2, 3, 4, 1, 2, 3, 4, 1]))
    assert "positions" in str(caught.value)
    assert caught.value.how_many == 2


@pytest.mark.parametrize(
    ("name", "answers", "word"),
    [
        ("who5", [2, 3, 4, 5, 6], "subtract 1"),
        ("csq8", [0, 1, 2, 3, 3, 2, 1, 0], "add 1"),
        ("phq9", [0, 1, 2, 3, 0, 1, 2, 3, 99], "no answer"),
        ("phq9", [0, 1, 2, 3, 0, 1, 2, 3, 1.5], "correct the answers"),
    ],
)
def test_each_wrong_coding_gets_its_advice(name, answers, word):
    with pytest.raises(RangeError) as caught:
        score_items(instruments.get(name), wide(answers))
    assert word in str(caught.value)
    assert "99" not in str(caught.value), "no answer of a client stands in a message"


def test_visual_analogue_answers_have_steps_of_a_tenth():
    scored = score_items(instruments.get("srs"), wide([0.3, 9.7, 10, 8.1]))
    assert scored["score"][0] == pytest.approx(28.1)


def test_an_item_the_questionnaire_lacks_is_refused():
    tenth = form("A", answers=(1,) * 10)  # PHQ-9 forms print a tenth question
    with pytest.raises(InstrumentError, match="items 1 to 9") as caught:
        score(study(tenth))
    assert caught.value.how_many == 1
    named = form("A").assign(item=lambda rows: "Q" + rows["item"])
    with pytest.raises(InstrumentError, match="items 1 to 9"):
        score(study(named))


def test_an_item_answered_twice_is_refused():
    rows = form("A")
    with pytest.raises(InstrumentError, match="more than once"):
        score(study(pd.concat([rows, rows.head(1).assign(value=3)])))


def test_a_scale_of_mixed_items_takes_totals_only():
    with pytest.raises(InstrumentError, match="single answers"):
        score(study(form("A", "das32", (5,) * 32)))
    total = form("A", "das32", (90.5,)).assign(item="total")
    assert score(study(total))["score"].tolist() == [90.5]


def test_reversal_uses_the_items_own_maximum_and_means_are_means():
    text = """
id = "own2"
name = "Own"
full_name = "Own scale"
construct = "anything"
purpose = "outcome"
direction = "higher"
source = "us"
[items]
n = 2
minimum = 1
maximum = 5
maximum_of = { 2 = 9 }
reversed = [2]
[scoring]
rule = "mean"
minimum = 1
maximum = 7
[licence]
status = "ours"
item_text = "no"
source = "us"
"""
    own = instruments.own_instruments({"own2.toml": text})
    rows = form("A", "own2", (5, 1))
    assert score(study(rows), own=own)["score"].tolist() == [7]
    with pytest.raises(InstrumentError, match="no instrument"):
        score(study(rows))


def test_a_total_out_of_range_stops():
    rows = form("A").head(1).assign(item="total", value=44)
    with pytest.raises(RangeError, match="totals"):
        score(study(rows))


def test_items_go_before_a_total_and_a_total_fills_in():
    both = pd.concat([form("A"), form("A").head(1).assign(item="total", value=20)])
    only = form("B").head(1).assign(item="total", value=20)
    scored = score(study(pd.concat([both, only])))
    assert scored["score"].tolist() == [9, 20]
    assert scored["n_answered"].isna().tolist() == [False, True]


def test_two_instruments_on_one_day_stay_apart():
    rows = pd.concat([form("A"), form("A", "gad7", (2,) * 7)])
    scored = score(study(rows)).set_index("instrument")["score"]
    assert scored.to_dict() == {"phq9": 9, "gad7": 14}


def test_core10_prorated_is_ten_times_the_mean():
    core10 = instruments.get("core10")
    # Nine answers of 2 after reversal (4 - 2 = 2): the mean is 2, so the score is 20.
    # One missing item may be prorated (CORE System Trust), two may not.
    scored = score_items(core10, wide([2] * 9 + [np.nan], [2] * 8 + [np.nan] * 2))
    assert scored["score"][0] == pytest.approx(20)
    assert scored["prorated"].tolist() == [True, False]
    assert np.isnan(scored["score"][1])


def test_a_missing_answer_that_is_a_row_is_not_a_zero():
    rows = form("A", answers=(1, 1, 1, 1, 1, 1, 1, 1, None))
    scored = score(study(rows))
    assert scored["score"].isna().tolist() == [True]
    assert scored["n_answered"].tolist() == [8]


def test_scoring_edits_nothing():
    rows = study(form("A")).responses
    before = rows.copy(deep=True)
    score(study(rows))
    pd.testing.assert_frame_equal(rows, before)
    answers = wide([3] * 10)
    score_items(instruments.get("core10"), answers)
    assert (answers == 3).all(axis=None)


def test_an_empty_study_has_the_columns():
    scored = score(study(empty_table("responses")))
    assert len(scored) == 0
    assert "score" in scored


ANSWERS = st.lists(st.lists(st.integers(0, 3), min_size=9, max_size=9), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(ANSWERS, st.randoms(use_true_random=False))
def test_row_order_and_other_people_do_not_matter(answers, random):
    rows = pd.concat([form(f"C{i}", answers=a) for i, a in enumerate(answers)], ignore_index=True)
    order = list(range(len(rows)))
    random.shuffle(order)
    plain = score(study(rows))
    pd.testing.assert_frame_equal(plain, score(study(rows.iloc[order])))
    more = pd.concat([rows, form("ZZ", answers=(3,) * 9)], ignore_index=True)
    with_other = score(study(more))
    kept = with_other[with_other["client_id"] != "ZZ"].reset_index(drop=True)
    pd.testing.assert_frame_equal(plain, kept)

"""Boundaries of every category, and the mistakes of peers that are not made here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.change import CATEGORIES, categorise, change, is_clinical

NAN = float("nan")


def word(pre, post, **rules) -> str:
    defaults = {
        "direction": "lower",
        "threshold": 6,
        "threshold_rule": "at_least",
        "cutoff": 10,
        "cutoff_rule": "at_or_above",
    }
    codes = categorise(np.array([pre], float), np.array([post], float), **{**defaults, **rules})
    return CATEGORIES[codes[0]]


@pytest.mark.parametrize(
    ("pre", "post", "category"),
    [
        # PHQ-9: change of at least 6, clinical at 10 or more.
        (15, 9, "recovered"),  # exactly the threshold, exactly below the cut-off
        (16, 10, "improved"),  # 10 is still clinical
        (14, 9, "unchanged"),  # crossed the cut-off by less than the threshold
        (10, 4, "recovered"),  # 10 is already clinical
        (9, 3, "improved"),  # never clinical: cannot recover
        (9, 0, "improved"),
        (9, 15, "harmed"),
        (4, 10, "harmed"),
        (3, 9, "deteriorated"),  # still not clinical
        (10, 16, "deteriorated"),  # was clinical before
        (9, 14, "unchanged"),
        (0, 5, "unchanged"),  # a start of zero is a start
        (0, 6, "deteriorated"),
        (12, 12, "unchanged"),
        (NAN, 3, "missing"),
        (3, NAN, "missing"),
        (NAN, NAN, "missing"),
    ],
)
def test_published_threshold_at_below_and_above(pre, post, category):
    assert word(pre, post) == category


@pytest.mark.parametrize(
    ("rule", "gain", "category"),
    [
        ("at_least", 5.9, "unchanged"),
        ("at_least", 6, "improved"),
        ("at_least", 6.1, "improved"),
        ("exceeds", 5.9, "unchanged"),
        ("exceeds", 6, "unchanged"),
        ("exceeds", 6.1, "improved"),
    ],
)
def test_reaches_or_exceeds(rule, gain, category):
    found = word(9, 9 - gain, threshold_rule=rule, cutoff=None, cutoff_rule=None)
    assert found == category


def test_rounding_in_the_last_digit_is_not_change():
    assert 12.2 - 6.2 < 6  # what floating point says
    assert word(12.2, 6.2, cutoff=None, cutoff_rule=None) == "improved"
    found = word(6.2, 12.2, cutoff=None, cutoff_rule=None, threshold_rule="exceeds")
    assert found == "unchanged"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("at_or_above", [False, True, True, False]),
        ("above", [False, False, True, False]),
        ("at_or_below", [True, True, False, False]),
        ("below", [True, False, False, False]),
    ],
)
def test_the_side_of_the_cutoff(rule, expected):
    assert is_clinical(np.array([9, 10, 11, NAN]), 10, rule).tolist() == expected


def test_without_a_cutoff_nobody_recovers_or_is_harmed():
    none = {"cutoff": None, "cutoff_rule": None}
    assert word(27, 0, **none) == "improved"
    assert word(0, 27, **none) == "deteriorated"


PAIRS = st.lists(
    st.tuples(st.none() | st.integers(0, 27), st.none() | st.integers(0, 27)),
    min_size=1,
    max_size=30,
).filter(lambda rows: any(None not in row for row in rows))


def classified(frame: pd.DataFrame) -> pd.DataFrame:
    settings = {"direction": "lower", "sd": 5.0, "reliability": 0.9, "criterion": "c"}
    norms = dict.fromkeys(("clinical_sd", "functional_sd"), 4.0)
    norms |= {"clinical_mean": 15.0, "functional_mean": 4.0}
    return change(frame, **settings, **norms).to_frame()


@settings(max_examples=40, deadline=None)
@given(rows=PAIRS, order=st.randoms(use_true_random=False))
def test_row_order_and_an_empty_client_change_nobody(rows, order):
    """Negative test: a peer takes every sign from the first row of the frame."""
    frame = pd.DataFrame(rows, columns=["pre", "post"], dtype="Float64").assign(
        who=range(len(rows))
    )
    plain = classified(frame).set_index("who")
    places = list(range(len(rows)))
    order.shuffle(places)
    empty = pd.DataFrame({"pre": [pd.NA], "post": [pd.NA], "who": [-1]})
    empty = empty.astype({"pre": "Float64", "post": "Float64"})
    mixed = pd.concat([empty, frame.iloc[places]], ignore_index=True)
    again = classified(mixed).set_index("who")
    assert again.loc[-1, "category"] == "missing"
    columns = ["change", "index", "category"]
    pd.testing.assert_frame_equal(again.loc[plain.index, columns], plain[columns])


@settings(max_examples=40, deadline=None)
@given(rows=PAIRS)
def test_nobody_is_both_better_and_worse(rows):
    """Negative test: a peer flags 0 -> 5 as improved and deteriorated where lower is better."""
    frame = pd.DataFrame(rows, columns=["pre", "post"], dtype="Float64")
    found = classified(frame)
    gain = frame["pre"] - frame["post"]
    for row, better in zip(found.itertuples(), gain, strict=True):
        if row.category in ("recovered", "improved"):
            assert better > 0
        if row.category in ("deteriorated", "harmed"):
            assert better < 0

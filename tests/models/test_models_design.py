"""The covariate matrix: every rule of models/design.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import UsageError
from outcomes.models import design


def test_numbers_stay_and_words_leave_out_the_most_frequent_level():
    frame = pd.DataFrame({"pre": [1.0, 2, 4, 9], "gender": ["f", "f", "m", None]})
    found = design(frame, ["pre", "gender"])
    assert found.columns == ("pre", "gender=m", "gender=missing")
    assert found.reference_levels == {"gender": "f"}
    np.testing.assert_array_equal(found.matrix[:, 0], [1, 2, 4, 9])
    np.testing.assert_array_equal(found.matrix[:, 1:], [[0, 0], [0, 0], [1, 0], [0, 1]])


def test_a_tie_goes_to_the_first_word_in_sorted_order():
    found = design(pd.DataFrame({"x": ["b", "a", "b", "a"]}), ["x"])
    assert found.reference_levels == {"x": "a"}


def test_true_and_false_leave_out_false():
    frame = pd.DataFrame({"x": pd.array([True, True, False, None], dtype="boolean")})
    assert design(frame, ["x"]).columns == ("x=True", "x=missing")


def test_a_missing_number_becomes_the_mean_and_is_marked():
    frame = pd.DataFrame({"pre": pd.array([1, None, 5, 6], dtype="Int64")})
    found = design(frame, ["pre"])
    assert found.columns == ("pre", "pre=missing")
    np.testing.assert_array_equal(found.matrix, [[1, 0], [4, 1], [5, 0], [6, 0]])
    assert found.filled == {"pre": 1}
    assert not any(character.isdigit() for note in found.notes() for character in note)


def test_constant_and_repeated_columns_are_dropped_and_named():
    frame = pd.DataFrame({"a": [1.0, 2, 3, 5], "b": 7.0, "c": [2.0, 4, 6, 10], "d": [0.0, 1, 0, 1]})
    frame["e"] = frame["a"] - 3 * frame["d"]
    found = design(frame, ["a", "b", "c", "d", "e"])
    assert found.columns == ("a", "d")
    assert dict(found.dropped) == {
        "b": "constant",
        "c": "follows from a",
        "e": "follows from a + d",
    }


def test_a_large_offset_is_no_constant():
    frame = pd.DataFrame({"year": [2024.0, 2025, 2026, 2024]})
    assert design(frame, ["year"]).columns == ("year",)


@pytest.mark.parametrize(
    "column", [pd.to_datetime(["2024-01-01", "2024-01-02"]), [1.0, np.inf]], ids=["date", "inf"]
)
def test_what_cannot_be_a_covariate_is_refused(column):
    with pytest.raises(UsageError):
        design(pd.DataFrame({"x": column}), ["x"])


def test_unknown_and_doubled_names_are_refused():
    frame = pd.DataFrame({"x": [1.0, 2]})
    with pytest.raises(UsageError, match="no column 'y'"):
        design(frame, ["y"])
    with pytest.raises(UsageError, match="twice"):
        design(frame, ["x", "x"])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_row_order_does_not_matter_and_the_matrix_has_full_rank(data):
    n = data.draw(st.integers(2, 12))
    words = st.lists(st.sampled_from(["a", "b", "c", None]), min_size=n, max_size=n)
    frame = pd.DataFrame(
        {
            "w": pd.array(data.draw(words), dtype="string"),
            "v": pd.array(data.draw(words), dtype="string"),
            "x": data.draw(st.lists(st.sampled_from([0.0, 1, 2.5, None]), min_size=n, max_size=n)),
        }
    ).astype({"x": float})
    before = frame.copy()
    found = design(frame, ["w", "v", "x"])
    pd.testing.assert_frame_equal(frame, before)
    full = np.column_stack([np.ones(n), found.matrix])
    assert np.linalg.matrix_rank(full) == full.shape[1]
    order = np.random.default_rng(0).permutation(n)
    again = design(frame.iloc[order], ["w", "v", "x"])
    assert again.columns == found.columns
    np.testing.assert_allclose(again.matrix, found.matrix[order])

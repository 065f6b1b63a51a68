"""Answers as codes are scored as the answers themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from outcomes import instruments
from outcomes.errors import RangeError
from outcomes.instruments import score_items
from outcomes.instruments.coded import coded_answers, coded_values, looked_up, score_coded

# Reversed items, a table of scores, steps of 0.1, different ends, a rule for missing items.
NAMES = ["csi16", "core10", "swemwbs", "srs", "phq9"]


def answers_to(instrument):
    ends = [(instrument.item_min, instrument.maximum_of(n + 1)) for n in range(instrument.n_items)]
    step = instrument.item_step
    codes = st.lists(
        st.tuples(*(st.sampled_from([np.nan, *np.arange(low, top + step / 2, step).round(1)])
                    for low, top in ends)),
        max_size=12,
    )  # fmt: skip
    return codes.map(lambda rows: np.array(rows, dtype=float).reshape(len(rows), len(ends)))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_scores_are_those_of_the_numbers(name, data):
    instrument = instruments.get(name)
    values = data.draw(answers_to(instrument))
    items = list(range(1, instrument.n_items + 1))
    frame = pd.DataFrame(values, columns=items)
    pd.testing.assert_frame_equal(
        score_coded(instrument, coded_values(values), items), score_items(instrument, frame)
    )


def test_items_that_a_form_lacks_are_unanswered():
    phq9 = instruments.get("phq9")
    values = np.array([[3.0, 1.0], [np.nan, 0.0]])
    wanted = score_items(phq9, pd.DataFrame(values, columns=[2, 5]))
    pd.testing.assert_frame_equal(score_coded(phq9, coded_values(values), [2, 5]), wanted)


def test_what_is_off_the_scale_is_refused_with_its_count():
    values = np.full((3, 9), 4.0)
    with pytest.raises(RangeError) as refused:
        score_coded(instruments.get("phq9"), coded_values(values), range(1, 10))
    assert refused.value.how_many == 27


@given(st_numpy.arrays(float, st.tuples(st.integers(0, 6), st.integers(1, 4)),
                       elements=st.sampled_from([np.nan, -1.0, 0.0, 0.5, 3.0, 1e6])))  # fmt: skip
def test_numbers_come_back(values):
    found = coded_values(values)
    np.testing.assert_array_equal(found.values(), values)
    assert np.isnan(found.numbers[0])
    assert (np.diff(found.numbers[1:]) > 0).all()
    some = np.arange(len(values))[::-2]
    np.testing.assert_array_equal(found.at(some).values(), values[some])


@pytest.mark.parametrize("n", [3, 256, 257, 1000])
def test_many_different_numbers_need_larger_codes(n):
    numbers = np.append(np.arange(n) / 8, np.nan)
    codes = np.arange(n + 1, dtype=np.uint32).reshape(-1, 1)
    there = np.ones(codes.shape, dtype=bool)
    there[0] = False
    found = coded_answers(codes, numbers, there).values()[:, 0]
    np.testing.assert_array_equal(found, [np.nan, *numbers[1:]])


@pytest.mark.parametrize("order", ["C", "F"])
def test_bytes_are_looked_up_in_their_place(order):
    codes = np.asarray(np.arange(12).reshape(3, 4) % 5, dtype=np.uint8, order=order)
    table = np.array([7, 1, -4, 0, 9], dtype=np.int8)
    np.testing.assert_array_equal(looked_up(codes, table), table[codes])
    np.testing.assert_array_equal(looked_up(codes[:, 1], table), table[codes[:, 1]])

"""E-values against published examples and the closed form."""

from __future__ import annotations

import math

import pytest

import outcomes as oc
from outcomes.errors import UsageError

PRINTED = 5e-3  # two printed decimals


@pytest.mark.parametrize(("ratio", "expected"), [(1.5, 2.37), (2.0, 3.41), (3.9, 7.26)])
def test_published_examples(ratio, expected):
    # 3.9 (1.8 to 8.7) gives 7.26, and 3.00 for the limit: VanderWeele & Ding 2017.
    assert oc.e_value(ratio).estimate == pytest.approx(expected, abs=PRINTED)


def test_the_limit_nearer_to_one():
    found = oc.e_value(3.9, 1.8, 8.7)
    assert found.limit == pytest.approx(3.0, abs=PRINTED)
    assert oc.e_value(1.5, 0.9, 2.5).limit == 1


def test_a_protective_ratio_is_turned_first():
    assert oc.e_value(0.5).estimate == pytest.approx(oc.e_value(2.0).estimate)
    assert oc.e_value(0.5, 0.3, 0.8).limit == pytest.approx(oc.e_value(1 / 0.8).estimate)
    assert oc.e_value(0.5, 0.3, 1.2).limit == 1


def test_no_association_needs_nothing_to_explain_it():
    assert oc.e_value(1.0).estimate == 1
    assert math.isnan(oc.e_value(1.0).limit)


def test_a_standardised_difference():
    # d = 0.3 is a risk ratio of about 1.31, E-value 1.96.
    found = oc.e_value_of_difference(0.3, 0.1)
    assert found.estimate == pytest.approx(1.95, abs=0.01)
    assert found.limit == pytest.approx(oc.e_value(math.exp(0.273 - 0.178)).estimate)


@pytest.mark.parametrize("ends", [(0.0,), (-1.0,), (2.0, 3.0, 4.0), (2.0, 1.0, 1.5)])
def test_refuses_what_is_no_ratio(ends):
    with pytest.raises(UsageError, match="above 0 and in order"):
        oc.e_value(*ends)

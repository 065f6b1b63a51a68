"""How numbers look: a table of examples, and what must never happen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.showing import format as fmt

EXAMPLES = [
    (fmt.count, (1234,), "1,234"),
    (fmt.count, (0,), "0"),
    (fmt.points, (-3.14,), "−3.1"),
    (fmt.points, (-0.04,), "0.0"),
    (fmt.points, (2,), "2.0"),
    (fmt.decimal, (-0.126,), "−0.13"),
    (fmt.plain, (30.0,), "30"),
    (fmt.plain, (0.1,), "0.1"),
    (fmt.plain, (12.3456,), "12.35"),
    (fmt.plain, (100.0,), "100"),
    (fmt.plain, (-0.001,), "0"),
    (fmt.percent, (0.43,), "43 %"),
    (fmt.percent, (0.0,), "0 %"),
    (fmt.percent, (0.001,), "below 1 %"),
    (fmt.percent, (0.999,), "above 99 %"),
    (fmt.percent, (1.0,), "100 %"),
    (fmt.percent_interval, (0.35, 0.52), "35 to 52 %"),
    (fmt.interval, (-3.14, 0.44), "−3.1 to 0.4"),
    (fmt.p_value, (0.0312,), "0.03"),
    (fmt.p_value, (0.0004,), "below 0.001"),
    (fmt.p_value, (0.0044,), "0.004"),
    (fmt.p_value, (0.0496,), "0.050"),
    (fmt.p_value, (0.0512,), "0.051"),
    (fmt.p_value, (0.999,), "above 0.99"),
    (fmt.n_of, (43, 100), "43 of 100"),
    (fmt.count_and_share, (43, 100), "43 (43 %)"),
    (fmt.count_and_share, (0, 0), "0"),
    (fmt.mean_and_sd, (14.2, 5.07), "14.2 (SD 5.1)"),
    (fmt.mean_and_sd, (14.2, float("nan")), "14.2"),
    (fmt.listed, (["a", "b", "c"],), "a, b and c"),
    (fmt.listed, (["a"],), "a"),
    (fmt.group_name, ("arm", "coaching"), "Coaching"),
    (fmt.group_name, ("intervention", "therapy"), "Therapy"),
    (fmt.group_name, ("site", "north"), "north"),
    (fmt.group_name, (None, "all"), "Everybody"),
    (fmt.ordered_groups, ("arm", ["both", "therapy", "x", "coaching"]), None),
]


@pytest.mark.parametrize(("function", "arguments", "words"), EXAMPLES)
def test_examples(function, arguments, words):
    if words is None:
        assert function(*arguments) == ["coaching", "therapy", "both", "x"]
    else:
        assert function(*arguments) == words


@pytest.mark.parametrize(
    "function", [fmt.count, fmt.points, fmt.decimal, fmt.plain, fmt.percent, fmt.p_value]
)
@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf")])
def test_what_is_not_there_is_said(function, nothing):
    assert function(nothing) == "not available"


def test_an_interval_without_an_end_is_not_available():
    assert fmt.interval(1.0, float("nan")) == "not available"
    assert fmt.percent_interval(float("nan"), 1.0) == "not available"
    assert fmt.n_of(None, 3) == "not available"


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_rounding_never_turns_some_into_none_or_all(n, rest):
    assert fmt.percent(n / (n + rest)) not in ("0 %", "100 %")


@given(st.floats(-1e6, 1e6))
def test_there_is_no_hyphen_for_a_minus_and_no_negative_zero(value):
    words = fmt.points(value)
    assert "-" not in words
    assert words != "−0.0"

"""How the number of a comparison is written: points, percentage points of people, or a ratio."""

from __future__ import annotations

import math

from outcomes.comparison import ComparisonResult
from outcomes.showing import format as fmt


def effect_unit(result: ComparisonResult) -> str:
    """The unit beside a difference; a ratio has none and gets 'ratio'."""
    if result.effect == "ratio":
        return "ratio"
    return "percentage points" if result.binary else result.unit


def effect_words(result: ComparisonResult) -> str:
    """What is compared, as 'difference of the end scores' or 'ratio of reliable improvement'."""
    if result.effect == "difference" and not result.binary and result.unit == "points":
        return "difference of the end scores"
    return f"{result.effect} of {result.outcome.replace('_', ' ')}"


def on_axis(result: ComparisonResult, value: float) -> float:
    """Where a value stands on an axis that is even to both sides of no difference."""
    if result.effect == "ratio":
        return math.log(value)
    return 100 * value if result.binary else value


def ratio_ticks(span: float) -> list[float]:
    """Places of round ratios within `span` (a log) either way: few of them, 1 in the middle."""
    choices = ((2.0, 5.0, 10.0, 20.0, 50.0, 100.0), (1.5, 2.0), (1.2, 1.5))
    fitting = [[step for step in one if math.log(step) <= span] for one in choices]
    steps = next((one for one in fitting if len(one) > 1), [])
    places = [math.log(step) for step in steps]
    return [*(-place for place in reversed(places)), 0.0, *places]


def from_axis(result: ComparisonResult, place: float) -> str:
    """What is written at a place of that axis."""
    if result.effect == "ratio":
        return f"{math.exp(place):.2g}"
    return f"{place:g}".replace("-", "−")


def effect_value(result: ComparisonResult, value: float) -> str:
    """The number alone."""
    if not fmt.available(value):
        return fmt.NOT_AVAILABLE
    return f"{value:.2f}" if result.effect == "ratio" else fmt.points(on_axis(result, value))


def effect_interval(result: ComparisonResult) -> str:
    """Both limits of the interval."""
    if result.effect == "difference":
        low, high = (on_axis(result, end) for end in (result.low, result.high))
        return fmt.interval(low, high)
    if not (fmt.available(result.low) and fmt.available(result.high)):
        return fmt.NOT_AVAILABLE
    return f"{result.low:.2f} to {result.high:.2f}"

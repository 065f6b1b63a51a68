"""How far an estimate would have to move for its verdict to change."""

from __future__ import annotations

import math
from itertools import pairwise

from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.verdict import Interval, decide
from outcomes.schema.verdicts import Verdict

# Verdicts that answer the question; the others say that it cannot be answered.
SETTLED = (Verdict.SUPPORTED, Verdict.EQUIVALENT, Verdict.NOT_SUPPORTED)


def answered(result: ComparisonResult) -> bool:
    """Whether there is a difference with an interval that something could overturn."""
    there = math.isfinite(result.estimate) and math.isfinite(result.low)
    return there and result.effect == "difference"


def room(result: ComparisonResult, way: float) -> float:
    """Smallest shift in the direction of the sign of `way` that changes the verdict.

    In the unit of the estimate, at least 0; inf where no shift that way does, nan without
    an estimate. The interval stays as wide as it is.
    """
    if not answered(result):
        return math.nan
    way = math.copysign(1.0, way)
    places = sorted(far for edge in _edges(result) if (far := way * edge) >= 0)
    # Between two edges the verdict is the same, so that one look between them is enough.
    for place, after in pairwise([*places, math.inf]):
        inside = (place + after) / 2 if math.isfinite(after) else place + result.se
        if after > place and verdict_at(result, way * inside) is not result.verdict:
            return place
    return math.inf


def _edges(result: ComparisonResult) -> list[float]:
    """Shifts at which the interval or that of equivalence meets 0 or the margin."""
    edges = [-result.low, -result.high]
    if result.margin is not None:
        margin = result.margin
        edges += [-margin - result.low, margin - result.high]
        edges += [-margin - result.equivalence_low, margin - result.equivalence_high]
    return edges


def smallest_room(result: ComparisonResult) -> tuple[float, float]:
    """The smallest shift that changes the verdict, and its sign (1 or -1)."""
    up, down = room(result, 1.0), room(result, -1.0)
    if math.isnan(up):
        return math.nan, math.nan
    return (up, 1.0) if up <= down else (down, -1.0)


def verdict_at(result: ComparisonResult, shift: float) -> Verdict:
    """The verdict if the estimate and its intervals were moved by `shift`, as wide as they are."""
    return decide(
        interval=Interval(result.low + shift, result.high + shift, math.nan),
        equivalence=Interval(
            result.equivalence_low + shift, result.equivalence_high + shift, math.nan
        ),
        margin=result.margin,
        direction=result.direction,
        failed=result.diagnostics.failed,
        few=result.diagnostics.few,
        converged=result.converged,
    )[0]

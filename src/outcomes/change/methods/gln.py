"""Gulliksen, Lord and Novick: the end score against the one predicted from the start."""

from __future__ import annotations

import math

from outcomes.change.methods.model import Line, Method, Sample


def line(sample: Sample, critical: float) -> Line:
    """Index = [(end - M) - r * (start - M)] / [SD * sqrt(1 - r^2)]."""
    r = sample.reliability
    return Line(
        slope=r,
        constant=sample.mean * (1 - r),
        error=sample.sd * math.sqrt(1 - r**2),
        critical=critical,
    )


METHOD = Method(
    id="gln",
    name="Gulliksen, Lord and Novick",
    formula="[(end - M) - r * (start - M)] / [SD * sqrt(1 - r^2)]",
    source="Hsu 1989, Behav Assess 11:459-467, after Gulliksen 1950 and Lord & Novick 1968",
    use="Regression to the mean is expected, and the start mean is that of the population "
    "people return to.",
    avoid="The start mean is not where people would drift: a sample referred because it was at "
    "its worst.",
    needs=("reliability",),
    line=line,
)

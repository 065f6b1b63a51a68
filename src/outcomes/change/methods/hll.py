"""Hsu, Linn and Lord: change beyond the average change of the sample."""

from __future__ import annotations

import math

from outcomes.change.methods.model import Line, Method, Sample


def line(sample: Sample, critical: float) -> Line:
    """Index = [(end - M_end) - r * (start - M_start)] / [SD * sqrt(1 - r^2)]."""
    r = sample.reliability
    return Line(
        slope=r,
        constant=sample.mean_post - r * sample.mean_pre,
        error=sample.sd * math.sqrt(1 - r**2),
        critical=critical,
    )


METHOD = Method(
    id="hll",
    name="Hsu, Linn and Lord",
    formula="[(end - M_end) - r * (start - M_start)] / [SD * sqrt(1 - r^2)]",
    source="Hsu 1995, J Consult Clin Psychol 63:141-144",
    use="Who changed more or less than the others of the same sample.",
    avoid="How many got better: the average change is taken off first, so that a group in "
    "which everybody gains the same has nobody improved.",
    needs=("reliability",),
    line=line,
)

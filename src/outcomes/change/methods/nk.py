"""Nunnally and Kotsch: as Edwards and Nunnally, with the errors of both scores."""

from __future__ import annotations

import math

from outcomes.change.methods.model import Line, Method, Sample


def line(sample: Sample, critical: float) -> Line:
    """Index = [end - (r * (start - M) + M)] / sqrt[r^2 SD^2 (1 - r) + SD^2 (1 - r_end)]."""
    r, r_end = sample.reliability, sample.reliability_post
    return Line(
        slope=r,
        constant=sample.mean * (1 - r),
        error=sample.sd * math.sqrt(r**2 * (1 - r) + (1 - r_end)),
        critical=critical,
    )


METHOD = Method(
    id="nk",
    name="Nunnally and Kotsch",
    formula="[end - (r * (start - M) + M)] / sqrt[r^2 * SD^2 * (1 - r) + SD^2 * (1 - r_end)]",
    source="Nunnally & Kotsch 1983, Br J Clin Psychol 22:83-93",
    use="The two scores were not measured equally well (another form, another setting).",
    avoid="r_end is not known: with r_end = r it is a close relative of gln.",
    needs=("reliability", "reliability_post"),
    line=line,
)

"""Jacobson and Truax: change against the standard error of a difference."""

from __future__ import annotations

from outcomes.change import jacobson_truax
from outcomes.change.methods.model import Line, Method, Sample


def line(sample: Sample, critical: float) -> Line:
    """Index = (end - start) / (sqrt(2) * SEM)."""
    error = jacobson_truax.s_diff(jacobson_truax.sem(sample.sd, sample.reliability))
    return Line(slope=1.0, constant=0.0, error=error, critical=critical)


METHOD = Method(
    id="jt",
    name="Jacobson and Truax",
    formula="(end - start) / (sqrt(2) * SEM), SEM = SD * sqrt(1 - r)",
    source=jacobson_truax.SOURCE,
    use="The default: the most used and the easiest to explain; one threshold for everybody.",
    avoid="People chosen because they scored badly: some of them move towards the mean without "
    "any change, and this method counts it.",
    needs=("reliability",),
    line=line,
)

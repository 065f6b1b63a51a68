"""Edwards and Nunnally: an interval of measurement error around the estimated true score."""

from __future__ import annotations

from outcomes.change import jacobson_truax
from outcomes.change.methods.model import Line, Method, Sample


def line(sample: Sample, critical: float) -> Line:
    """Index = [end - (r * (start - M) + M)] / SEM."""
    r = sample.reliability
    return Line(
        slope=r,
        constant=sample.mean * (1 - r),
        error=jacobson_truax.sem(sample.sd, r),
        critical=critical,
    )


METHOD = Method(
    id="en",
    name="Edwards and Nunnally",
    formula="[end - (r * (start - M) + M)] / SEM",
    source="Speer 1992, J Consult Clin Psychol 60:402-408, after Edwards et al. 1978",
    use="To compare with studies that used it; Speer advises it where people regress to the mean.",
    avoid="As the only method: the error of the end score and that of the estimated true score "
    "are counted as one SEM, so that more people seem changed than the confidence promises.",
    needs=("reliability",),
    line=line,
)

"""`oc.evalue`: how strong something unmeasured would have to be, on the scale of risk ratios."""

from __future__ import annotations

import math

from outcomes.comparison.overturn.evalue_result import EValues
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError
from outcomes.proportions import e_value

# Chinn 2000; VanderWeele and Ding 2017, table 2: a standardised difference as a risk ratio.
PER_SD, PER_ERROR = 0.91, 1.78
_LEAST = 1e-6  # a share cannot be below nobody
SCALES = {
    "rr": "risk ratio",
    "or": "odds ratio",
    "hr": "hazard ratio",
    "d": "standardised difference",
    "points": "difference in points",
}
_RATIOS = ("rr", "or", "hr")


def evalue(
    estimate: float | ComparisonResult,
    low: float | None = None,
    high: float | None = None,
    *,
    scale: str | None = None,
    rare: bool | None = None,
    sd: float | None = None,
    standard_error: float | None = None,
) -> EValues:
    """E-values of an estimate and of the limit of its interval nearer to no difference.

    `scale`: "rr"; "or" and "hr", for which `rare` says whether the outcome is rare (below
    15 % at the end of the follow-up; then it is read as a risk ratio, else approximated);
    "d", a standardised mean difference with limits or `standard_error`; "points" with the
    `sd` of the outcome. A ComparisonResult brings estimate and limits: in points (`sd`
    needed), or as a ratio.

    Raises UsageError for a scale without what it needs, or limits out of order.
    Sources: VanderWeele and Ding 2017; for odds and hazard ratios of outcomes that are not
    rare VanderWeele 2017; for differences Chinn 2000.
    """
    if isinstance(estimate, ComparisonResult):
        return _of_comparison(estimate, sd, scale)
    word = "rr" if scale is None else scale
    _check(word, rare, sd)
    if word in _RATIOS:
        ratios = [_ratio(value, word, bool(rare)) for value in (estimate, low, high)]
        return _result(word, estimate, *ratios, rare=rare)
    unit = sd if word == "points" and sd is not None else 1.0
    if standard_error is not None and low is None and high is None:
        # The published table: 1.78 is 0.91 times 1.96.
        wide = PER_ERROR * standard_error / unit
        middle = PER_SD * estimate / unit
        ratios = [math.exp(middle), math.exp(middle - wide), math.exp(middle + wide)]
    else:
        ratios = [_from_d(value, unit) for value in (estimate, low, high)]
    return _result(word, estimate, *ratios, rare=None)


def _of_comparison(result: ComparisonResult, sd: float | None, scale: str | None) -> EValues:
    if not (math.isfinite(result.estimate) and math.isfinite(result.low)):
        nan = math.nan
        return EValues("points", nan, nan, nan, nan, nan, nan, None, (), verdict=result.verdict)
    if scale is None:
        scale = "rr" if result.effect == "ratio" or result.binary else "points"
    numbers = (result.estimate, result.low, result.high)
    if scale == "rr" and result.effect != "ratio":
        numbers = _ratios(result)
    return evalue(*numbers, scale=scale, sd=sd).of(result)


def _ratios(result: ComparisonResult) -> tuple[float, float, float]:
    """Ratio of the adjusted shares, its limits with the reference's share held where it is."""
    share = result.means[result.reference]
    low, high = (max(share + end, _LEAST) / share for end in (result.low, result.high))
    return result.means[result.other] / share, low, high


def _check(scale: str, rare: bool | None, sd: float | None) -> None:
    if scale not in SCALES:
        raise UsageError(
            f"unknown scale {scale!r}", where="parameter scale", fix=f"one of {', '.join(SCALES)}"
        )
    if scale in ("or", "hr") and rare is None:
        raise UsageError(
            f"for an {SCALES[scale]} it has to be known whether the outcome is rare",
            where="parameter rare",
            fix="rare=True when fewer than 15 % have it at the end, else rare=False",
        )
    if scale == "points" and not (sd is not None and sd > 0):
        raise UsageError(
            "a difference in points needs the standard deviation of the outcome",
            where="parameter sd",
            fix="give the standard deviation within arms, in the same points",
        )


def _ratio(value: float | None, scale: str, rare: bool) -> float | None:
    """A risk ratio from a ratio of odds or hazards (VanderWeele 2017)."""
    if value is None or not value > 0 or rare or scale == "rr":
        return value
    if scale == "or":
        return math.sqrt(value)
    top, bottom = (1 - math.pow(0.5, math.sqrt(part)) for part in (value, 1 / value))
    return top / bottom


def _from_d(value: float | None, sd: float) -> float | None:
    return None if value is None else math.exp(PER_SD * value / sd)


def _result(
    scale: str,
    estimate: float,
    ratio: float | None,
    low: float | None,
    high: float | None,
    *,
    rare: bool | None,
) -> EValues:
    if ratio is None:
        raise UsageError("there is no estimate", where="evalue(estimate, ...)")
    found = e_value(ratio, low, high)
    return EValues(
        scale=scale,
        given=float(estimate),
        ratio=float(ratio),
        low=math.nan if low is None else float(low),
        high=math.nan if high is None else float(high),
        estimate=found.estimate,
        limit=found.limit,
        rare=rare,
        benchmarks=(),
    )

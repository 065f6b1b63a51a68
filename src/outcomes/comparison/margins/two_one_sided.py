"""Is the difference smaller than the margin? Two one-sided tests, and non-inferiority."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scipy.special import stdtr

from outcomes.comparison.margins.margin import Margin
from outcomes.comparison.margins.margin import margin as declare
from outcomes.comparison.margins.result import EQUIVALENCE, NONINFERIORITY, AgainstMargin
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.verdict import Interval, equivalence_interval, t_interval
from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict

NAN = float("nan")
_SOURCES = {
    EQUIVALENCE: "Schuirmann 1987; Lakens 2017",
    NONINFERIORITY: "ICH E9 1998; Piaggio and others 2012",
}
# What a comparison says when its estimate may not be used, whatever the margin.
_BLOCKING = (Verdict.NOT_COMPARABLE, Verdict.NOT_MEASURABLE, Verdict.SUPPRESSED)
_UNTOUCHED = ("interval_includes_zero",)


@dataclass(frozen=True, slots=True)
class _Found:
    """The estimate with what is known of where it comes from."""

    estimate: float
    se: float
    df: float
    confidence: float
    direction: str | None
    names: dict[str, Any]
    verdict: Verdict | None
    reasons: tuple[str, ...]


def equivalence(
    result: ComparisonResult | None = None,
    *,
    margin: Margin | float | None = None,
    estimate: float | None = None,
    se: float | None = None,
    df: float = math.inf,
    confidence: float = 0.95,
    names: tuple[str, str] = ("other", "reference"),
    outcome: str = "outcome",
    unit: str = "points",
) -> AgainstMargin:
    """Is the difference smaller than the margin either way? Two one-sided tests at α each.

    `result` is a comparison (its margin unless another is given), or give estimate, se and df.
    equivalent: the 1 − 2α interval lies within ± margin; not supported: it lies beyond one of
    them; cannot tell otherwise. A comparison that is not comparable stays so. Raises
    UsageError without a margin. Source: Schuirmann 1987 (J Pharmacokinet Biopharm 15:657).
    """
    found = _found(result, (estimate, se, df), confidence, None, (names, outcome, unit))
    limit = _margin(margin, result, found.names["unit"])
    m = limit.points
    span = equivalence_interval(found.estimate, found.se, found.df, found.confidence)
    lower, upper = _one_sided(found, m)
    judged = _blocked(found, span) or _equivalent(span, m)
    return _result(
        EQUIVALENCE, found, limit, span=(span, 2 * found.confidence - 1),
        p=(lower, upper, max(lower, upper)), judged=judged,
    )  # fmt: skip


def noninferiority(
    result: ComparisonResult | None = None,
    *,
    margin: Margin | float | None = None,
    direction: str | None = None,
    estimate: float | None = None,
    se: float | None = None,
    df: float = math.inf,
    confidence: float = 0.95,
    names: tuple[str, str] = ("other", "reference"),
    outcome: str = "outcome",
    unit: str = "points",
) -> AgainstMargin:
    """Is `other` not worse than `reference` by the margin? One-sided at (1 − confidence) / 2.

    `direction` ("lower" or "higher" is better) comes from the comparison or is given. supported:
    the whole interval lies on the good side of the margin; not supported: wholly beyond it;
    cannot tell otherwise. Source: ICH E9 1998; Piaggio and others 2012 (JAMA 308:2594).
    """
    found = _found(result, (estimate, se, df), confidence, direction, (names, outcome, unit))
    if found.direction not in ("lower", "higher"):
        raise UsageError(
            "It is not said whether a lower or a higher score is better.",
            where="parameter direction",
            fix="Give direction='lower' or direction='higher'.",
        )
    limit = _margin(margin, result, found.names["unit"])
    m = limit.points
    span = t_interval(found.estimate, found.se, found.df, found.confidence)
    lower, upper = _one_sided(found, m)
    worse_is_up = found.direction == "lower"
    judged = _blocked(found, span) or _not_worse(span, m, worse_is_up=worse_is_up)
    return _result(
        NONINFERIORITY, found, limit, span=(span, found.confidence),
        p=(lower, upper, upper if worse_is_up else lower), judged=judged,
    )  # fmt: skip


def _found(
    result: ComparisonResult | None,
    numbers: tuple[float | None, float | None, float],
    confidence: float,
    direction: str | None,
    words: tuple[tuple[str, str], str, str],
) -> _Found:
    estimate, se, df = numbers
    if (result is None) == (estimate is None):
        raise UsageError(
            "Give either a comparison or an estimate.", where="parameters result, estimate"
        )
    if result is not None:
        named = {
            "reference": result.reference, "other": result.other, "outcome": result.outcome,
            "unit": result.unit, "n_in": result.n_in, "n_used": result.n_used,
            "method": result.method_name,
        }  # fmt: skip
        return _Found(
            result.estimate, result.se, result.df, result.confidence,
            direction or result.direction, named, result.verdict, result.reasons,
        )  # fmt: skip
    if se is None or not se > 0 or not df > 0:
        raise UsageError("se and df are positive numbers.", where="parameters se, df")
    (other, reference), outcome, unit = words
    named = {
        "reference": reference, "other": other, "outcome": outcome, "unit": unit,
        "n_in": None, "n_used": None, "method": "estimate given",
    }  # fmt: skip
    assert estimate is not None
    return _Found(float(estimate), float(se), float(df), confidence, direction, named, None, ())


def _margin(given: Margin | float | None, result: ComparisonResult | None, unit: str) -> Margin:
    if given is None and result is not None:
        given = result.margin
    if given is None:
        raise UsageError(
            "Without a margin declared before, nothing can be called equivalent.",
            where="parameter margin",
            fix="Declare one with oc.margin.",
        )
    return given if isinstance(given, Margin) else declare(points=float(given), unit=unit)


def _one_sided(found: _Found, m: float) -> tuple[float, float]:
    """P against 'at most − margin' and against 'at least + margin'."""
    if not found.se > 0:
        return NAN, NAN
    lower = stdtr(found.df, -(found.estimate + m) / found.se)
    upper = stdtr(found.df, (found.estimate - m) / found.se)
    return float(lower), float(upper)


def _blocked(found: _Found, span: Interval) -> tuple[Verdict, tuple[str, ...]] | None:
    """The comparison's own verdict where it forbids a claim, else None."""
    if found.verdict in _BLOCKING:
        return found.verdict, found.reasons
    if found.verdict is Verdict.CANNOT_TELL and found.reasons != _UNTOUCHED:
        return Verdict.CANNOT_TELL, found.reasons
    return (Verdict.CANNOT_TELL, ("not_estimated",)) if math.isnan(span.low) else None


def _equivalent(span: Interval, m: float) -> tuple[Verdict, tuple[str, ...]]:
    if -m < span.low and span.high < m:
        return Verdict.EQUIVALENT, ("within_margin",)
    if span.low > m or span.high < -m:
        return Verdict.NOT_SUPPORTED, ("beyond_margin",)
    return Verdict.CANNOT_TELL, ("interval_crosses_margin",)


def _not_worse(span: Interval, m: float, *, worse_is_up: bool) -> tuple[Verdict, tuple[str, ...]]:
    worst, best = (span.high, span.low) if worse_is_up else (-span.low, -span.high)
    if worst < m:
        return Verdict.SUPPORTED, ("within_margin",)
    if best > m:
        return Verdict.NOT_SUPPORTED, ("beyond_margin",)
    return Verdict.CANNOT_TELL, ("interval_crosses_margin",)


def _result(
    question: str,
    found: _Found,
    limit: Margin,
    *,
    span: tuple[Interval, float],
    p: tuple[float, float, float],
    judged: tuple[Verdict, tuple[str, ...]],
) -> AgainstMargin:
    (interval, level), (verdict, reasons) = span, judged
    shown = verdict not in _BLOCKING
    lower, upper, decides = p if shown else (NAN, NAN, NAN)
    return AgainstMargin(
        question=question,
        estimate=found.estimate if shown else NAN,
        se=found.se if shown else NAN,
        df=found.df if shown else NAN,
        low=interval.low if shown else NAN,
        high=interval.high if shown else NAN,
        level=level,
        p_lower=lower,
        p_upper=upper,
        p=decides,
        margin=limit,
        direction=found.direction,
        verdict=verdict,
        reasons=reasons,
        source=_SOURCES[question],
        **found.names,
    )

"""From stored quantities to an interval and a verdict; nothing else is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from outcomes.comparison.policy import Broken
from outcomes.schema.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided t interval with p of the test against 0; all nan without an estimate."""

    low: float
    high: float
    p: float


def t_interval(estimate: float, se: float, df: float, confidence: float) -> Interval:
    """Give estimate ± t(df) · se, and the two-sided p value."""
    nan = float("nan")
    if not (se > 0 and df > 0 and math.isfinite(estimate)):
        return Interval(nan, nan, nan)
    reach = float(stdtrit(df, (1 + confidence) / 2)) * se
    p = float(2 * stdtr(df, -abs(estimate) / se))
    return Interval(estimate - reach, estimate + reach, p)


def equivalence_interval(estimate: float, se: float, df: float, confidence: float) -> Interval:
    """The 1 − 2α interval of two one-sided tests at level α (Schuirmann 1987)."""
    return t_interval(estimate, se, df, 2 * confidence - 1)


def decide(
    *,
    interval: Interval,
    equivalence: Interval,
    margin: float | None,
    direction: str | None,
    failed: Sequence[Broken],
    few: Sequence[Broken],
    converged: bool,
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict on 'the arms differ', with the codes of its reasons.

    In this order:
    not comparable: a check that decides has failed;
    cannot tell: too few people, clusters or degrees of freedom, or no estimate;
    equivalent: the 1 − 2α interval lies within ± margin;
    supported: the interval excludes 0, so the arms differ (the sign says which way);
    not supported: the claim 'other is better than reference by more than the margin' is
    ruled out, because the whole interval lies below it; needs margin and direction;
    cannot tell: everything else. An interval that includes 0 never means 'no difference'.
    """
    blocked = _blocked(interval, failed, few, converged=converged)
    if blocked is not None:
        return blocked
    if margin is not None and -margin < equivalence.low and equivalence.high < margin:
        return Verdict.EQUIVALENT, ("within_margin",)
    if interval.low > 0 or interval.high < 0:
        return Verdict.SUPPORTED, ("interval_excludes_zero",)
    if margin is not None and direction is not None:
        best = interval.high if direction == "higher" else -interval.low
        if best < margin:
            return Verdict.NOT_SUPPORTED, ("rules_out_better_by_margin",)
    return Verdict.CANNOT_TELL, ("interval_includes_zero",)


def _blocked(
    interval: Interval, failed: Sequence[Broken], few: Sequence[Broken], *, converged: bool
) -> tuple[Verdict, tuple[str, ...]] | None:
    """The verdict when the interval may not be looked at, else None."""
    if failed:
        return Verdict.NOT_COMPARABLE, tuple(dict.fromkeys(rule for rule, _, _ in failed))
    if not converged:
        return Verdict.CANNOT_TELL, ("not_converged",)
    if few:
        return Verdict.CANNOT_TELL, tuple(dict.fromkeys(rule for rule, _, _ in few))
    if math.isnan(interval.low):
        return Verdict.CANNOT_TELL, ("not_estimated",)
    return None

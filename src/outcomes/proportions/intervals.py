"""Intervals for a share and for the difference of two shares."""

from __future__ import annotations

import math

from scipy.special import ndtri

from outcomes.errors import UsageError

Limits = tuple[float, float]


def critical_value(confidence: float) -> float:
    """Two-sided standard normal quantile: 1.959964 for a confidence of 0.95."""
    if not 0 < confidence < 1:
        raise UsageError(
            "The confidence level is not between 0 and 1.",
            where="parameter confidence",
            fix="Give a share, for example 0.95.",
        )
    return float(ndtri(0.5 + confidence / 2))


def wilson(n: float, total: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a share n / total (Wilson 1927, JASA 22:209-212).

    Both numbers may be effective sizes, so they need not be whole. Within 0 and 1, and
    not empty at 0 or at `total`. (nan, nan) where total is 0. Raises UsageError unless
    0 <= n <= total.
    """
    if not 0 <= n <= total:
        raise UsageError("A count is negative or larger than its total.", where="wilson(n, total)")
    z = critical_value(confidence)
    if total == 0:
        return math.nan, math.nan
    share = n / total
    centre = share + z**2 / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    # At the ends the formula is exact; floating point would leave a limit of 1e-18.
    low = 0.0 if n == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if n == total else min(1.0, (centre + half) / scale)
    return low, high


def newcombe(
    n1: float, total1: float, n2: float, total2: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Hybrid score interval of n1 / total1 - n2 / total2 for independent groups.

    Newcombe 1998, Stat Med 17:873-890, method 10: the Wilson limits of both shares are
    combined by their distances from the shares. (nan, nan) where a total is 0.
    """
    low1, high1 = wilson(n1, total1, confidence)
    low2, high2 = wilson(n2, total2, confidence)
    if total1 == 0 or total2 == 0:
        return math.nan, math.nan
    share1, share2 = n1 / total1, n2 / total2
    difference = share1 - share2
    low = difference - math.hypot(share1 - low1, high2 - share2)
    high = difference + math.hypot(high1 - share1, share2 - low2)
    return low, high

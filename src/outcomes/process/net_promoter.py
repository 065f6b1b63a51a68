"""The Net Promoter Score with the interval that it is usually shown without."""

from __future__ import annotations

import math

from outcomes.errors import UsageError
from outcomes.proportions import critical_value

# Rocks 2016 adds three answers, spread evenly over trinomial thirds with half weight at 0.
_ADDED, _ADDED_EACH = 3.0, 0.75


def net_promoter(
    promoters: float, detractors: float, n: float, *, effect: float = 1.0, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Share of promoters minus share of detractors, from -1 to 1, with its limits.

    Both shares come from the same people: Var = (p + d - (p - d)^2) / n. The interval is the
    adjusted Wald one of Rocks 2016, Am Stat 70:365-372: 3/4 is added to promoters and
    detractors and 3 to n first, so that it has a width when all answers are alike. `effect`
    divides the counts for people who belong together. NaN without answers; UsageError where the
    counts contradict each other.
    """
    if min(promoters, detractors) < 0 or promoters + detractors > n:
        raise UsageError("Promoters and detractors are more than all.", where="net_promoter(...)")
    if n == 0:
        return math.nan, math.nan, math.nan
    score = (promoters - detractors) / n
    size = n / effect + _ADDED
    p = (promoters / effect + _ADDED_EACH) / size
    d = (detractors / effect + _ADDED_EACH) / size
    half = critical_value(confidence) * math.sqrt((p + d - (p - d) ** 2) / size)
    return score, max(-1.0, p - d - half), min(1.0, p - d + half)

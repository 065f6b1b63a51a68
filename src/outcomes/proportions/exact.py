"""The exact interval of a share, for audits that ask for guaranteed coverage."""

from __future__ import annotations

import math

from scipy.special import betaincinv

from outcomes.errors import UsageError
from outcomes.proportions.intervals import critical_value


def clopper_pearson(n: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share n / total (Clopper & Pearson 1934, Biometrika 26:404-413).

    Never covers less than `confidence`, so it is wider than Wilson's. For 0 of N the upper
    limit is 1 - (alpha / 2) ** (1 / N). (nan, nan) where total is 0. Raises UsageError
    unless 0 <= n <= total.
    """
    if not 0 <= n <= total:
        raise UsageError(
            "A count is negative or larger than its total.", where="clopper_pearson(n, total)"
        )
    critical_value(confidence)
    if total == 0:
        return math.nan, math.nan
    tail = (1 - confidence) / 2
    low = 0.0 if n == 0 else float(betaincinv(n, total - n + 1, tail))
    high = 1.0 if n == total else float(betaincinv(n + 1, total - n, 1 - tail))
    return low, high

"""Quantiles and tail areas, from the functions that are quick to import."""

from __future__ import annotations

import math

from scipy.special import chdtrc, fdtri, ndtri, stdtrit


def two_sided(level: float, df: float = math.inf) -> float:
    """Two-sided t quantile: 1.96 for a level of .95 and infinite df."""
    share = 0.5 + level / 2
    return float(ndtri(share) if math.isinf(df) else stdtrit(df, share))


def chi_square_p(statistic: float, df: float) -> float:
    """The upper tail of a chi-square."""
    return float(chdtrc(df, statistic))


def f_quantile(share: float, df1: float, df2: float) -> float:
    """The value below which `share` of an F lies."""
    return float(fdtri(df1, df2, share))

"""A mean with an interval for people who belong together, and the spread around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtri, stdtrit

from outcomes.proportions import critical_value


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its limits; NaN where there are too few for them."""

    n: int
    clusters: int
    mean: float
    se: float
    df: float
    low: float
    high: float


def mean_interval(
    values: npt.ArrayLike, clusters: npt.ArrayLike | None = None, confidence: float = 0.95
) -> Mean:
    """Mean of `values` with t limits that allow for clusters.

    se^2 = G / (G - 1) * sum_g (sum_i (y_gi - mean))^2 / n^2 with G - 1 degrees of freedom (the
    cluster-robust variance of an intercept: Liang & Zeger 1986, Biometrika 73:13-22); with each
    person alone this is s^2 / n, the textbook t interval. Missing values are left out; one
    cluster gives a mean without limits.
    """
    y = np.asarray(values, dtype="float64")
    there = ~np.isnan(y)
    y = y[there]
    n = len(y)
    names = np.arange(n) if clusters is None else np.asarray(clusters, dtype=object)[there]
    codes, _ = pd.factorize(names, use_na_sentinel=False)
    groups = int(codes.max()) + 1 if n else 0
    nan = math.nan
    if n == 0:
        return Mean(0, 0, nan, nan, nan, nan, nan)
    centre = float(y.mean())
    if groups < 2:
        return Mean(n, groups, centre, nan, nan, nan, nan)
    sums = np.bincount(codes, weights=y - centre)
    se = math.sqrt(groups / (groups - 1) * float((sums**2).sum())) / n
    half = float(stdtrit(groups - 1, 0.5 + confidence / 2)) * se
    return Mean(n, groups, centre, se, groups - 1, centre - half, centre + half)


def sd_interval(values: npt.ArrayLike, confidence: float = 0.95) -> tuple[float, float, float]:
    """Standard deviation with chi-squared limits for independent normal values.

    (n - 1) s^2 / quantile of chi-squared with n - 1 degrees of freedom. NaN below two values.
    """
    y = np.asarray(values, dtype="float64")
    y = y[~np.isnan(y)]
    if len(y) < 2:
        return math.nan, math.nan, math.nan
    df, sd = len(y) - 1, float(y.std(ddof=1))
    # chdtri takes the upper tail.
    upper, lower = (float(chdtri(df, 0.5 + side * confidence / 2)) for side in (-1, 1))
    return sd, sd * math.sqrt(df / upper), sd * math.sqrt(df / lower)


@dataclass(frozen=True, slots=True)
class StandardisedChange:
    """Change in standard deviations of the start scores; positive is better."""

    n: int
    d: float
    se: float
    low: float
    high: float
    r: float


def becker_d(
    pre: npt.ArrayLike,
    post: npt.ArrayLike,
    *,
    higher_is_better: bool,
    effect: float = 1.0,
    confidence: float = 0.95,
) -> StandardisedChange:
    """Standardised change from before to after, with J and an interval that knows r.

    d = J * (M_post - M_pre) / SD_pre, turned so that positive is better, J = 1 - 3 / (4 df - 1)
    with df = n - 1 (Becker 1988, Br J Math Stat Psychol 41:257-278; Hedges 1981). Variance
    2 (1 - r') / n + d^2 / (2 n) with r' = r + r (1 - r^2) / (2 (n - 4)) (Minami et al. 2007; r'
    is Olkin & Pratt 1958). `effect` divides n in the variance for people who belong together.
    NaN below five pairs, or where the start scores do not vary.
    """
    a, b = np.asarray(pre, "float64"), np.asarray(post, "float64")
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    n, nan = len(a), math.nan
    if n < 5 or a.std() == 0:
        return StandardisedChange(n, nan, nan, nan, nan, nan)
    correction = 1 - 3 / (4 * (n - 1) - 1)
    sign = 1.0 if higher_is_better else -1.0
    d = correction * sign * float(b.mean() - a.mean()) / float(a.std(ddof=1))
    r = float(np.corrcoef(a, b)[0, 1]) if b.std() > 0 else 0.0
    adjusted = min(1.0, r + r * (1 - r**2) / (2 * (n - 4)))
    worth = n / effect
    se = math.sqrt(2 * (1 - adjusted) / worth + d**2 / (2 * worth))
    half = critical_value(confidence) * se
    return StandardisedChange(n, d, se, d - half, d + half, r)

"""The difference and the ratio of two shares that may rest on the same clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.proportions.intervals import Limits

Hits = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share with its limits, each between 0 and 1."""

    rate: float
    low: float
    high: float


def correlation(hits1: Hits, clusters1: Codes, hits2: Hits, clusters2: Codes) -> float:
    """Correlation of two estimated shares whose members may come from the same clusters.

    Of the clusters' deviations sum(hit - share), as in Taylor linearisation of a ratio.
    Cluster codes mean the same in both. With one member of each cluster on either side this
    is the phi of the fourfold table (paired shares). 0.0 where no cluster is in both, or a
    share does not vary.
    """
    if len(hits1) == 0 or len(hits2) == 0:
        return 0.0
    k = int(max(clusters1.max(), clusters2.max())) + 1
    first = np.bincount(clusters1, weights=hits1 - hits1.mean(), minlength=k)
    second = np.bincount(clusters2, weights=hits2 - hits2.mean(), minlength=k)
    size = math.sqrt(float((first**2).sum()) * float((second**2).sum()))
    return float((first * second).sum()) / size if size > 0 else 0.0


def difference_limits(one: Proportion, two: Proportion, correlated: float = 0.0) -> Limits:
    """Limits of one - two, each share with its own limits, correlated or not.

    Zou & Donner 2008, Stat Med 27:1693-1702, equation 7; with Wilson's limits and
    correlation 0 it is Newcombe's method 10, with phi Newcombe's for paired shares (1998,
    Stat Med 17:2635-2650, method 8). (nan, nan) where a share is unknown.
    """
    gap = one.rate - two.rate
    below = _combined(one.rate - one.low, two.high - two.rate, correlated)
    above = _combined(one.high - one.rate, two.rate - two.low, correlated)
    return gap - below, gap + above


def ratio_limits(one: Proportion, two: Proportion, correlated: float = 0.0) -> Limits:
    """Limits of one / two, by recovery of variances (Donner & Zou 2012, SMMR 21:347-359).

    Zero cases need no continuity correction: 0 of N above gives the lower limit 0, and below
    an upper limit of infinity. (nan, nan) where a share is unknown, or both are 0.
    """
    if math.isnan(one.rate) or math.isnan(two.rate) or (one.rate == 0 == two.rate):
        return math.nan, math.nan
    product = _shared(one.rate, two.rate, correlated, one.rate - one.low, two.high - two.rate)
    low = _root(product, one.low * (2 * one.rate - one.low), two.high, two.rate, upper=False)
    product = _shared(one.rate, two.rate, correlated, one.high - one.rate, two.rate - two.low)
    high = _root(product, one.high * (2 * one.rate - one.high), two.low, two.rate, upper=True)
    return max(0.0, low), high


def _combined(a: float, b: float, correlated: float) -> float:
    return math.sqrt(max(0.0, a * a + b * b - 2 * correlated * a * b))


def _shared(p1: float, p2: float, correlated: float, a: float, b: float) -> float:
    """p1 * p2, less what the two shares have in common."""
    return p1 * p2 - correlated * a * b


def _root(product: float, numerator: float, limit: float, rate: float, *, upper: bool) -> float:
    """A root of limit * (2 * rate - limit) * x^2 - 2 * product * x + numerator = 0."""
    leading = limit * (2 * rate - limit)
    spread = math.sqrt(max(0.0, product**2 - numerator * leading))
    if upper:
        return math.inf if leading <= 0 else (product + spread) / leading
    # The other form of the same root does not divide by what may be zero.
    return numerator / (product + spread) if product + spread > 0 else 0.0

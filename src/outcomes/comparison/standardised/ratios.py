"""Observed over expected with its interval, and how much ratios of several places spread."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, expit, gammaincinv, logit

from outcomes.errors import UsageError
from outcomes.proportions import critical_value

FloatArray = npt.NDArray[np.float64]
Limits = tuple[float, float]

# Halvings of the shift on the logit scale, from ±REACH: below 1e-12.
HALVINGS, REACH = 60, 40.0


def byar(observed: float, expected: float, confidence: float = 0.95) -> Limits:
    """Byar's limits of a ratio of rare events (Breslow & Day 1987, equations 2.13 and 2.14).

    O (1 − 1/(9O) − z/(3√O))³ / E and (O + 1) (1 − 1/(9(O + 1)) + z/(3√(O + 1)))³ / E. Where
    events are common these Poisson limits are too wide; `mid_p` is then right.
    """
    _checked(observed, expected)
    z, more = critical_value(confidence), observed + 1
    low = 0.0
    if observed > 0:
        low = observed * (1 - 1 / (9 * observed) - z / (3 * math.sqrt(observed))) ** 3 / expected
    return low, more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3 / expected


def exact_poisson(observed: float, expected: float, confidence: float = 0.95) -> Limits:
    """Exact Poisson limits of a ratio (Ulm 1990): χ² quantiles with 2O and 2(O + 1) df."""
    _checked(observed, expected)
    tail = (1 - confidence) / 2
    low = float(gammaincinv(observed, tail)) / expected if observed > 0 else 0.0
    return low, float(gammaincinv(observed + 1, 1 - tail)) / expected


def mid_p(observed: int, chances: FloatArray, confidence: float = 0.95) -> Limits:
    """Mid-P limits of O / E where each person has a chance of their own (n).

    All log-odds are moved by one amount until P(X < O) + P(X = O)/2 is (1 − confidence)/2 or its
    complement (Lancaster 1961; Berry & Armitage 1995); the limits are the expected counts there
    over E. The count is taken as the binomial with the mean and variance of the sum (Ehm 1991):
    with equal chances the exact mid-P limits of a share, over the chance.
    """
    n, expected = len(chances), float(chances.sum())
    _checked(observed, expected)
    odds = logit(np.clip(chances, 1e-12, 1 - 1e-12))
    tail = (1 - confidence) / 2
    low = 0.0 if observed == 0 else float(expit(odds + _shift(observed, odds, 1 - tail)).sum())
    high = n if observed == n else float(expit(odds + _shift(observed, odds, tail)).sum())
    return low / expected, high / expected


def middle(observed: int, chances: FloatArray) -> float:
    """P(X < O) + P(X = O)/2 of the sum of unequal yes-or-no outcomes, by a matched binomial."""
    mean = float(chances.sum())
    miss = min(max(float((chances * (1 - chances)).sum()) / mean, 1e-12), 1 - 1e-12)
    size = mean / (1 - miss)
    return (_below(observed, size, miss) + _below(observed - 1, size, miss)) / 2


def _below(x: float, size: float, miss: float) -> float:
    if x < 0:
        return 0.0
    return float(betainc(size - x, x + 1, miss)) if x < size else 1.0


def _shift(observed: int, odds: FloatArray, target: float) -> float:
    low, high = -REACH, REACH
    for _ in range(HALVINGS):
        half = (low + high) / 2
        # The larger the shift, the less lies below the observed count.
        low, high = (half, high) if middle(observed, expit(odds + half)) > target else (low, half)
    return (low + high) / 2


def widened(ratio: float, limits: Limits, factor: float) -> Limits:
    """Limits for people who are not independent: the logarithms √factor times as far away."""
    root = math.sqrt(max(factor, 1.0))
    if ratio <= 0 or root == 1:
        return limits
    low, high = (ratio * (end / ratio) ** root if end > 0 else end for end in limits)
    return low, high


def cluster_factor(residuals: FloatArray, codes: npt.NDArray[np.intp]) -> float:
    """Variance of the sum of residuals with clusters over that without, at least 1."""
    own = float((residuals**2).sum())
    sums = np.bincount(codes, weights=residuals)
    return max(1.0, float((sums**2).sum()) / own) if own > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Overdispersion:
    """How much ratios spread beyond chance: φ (1: chance alone) and τ of the ratio, of k places."""

    phi: float
    tau: float
    k: int


def overdispersion(ratio: FloatArray, variance: FloatArray, share: float) -> Overdispersion:
    """Spread of `ratio` (k) about 1 given each one's sampling `variance` (Spiegelhalter 2005).

    φ is the mean square of the z scores, the lowest and highest `share` of them pulled in;
    τ² = (kφ − (k − 1)) / (Σw − Σw²/Σw), w the inverse variances, at least 0.
    """
    k = len(ratio)
    z = (ratio - 1) / np.sqrt(variance)
    ends = np.quantile(z, [share, 1 - share])
    phi = float((np.clip(z, *ends) ** 2).mean())
    w = 1 / variance
    tau2 = (k * phi - (k - 1)) / float(w.sum() - (w**2).sum() / w.sum())
    return Overdispersion(phi, math.sqrt(max(tau2, 0.0)), k)


def _checked(observed: float, expected: float) -> None:
    if observed < 0 or not expected > 0:
        raise UsageError("observed is from 0, expected above 0", where="observed and expected")

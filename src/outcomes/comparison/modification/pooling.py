"""Partial pooling of several differences: how far apart they lie, and shrunken estimates.

d ~ N(θ, V) with V known, θ ~ N(μ, τ²) (Higgins, Thompson & Spiegelhalter 2009). V may have
covariances, since subgroups share slopes and clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import chdtrc, ndtr, stdtrit

FloatArray = npt.NDArray[np.float64]

# Points and reach of the integration over τ. Half-normal: six scales hold all but 1e-9; flat: the
# marginal likelihood falls as τ^(1−k), and 60 ranges of the estimates leave 1e-9 for k ≥ 6.
NODES = 400
REACH, FLAT_REACH = 6.0, 60.0
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """Spread τ by restricted likelihood, their mean μ with its interval, and heterogeneity.

    `se`, `low`, `high` of μ after Hartung and Knapp 2001 (t with k − 1 df). `q` is Cochran's
    statistic with `p_q`; `i2` the share of the variance of the estimates that lies between them.
    """

    mean: float
    se: float
    low: float
    high: float
    tau: float
    q: float
    p_q: float
    i2: float
    k: int


@dataclass(frozen=True, slots=True, eq=False)
class Shrunken:
    """Posterior means and intervals of each difference (k), of μ and of τ."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    mean: float
    tau: float


def random_effects(d: FloatArray, V: FloatArray, confidence: float = 0.95) -> RandomEffects:
    """Fit k ≥ 2 differences with covariance V (k × k) by restricted maximum likelihood."""
    k = len(d)
    spread = float(np.var(d, ddof=1))
    top = 10 * float(np.sqrt(spread + np.diag(V).max()))
    tau = _search(d, V, top)
    mean, variance, fit = _mean(d, V, tau)
    knapp = np.sqrt(variance * fit / (k - 1))
    reach = float(stdtrit(k - 1, (1 + confidence) / 2)) * knapp
    q = _mean(d, V, 0.0)[2]
    precision = np.linalg.inv(V)
    total = precision.sum()
    typical = (k - 1) / float(np.trace(precision) - (precision @ precision).sum() / total)
    return RandomEffects(
        mean=float(mean),
        se=float(knapp),
        low=float(mean - reach),
        high=float(mean + reach),
        tau=tau,
        q=q,
        p_q=float(chdtrc(k - 1, q)),
        i2=tau**2 / (tau**2 + typical),
        k=k,
    )


def shrink(d: FloatArray, V: FloatArray, scale: float | None, confidence: float = 0.95) -> Shrunken:
    """Estimates pulled towards their mean, averaged over what the data leave open about τ.

    The prior of μ is flat, that of τ half-normal with `scale`, or flat where that is None
    (three differences at least). Intervals have equal tails.
    """
    top = REACH * scale if scale is not None else FLAT_REACH * float(np.ptp(d) + V.max() ** 0.5)
    # Denser near 0, where everything happens: τ = top · u³.
    u, du = np.polynomial.legendre.leggauss(NODES)
    u = (u + 1) / 2
    taus, steps = top * u**3, du * 3 * u**2
    log, means, sds, centres = _conditionals(d, V, taus)
    if scale is not None:
        log = log - taus**2 / (2 * scale**2)
    weights = np.exp(log - log.max()) * steps
    weights = weights / weights.sum()
    tail = (1 - confidence) / 2
    return Shrunken(
        estimate=weights @ means,
        low=_quantile(means, sds, weights, tail),
        high=_quantile(means, sds, weights, 1 - tail),
        mean=float(weights @ centres),
        tau=float(weights @ taus),
    )


def _mean(d: FloatArray, V: FloatArray, tau: float) -> tuple[float, float, float]:
    """Weighted mean, its variance, and the weighted sum of squares about it."""
    precision = np.linalg.inv(V + tau**2 * np.eye(len(d)))
    variance = 1 / float(precision.sum())
    mean = variance * float((precision @ d).sum())
    away = d - mean
    return mean, variance, float(away @ precision @ away)


def _restricted(d: FloatArray, V: FloatArray, tau: float) -> float:
    """Log restricted likelihood of τ, without its constant."""
    _, variance, fit = _mean(d, V, tau)
    size = np.linalg.slogdet(V + tau**2 * np.eye(len(d)))[1]
    return float(-0.5 * (size - np.log(variance) + fit))


def _search(d: FloatArray, V: FloatArray, top: float) -> float:
    """The maximum over τ from 0: the best of a grid, then Brent's search around it."""
    grid = top * np.linspace(0, 1, 60) ** 2
    values = [_restricted(d, V, float(tau)) for tau in grid]
    best = int(np.argmax(values))
    ends = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(
        lambda tau: -_restricted(d, V, tau), bounds=ends, method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x) if -found.fun > _restricted(d, V, 0.0) + 1e-12 else 0.0


def _conditionals(
    d: FloatArray, V: FloatArray, taus: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """By τ (m): log density, means and standard deviations of θ (m × k), mean of μ."""
    # In the eigenvectors of V the covariance V + τ² I is diagonal for every τ.
    values, vectors = np.linalg.eigh(V)
    spread = values + taus[:, None] ** 2  # m x k
    turned, ones = vectors.T @ d, vectors.sum(axis=0)
    variance = 1 / (ones**2 / spread).sum(axis=1)
    centre = variance * (ones * turned / spread).sum(axis=1)
    away = turned - centre[:, None] * ones
    size = np.log(spread).sum(axis=1) - np.log(variance) + (away**2 / spread).sum(axis=1)
    means = d - (values / spread * away) @ vectors.T
    own = (values * (1 - values / spread)) @ (vectors**2).T
    pull = (values / spread * ones) @ vectors.T
    sds = np.sqrt(np.maximum(own + variance[:, None] * pull**2, 0))
    return -0.5 * size, means, sds, centre


def _quantile(means: FloatArray, sds: FloatArray, weights: FloatArray, tail: float) -> FloatArray:
    """Quantile of a mixture of normals for each column, by bisection."""
    low = (means - 9 * sds).min(axis=0)
    high = (means + 9 * sds).max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = weights @ ndtr((middle - means) / sds) < tail
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)

"""Working correlations of estimating equations: their moments, and solving with them.

Rows of a cluster are alike (exchangeable) or the more so the nearer (AR(1), rho^lag). The
moments are those of R's geepack: Pearson residuals, phi their mean square, and the parameter by
least squares over all pairs, with nothing taken off for coefficients (statsmodels' GEE takes p
off the number of pairs, so that its correlations differ in the third digit).

Source: Yan, J. & Fine, J. (2004), Stat. Med. 23:859-874; Højsgaard, S., Halekoh, U. & Yan, J.
(2006), J. Stat. Softw. 15(2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Correlation = Literal["independence", "exchangeable", "ar1"]
CORRELATIONS = get_args(Correlation)
# A correlation is kept this far from one that makes the matrix singular.
EDGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Rows in the order of clusters and, within, of `places`; `starts` where each begins."""

    starts: IntArray
    sizes: IntArray
    places: FloatArray

    def sums(self, values: FloatArray) -> FloatArray:
        """Sums over the rows of each cluster."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=0))

    @property
    def first(self) -> npt.NDArray[np.bool_]:
        """Which rows begin a cluster."""
        found = np.zeros(len(self.places), dtype=bool)
        found[self.starts] = True
        return found


def moment(kind: Correlation, residuals: FloatArray, clusters: Clusters) -> float:
    """The correlation of Pearson residuals (n)."""
    phi = float((residuals**2).mean())
    if kind == "independence" or phi == 0 or clusters.sizes.max() < 2:
        return 0.0
    if kind == "exchangeable":
        squares, sums = clusters.sums(residuals**2), clusters.sums(residuals)
        pairs = float((clusters.sizes * (clusters.sizes - 1)).sum()) / 2
        found = float((sums**2 - squares).sum()) / 2 / pairs / phi
        lowest = -1 / (float(clusters.sizes.max()) - 1)
        return float(np.clip(found, lowest + EDGE, 1 - EDGE))
    return _autoregressive(residuals, clusters, phi)


def _autoregressive(residuals: FloatArray, clusters: Clusters, phi: float) -> float:
    """Rho of the least-squares fit of rho^lag to the products of all pairs."""
    cluster = np.repeat(np.arange(len(clusters.sizes)), clusters.sizes)
    lags, products = [], []
    for apart in range(1, int(clusters.sizes.max())):
        same = cluster[apart:] == cluster[:-apart]
        lags.append((clusters.places[apart:] - clusters.places[:-apart])[same])
        products.append((residuals[apart:] * residuals[:-apart])[same])
    lag, code = np.unique(np.concatenate(lags), return_inverse=True)
    total = np.bincount(code, weights=np.concatenate(products)) / phi
    count = np.bincount(code)

    def slope(rho: float) -> float:
        """Derivative of the sum of squares, over −2."""
        return float((lag * rho ** (lag - 1) * (total - count * rho**lag)).sum())

    ends = (EDGE, 1 - EDGE) if slope(EDGE) > 0 else (EDGE - 1, -EDGE)
    low, high = slope(ends[0]), slope(ends[1])
    if low * high >= 0:
        return ends[int(np.argmin(np.abs([low, high])))] if slope(EDGE) > 0 else 0.0
    return float(brentq(slope, *ends, xtol=1e-14))


@dataclass(frozen=True, slots=True, eq=False)
class Whitened:
    """Columns divided by the root of the working covariance: products are D'V⁻¹D.

    For exchangeable rows the sum of a cluster takes a share `less` of its square away.
    """

    values: FloatArray
    less: FloatArray | None

    def products(self, clusters: Clusters) -> FloatArray:
        """Cross products of each cluster, G × k × k."""
        k = self.values.shape[1]
        pairs = np.empty((len(clusters.starts), k, k))
        for a in range(k):
            pairs[:, a, :] = clusters.sums(self.values[:, a, None] * self.values)
        if self.less is not None:
            sums = clusters.sums(self.values)
            pairs -= self.less[:, None, None] * sums[:, :, None] * sums[:, None, :]
        return pairs


def whiten(kind: Correlation, rho: float, columns: FloatArray, clusters: Clusters) -> Whitened:
    """`columns` (n × k, each row over its standard deviation) under a correlation."""
    if kind == "independence" or rho == 0:
        return Whitened(columns, None)
    if kind == "exchangeable":
        less = rho / (1 + rho * (clusters.sizes - 1))
        return Whitened(columns / np.sqrt(1 - rho), np.asarray(less, dtype=np.float64))
    # Each row less what the one before it tells: the inverse of AR(1) has no more terms.
    follows = ~clusters.first
    gap = np.ones(len(columns))
    gap[follows] = np.diff(clusters.places)[follows[1:]]
    carried = np.where(follows, np.sign(rho) ** np.round(gap) * np.abs(rho) ** gap, 0.0)
    before = np.vstack([np.zeros((1, columns.shape[1])), columns[:-1]])
    own = (columns - carried[:, None] * before) / np.sqrt(1 - carried**2)[:, None]
    return Whitened(np.asarray(own), None)

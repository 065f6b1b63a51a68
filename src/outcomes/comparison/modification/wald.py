"""Test of several contrasts at once under CR2: the approximate Hotelling test (HTZ).

Tipton and Pustejovsky (2015, J. Educ. Behav. Stat. 40:604), in the form of Pustejovsky and
Tipton (2018): the CR2 covariance of the contrasts behaves like a Wishart matrix whose degrees
of freedom η match the total variance of its entries under the working model (independent
errors of equal variance).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from outcomes.models.cluster_robust import cluster_form
from outcomes.models.least_squares import orthonormal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Wald:
    """F = (η − q + 1) / (η q) times the Wald statistic, with q and η − q + 1 df."""

    statistic: float
    df1: int
    df: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Of each cluster and contrast: the form's square and its products with X and with WX."""

    forms: FloatArray  # n x q
    codes: IntArray
    plain: FloatArray  # m x q x p
    weighted: FloatArray
    inverse: FloatArray  # (X'WX)^-1, p x p
    core: FloatArray  # X'W²X

    def own(self, s: int, t: int) -> FloatArray:
        """Inner products of two forms within each cluster (m)."""
        found = np.bincount(self.codes, weights=self.forms[:, s] * self.forms[:, t])
        return np.asarray(found, dtype=np.float64)

    def factors(self, s: int, t: int) -> tuple[FloatArray, FloatArray]:
        """U, W (m × 2p) so that the covariance between clusters is diag(own) + U W'."""
        a, b = self.plain, self.weighted
        middle = self.inverse @ self.core @ self.inverse
        left = np.column_stack([a[:, s] @ middle - b[:, s] @ self.inverse, a[:, s]])
        right = np.column_stack([a[:, t], -b[:, t] @ self.inverse])
        return left, right


def wald_test(
    X: FloatArray,
    weights: FloatArray | None,
    clusters: IntArray,
    contrasts: FloatArray,
    fitted: tuple[FloatArray, FloatArray],
) -> Wald:
    """Whether all `contrasts` (q × p) are 0; `fitted` are coefficients (p), CR2 covariance (p × p).

    p is nan where η − q + 1 is not above 0: too few clusters for so many contrasts.
    """
    coefficients, covariance = fitted
    q = len(contrasts)
    value = contrasts @ coefficients
    spread = contrasts @ covariance @ contrasts.T
    statistic = float(value @ np.linalg.solve(spread, value))
    eta = _degrees(X, weights, clusters, contrasts)
    df = eta - q + 1
    if not df > 0:
        return Wald(float("nan"), q, df, float("nan"))
    scaled = statistic * df / (eta * q)
    return Wald(scaled, q, df, float(fdtrc(q, df, scaled)))


def _degrees(
    X: FloatArray, weights: FloatArray | None, clusters: IntArray, contrasts: FloatArray
) -> float:
    forms = np.column_stack([cluster_form(X, weights, clusters, row)[0] for row in contrasts])
    sums = _sums(X, weights, clusters, forms)
    q = len(contrasts)
    expected = np.empty((q, q))
    for s, t in combinations_with_replacement(range(q), 2):
        left, right = sums.factors(s, t)
        expected[s, t] = expected[t, s] = sums.own(s, t).sum() + (left * right).sum()
    values, vectors = np.linalg.eigh(expected)
    turned = _sums(X, weights, clusters, forms @ (vectors / np.sqrt(values)))
    total = sum(
        (1 if s == t else 2) * (_product(turned, (s, s), (t, t)) + _product(turned, (s, t), (t, s)))
        for s, t in combinations_with_replacement(range(q), 2)
    )
    return q * (q + 1) / total


def _sums(
    X: FloatArray, weights: FloatArray | None, clusters: IntArray, forms: FloatArray
) -> _Sums:
    codes = np.unique(clusters, return_inverse=True)[1]
    given = np.ones(len(X)) if weights is None else weights
    m = int(codes.max()) + 1
    weighted = X * given[:, None]
    products = [_products(matrix, forms, codes, m) for matrix in (X, weighted)]
    triangle = orthonormal(X, np.sqrt(given))[1]
    inverse = np.linalg.inv(triangle)
    return _Sums(forms, codes, products[0], products[1], inverse @ inverse.T, weighted.T @ weighted)


def _products(matrix: FloatArray, forms: FloatArray, codes: IntArray, m: int) -> FloatArray:
    """Sums over each cluster of matrix (n × p) times each form: m × q × p."""
    found = np.zeros((m, forms.shape[1], matrix.shape[1]))
    np.add.at(found, codes, forms[:, :, None] * matrix[:, None, :])
    return found


def _product(sums: _Sums, first: tuple[int, int], second: tuple[int, int]) -> float:
    """Sum over pairs of clusters of A_first[i, j] · A_second[i, j]; no m × m matrix is made."""
    own1, own2 = sums.own(*first), sums.own(*second)
    left1, right1 = sums.factors(*first)
    left2, right2 = sums.factors(*second)
    low1, low2 = (left1 * right1).sum(axis=1), (left2 * right2).sum(axis=1)
    both = ((left1.T @ left2) * (right1.T @ right2)).sum()
    return float((own1 * own2 + own1 * low2 + own2 * low1).sum() + both)

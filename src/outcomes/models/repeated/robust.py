"""CR2: covariance by subject that does not trust the fitted covariance, with its own df.

Rows are whitened, so that under the fitted covariance they are independent with variance 1,
and the bias-reduced linearisation of least squares holds as it stands: weights are the
inverse of the fitted covariance, which is also the working model of the df.

Source: Bell, R. M. & McCaffrey, D. F. (2002). Surv. Methodol. 28:169-181; Pustejovsky, J. E.
& Tipton, E. (2018). J. Bus. Econ. Stat. 36:672-683, equations 11 and 15.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.cluster_robust import cluster_covariance, cluster_inference
from outcomes.models.inference.effects import JointTest
from outcomes.models.inference.satterthwaite import denominator
from outcomes.models.repeated.patterns import FloatArray, IntArray

# Eigenvalues of LVL' below this share of the largest add no direction.
FLAT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ClusterRobust:
    """Whitened rows (n × p) with whitened residuals (n) and their clusters (n)."""

    rows: FloatArray
    residuals: FloatArray
    clusters: IntArray
    covariance: FloatArray
    name: str = "cr2"

    def single(self, rows: FloatArray) -> FloatArray:
        """The df of each combination (k × p)."""
        return cluster_inference(self.rows, self.residuals, None, self.clusters, rows).df

    def joint(self, rows: FloatArray, estimate: FloatArray) -> JointTest:
        """F over independent combinations with a df each, put together as Fai and Cornelius do."""
        size, vectors = np.linalg.eigh(rows @ self.covariance @ rows.T)
        kept = size > FLAT * size.max()
        turned = vectors[:, kept].T @ rows
        squares = (turned @ estimate) ** 2 / size[kept]
        return JointTest(float(squares.mean()), float(kept.sum()), denominator(self.single(turned)))


def cluster_robust(
    X: FloatArray,
    residuals: FloatArray,
    subject: IntArray,
    position: IntArray,
    covariance: FloatArray,
    *,
    clusters: IntArray | None = None,
) -> ClusterRobust:
    """CR2 by subject, or by `clusters` that hold whole subjects; rows are n, X n × p."""
    order = np.lexsort((position, subject))
    white = _whiten(
        np.column_stack([X, residuals])[order], subject[order], position[order], covariance
    )
    groups = (subject if clusters is None else clusters)[order]
    rows = np.ascontiguousarray(white[:, :-1])
    return ClusterRobust(
        rows, white[:, -1], groups, cluster_covariance(rows, white[:, -1], None, groups)
    )


def _whiten(
    rows: FloatArray, subject: IntArray, position: IntArray, covariance: FloatArray
) -> FloatArray:
    """L⁻¹ times the rows of each subject, V_i = L L'; rows are sorted by subject and position."""
    starts = np.flatnonzero(np.r_[True, np.diff(subject) != 0])
    sizes = np.diff(np.r_[starts, len(subject)])
    out = np.empty_like(rows)
    for k in np.unique(sizes):
        places = starts[sizes == k][:, None] + np.arange(k)
        grid, which = np.unique(position[places], axis=0, return_inverse=True)
        part = covariance[grid[:, :, None], grid[:, None, :]]
        inverse = np.linalg.inv(np.linalg.cholesky(part))
        for pattern in range(len(grid)):
            chosen = places[which.ravel() == pattern]
            out[chosen] = inverse[pattern] @ rows[chosen]
    return out

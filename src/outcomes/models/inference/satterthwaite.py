"""Satterthwaite's degrees of freedom for combinations of fixed effects.

For a row L: df = 2 (LΦL')² / (g'Wg), g_k = L (dΦ/dθ_k) L', with Φ the covariance of the
fixed effects and W the covariance of the variance parameters θ. Several rows: the F test of
Fai & Cornelius over the eigenvectors of LΦL'.

Source: Giesbrecht, F. G. & Burns, J. C. (1985). Biometrics 41:477-486; Fai, A. H. T. &
Cornelius, P. L. (1996). J. Stat. Comput. Simul. 54:363-378; Kuznetsova, A., Brockhoff, P. B.
& Christensen, R. H. B. (2017). lmerTest. J. Stat. Softw. 82(13).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.inference.effects import JointTest

FloatArray = npt.NDArray[np.float64]
# Eigenvalues of LΦL' below this share of the largest add no direction.
FLAT = 1e-12
# With two df or fewer a t statistic has no variance; lmerTest gives 2 there.
FEWEST = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Satterthwaite:
    """Φ (p × p), its derivatives by the r variance parameters (r × p × p), and W (r × r)."""

    covariance: FloatArray
    gradients: FloatArray
    parameter_covariance: FloatArray
    name: str = "satterthwaite"

    def single(self, rows: FloatArray) -> FloatArray:
        """The df of each row (k × p); infinite where no variance parameter matters."""
        variance = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)
        slope = np.einsum("ij,rjk,ik->ir", rows, self.gradients, rows)
        spread = np.einsum("ir,rs,is->i", slope, self.parameter_covariance, slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            df = 2 * variance**2 / spread
        return np.where(spread > 0, df, np.inf)

    def joint(self, rows: FloatArray, estimate: FloatArray) -> JointTest:
        """The F test that all rows (k × p) are zero."""
        size, vectors = np.linalg.eigh(rows @ self.covariance @ rows.T)
        kept = size > FLAT * size.max()
        turned = vectors[:, kept].T @ rows
        squares = (turned @ estimate) ** 2 / size[kept]
        df = self.single(turned)
        return JointTest(float(squares.mean()), float(kept.sum()), denominator(df))


def denominator(df: FloatArray) -> float:
    """The denominator df of an F made of independent t with `df` each."""
    if np.isinf(df).all():
        return np.inf
    if np.ptp(df) < 1e-8:
        return float(df.mean())
    if (df <= FEWEST).any():
        return FEWEST
    # An infinite df adds 1, its limit.
    total = float(np.where(np.isinf(df), 1.0, df / (df - 2)).sum())
    return 2 * total / (total - len(df))

"""Kenward and Roger's covariance and degrees of freedom for fixed effects.

With Σ the covariance of the outcome, Σ_i and Σ_ij its derivatives by the variance
parameters, Φ = (X'Σ⁻¹X)⁻¹ and W the covariance of the parameters:
  P_i  = −X'Σ⁻¹ Σ_i Σ⁻¹ X,   Q_ij = X'Σ⁻¹ Σ_i Σ⁻¹ Σ_j Σ⁻¹ X,   R_ij = X'Σ⁻¹ Σ_ij Σ⁻¹ X,
  Φ_A = Φ + 2 Φ { Σ_ij W_ij (Q_ij − P_i Φ P_j − R_ij / 4) } Φ.
R is zero where Σ is linear in its parameters (variances and covariances); in other
parametrisations leaving it out gives the "linear" version.

Source: Kenward, M. G. & Roger, J. H. (1997). Small sample inference for fixed effects from
restricted maximum likelihood. Biometrics 53:983-997; F as in Halekoh, U. & Højsgaard, S.
(2014). pbkrtest. J. Stat. Softw. 59(9), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.inference.effects import JointTest, wald

FloatArray = npt.NDArray[np.float64]
# Parts of the F's scale that vanish in exact arithmetic are set to zero below this.
VANISHING = 1e-10
# Near two denominator df the F has no mean to match, and the statistic is not rescaled.
NEAR_TWO = 1e-2


def adjusted_covariance(
    covariance: FloatArray,
    P: FloatArray,
    Q: FloatArray,
    W: FloatArray,
    R: FloatArray | None = None,
) -> FloatArray:
    """Φ_A (p × p) from Φ (p × p), P (r × p × p), Q and R (r × r × p × p) and W (r × r)."""
    inner = np.einsum("ij,ijab->ab", W, Q)
    inner -= np.einsum("ij,iab,bc,jcd->ad", W, P, covariance, P, optimize=True)
    if R is not None:
        inner -= np.einsum("ij,ijab->ab", W, R) / 4
    adjusted = covariance + 2 * covariance @ inner @ covariance
    return np.asarray((adjusted + adjusted.T) / 2)


@dataclass(frozen=True, slots=True, eq=False)
class KenwardRoger:
    """`plain` is Φ, `covariance` Φ_A, `P` (r × p × p) and `parameter_covariance` W (r × r)."""

    plain: FloatArray
    covariance: FloatArray
    P: FloatArray
    parameter_covariance: FloatArray
    name: str = "kenward-roger"

    def single(self, rows: FloatArray) -> FloatArray:
        """The df of each row (k × p): for one row the F is a squared t and unscaled."""
        turned = rows @ self.plain
        variance = np.einsum("ij,ij->i", turned, rows)
        slope = np.einsum("ij,rjk,ik->ir", turned, self.P, turned)
        spread = np.einsum("ir,rs,is->i", slope, self.parameter_covariance, slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            df = 2 * variance**2 / spread
        return np.where(spread > 0, df, np.inf)

    def joint(self, rows: FloatArray, estimate: FloatArray) -> JointTest:
        """The scaled F test that all rows (q × p, of full rank) are zero."""
        q = len(rows)
        statistic = wald(rows, estimate, self.covariance)
        if q == 1:
            return JointTest(statistic, 1.0, float(self.single(rows)[0]))
        theta = rows.T @ np.linalg.solve(rows @ self.plain @ rows.T, rows)
        turned = np.array([theta @ self.plain @ P @ self.plain for P in self.P])
        W = self.parameter_covariance
        traces = np.trace(turned, axis1=1, axis2=2)
        A1 = float(traces @ W @ traces)
        A2 = float(np.einsum("ij,iab,jba->", W, turned, turned, optimize=True))
        scale, df = _scale(q, A1, A2)
        return JointTest(scale * statistic, float(q), df)


def _scale(q: int, A1: float, A2: float) -> tuple[float, float]:
    """The factor of F and its denominator df, from the mean and variance it should have."""
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
    below = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / below, (q - g) / below, (q + 2 - g) / below
    V0, V1, V2 = 1 + c1 * B, 1 - c2 * B, 1 - c3 * B
    if abs(V2) < VANISHING:
        V2 = 0.0
    shrink = 1 - A2 / q
    ratio = 1.0 if abs(shrink) < VANISHING and abs(V1) < VANISHING else shrink / V1
    spread = np.inf if V2 == 0 else ratio**2 * V0 / V2 / q
    df = 4 + (q + 2) / (q * spread - 1)
    scale = 1.0 if abs(df - 2) < NEAR_TWO else df * shrink / (df - 2)
    return float(scale), float(df)

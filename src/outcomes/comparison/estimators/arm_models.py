"""An outcome model in each arm: straight lines, or a logistic curve for yes and no.

Columns are put on the arm's own scale and turned into orthonormal ones, so that a column
that is constant or repeats others there has no slope instead of failing. A logistic model
in which some combination of covariates leaves only yes or only no is fitted with Firth's
(1993, Biometrika 80:27) penalty, which keeps it finite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Below this share of the largest singular value a direction repeats the others.
RANK = 1e-9
MAX_STEPS = 80
# Scores of orthonormal columns have rounding of 1e-16 √n.
SCORE = 1e-12
# Information left in the worst direction; honest fits keep 1e-3, see models/propensity.py.
SEPARATED = 1e-6
# A predicted chance this close to 0 or 1 leaves a Pearson residual to rounding.
EDGE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class ArmModel:
    """One arm's model: `fitted` for everybody (n) and what moves it.

    `design` (rows of the arm × r) is orthonormal in the metric of the fit and `root` its
    square root of variance by row (1 for straight lines): the CR2 design and the scale of
    Pearson residuals. `slopes` (n × r) are the derivatives of `fitted`.
    """

    fitted: FloatArray
    slopes: FloatArray
    design: FloatArray
    root: FloatArray
    penalised: bool
    converged: bool

    def form(self, gradient: FloatArray) -> FloatArray:
        """Coefficients of the arm's Pearson residuals in Σ gradient · fitted (gradient n)."""
        return np.asarray(self.design @ (gradient @ self.slopes))


def linear(y: FloatArray, rows: BoolArray, covariates: FloatArray) -> ArmModel:
    """Least squares in the rows of one arm."""
    everybody, basis = _basis(rows, covariates)
    fitted = everybody @ (basis.T @ y[rows])
    one = np.ones(int(rows.sum()))
    return ArmModel(fitted, everybody, basis, one, penalised=False, converged=True)


def logistic(y: FloatArray, rows: BoolArray, covariates: FloatArray) -> ArmModel:
    """Maximum likelihood in the rows of one arm; Firth's penalised where it has no maximum."""
    everybody, basis = _basis(rows, covariates)
    own = y[rows]
    gamma, converged = _newton(basis, own, firth=False)
    weak = not converged or _left(basis, gamma) < SEPARATED
    if weak or own.min() == own.max():
        gamma, converged = _newton(basis, own, firth=True)
        weak = True
    fitted = np.asarray(expit(everybody @ gamma), dtype=np.float64)
    variance = np.maximum(fitted * (1 - fitted), EDGE)
    root = np.sqrt(variance[rows])
    # Whitened: design'design = I in the metric of the fit.
    triangle = np.linalg.qr(basis * root[:, None], mode="r")
    turn = np.linalg.inv(triangle)
    slopes = variance[:, None] * (everybody @ turn)
    design = (basis * root[:, None]) @ turn
    return ArmModel(fitted, slopes, design, root, penalised=weak, converged=converged)


def _basis(rows: BoolArray, covariates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Orthonormal columns on the arm's rows (with the constant), and the same for everybody."""
    centre = covariates[rows].mean(axis=0)
    spread = covariates[rows].std(axis=0)
    flat = spread <= RANK * np.maximum(np.abs(centre), 1.0)
    scaled = (covariates - centre) / np.where(flat, 1.0, spread)
    scaled = np.column_stack([np.ones(len(rows)), np.where(flat, 0.0, scaled)])
    triangle = np.linalg.qr(scaled[rows], mode="r")
    _, values, turned = np.linalg.svd(triangle)
    kept = values > RANK * values[0]
    turn = turned[kept].T / values[kept]
    return np.asarray(scaled @ turn), np.asarray(scaled[rows] @ turn)


def _newton(basis: FloatArray, y: FloatArray, *, firth: bool) -> tuple[FloatArray, bool]:
    share = float(np.clip(y.mean(), 0.5 / len(y), 1 - 0.5 / len(y)))
    gamma = basis.T @ np.full(len(y), np.log(share / (1 - share)))
    limit = SCORE * np.sqrt(len(y))
    for _ in range(MAX_STEPS):
        chance = expit(basis @ gamma)
        variance = chance * (1 - chance)
        information = (basis * variance[:, None]).T @ basis
        answer = y
        if firth:
            inverse = np.linalg.pinv(information)
            hat = variance * np.einsum("ij,jk,ik->i", basis, inverse, basis)
            answer = y + hat * (0.5 - chance)
        score = basis.T @ (answer - chance)
        if np.abs(score).max() <= limit * (100 if firth else 1):
            return gamma, True
        move = np.linalg.lstsq(information, score, rcond=None)[0]
        # A step of more than 5 on the log-odds scale overshoots.
        largest = float(np.abs(basis @ move).max())
        gamma = gamma + move * min(1.0, 5.0 / max(largest, 1e-300))
    return gamma, False


def _left(basis: FloatArray, gamma: FloatArray) -> float:
    chance = expit(basis @ gamma)
    information = (basis * (chance * (1 - chance))[:, None]).T @ basis
    mean = float(chance.mean())
    return float(np.linalg.eigvalsh(information)[0] / max(mean * (1 - mean), EDGE))

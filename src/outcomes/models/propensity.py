"""Propensity score: the chance of being in `other` given the covariates, by logistic regression.

Newton's method on orthonormal columns, so that the score equations hold to rounding:
overlap weights then balance the covariate means exactly (Li, Morgan and Zaslavsky 2018).
Bias reduction (Firth 1993) adds h (1/2 − e) to each residual, with h the leverage; its
coefficients are finite even where some pattern occurs in one arm only (Heinze and
Schemper 2002; Kosmidis and Firth 2021). It then no longer balances means exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.errors import NotEnoughData
from outcomes.models.least_squares import orthonormal

FloatArray = npt.NDArray[np.float64]

MAX_STEPS = 60
# Bias reduction moves by the information of the plain likelihood, so its steps shrink by a
# factor and not quadratically; under separation a few hundred are needed.
MAX_REDUCED_STEPS = 1000
MAX_HALVINGS = 30
# The score Q'(t − e) has rounding of about 1e-16 √n; this is a thousand times that.
SCORE_TOLERANCE = 1e-13
# Share of the information of a constant propensity that is left in the worst direction. Fits
# with people in both arms keep 1e-3 or more; under separation it falls to 0 with every step.
SEPARATION = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """A fitted propensity model.

    `probability` (n) of being in `other`; `coefficients` (k + 1, intercept first) in the
    covariates' own units; `information` is the share of information left in the worst
    direction; `separated` means that some combination of covariates occurs in one arm
    only: its coefficient has no finite value and must not be read, except under bias
    reduction (`reduced`), where it is finite and says little. `basis` (n × k + 1) holds
    orthonormal columns that span the intercept and the covariates.
    """

    probability: FloatArray
    coefficients: FloatArray
    converged: bool
    separated: bool
    information: float
    steps: int
    basis: FloatArray
    reduced: bool = False


def propensity(
    in_other: FloatArray, covariates: FloatArray, *, reduce: str = "never"
) -> Propensity:
    """Fit P(other | covariates); `in_other` is n of 0 and 1, `covariates` n × k of full rank.

    `reduce`: bias reduction "never", "separated" (only where the arms are separated) or
    "always". Whether they are is always told from the maximum-likelihood fit. Raises
    NotEnoughData when an arm is empty or there are more columns than rows.
    """
    n = len(in_other)
    share = float(np.mean(in_other)) if n else float("nan")
    if not 0 < share < 1:
        raise NotEnoughData("one arm is empty", where="propensity model", how_many=n)
    basis, triangle = orthonormal(np.column_stack([np.ones(n), covariates]))
    start = basis.T @ np.full(n, np.log(share / (1 - share)))
    gamma, probability, steps, converged = _newton(basis, in_other, start)
    information = _information(basis, probability)
    left = float(np.linalg.eigvalsh(information)[0] / (share * (1 - share)))
    separated = left < SEPARATION
    reduced = reduce == "always" or (reduce == "separated" and separated)
    if reduced:
        gamma, probability, steps, converged = _reduced(basis, in_other, start)
    coefficients = np.asarray(np.linalg.solve(triangle, gamma), dtype=np.float64)
    return Propensity(probability, coefficients, converged, separated, left, steps, basis, reduced)


def leverage(basis: FloatArray, probability: FloatArray) -> FloatArray:
    """H (n): diagonal of the hat matrix of the weighted fit; sums to the number of columns."""
    spread = probability * (1 - probability)
    factor = np.linalg.cholesky(np.linalg.inv(_information(basis, probability)))
    return np.asarray(spread * ((basis @ factor) ** 2).sum(axis=1))


def _newton(
    basis: FloatArray, in_other: FloatArray, gamma: FloatArray
) -> tuple[FloatArray, FloatArray, int, bool]:
    limit = SCORE_TOLERANCE * np.sqrt(len(in_other))
    linear = basis @ gamma
    loss = _loss(linear, in_other)
    for step in range(1, MAX_STEPS + 1):
        probability = expit(linear)
        score = basis.T @ (in_other - probability)
        if np.abs(score).max() <= limit:
            return gamma, probability, step, True
        # lstsq, because separation makes the information singular.
        move = np.linalg.lstsq(_information(basis, probability), score, rcond=None)[0]
        for _ in range(MAX_HALVINGS):
            tried = basis @ (gamma + move)
            tried_loss = _loss(tried, in_other)
            # Near the optimum the loss is flat to rounding; a tiny rise there is no failure.
            if tried_loss <= loss * (1 + 1e-12):
                break
            move = move / 2
        gamma, linear, loss = gamma + move, tried, tried_loss
    return gamma, expit(linear), MAX_STEPS, False


def _reduced(
    basis: FloatArray, in_other: FloatArray, gamma: FloatArray
) -> tuple[FloatArray, FloatArray, int, bool]:
    """Solve Σ (t − e + h (1/2 − e)) x = 0 by scoring on the penalised likelihood."""
    limit = SCORE_TOLERANCE * np.sqrt(len(in_other))
    probability = expit(basis @ gamma)
    loss = _penalised(basis, gamma, in_other)
    for step in range(1, MAX_REDUCED_STEPS + 1):
        pull = leverage(basis, probability) * (0.5 - probability)
        score = basis.T @ (in_other - probability + pull)
        if np.abs(score).max() <= limit:
            return gamma, probability, step, True
        move = np.linalg.solve(_information(basis, probability), score)
        for _ in range(MAX_HALVINGS):
            tried = _penalised(basis, gamma + move, in_other)
            if tried <= loss + 1e-12 * abs(loss):
                break
            move = move / 2
        gamma, loss = gamma + move, tried
        probability = expit(basis @ gamma)
    return gamma, probability, MAX_REDUCED_STEPS, False


def _penalised(basis: FloatArray, gamma: FloatArray, in_other: FloatArray) -> float:
    """Minus the log-likelihood with Jeffreys' penalty ½ log |I|."""
    linear = basis @ gamma
    size = float(np.linalg.slogdet(_information(basis, expit(linear)))[1])
    return _loss(linear, in_other) - size / 2


def _loss(linear: FloatArray, in_other: FloatArray) -> float:
    """Minus the log-likelihood."""
    return float((np.logaddexp(0.0, linear) - in_other * linear).sum())


def _information(basis: FloatArray, probability: FloatArray) -> FloatArray:
    return np.asarray((basis * (probability * (1 - probability))[:, None]).T @ basis)

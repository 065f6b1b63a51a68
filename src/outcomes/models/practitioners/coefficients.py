"""Coefficients of the case mix with their uncertainty: context for what was expected."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.inference import Asymptotic, FixedEffects, Satterthwaite
from outcomes.models.least_squares import orthonormal
from outcomes.models.practitioners.case_mix import Rows
from outcomes.models.practitioners.random_intercept import (
    RandomIntercept,
    falling,
    over_sizes,
    slope,
    solve,
)

FloatArray = npt.NDArray[np.float64]

INTERCEPT = "(intercept)"


def mean_coefficients(fit: RandomIntercept, columns: tuple[str, ...], level: float) -> pd.DataFrame:
    """Coefficients of the random-intercept model with Satterthwaite's df, in units of y.

    The parameters are λ and var(e); their covariance is twice the inverse of the observed Hessian
    of −2 log-likelihood, as in lmerTest. At a variance of zero only var(e) is left.
    """
    sums, solved = fit.sums, fit.solved
    turn = _turn(sums.scale, sums.centre)
    covariance = turn @ solved.inverse @ turn.T
    weight = sums.sizes / (1 + solved.ratio * sums.sizes)
    middle = over_sizes(weight**2, sums)
    moved = turn @ solved.inverse @ middle @ solved.inverse @ turn.T
    free = fit.practitioner > 0
    gradients = np.array([fit.error * moved, covariance] if free else [covariance])
    parameters = _inverse(_hessian(fit)) if free else _rest_only(fit)
    inference = Satterthwaite(fit.error * covariance, gradients, parameters)
    names = (INTERCEPT, *columns)
    return FixedEffects(names, sums.unscaled(solved.beta), inference, level).table()


def _turn(scale: FloatArray, centre: FloatArray) -> FloatArray:
    """From scaled and centred coefficients to those in the columns' own units."""
    turn = np.diag(1 / scale)
    turn[0, 1:] = -centre[1:] / scale[1:]
    return turn


def _inverse(hessian: FloatArray) -> FloatArray:
    return np.asarray(2 * np.linalg.inv(hessian), dtype=np.float64)


def _rest_only(fit: RandomIntercept) -> FloatArray:
    return np.array([[2 * fit.error**2 / (fit.sums.total - fit.sums.p)]])


def _hessian(fit: RandomIntercept) -> FloatArray:
    """Second derivatives of −2 log-likelihood in (λ, var(e)) at the optimum."""
    sums, rest = fit.sums, fit.error
    df = sums.total - sums.p

    def along(ratio: float) -> tuple[float, float]:
        """The derivative in λ with var(e) held, and RSS'(λ)."""
        found = solve(sums, ratio)
        moved = falling(sums, found)
        # `slope` has the best var(e) at each λ: put the held one in its place.
        return slope(sums, found) - df * moved / found.rss + moved / rest, moved

    step = 1e-4 * fit.solved.ratio
    second = (along(fit.solved.ratio + step)[0] - along(fit.solved.ratio - step)[0]) / (2 * step)
    cross = -along(fit.solved.ratio)[1] / rest**2
    return np.array([[second, cross], [cross, df / rest**2]])


def share_coefficients(given: Rows, probability: FloatArray, level: float) -> pd.DataFrame:
    """Coefficients of the logistic regression in log-odds, robust to practitioners.

    `probability` (n) is the fitted chance. Sandwich by practitioner times k / (k − 1), t on k − 1
    degrees of freedom.
    """
    whole = np.column_stack([np.ones(len(given.y)), given.columns.matrix])
    basis, triangle = orthonormal(whole)
    linear = np.log(probability / (1 - probability))
    estimate = np.asarray(np.linalg.solve(triangle, basis.T @ linear), dtype=np.float64)
    errors = given.weights * (given.y - probability)
    scores = np.column_stack([np.bincount(given.codes, weights=errors * c) for c in whole.T])
    k = len(scores)
    inside = given.weights * probability * (1 - probability)
    bread = np.linalg.inv((whole * inside[:, None]).T @ whole)
    covariance = bread @ (scores.T @ scores) @ bread * (k / (k - 1))
    inference = Asymptotic(np.asarray(covariance), float(k - 1), name="cluster-robust")
    names = (INTERCEPT, *given.columns.columns)
    return FixedEffects(names, estimate, inference, level).table()

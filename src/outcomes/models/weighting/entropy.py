"""Entropy balancing: the most even weights under which an arm has given covariate means.

Hainmueller (2012): among weights w of an arm with Σ w x̃ = Σ over the target of x̃ (x̃ with a
leading 1), those nearest to even ones are w = exp(λ'x̃), and λ minimises the convex dual
Σ exp(λ'x̃) − λ'T. Newton's method on orthonormal columns solves it to rounding. Where the
target's means lie outside what the arm's people can be mixed to, no λ exists; that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError
from outcomes.models.least_squares import orthonormal

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MAX_STEPS = 100
MAX_HALVINGS = 40
# Sums over n rows of orthonormal columns times weights near 1 round at about 1e-16 √n.
BALANCE_TOLERANCE = 1e-12
TARGETS = ("ATE", "ATT", "ATC")
INFEASIBLE = (
    "no weights make the covariate means equal: an arm has nobody on one side of where the others "
    "are"
)


@dataclass(frozen=True, slots=True, eq=False)
class EntropyWeights:
    """Weights (n) by entropy balancing; those of an arm sum to the size of the target.

    `basis` (n × p) holds orthonormal columns with the intercept's span. `solved` is False
    where no weights exist.
    """

    weights: FloatArray
    basis: FloatArray
    solved: bool


def entropy_weights(in_other: BoolArray, covariates: FloatArray, estimand: str) -> EntropyWeights:
    """Weights that give the arms the target's means of `covariates` (n × k of full rank).

    ATE: both arms get everybody's means; ATT: the reference arm gets those of the other;
    ATC: the other way round. Raises UsageError for an estimand whose population is itself
    made by a propensity.
    """
    if estimand not in TARGETS:
        raise UsageError(
            f"entropy balancing has no target for {estimand}",
            where="estimand",
            fix=f"one of {', '.join(TARGETS)}; overlap weights balance exactly already",
        )
    n = len(in_other)
    basis = orthonormal(np.column_stack([np.ones(n), covariates]))[0]
    target = basis[target_rows(in_other, estimand)].sum(axis=0)
    intercept = basis.sum(axis=0)
    found, solved = np.ones(n), True
    for arm in weighted_arms(in_other, estimand):
        found[arm], right = balanced_to(basis[arm], target, intercept)
        solved = solved and right
    return EntropyWeights(found, basis, solved)


def target_rows(in_other: BoolArray, estimand: str) -> BoolArray:
    """The rows whose means both arms are to have."""
    return {"ATE": np.ones_like(in_other), "ATT": in_other, "ATC": ~in_other}[estimand]


def weighted_arms(in_other: BoolArray, estimand: str) -> list[BoolArray]:
    """The arms that get weights, as rows; the target itself keeps 1."""
    return {"ATE": [in_other, ~in_other], "ATT": [~in_other], "ATC": [in_other]}[estimand]


def balanced_to(
    rows: FloatArray, target: FloatArray, intercept: FloatArray
) -> tuple[FloatArray, bool]:
    """exp(λ'x) with Σ exp(λ'x) x = target, and whether λ was found; x'intercept = 1."""
    share = float(target @ intercept) / len(rows)
    multipliers = intercept * np.log(share)
    weights = np.exp(rows @ multipliers)
    loss = float(weights.sum() - multipliers @ target)
    limit = BALANCE_TOLERANCE * np.sqrt(len(rows)) * max(1.0, share)
    for _ in range(MAX_STEPS):
        gap = target - rows.T @ weights
        if np.abs(gap).max() <= limit:
            return weights, True
        hessian = (rows * weights[:, None]).T @ rows
        move = np.linalg.lstsq(hessian, gap, rcond=None)[0]
        for _ in range(MAX_HALVINGS):
            with np.errstate(over="ignore", invalid="ignore"):
                tried = np.exp(rows @ (multipliers + move))
                tried_loss = float(tried.sum() - (multipliers + move) @ target)
            if tried_loss <= loss + 1e-12 * abs(loss):
                break
            move = move / 2
        else:
            return weights, False
        multipliers, weights, loss = multipliers + move, tried, tried_loss
    return weights, False

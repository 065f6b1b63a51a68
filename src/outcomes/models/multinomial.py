"""The chance of each of several arms given the covariates, by multinomial logistic regression.

Newton's method on orthonormal columns, as for two arms (`models/propensity.py`), which this
equals when there are two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from outcomes.errors import NotEnoughData
from outcomes.models.least_squares import orthonormal
from outcomes.models.propensity import SCORE_TOLERANCE, SEPARATION

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

MAX_STEPS = 60
MAX_HALVINGS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Multinomial:
    """A fitted model of K arms.

    `probability` is n × K; `coefficients` (p × K − 1) belong to the columns of `basis`
    (n × p, orthonormal, the intercept in their span), an equation for each arm but the
    first. `separated`: some combination of covariates occurs in some arms only.
    """

    probability: FloatArray
    coefficients: FloatArray
    converged: bool
    separated: bool
    steps: int
    basis: FloatArray


def multinomial(codes: IntArray, covariates: FloatArray, arms: int) -> Multinomial:
    """Fit P(arm | covariates); `codes` is n of 0 to arms − 1, `covariates` n × k of full rank.

    Raises NotEnoughData when an arm is empty or there are more columns than rows.
    """
    counts = np.bincount(codes, minlength=arms)
    if counts.min() == 0:
        raise NotEnoughData("an arm is empty", where="propensity model", how_many=0)
    basis = orthonormal(np.column_stack([np.ones(len(codes)), covariates]))[0]
    member = (codes[:, None] == np.arange(1, arms)).astype(float)
    shares = np.log(counts[1:] / counts[0])
    gamma = np.outer(basis.sum(axis=0), shares)
    even = information(basis, np.tile(counts / len(codes), (len(codes), 1)))
    gamma, probability, steps, converged = _newton(basis, member, gamma)
    # Share of the information that is left in the worst direction, against even chances.
    root = np.linalg.inv(np.linalg.cholesky(even))
    left = float(np.linalg.eigvalsh(root @ information(basis, probability) @ root.T)[0])
    return Multinomial(probability, gamma, converged, left < SEPARATION, steps, basis)


def chances(basis: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Softmax of the linear predictors, the first arm's being 0 (n × K)."""
    linear = np.column_stack([np.zeros(len(basis)), basis @ coefficients])
    return np.asarray(np.exp(linear - logsumexp(linear, axis=1, keepdims=True)))


def information(basis: FloatArray, probability: FloatArray) -> FloatArray:
    """−∂²log L (k × k, equation by equation)."""
    equations, width = probability.shape[1] - 1, basis.shape[1]
    found = np.empty((equations, width, equations, width))
    for first in range(equations):
        e = probability[:, first + 1]
        for second in range(first, equations):
            spread = e * ((first == second) - probability[:, second + 1])
            block = (basis * spread[:, None]).T @ basis
            found[first, :, second, :] = block
            found[second, :, first, :] = block.T
    return found.reshape(equations * width, equations * width)


def _newton(
    basis: FloatArray, member: FloatArray, gamma: FloatArray
) -> tuple[FloatArray, FloatArray, int, bool]:
    limit = SCORE_TOLERANCE * np.sqrt(len(basis))
    loss = _loss(basis, member, gamma)
    for step in range(1, MAX_STEPS + 1):
        probability = chances(basis, gamma)
        score = basis.T @ (member - probability[:, 1:])
        if np.abs(score).max() <= limit:
            return gamma, probability, step, True
        flat = np.linalg.lstsq(information(basis, probability), score.T.ravel(), rcond=None)[0]
        move = flat.reshape(-1, basis.shape[1]).T
        for _ in range(MAX_HALVINGS):
            tried = _loss(basis, member, gamma + move)
            # Near the optimum the loss is flat to rounding; a tiny rise there is no failure.
            if tried <= loss * (1 + 1e-12):
                break
            move = move / 2
        gamma, loss = gamma + move, tried
    return gamma, chances(basis, gamma), MAX_STEPS, False


def _loss(basis: FloatArray, member: FloatArray, gamma: FloatArray) -> float:
    """Minus the log-likelihood."""
    linear = basis @ gamma
    whole = logsumexp(np.column_stack([np.zeros(len(basis)), linear]), axis=1)
    return float((whole - (member * linear).sum(axis=1)).sum())

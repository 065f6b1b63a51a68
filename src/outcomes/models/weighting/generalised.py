"""Weights for several arms: the tilt h(e) of the common population over the own arm's chance.

With e_1 ... e_K the chances of K arms, a row of arm a gets h(e) / e_a, where h is 1 (everybody),
e_t (people like those of arm t), 1 / Σ 1/e_l (overlap; Li and Li 2019) or min e_l (matching;
Yoshida and others 2017). With two arms these are the weights of `estimands.py`.

With two arms the maximum-likelihood equations are the balance equations of overlap weights, so
their means are equal exactly. With more they are not, and means differ a little. So the
coefficients of overlap weights are solved from the balance equations themselves,
Σ_i ([A_i = j] − [A_i = 1]) w_i x_i = 0 (j = 2 ... K), as in Imai and Ratkovic (2014); both sets of
equations have the same solution in the population when the model holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError
from outcomes.models.multinomial import Multinomial, chances
from outcomes.models.weighting.estimands import SMALLEST

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

SEVERAL = ("ATE", "ATT", "ATO", "ATM")
MAX_STEPS = 60
MAX_HALVINGS = 30
# Sums over n rows of orthonormal columns times weights up to 1 round at about 1e-16 √n.
BALANCE_TOLERANCE = 1e-13


def check_several(estimand: str, target: str | None, arms: tuple[str, ...]) -> None:
    """Raise UsageError for an estimand that several arms do not have, or a target not there."""
    if estimand not in SEVERAL:
        raise UsageError(
            f"unknown estimand {estimand!r} for several arms",
            where="estimand",
            fix=f"one of {', '.join(SEVERAL)}; ATT names its arm with target=",
        )
    if (estimand == "ATT") != (target is not None):
        raise UsageError(
            "the arm whose people the comparison is about is named for ATT and for nothing else",
            where="target",
            fix=f"estimand='ATT' with target= one of {', '.join(arms)}",
        )
    if target is not None and target not in arms:
        raise UsageError(
            f"target {target!r} is none of the arms", where="target", fix=", ".join(arms)
        )


def generalised_tilt(probability: FloatArray, estimand: str, target: int | None) -> FloatArray:
    """h(e) of rows n × K."""
    if target is not None:
        return np.asarray(probability[:, target])
    if estimand == "ATO":
        return np.asarray(1 / (1 / np.maximum(probability, SMALLEST)).sum(axis=1))
    return np.asarray(probability.min(axis=1)) if estimand == "ATM" else np.ones(len(probability))


def generalised_weights(
    probability: FloatArray, codes: IntArray, estimand: str, target: int | None
) -> FloatArray:
    """h(e) / e of the own arm (n); `codes` says which of the K columns that is."""
    own = probability[np.arange(len(codes)), codes]
    if estimand == "ATO":
        # 1/e_a over the sum of all 1/e, written without 0/0.
        return _overlap_shares(probability)[np.arange(len(codes)), codes]
    found = generalised_tilt(probability, estimand, target) / np.maximum(own, SMALLEST)
    return np.asarray(np.where(codes == target, 1.0, found) if target is not None else found)


def generalised_slopes(
    probability: FloatArray, codes: IntArray, estimand: str, target: int | None
) -> FloatArray:
    """∂w/∂η_j for the linear predictors of arms 2 to K (n × K − 1); η of the first is 0.

    With w = h / e_a: ∂log e_a/∂η_j = [a = j] − e_j, and ∂log h follows from h.
    """
    n, arms = probability.shape
    own = (codes[:, None] == np.arange(arms)).astype(float)
    weights = generalised_weights(probability, codes, estimand, target)
    if estimand == "ATO":
        change = _overlap_shares(probability) - own
    elif estimand == "ATE":
        change = probability - own
    else:
        least = np.full(n, target) if target is not None else probability.argmin(axis=1)
        change = (least[:, None] == np.arange(arms)).astype(float) - own
    return np.asarray(weights[:, None] * change[:, 1:])


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """Chances (n × K) whose overlap weights (n) give all arms the same means, if `solved`."""

    probability: FloatArray
    weights: FloatArray
    solved: bool


def balanced_overlap(fit: Multinomial, codes: IntArray) -> Balanced:
    """Solve the balance equations of overlap weights by damped Newton from the likelihood's fit."""
    gamma, width = fit.coefficients, fit.basis.shape[1]
    limit = BALANCE_TOLERANCE * np.sqrt(len(codes))
    probability = fit.probability
    gap = _gap(fit.basis, probability, codes)
    for _ in range(MAX_STEPS):
        if np.abs(gap).max() <= limit:
            break
        slope = balance_slope(fit.basis, probability, codes)
        move = np.linalg.lstsq(slope, gap, rcond=None)[0].reshape(-1, width).T
        for _ in range(MAX_HALVINGS):
            tried = chances(fit.basis, gamma + move)
            found = _gap(fit.basis, tried, codes)
            if np.linalg.norm(found) < np.linalg.norm(gap):
                break
            move = move / 2
        else:
            break
        gamma, probability, gap = gamma + move, tried, found
    solved = bool(np.abs(gap).max() <= limit)
    return Balanced(probability, generalised_weights(probability, codes, "ATO", None), solved)


def balance_residuals(weights: FloatArray, codes: IntArray, arms: int) -> FloatArray:
    """([A = j] − [A = 1]) w for j = 2 ... K (n × K − 1)."""
    member = (codes[:, None] == np.arange(arms)).astype(float) * weights[:, None]
    return np.asarray(member[:, 1:] - member[:, :1])


def balance_slope(basis: FloatArray, probability: FloatArray, codes: IntArray) -> FloatArray:
    """−∂Σψ/∂γ' of the balance equations (k × k); it is not symmetric."""
    weights = generalised_weights(probability, codes, "ATO", None)
    signed = balance_residuals(weights, codes, probability.shape[1])
    shares = _overlap_shares(probability)
    equations, width = probability.shape[1] - 1, basis.shape[1]
    found = np.empty((equations, width, equations, width))
    for second in range(equations):
        change = (codes == second + 1) - shares[:, second + 1]
        for first in range(equations):
            factor = signed[:, first] * change
            found[first, :, second, :] = (basis * factor[:, None]).T @ basis
    return found.reshape(equations * width, equations * width)


def _gap(basis: FloatArray, probability: FloatArray, codes: IntArray) -> FloatArray:
    weights = generalised_weights(probability, codes, "ATO", None)
    residuals = balance_residuals(weights, codes, probability.shape[1])
    return np.asarray((basis.T @ residuals).T.ravel())


def _overlap_shares(probability: FloatArray) -> FloatArray:
    """(1/e_j) / Σ 1/e_l (n × K), which sum to 1."""
    inverse = 1 / np.maximum(probability, SMALLEST)
    return np.asarray(inverse / inverse.sum(axis=1, keepdims=True))

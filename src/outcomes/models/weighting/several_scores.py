"""The fit that made the weights of several arms, and what M-estimation needs of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.multinomial import information
from outcomes.models.weighting.generalised import (
    balance_residuals,
    balance_slope,
    generalised_slopes,
)
from outcomes.models.weighting.scores import WeightScores

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class SeveralModel:
    """A fitted weighting of n used rows of K arms.

    `way`: "logistic" (maximum likelihood), "balanced" (overlap weights from the balance
    equations) or "entropy". `target` is the arm of ATT, None for a common population.
    Rows that are not `kept` were trimmed and are zero everywhere. `probability` is n × K.
    """

    way: str
    estimand: str
    target: int | None
    basis: FloatArray
    codes: IntArray
    kept: BoolArray
    probability: FloatArray
    weights: FloatArray


def several_scores(model: SeveralModel) -> WeightScores:
    """ψ, ∂w/∂γ and information of the weights; see `models/weighting/scores.py`."""
    arms = model.probability.shape[1]
    kept = model.kept[:, None]
    if model.way == "entropy":
        return _entropy(model, arms)
    inside = model.kept
    slopes = np.zeros((len(model.codes), arms - 1))
    slopes[inside] = generalised_slopes(
        model.probability[inside], model.codes[inside], model.estimand, model.target
    )
    if model.way == "balanced":
        residuals = balance_residuals(model.weights, model.codes, arms)
        size = balance_slope(model.basis[inside], model.probability[inside], model.codes[inside])
    else:
        member = (model.codes[:, None] == np.arange(1, arms)).astype(float)
        residuals = np.where(kept, member - model.probability[:, 1:], 0.0)
        size = information(model.basis[inside], model.probability[inside])
    return WeightScores(model.basis, residuals, slopes, size, None, model.way)


def _entropy(model: SeveralModel, arms: int) -> WeightScores:
    weighted = [arm for arm in range(arms) if arm != model.target]
    aim = model.kept if model.target is None else (model.codes == model.target) & model.kept
    slopes = np.column_stack([np.where(model.codes == arm, model.weights, 0.0) for arm in weighted])
    width = model.basis.shape[1]
    size = np.zeros((len(weighted) * width, len(weighted) * width))
    for b in range(len(weighted)):
        rows = slice(b * width, (b + 1) * width)
        size[rows, rows] = (model.basis * slopes[:, b : b + 1]).T @ model.basis
    return WeightScores(model.basis, aim[:, None] - slopes, slopes, size, None, model.way)

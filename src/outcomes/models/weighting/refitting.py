"""The same weights made anew from other rows: what a bootstrap draw needs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData
from outcomes.models.design import independent
from outcomes.models.propensity import propensity
from outcomes.models.weight_model import WeightModel
from outcomes.models.weighting.entropy import entropy_weights
from outcomes.models.weighting.estimands import balancing_weights

FloatArray = npt.NDArray[np.float64]


def refit(model: WeightModel, rows: npt.NDArray[np.intp]) -> tuple[FloatArray, WeightModel]:
    """Weights of `rows` (positions, repeats allowed) and their fit, in the way of `model`.

    Curves and products keep their columns, and who was trimmed stays trimmed. Raises
    NotEnoughData where the rows leave an arm empty or entropy balancing has no solution.
    """
    in_other, kept = model.in_other[rows], model.kept[rows]
    basis = model.basis[rows]
    # The intercept lies in the span of the basis; centred, one column repeats the others.
    inside = basis[kept]
    matrix = basis[:, independent(inside)]
    chosen = in_other[kept].astype(float)
    reduce = "always" if model.way == "bias_reduced" else "never"
    fit = propensity(chosen, matrix[kept], reduce=reduce)
    probability, found = np.full(len(rows), 0.5), np.zeros(len(rows))
    probability[kept] = fit.probability
    if model.way == "entropy":
        balanced = entropy_weights(in_other[kept], matrix[kept], model.estimand)
        if not balanced.solved:
            raise NotEnoughData("these rows cannot be balanced", where="entropy balancing")
        found[kept], own = balanced.weights, balanced.basis
    else:
        found[kept] = balancing_weights(fit.probability, in_other[kept], model.estimand)
        own = fit.basis
    full = np.zeros((len(rows), own.shape[1]))
    full[kept] = own
    again = WeightModel(model.way, model.estimand, full, in_other, kept, probability, found)
    return found, again

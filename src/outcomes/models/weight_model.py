"""What is kept of the fit that made weights, so that its uncertainty can be told later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class WeightModel:
    """A fitted weighting of the n used rows, in the order of the frame.

    `way` is "logistic", "bias_reduced" or "entropy". `basis` (n × p) spans the intercept
    and the columns of the model; rows that were trimmed away are False in `kept`, with a
    row of zeros and weight 0. `probability` is the fitted chance of the other arm.
    `weights` is None where they follow from it.
    """

    way: str
    estimand: str
    basis: FloatArray
    in_other: BoolArray
    kept: BoolArray
    probability: FloatArray
    weights: FloatArray | None = None

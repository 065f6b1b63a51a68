"""What each row adds to an estimate by having moved the weights it was made with.

Stacked estimating equations (Lunceford and Davidian 2004; Stefanski and Boos 2002), from the
scores and slopes that `models/weighting` keeps of every way of weighting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.weight_model import WeightModel
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import WeightScores, weight_scores

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """The scores of the weights, and `tilt` (n): how the population counts a change of e.

    `tilt` is the derivative of h(e) by e; None where the population does not hang on e.
    """

    scores: WeightScores
    tilt: FloatArray | None

    def rest(self, by_weight: FloatArray, by_member: FloatArray | None) -> FloatArray:
        """What each row (n) adds to an estimate through the parameters of the weights.

        The arguments (n) are the estimate's derivatives by each row's weight and by its
        count in the population.
        """
        by_chance = None
        if self.tilt is not None and by_member is not None:
            by_chance = (by_member * self.tilt)[:, None]
        return np.asarray(self.scores.correction(by_weight[:, None], by_chance)[:, 0])

    def rest_of_many(self, by_weight: FloatArray) -> FloatArray:
        """The same for k estimates at once: k × n to k × n, by weight alone."""
        return np.asarray(self.scores.correction(by_weight.T).T)


def moving(fitted: WeightResult | WeightModel, estimand: str) -> Moving:
    """`Moving` of fitted weights. Raises UsageError where their fit is not kept."""
    scores = weight_scores(fitted)
    model = fitted.model if isinstance(fitted, WeightResult) else fitted
    tilt = None
    if model is not None and scores.chance_slopes is not None:
        e = model.probability
        slopes = {"ATO": 1 - 2 * e, "ATM": np.where(e < 0.5, 1.0, -1.0)}
        tilt = slopes.get(estimand)
    return Moving(scores, tilt)

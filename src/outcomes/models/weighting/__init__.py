"""Weights that make arms comparable: how they are made and what their making adds to error."""

from outcomes.models.weighting.estimands import (
    ESTIMANDS,
    balancing_weights,
    check_estimand,
    tilt,
)
from outcomes.models.weighting.recipe import Recipe
from outcomes.models.weighting.refitting import refit
from outcomes.models.weighting.scores import WeightScores, weight_scores
from outcomes.models.weighting.several import weigh_several, weights_of_several
from outcomes.models.weighting.several_result import SeveralWeights
from outcomes.models.weighting.several_scores import several_scores
from outcomes.models.weighting.two_arms import weights
from outcomes.models.weighting.weigh import weigh

__all__ = [
    "ESTIMANDS",
    "Recipe",
    "SeveralWeights",
    "WeightScores",
    "balancing_weights",
    "check_estimand",
    "refit",
    "several_scores",
    "tilt",
    "weigh",
    "weigh_several",
    "weight_scores",
    "weights",
    "weights_of_several",
]

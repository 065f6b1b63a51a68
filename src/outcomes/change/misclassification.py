"""How often measurement error alone puts somebody into another zone than the true one.

Classical test theory with normal scores: observed = true + error, error SD = SEM. Given
an observed score x, the true score is normal with mean M + r (x - M) and SD SEM * sqrt(r)
(Kelley 1947; Lord & Novick 1968, Statistical Theories of Mental Test Scores, eq. 3.7.2).
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from outcomes.change.jacobson_truax import Numbers


def zone_probabilities(
    scores: Numbers, limits: tuple[float, ...], mean: float, sd: float, reliability: float
) -> Numbers:
    """Probability of each true zone, (people, zones), zones in the order of the scores.

    `limits` ascending; `mean` and `sd` of the observed scores of the population the person
    comes from, `reliability` above 0 and below 1. NaN for a missing score.
    """
    centre = mean + reliability * (scores - mean)
    spread = sd * math.sqrt(1 - reliability) * math.sqrt(reliability)
    below = [ndtr((limit - centre) / spread) for limit in limits]
    edges = [np.zeros(len(scores)), *below, np.ones(len(scores))]
    found = np.column_stack([high - low for low, high in pairwise(edges)])
    found[np.isnan(scores)] = np.nan
    return found


def expected_misclassification(probabilities: Numbers, zones: np.typing.NDArray[np.int8]) -> float:
    """Mean probability that the true zone is not the observed one; NaN with nobody."""
    there = zones >= 0
    if not there.any():
        return math.nan
    own = probabilities[np.flatnonzero(there), zones[there]]
    return float(1 - own.mean())

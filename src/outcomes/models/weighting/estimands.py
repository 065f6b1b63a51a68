"""For whom two arms are compared: the weight each propensity gets, and its slope."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError
from outcomes.models.weight_result import FORMULAS

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ESTIMANDS = tuple(FORMULAS)
# A propensity of exactly 0 or 1 is separation; the smallest number keeps weights finite.
SMALLEST = np.finfo(float).tiny ** 0.5


def check_estimand(estimand: str) -> None:
    """Raise UsageError unless the estimand is one of those known."""
    if estimand not in ESTIMANDS:
        raise UsageError(
            f"unknown estimand {estimand!r}", where="estimand", fix=f"one of {', '.join(ESTIMANDS)}"
        )


def tilt(probability: FloatArray, estimand: str) -> FloatArray:
    """h(e): how much each propensity counts in the population of the estimand (Li 2018)."""
    e = probability
    if estimand == "ATT":
        return e
    if estimand == "ATC":
        return 1 - e
    if estimand == "ATO":
        return e * (1 - e)
    return np.minimum(e, 1 - e) if estimand == "ATM" else np.ones_like(e)


def balancing_weights(probability: FloatArray, in_other: BoolArray, estimand: str) -> FloatArray:
    """h(e) / e in the other arm, h(e) / (1 − e) in the reference arm, written without 0/0."""
    e = probability
    if estimand == "ATO":
        return np.where(in_other, 1 - e, e)
    if estimand == "ATT":
        return np.where(in_other, 1.0, _ratio(e, 1 - e))
    if estimand == "ATC":
        return np.where(in_other, _ratio(1 - e, e), 1.0)
    own = np.where(in_other, e, 1 - e)
    if estimand == "ATM":
        return np.minimum(1.0, _ratio(1 - own, own))
    return _ratio(np.ones_like(own), own)


def logit_slopes(probability: FloatArray, in_other: BoolArray, estimand: str) -> FloatArray:
    """Derivative of each weight with respect to the logit of e: w'(e) e (1 − e), without 0/0.

    Matching weights have a corner at e = 1/2; there the slope is taken as 0.
    """
    e = probability
    sign = np.where(in_other, -1.0, 1.0)
    if estimand == "ATO":
        return sign * e * (1 - e)
    own = np.where(in_other, e, 1 - e)
    odds = _ratio(1 - own, own)
    if estimand == "ATE":
        return sign * odds
    if estimand == "ATM":
        return np.where(own > 0.5, sign * odds, 0.0)
    weighted = in_other if estimand == "ATC" else ~in_other
    return np.where(weighted, sign * odds, 0.0)


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.asarray(top / np.maximum(bottom, SMALLEST))

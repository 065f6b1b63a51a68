"""Estimators of an adjusted effect, each a function of arrays, and their uncertainty."""

from outcomes.comparison.estimators.by_method import by_method
from outcomes.comparison.estimators.estimate import ARM, EFFECTS, NAN, Estimate, Resampled
from outcomes.comparison.estimators.given import Given, logistic_model
from outcomes.comparison.estimators.options import (
    METHODS,
    UNCERTAINTIES,
    Estimation,
    Options,
    options,
)
from outcomes.comparison.estimators.regression import ancova, ancova_interactions, weighting
from outcomes.comparison.estimators.standardised import aipw, g_computation

__all__ = [
    "ARM",
    "EFFECTS",
    "METHODS",
    "NAN",
    "UNCERTAINTIES",
    "Estimate",
    "Estimation",
    "Given",
    "Options",
    "Resampled",
    "aipw",
    "ancova",
    "ancova_interactions",
    "by_method",
    "g_computation",
    "logistic_model",
    "options",
    "weighting",
]

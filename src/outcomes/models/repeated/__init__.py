"""Repeated measures with a structured covariance over a grid of occasions."""

from outcomes.models.repeated.fit import PatternFit, fit_patterns, fit_reduced
from outcomes.models.repeated.mmrm import mmrm
from outcomes.models.repeated.patterns import Patterns, patterns
from outcomes.models.repeated.result import Attempt, MmrmResult
from outcomes.models.repeated.structures import STRUCTURES, Structure, structure

__all__ = [
    "STRUCTURES",
    "Attempt",
    "MmrmResult",
    "PatternFit",
    "Patterns",
    "Structure",
    "fit_patterns",
    "fit_reduced",
    "mmrm",
    "patterns",
    "structure",
]

"""Formulas of models: the fixed part as a matrix, the random parts as terms."""

from outcomes.models.formula.fixed import FixedDesign, complete_rows, fixed_design
from outcomes.models.formula.lme4 import MixedFormula, RandomTerm, parse

__all__ = [
    "FixedDesign",
    "MixedFormula",
    "RandomTerm",
    "complete_rows",
    "fixed_design",
    "parse",
]

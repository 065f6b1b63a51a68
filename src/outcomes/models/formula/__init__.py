"""Formulas of models: the fixed part as a matrix, the random parts as terms."""

from outcomes.models.formula.fixed import FixedDesign, complete_rows, design_of, fixed_design
from outcomes.models.formula.lme4 import MixedFormula, RandomTerm, parse
from outcomes.models.formula.rows import Rows, pieces, rows_of

__all__ = [
    "FixedDesign",
    "MixedFormula",
    "RandomTerm",
    "Rows",
    "complete_rows",
    "design_of",
    "fixed_design",
    "parse",
    "pieces",
    "rows_of",
]

"""Reliable and clinically significant change of each person, and the rates of a group."""

from outcomes.change.categories import CATEGORIES, categorise, is_clinical
from outcomes.change.classify import change
from outcomes.change.jacobson_truax import cutoff_a, cutoff_b, cutoff_c
from outcomes.change.rates import difference, rates
from outcomes.change.result import ChangeResult

__all__ = [
    "CATEGORIES",
    "ChangeResult",
    "categorise",
    "change",
    "cutoff_a",
    "cutoff_b",
    "cutoff_c",
    "difference",
    "is_clinical",
    "rates",
]

"""Reliable and clinically significant change of each person, and the rates of a group."""

from outcomes.change.categories import CATEGORIES, categorise, is_clinical
from outcomes.change.classify import change
from outcomes.change.cutoff_interval import CutoffInterval, cutoff_interval
from outcomes.change.jacobson_truax import cutoff_a, cutoff_b, cutoff_c
from outcomes.change.methods import METHODS
from outcomes.change.methods_result import MethodsResult, change_methods
from outcomes.change.rates import difference, rates
from outcomes.change.result import ChangeResult
from outcomes.change.thresholds import ThresholdsResult, thresholds
from outcomes.change.zones import zones
from outcomes.change.zones_result import ZONES, ZonesResult

__all__ = [
    "CATEGORIES",
    "METHODS",
    "ZONES",
    "ChangeResult",
    "CutoffInterval",
    "MethodsResult",
    "ThresholdsResult",
    "ZonesResult",
    "categorise",
    "change",
    "change_methods",
    "cutoff_a",
    "cutoff_b",
    "cutoff_c",
    "cutoff_interval",
    "difference",
    "is_clinical",
    "rates",
    "thresholds",
    "zones",
]

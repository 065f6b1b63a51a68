"""Shares with their intervals: one share, a difference, a ratio, and the price of clustering."""

from outcomes.proportions.clustering import cluster_codes, design_effect, effective_size, intraclass
from outcomes.proportions.contrasts import (
    Proportion,
    correlation,
    difference_limits,
    ratio_limits,
)
from outcomes.proportions.exact import clopper_pearson
from outcomes.proportions.intervals import critical_value, newcombe, wilson
from outcomes.proportions.sensitivity import EValue, e_value, e_value_of_difference
from outcomes.proportions.shares import CountedShare, counted_share

__all__ = [
    "CountedShare",
    "EValue",
    "Proportion",
    "clopper_pearson",
    "cluster_codes",
    "correlation",
    "counted_share",
    "critical_value",
    "design_effect",
    "difference_limits",
    "e_value",
    "e_value_of_difference",
    "effective_size",
    "intraclass",
    "newcombe",
    "ratio_limits",
    "wilson",
]

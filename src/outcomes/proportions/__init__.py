"""Shares with their intervals: one share, a difference, and the price of clustering."""

from outcomes.proportions.clustering import design_effect, intraclass
from outcomes.proportions.intervals import critical_value, newcombe, wilson

__all__ = ["critical_value", "design_effect", "intraclass", "newcombe", "wilson"]

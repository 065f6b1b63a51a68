"""A practice's rate with its case mix taken out."""

from outcomes.comparison.standardised.analysis import standardised_rate
from outcomes.comparison.standardised.policy import StandardisedPolicy, standardised_policy
from outcomes.comparison.standardised.result import StandardisedResult

__all__ = [
    "StandardisedPolicy",
    "StandardisedResult",
    "standardised_policy",
    "standardised_rate",
]

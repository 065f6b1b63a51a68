"""Who benefits: the difference between two arms by subgroup, with partial pooling."""

from outcomes.comparison.modification.analysis import who_benefits
from outcomes.comparison.modification.columns import modifiers
from outcomes.comparison.modification.policy import ModificationPolicy, modification_policy
from outcomes.comparison.modification.result import WhoBenefits

__all__ = [
    "ModificationPolicy",
    "WhoBenefits",
    "modification_policy",
    "modifiers",
    "who_benefits",
]

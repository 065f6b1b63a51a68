"""Several comparisons as one declared family: adjusted p values and intervals."""

from outcomes.comparison.family.adjusted import METHODS, adjust
from outcomes.comparison.family.family import family
from outcomes.comparison.family.result import FamilyResult

__all__ = ["METHODS", "FamilyResult", "adjust", "family"]

"""Linear mixed models from a few numbers a client."""

from outcomes.models.mixed.model import mixed
from outcomes.models.mixed.result import MixedResult

__all__ = ["MixedResult", "mixed"]

"""What became of couples: each partner, both, either, their mean, and who was worse off."""

from outcomes.change.partners.couples import couples
from outcomes.change.partners.result import CoupleResult

__all__ = ["CoupleResult", "couples"]

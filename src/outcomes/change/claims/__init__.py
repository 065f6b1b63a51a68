"""The claim card: a claimed rate against every defensible way to count."""

from outcomes.change.claims.card import claim
from outcomes.change.claims.result import ClaimResult

__all__ = ["ClaimResult", "claim"]

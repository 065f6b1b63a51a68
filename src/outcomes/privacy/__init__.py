"""What may leave the house: disclosure policy, suppression, and the scan for identifiers."""

from outcomes.privacy.identifiers import KNOWN_ID, Finding, scan
from outcomes.privacy.policy import Policy, policies, policy
from outcomes.privacy.suppression import hidden, suppress_counts, suppress_rate

__all__ = [
    "KNOWN_ID",
    "Finding",
    "Policy",
    "hidden",
    "policies",
    "policy",
    "scan",
    "suppress_counts",
    "suppress_rate",
]

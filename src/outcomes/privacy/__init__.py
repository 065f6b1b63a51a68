"""What may leave the house: policy, suppression, pseudonyms, and the scan for identifiers."""

from outcomes.privacy.identifiers import KNOWN_ID, Finding, scan
from outcomes.privacy.policy import Policy, policies, policy
from outcomes.privacy.pseudonyms import (
    holds_pseudonyms,
    key_id,
    pseudonymise,
    pseudonyms,
    withheld_text,
    without_text,
)
from outcomes.privacy.suppression import hidden, suppress_counts, suppress_rate

__all__ = [
    "KNOWN_ID",
    "Finding",
    "Policy",
    "hidden",
    "holds_pseudonyms",
    "key_id",
    "policies",
    "policy",
    "pseudonymise",
    "pseudonyms",
    "scan",
    "suppress_counts",
    "suppress_rate",
    "withheld_text",
    "without_text",
]

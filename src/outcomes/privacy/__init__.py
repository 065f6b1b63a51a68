"""What may leave the house: policy, suppression, pseudonyms, and the scan for identifiers."""

from outcomes.privacy.births import age_at, age_band
from outcomes.privacy.codes import code_letters, plain_codes
from outcomes.privacy.detection import (
    ColumnFinding,
    identifier_share,
    inspect_columns,
    kind_of_header,
    marks,
    may_name_somebody,
    names_somebody,
    only_codes,
    says_no_more,
    tells_in_text,
    together_share,
)
from outcomes.privacy.frames import scan_frame, tellable
from outcomes.privacy.identifiers import KNOWN_ID, Finding, scan
from outcomes.privacy.masking import masked, name_tells, shown_files, shown_headers
from outcomes.privacy.names import has_name_shape, holds_given_name
from outcomes.privacy.policy import Policy, policies, policy
from outcomes.privacy.pseudonyms import (
    KnownNames,
    holds_pseudonyms,
    is_pseudonym,
    key_id,
    kinds,
    pseudonymise,
    pseudonyms,
    withheld_text,
    without_text,
)
from outcomes.privacy.rules import IdentifierRules, identifier_rules, title
from outcomes.privacy.suppression import hidden, suppress_counts, suppress_rate

__all__ = [
    "KNOWN_ID",
    "ColumnFinding",
    "Finding",
    "IdentifierRules",
    "KnownNames",
    "Policy",
    "age_at",
    "age_band",
    "code_letters",
    "has_name_shape",
    "hidden",
    "holds_given_name",
    "holds_pseudonyms",
    "identifier_rules",
    "identifier_share",
    "inspect_columns",
    "is_pseudonym",
    "key_id",
    "kind_of_header",
    "kinds",
    "marks",
    "masked",
    "may_name_somebody",
    "name_tells",
    "names_somebody",
    "only_codes",
    "plain_codes",
    "policies",
    "policy",
    "pseudonymise",
    "pseudonyms",
    "says_no_more",
    "scan",
    "scan_frame",
    "shown_files",
    "shown_headers",
    "suppress_counts",
    "suppress_rate",
    "tellable",
    "tells_in_text",
    "title",
    "together_share",
    "withheld_text",
    "without_text",
]

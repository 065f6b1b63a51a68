"""Which practitioners may be shown with their numbers, and which by name."""

from __future__ import annotations

import pandas as pd

from outcomes.models.practitioners import PractitionersResult
from outcomes.privacy import Policy, suppress_counts, suppress_rate

# How findings read; none of them says better or worse of a person.
FINDINGS = {
    "too_few": "Too few clients to tell",
    "within": "Within the limits",
    "above": "Above the inner limit",
    "below": "Below the inner limit",
    "far_above": "Above the outer limit",
    "far_below": "Below the outer limit",
}

NOT_RANKED = (
    "In the order of the pseudonyms and not ranked: with these numbers of clients the place of "
    "nearly everybody could be almost any. Whoever lies outside differs more than chance would "
    "explain; look, do not judge."
)


def visible_practitioners(result: PractitionersResult, policy: Policy) -> pd.Series:
    """For each row of `result.table`: may its numbers be shown. Booleans with its index.

    Not where the clients are few; of shares not where those with the event, or those without it,
    are few, since the number of clients and the difference give them. All clients together are
    told, so a single hidden number would follow from the rest: then another is hidden as well.
    """
    table = result.table
    clients = pd.Series(table["n"].to_numpy(), index=table["practitioner"].astype(str))
    seen = ~suppress_counts(clients, policy).to_numpy()
    if result.kind == "share":
        pairs = zip(table["events"], table["n"], strict=True)
        seen &= [not suppress_rate(float(events), float(n), policy) for events, n in pairs]
    return pd.Series(seen, index=table.index, dtype=bool)


def enough_practitioners(result: PractitionersResult) -> bool:
    """Whether there are enough of them to show one by one at all."""
    return result.n_practitioners >= result.policy.minimum

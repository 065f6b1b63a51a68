"""A claim about all groups together beside rates by group: what would give a group away.

Everybody less the groups that are shown is the group that is hidden.
"""

from __future__ import annotations

from dataclasses import replace

from outcomes.change import ChangeResult
from outcomes.change.claims import ClaimResult
from outcomes.privacy import Policy
from outcomes.showing.disclosure import visible_rates

_MEASURES = {"reliable": "reliable_improvement", "recovered": "recovered"}


def claim_beside_rates(
    result: ClaimResult, changes: ChangeResult, policy: Policy
) -> ClaimResult | None:
    """The claim without the ways to count that give a hidden rate away; None if its headline does.

    A way is left out where the number or the total it adds up over the groups is hidden in
    one of them.
    """
    rates = changes.rates.join(visible_rates(changes, policy).add_prefix("show_"))
    counts = rates.groupby("measure")["show_n"].all().to_dict()
    totals = rates.groupby("denominator")["show_n_total"].all().to_dict()
    table = result.specifications
    keep = [
        counts.get(_MEASURES.get(row.definition, ""), True) and totals.get(row.denominator, True)
        for row in table.itertuples()
    ]
    kept = table[keep].reset_index(drop=True)
    if not kept["headline"].any():
        return None
    questions = [one for one, ok in zip(result.questions, keep, strict=True) if ok]
    return replace(result, specifications=kept, questions=tuple(questions))

"""What may be shown of couples' models: nothing that rests on a few couples."""

from __future__ import annotations

from outcomes.models.dyads import ApimResult, DyadicGrowthResult, PartnerAgreement
from outcomes.privacy import Policy, hidden

NOT_CONVERGED = "cannot tell: the model did not converge"
TOO_FEW = "Too few couples to show."


def may_show(result: ApimResult | DyadicGrowthResult | PartnerAgreement, policy: Policy) -> bool:
    """Whether numbers of a model may be shown: no group behind it is small.

    The couples with both partners and, of a growth model, everybody behind a mean course. A few
    couples of whom one partner is known beside them would give nobody away: they are
    not told apart in any number shown.
    """
    sizes = [result.n_couples if isinstance(result, PartnerAgreement) else result.n_complete]
    if isinstance(result, DyadicGrowthResult):
        sizes += list(result.cell_sizes)
    return not any(hidden(size, policy) for size in sizes)


def usable(result: ApimResult | DyadicGrowthResult) -> bool:
    """Whether the model arrived, so that its estimates may stand in a report."""
    return result.convergence.usable

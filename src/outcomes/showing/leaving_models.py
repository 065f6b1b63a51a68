"""Whether estimates of models of leaving may be shown, and in which words."""

from __future__ import annotations

import pandas as pd

from outcomes.models.leaving import CoxResult, DropoutWeights, VisitResult
from outcomes.models.leaving.weighted import MEAN
from outcomes.privacy import Policy, hidden, suppress_rate
from outcomes.schema.verdicts import Verdict
from outcomes.showing import format as fmt

CANNOT_TELL = str(Verdict.CANNOT_TELL)


def shown_ratios(result: CoxResult | VisitResult, policy: Policy) -> pd.DataFrame | None:
    """The coefficients, or None where the model may not be used or rests on few people."""
    few = suppress_rate(result.n_events, result.n_used, policy) or (
        policy.suppress and result.n_used < policy.minimum_plot
    )
    return None if few or not result.converged else result.to_frame()


def why_no_ratios(result: CoxResult | VisitResult, policy: Policy) -> str:
    """Why there is nothing to show, in few words; empty where there is."""
    if not result.converged:
        return CANNOT_TELL
    return "" if shown_ratios(result, policy) is not None else fmt.HIDDEN


def shown_estimates(result: DropoutWeights, policy: Policy) -> pd.DataFrame | None:
    """Estimates of the visits at which in every arm enough people are seen; None without any.

    Means for one arm, differences for several.
    """
    if not result.converged:
        return None
    lost = result.table["n"] - result.table["n_seen"]
    few = result.table["n_seen"].map(lambda n: hidden(n, policy)) | lost.map(
        lambda n: hidden(n, policy)
    )
    if policy.suppress:
        few |= result.table["n_seen"] < policy.minimum_plot
    gone = set(result.table.loc[few, "visit"])
    rows = result.estimates[~result.estimates["visit"].isin(gone)]
    wanted = rows["what"].eq(MEAN) if len(result.arms) == 1 else rows["what"].ne(MEAN)
    rows = rows[wanted]
    return rows.reset_index(drop=True) if len(rows) else None

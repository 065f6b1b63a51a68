"""What of a growth model may be shown: groups large enough, from a fit that arrived."""

from __future__ import annotations

import pandas as pd

from outcomes.models.growth import GrowthCourse
from outcomes.privacy import Policy, hidden


def visible_courses(result: GrowthCourse, policy: Policy) -> tuple[str, ...]:
    """Groups whose curve may be drawn: enough people, and enough of them at the horizon.

    None where the fit did not converge: an estimate that is none is shown to nobody.
    """
    if not result.usable:
        return ()
    shown = []
    for name, n in result.n_people.items():
        at_end = result.n_at_horizon[name]
        few = hidden(n, policy) or hidden(at_end, policy) or hidden(n - at_end, policy)
        if not (policy.suppress and (few or n < policy.minimum_plot)):
            shown.append(name)
    return tuple(shown)


def visible_points(result: GrowthCourse, policy: Policy) -> pd.DataFrame:
    """Observed means of the visible groups, without bins that hold few scores."""
    rows = result.observed[result.observed["group"].isin(visible_courses(result, policy))]
    if not policy.suppress:
        return rows.reset_index(drop=True)
    return rows[rows["n"].ge(policy.minimum_plot)].reset_index(drop=True)


def visible_differences(result: GrowthCourse, policy: Policy) -> pd.DataFrame:
    """Differences of change between groups that are both visible."""
    shown = visible_courses(result, policy)
    rows = result.differences
    both = rows["group"].isin(shown) & rows["reference"].isin(shown)
    return rows[both].reset_index(drop=True)

"""Which care a person was in when an episode began: one kind, or both at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive.policy import derive_policy

BOTH = "both"


def care_at_start(rows: pd.DataFrame, grace_days: int | None = None) -> pd.Series:
    """Give the arm of each episode and person: its intervention, or "both".

    `rows` needs client_id, intervention, started_on and ended_on, and every episode of
    the people in it. An episode is "both" when an episode of another kind of counted care
    (coaching, therapy) of the same person, alone or as a partner, is open on any day from
    its start to `grace_days` after it (default: `policy.toml`). An episode without an end
    is open until further notice. Care that is not counted ("other") never makes coaching
    or therapy "both", but counted care beside it does, so that a group of usual care holds
    nobody who also had the help it is compared with. Aligned to `rows`.
    """
    policy = derive_policy()
    grace = policy.grace_days if grace_days is None else grace_days
    # Numbers in place of ids: pandas joins them several times as fast.
    numbered = rows[["intervention", "started_on", "ended_on"]].assign(
        client_id=pd.factorize(rows["client_id"])[0], _row=range(len(rows))
    )
    numbered = numbered[numbered["client_id"] >= 0]
    here = numbered.loc[numbered["started_on"].notna()].drop(columns="ended_on")
    care = pd.Series(pd.factorize(here["intervention"])[0], index=here.index)
    pairs = pd.DataFrame({"client": here["client_id"], "care": care})[care >= 0].drop_duplicates()
    several = np.bincount(pairs["client"], minlength=len(rows) + 1) > 1
    here = here[several[here["client_id"]]]
    there = numbered[
        several[numbered["client_id"]] & numbered["intervention"].isin(list(policy.counted_care))
    ].drop(columns="_row")
    met = here.merge(there, on="client_id", suffixes=("", "_other"))
    last_day = met["started_on"] + pd.Timedelta(days=grace)
    still_open = met["ended_on"].isna() | met["ended_on"].ge(met["started_on"])
    concurrent = (
        met["intervention"].ne(met["intervention_other"])
        & met["started_on_other"].le(last_day)
        & still_open
    )
    arm = rows["intervention"].astype("string").copy()
    arm.iloc[met.loc[concurrent, "_row"].unique()] = BOTH
    return arm.rename("arm")

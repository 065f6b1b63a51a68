"""What happened to people after time zero, and on which day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive.care import BOTH
from outcomes.derive.people import people
from outcomes.derive.policy import derive_policy
from outcomes.schema import Study


def event_days(study: Study, frame: pd.DataFrame, first_days: int) -> pd.DataFrame:
    """Columns dropout, switching, adding_other_service: its day, NaT where it did not happen.

    One row for each row of `frame` (a cohort's). The other service counts when it starts more
    than `first_days` after the index episode: while that is open it is added, afterwards it is
    a switch. People in both kinds of care from the start cannot add or switch.
    """
    begun = pd.to_datetime(frame["started_on"]).to_numpy()
    ended = pd.to_datetime(frame["ended_on"]).to_numpy()
    dropped = frame["end_reason"].eq("dropped_out").fillna(False).to_numpy(dtype=bool)
    days = pd.DataFrame(
        {"dropout": np.where(dropped, ended, np.datetime64("NaT"))}, index=frame.index
    )
    rows = people(study)
    counted = rows["intervention"].isin(list(derive_policy().counted_care))
    there = rows.loc[counted, ["client_id", "intervention", "started_on"]].dropna()
    here = pd.DataFrame(
        {
            "client_id": frame["client_id"].to_numpy(),
            "_own": frame["intervention"].to_numpy(),
            "_both": frame["arm"].eq(BOTH).to_numpy(dtype=bool),
            "_begun": begun,
            "_ended": ended,
            "_row": np.arange(len(frame)),
        }
    )
    met = here.merge(there, on="client_id")
    later = met["started_on"] > met["_begun"] + pd.Timedelta(days=first_days)
    met = met[later & met["intervention"].ne(met["_own"]) & ~met["_both"]]
    open_then = met["_ended"].isna() | met["started_on"].le(met["_ended"])
    for name, chosen in (("switching", ~open_then), ("adding_other_service", open_then)):
        first = met[chosen].groupby("_row")["started_on"].min()
        days[name] = pd.to_datetime(first.reindex(range(len(frame)))).to_numpy()
    return days

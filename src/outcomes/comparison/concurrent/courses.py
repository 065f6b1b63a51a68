"""When the other service was added, care ended and the end score was given, in days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive import Cohort
from outcomes.derive.people import people
from outcomes.derive.policy import derive_policy
from outcomes.schema import Study

ADDED, LEFT, MEASURED = "added_after", "left_after", "measured_after"


def added_care(study: Study, cohort: Cohort) -> pd.DataFrame:
    """The people of a cohort with `added_after`, `left_after` and `measured_after`.

    Days from the start of the index episode: to the first day on which an episode of another
    counted kind is open (0 where it already was; NaN: never while the index episode lasted),
    to the end of the index episode (NaN: still open), to the end score (NaN: none). Give a
    cohort that holds "both", so that those with both from the start are in it.
    """
    frame = cohort.frame.reset_index(drop=True)
    rows = people(study)
    counted = rows["intervention"].isin(list(derive_policy().counted_care))
    columns = ["client_id", "intervention", "started_on", "ended_on"]
    there = rows.loc[counted, columns].dropna(subset=["client_id", "started_on"])
    here = frame[columns].assign(_row=np.arange(len(frame)))
    met = here.merge(there, on="client_id", suffixes=("", "_other"))
    together = (
        met["intervention"].ne(met["intervention_other"])
        & (met["ended_on_other"].isna() | met["ended_on_other"].ge(met["started_on"]))
        & (met["ended_on"].isna() | met["started_on_other"].le(met["ended_on"]))
    )
    met = met[together]
    after = (met["started_on_other"] - met["started_on"]).dt.days.clip(lower=0)
    first = after.groupby(met["_row"]).min().reindex(range(len(frame)))
    return frame.assign(
        **{
            ADDED: first.to_numpy(dtype=float),
            LEFT: _days(frame, "ended_on"),
            MEASURED: _days(frame, "post_on"),
        }
    )


def _days(frame: pd.DataFrame, until: str) -> np.ndarray:
    days = (pd.to_datetime(frame[until]) - pd.to_datetime(frame["started_on"])).dt.days
    return np.asarray(days.to_numpy(dtype=float))

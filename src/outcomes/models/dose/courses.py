"""Improvement over the scores of a course: everybody together, and by total of sessions.

The curve of everybody who is still there flattens because those who improve fast leave it; the
lines of people who ended after alike numbers of sessions show whether anybody flattens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.dose.people import Ended, Stratum
from outcomes.models.dose.shares import mean_limits

COURSE_COLUMNS = ["group", "stratum", "first", "last", "number", "n", "mean", "low", "high"]
TOGETHER = "everybody still there"
_NEEDED = ("client_id", "episode_id", "number", "score", "start")
_KEYS = ["client_id", "episode_id"]


def course_rows(
    people: Ended,
    trajectories: pd.DataFrame,
    strata: Sequence[Stratum],
    groups: Sequence[str],
    *,
    direction: str,
    confidence: float,
) -> pd.DataFrame:
    """Columns `COURSE_COLUMNS`: mean improvement since the start at each score number.

    `number` counts scores from 0 (the start). Scores of people who are not among those used are
    left out. Raises UsageError where the frames cannot be joined.
    """
    for name, frame, needed in (
        ("trajectories", trajectories, _NEEDED),
        ("changed", people.frame, tuple(_KEYS)),
    ):
        absent = [column for column in needed if column not in frame.columns]
        if absent:
            raise UsageError(
                f"The frame {name} lacks columns that are needed.",
                where=f"columns {', '.join(absent)}",
                fix="Give the result of oc.trajectories(study, instrument).",
            )
    keys = people.frame[_KEYS].assign(_row=np.arange(len(people)))
    joined = trajectories[list(_NEEDED)].merge(keys, on=_KEYS, how="inner")
    row = joined["_row"].to_numpy()
    toward = -1.0 if direction == "lower" else 1.0
    gain = toward * (joined["score"] - joined["start"]).to_numpy(dtype=float, na_value=np.nan)
    number = joined["number"].to_numpy(dtype=np.intp)
    lines: list[tuple[str, Stratum | None]] = [(TOGETHER, None)]
    lines += [(stratum.label, stratum) for stratum in strata]
    rows = []
    for group in groups:
        for label, stratum in lines:
            member = people.groups == group
            if stratum is not None:
                member = member & stratum.holds(people.sessions)
            here = member[row] & ~np.isnan(gain)
            for k in np.unique(number[here]):
                at = here & (number == k)
                clusters = None if people.clusters is None else people.clusters[row[at]]
                found = mean_limits(gain[at], clusters, confidence)
                ends = (None, None) if stratum is None else (stratum.first, stratum.last)
                rows.append((group, label, *ends, int(k), int(at.sum()), *found))
    return pd.DataFrame(rows, columns=COURSE_COLUMNS).astype({"first": "Int64", "last": "Int64"})

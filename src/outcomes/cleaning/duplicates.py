"""One row for each key."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.presence import ANSWER_TABLES
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES

# A person may think again on the same day, so that the later line counts.
RATED = (*ANSWER_TABLES, "goal_ratings")


def remove_duplicates(tables: Tables, settings: Settings) -> Traced:
    """Drop rows whose key another row has.

    Of equal rows the first is kept (duplicate_row). Of rows with one key and different
    content, an answer's later line is kept (resubmitted: the person thought again) and any
    other table's earlier line (conflicting_key: the later one is a mistake in the key).
    """
    del settings
    tracing = Tracing("remove_duplicates", tables)
    for name in tables:
        frame, table = tracing[name], TABLES[name]
        shared = frame[frame.duplicated(list(table.key), keep=False)]
        if shared.empty:
            continue
        key = shared.groupby(list(table.key), dropna=False, sort=False).ngroup().to_numpy()
        content = shared.groupby(table.names, dropna=False, sort=False).ngroup().to_numpy()
        if name in RATED:
            kept = _first_in_group(content)[_last_in_group(key)]
            values = shared["value"].to_numpy(dtype=float)
            same, reason = values == values[kept], "resubmitted"
        else:
            kept = _first_in_group(key)
            same, reason = content == content[kept], "conflicting_key"
        lost = kept != np.arange(len(shared))
        _drop(tracing, name, shared[lost & same], "duplicate_row")
        _drop(tracing, name, shared[lost & ~same], reason)
    return tracing.done()


def _drop(tracing: Tracing, table: str, rows: pd.DataFrame, reason: str) -> None:
    tracing.drop(table, tracing[table].index.isin(rows.index), reason)


def _first_in_group(group: np.ndarray) -> np.ndarray:
    """For each row, the position of the first row of its group."""
    first = pd.Series(np.arange(len(group))).groupby(group).transform("first")
    return np.asarray(first.to_numpy())


def _last_in_group(group: np.ndarray) -> np.ndarray:
    """For each row, the position of the last row of its group."""
    last = pd.Series(np.arange(len(group))).groupby(group).transform("last")
    return np.asarray(last.to_numpy())

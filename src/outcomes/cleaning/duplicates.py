"""One row for each key of people, episodes, sessions and goals; answers are in `forms`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.cleaning.forms import RATED
from outcomes.cleaning.numbering import numbered
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES, Table

CONFLICT = "conflicting_key"


def remove_duplicates(tables: Tables, settings: Settings) -> Traced:
    """Leave one row for each key of every table that is no table of answers.

    Of equal rows the first is kept (duplicate_row). Where rows of one key agree on who and
    when and differ in a detail, the first is kept as well (conflicting_key, dropped). Where
    they differ in who or when, nobody knows what the key stands for, and all of them wait
    (conflicting_key, quarantined; accepted, the first is used).
    """
    tracing = Tracing("remove_duplicates", tables, settings.accept)
    for name in tables:
        frame, table = tracing[name], TABLES[name]
        if name in RATED:
            continue
        number = numbered([frame[column] for column in table.key])
        if not len(number) or int(number.max()) == len(number) - 1:
            continue
        shared = frame[np.bincount(number)[number] > 1]
        key = shared.groupby(list(table.key), dropna=False, sort=False).ngroup().to_numpy()
        content = shared.groupby(table.names, dropna=False, sort=False).ngroup().to_numpy()
        first = _first_in_group(key)
        later = first != np.arange(len(shared))
        same = content == content[first]
        unclear = _differ(shared, key, table)
        if settings.accepts(CONFLICT):
            tracing.flag(name, _rows(frame, shared[unclear & ~later]), CONFLICT)
            unclear = np.zeros(len(shared), dtype=bool)
        _drop(tracing, name, shared[later & same & ~unclear], "duplicate_row")
        _drop(tracing, name, shared[later & ~same & ~unclear], CONFLICT)
        tracing.quarantine(name, _rows(tracing[name], shared[unclear]), CONFLICT)
    return tracing.done()


def _differ(shared: pd.DataFrame, key: np.ndarray, table: Table) -> np.ndarray:
    """Rows of keys whose rows name different people, links, days or other required words."""
    links = {reference.column for reference in table.references}
    columns = [c.name for c in table.columns if not c.nullable or c.name in links]
    columns = [column for column in columns if column not in table.key]
    if not columns:
        return np.zeros(len(shared), dtype=bool)
    distinct = shared[columns].groupby(key).transform("nunique")
    return np.asarray((distinct > 1).any(axis=1).to_numpy())


def _rows(frame: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    return np.asarray(frame.index.isin(rows.index))


def _drop(tracing: Tracing, table: str, rows: pd.DataFrame, reason: str) -> None:
    tracing.drop(table, _rows(tracing[table], rows), reason)


def _first_in_group(group: np.ndarray) -> np.ndarray:
    """For each row, the position of the first row of its group."""
    first = pd.Series(np.arange(len(group))).groupby(group).transform("first")
    return np.asarray(first.to_numpy())

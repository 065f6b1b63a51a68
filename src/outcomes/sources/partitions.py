"""Which practice a row belongs to, and the folder of a practice.

A partition can be read alone: it holds the rows of its practice, and copies of the rows of
others that those refer to (a practitioner who works in two practices, a client who moved).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from outcomes.schema import TABLES
from outcomes.sources.versions import ordered

# Marks a copy of a row whose own partition is another one.
COPY = "_copy"
NO_PRACTICE = "no-practice"
_READABLE = 24
_HASHED = 16


def folder_name(practice: str | None) -> str:
    """A folder name for any practice code: short, lower case, ASCII, and its own.

    The readable part is what letters and digits the code has; the rest tells codes apart
    that differ only in case or in signs.
    """
    if practice is None:
        return NO_PRACTICE
    readable = re.sub(r"[^a-z0-9]+", "-", practice.lower())[:_READABLE].strip("-") or "practice"
    digest = hashlib.sha256(practice.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable}-{digest[:_HASHED]}"


def homes(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
    """For each table, the practice of each row; missing where nothing says one.

    An episode without a practice belongs to that of its client or couple (as in
    `derive.people`), and everything else to that of its episode, or else its client.
    """
    by_id: dict[str, pd.Series] = {}
    found = {}
    for name in TABLES:
        frame = tables[name]
        if "practice_id" in frame:
            home = frame["practice_id"]
        else:
            home = pd.Series(pd.NA, index=frame.index, dtype="string")
        for column, owner in _owners(name):
            home = home.fillna(_looked_up(frame[column], by_id[owner]))
        found[name] = home
        key = TABLES[name].key
        if len(key) == 1:
            by_id[name] = pd.Series(home.array, index=pd.Index(frame[key[0]]))
    return found


def partitioned(
    tables: Mapping[str, pd.DataFrame], homes: Mapping[str, pd.Series]
) -> dict[str | None, dict[str, pd.DataFrame]]:
    """The tables of each practice, with copies of the rows they refer to, marked in `_copy`.

    Rows are in the order of their keys. Tables without a row are left out.
    """
    own = {name: _by_practice(homes[name]) for name in TABLES}
    ids = {
        name: pd.Index(tables[name][TABLES[name].key[0]])
        for name in TABLES
        if len(TABLES[name].key) == 1
    }
    practices = dict.fromkeys(practice for rows in own.values() for practice in rows)
    parts = {}
    for practice in practices:
        needed: dict[str, list[pd.Series]] = {name: [] for name in TABLES}
        chosen = {}
        for name in reversed(TABLES):  # a table only points upwards
            rows = own[name].get(practice, np.array([], dtype=int))
            asked = _positions(ids[name], needed[name]) if needed[name] else rows
            every = np.union1d(rows, asked)
            frame = tables[name].iloc[every]
            for reference in TABLES[name].references:
                needed[reference.table].append(frame[reference.column])
            if len(frame):
                copies = pd.array(~np.isin(every, rows), dtype="boolean")
                chosen[name] = ordered(frame.assign(**{COPY: copies}), TABLES[name])
        parts[practice] = {name: chosen[name] for name in TABLES if name in chosen}
    return parts


def code(practice: object) -> str | None:
    """The practice of a cell: None where it is missing."""
    return None if practice is None or practice is pd.NA else str(practice)


def codes(home: pd.Series) -> set[str | None]:
    """The practices in a column, None for rows without one."""
    return {code(practice) for practice in home.unique()}


def _owners(name: str) -> Iterable[tuple[str, str]]:
    """Columns that name the owner of a row, and its table, the nearest owner first."""
    to = {reference.column: reference.table for reference in TABLES[name].references}
    order = ["client_id", "couple_id"] if name == "episodes" else ["goal_id", "episode_id"]
    order += [] if name == "episodes" else ["client_id"]
    return [(column, to[column]) for column in order if column in to]


def _looked_up(cells: pd.Series, by_id: pd.Series) -> pd.Series:
    return by_id.reindex(pd.Index(cells)).set_axis(cells.index).astype("string")


def _by_practice(home: pd.Series) -> dict[str | None, np.ndarray]:
    numbers, distinct = pd.factorize(home, use_na_sentinel=False)
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(len(distinct) + 1))
    return {code(practice): order[bounds[n] : bounds[n + 1]] for n, practice in enumerate(distinct)}


def _positions(ids: pd.Index, needed: Iterable[pd.Series]) -> np.ndarray:
    asked = pd.concat(needed, ignore_index=True).dropna().unique()
    found = ids.get_indexer(pd.Index(asked, dtype=ids.dtype))
    return np.asarray(found[found >= 0])

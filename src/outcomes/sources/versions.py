"""One export meets the rows already there: what is new, what changed, what is no longer in it.

Nothing is lost: the version a correction replaces moves to the history, and a row that is
absent from a later export stays, flagged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from outcomes.cleaning import Settings, cleaning_policy
from outcomes.cleaning.references import check_references
from outcomes.cleaning.traced import Tables
from outcomes.ledger import FILE, LINE
from outcomes.schema import TABLES, Kind, Table

# The merge that brought this version of a row, the latest export that had the row, and the
# first later export that should have had it and had not.
SINCE, SEEN, GONE = "_since", "_seen", "_gone_since"
MARKS = {SINCE: "Int64", SEEN: "Int64", GONE: "Int64"}
# In the history: the merge that replaced the version, and why.
UNTIL, WHY = "_until", "_why"
HISTORY = {SINCE: "Int64", UNTIL: "Int64", WHY: "string"}
CHANGED, SET_ASIDE = "changed", "set_aside"
COUNTS = ("added", CHANGED, "unchanged", "older", "gone", SET_ASIDE)

# Where a row belongs, while a merge lasts; and whether the export has it.
HOME = "_home"
_PRESENT = "_present"


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """What a merge makes of the rows.

    `current` has the declared columns and `MARKS`, `replaced` the declared columns and
    `HISTORY`, both `HOME` as well; `counts` has `COUNTS` by table.
    """

    current: dict[str, pd.DataFrame]
    replaced: dict[str, pd.DataFrame]
    counts: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Export:
    """The number of a merge, the day of its export, and those of the merges before."""

    number: int
    exported_on: date
    earlier: Mapping[int, date]


def meet(
    before: Mapping[str, pd.DataFrame], incoming: Mapping[str, pd.DataFrame], export: Export
) -> Meeting:
    """Put the clean tables of an export into those of the store.

    Parameters
    ----------
    before
        The store's tables, with `MARKS` and `HOME`.
    incoming
        The export's tables, with `HOME`. A row replaces the one of the same
        key, unless a later export than this one has had that row.
    export
        Which merge this is.

    Returns
    -------
    Meeting. A row of the store that no longer fits the corrected rows (an answer of an
    episode that turned out to be another client's) is set aside into the history.
    `_present` tells which rows the export has.
    """
    current, replaced, counts = {}, {}, {}
    for name, table in TABLES.items():
        current[name], replaced[name], counts[name] = _meet_table(
            before[name], incoming[name], table, export
        )
    return _consistent(Meeting(current, replaced, counts), export)


def flag_gone(meeting: Meeting, homes: Mapping[str, pd.Series], export: Export) -> Meeting:
    """Flag rows the export should have had: of its practices, and between its dates.

    A table without a date is taken as complete. A row that a later export has had is not
    flagged.
    """
    flagged, counts = {}, {}
    for name, table in TABLES.items():
        frame = meeting.current[name]
        present = frame[_PRESENT].to_numpy(dtype=bool)
        gone = _covered(frame, table, present, homes[name]) & ~present
        gone &= ~_later(frame[SEEN], export)
        since = frame[GONE].mask(gone & frame[GONE].isna().to_numpy(dtype=bool), export.number)
        flagged[name] = frame.assign(**{GONE: since}).drop(columns=_PRESENT)
        counts[name] = meeting.counts[name] | {"gone": int(gone.sum())}
    return Meeting(flagged, meeting.replaced, counts)


def as_of(current: pd.DataFrame, history: pd.DataFrame, table: Table, number: int) -> pd.DataFrame:
    """The rows of a table as merge `number` left them."""
    then = current[current[SINCE] <= number]
    past = history[(history[SINCE] <= number) & (history[UNTIL] > number)]
    joined = pd.concat([then[table.names], past[table.names]], ignore_index=True)
    return ordered(joined, table)


def ordered(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Rows in the order of their keys."""
    key = list(table.key)
    return frame.sort_values(key, kind="stable", na_position="first", ignore_index=True)


def _meet_table(
    before: pd.DataFrame, incoming: pd.DataFrame, table: Table, export: Export
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    at = _positions(before, incoming, table)
    old = at >= 0
    later = np.zeros(len(incoming), dtype=bool)
    later[old] = _later(before[SEEN], export)[at[old]]
    same = np.zeros(len(incoming), dtype=bool)
    same[old] = _equal(before.iloc[at[old]], incoming[old], table)
    changed, added = old & ~same & ~later, ~old
    marks = {SINCE: export.number, SEEN: export.number, GONE: pd.NA, _PRESENT: True}
    new = incoming[changed | added].assign(**marks)
    new = new.astype(MARKS)
    rest = before.assign(**{_PRESENT: False})
    seen = np.zeros(len(before), dtype=bool)
    seen[at[old & same & ~later]] = True
    known = np.zeros(len(before), dtype=bool)
    known[at[old]] = True
    rest[_PRESENT] = known
    rest[SEEN] = rest[SEEN].mask(seen, export.number)
    rest[GONE] = rest[GONE].mask(seen, pd.NA)
    closed = np.zeros(len(before), dtype=bool)
    closed[at[changed]] = True
    replaced = _closed(before[closed], table, export.number, CHANGED)
    joined = pd.concat([rest[~closed], new], ignore_index=True)
    counts = {
        "added": int(added.sum()),
        CHANGED: int(changed.sum()),
        "unchanged": int((old & same).sum()),
        "older": int((old & ~same & later).sum()),
    }
    return joined, replaced, counts


def _positions(before: pd.DataFrame, incoming: pd.DataFrame, table: Table) -> np.ndarray:
    """For each incoming row, the position of the row with its key before; -1 where none."""
    key = list(table.key)
    both = pd.concat([before[key], incoming[key]], ignore_index=True)
    group = both.groupby(key, dropna=False, sort=False).ngroup().to_numpy()
    place = np.full(len(both) + 1, -1)
    place[group[: len(before)]] = np.arange(len(before))
    return np.asarray(place[group[len(before) :]])


def _equal(left: pd.DataFrame, right: pd.DataFrame, table: Table) -> np.ndarray:
    equal = np.ones(len(left), dtype=bool)
    for name in table.names:
        a, b = left[name].reset_index(drop=True), right[name].reset_index(drop=True)
        same = (a == b).fillna(False).to_numpy(dtype=bool)
        equal &= same | (a.isna() & b.isna()).to_numpy(dtype=bool)
    return equal


def _later(seen: pd.Series, export: Export) -> np.ndarray:
    """Rows that an export of a later day has had."""
    newer = [number for number, day in export.earlier.items() if day > export.exported_on]
    return np.asarray(seen.isin(newer).to_numpy(dtype=bool))


def _closed(rows: pd.DataFrame, table: Table, number: int, why: str) -> pd.DataFrame:
    marks = {UNTIL: number, WHY: why}
    closed = rows[[*table.names, SINCE, HOME]].assign(**marks).astype(HISTORY)
    return closed.reset_index(drop=True)


def _consistent(meeting: Meeting, export: Export) -> Meeting:
    """Set rows aside that the corrected ones contradict, by the rule for exports."""
    places = {
        name: frame.assign(**{FILE: "", LINE: np.arange(len(frame))})
        for name, frame in meeting.current.items()
    }
    checked = check_references(Tables(places), _settings(export)).tables
    current, replaced = dict(meeting.current), dict(meeting.replaced)
    counts = {name: found | {SET_ASIDE: 0} for name, found in meeting.counts.items()}
    for name, table in TABLES.items():
        if checked[name] is places[name]:
            continue
        before, after = meeting.current[name], checked[name].drop(columns=[FILE, LINE])
        lost = before[~before.index.isin(after.index)]
        kept = before.loc[after.index]
        emptied = ~_equal(kept, after, table)
        after = after.assign(**{SINCE: after[SINCE].mask(emptied, export.number)})
        current[name] = after.reset_index(drop=True)
        moved = [
            meeting.replaced[name],
            _closed(kept[emptied], table, export.number, CHANGED),
            _closed(lost, table, export.number, SET_ASIDE),
        ]
        replaced[name] = pd.concat(moved, ignore_index=True)
        counts[name][CHANGED] += int(emptied.sum())
        counts[name][SET_ASIDE] = len(lost)
    return Meeting(current, replaced, counts)


def _settings(export: Export) -> Settings:
    policy = cleaning_policy()
    return Settings(
        exported_on=export.exported_on,
        date_order="ymd",
        missing=(),
        sentinels=(),
        resubmission_days=policy.resubmission_days,
        accept=frozenset(),
        policy=policy,
    )


def _covered(frame: pd.DataFrame, table: Table, present: np.ndarray, home: pd.Series) -> np.ndarray:
    """Rows of the practices in the export, within the dates it has of each."""
    practice, _ = pd.factorize(home, use_na_sentinel=False)
    days = [c.name for c in table.columns if c.kind is Kind.DATE and not c.nullable]
    if not days:
        return np.isin(practice, practice[present])
    day = frame[days[0]].to_numpy(dtype="datetime64[s]").astype(np.int64)
    by_practice = pd.Series(day[present]).groupby(practice[present])
    first, last = by_practice.min(), by_practice.max()
    low = first.reindex(practice).to_numpy(dtype=float)
    high = last.reindex(practice).to_numpy(dtype=float)
    return np.asarray((day >= low) & (day <= high))

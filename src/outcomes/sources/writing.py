"""From rows that met to the partitions of a new version of the store."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.schema import TABLES
from outcomes.sources.commit import PRACTICES, Draft
from outcomes.sources.dataset import STORED, Dataset
from outcomes.sources.parquet import read_table, table_bytes
from outcomes.sources.partitions import COPY, code, folder_name, homes, partitioned
from outcomes.sources.state import Partition, StoredFile
from outcomes.sources.versions import HISTORY, HOME, Export, Meeting, flag_gone


def settled(met: Meeting, export: Export) -> Meeting:
    """The meeting with `HOME` as the corrected rows have it, and absent rows flagged."""
    found = homes(met.current)
    current = {name: f.assign(**{HOME: found[name]}) for name, f in met.current.items()}
    return flag_gone(Meeting(current, met.replaced, met.counts), found, export)


def write_partitions(
    draft: Draft, dataset: Dataset | None, met: Meeting, opened: set[str | None]
) -> tuple[Partition, ...]:
    """Write the partitions that were opened or are new, and name the others as they are.

    Raises OSError.
    """
    there = {} if dataset is None else {p.practice: p for p in dataset.state.partitions}
    found = {name: frame[HOME] for name, frame in met.current.items()}
    parts = partitioned({n: f.drop(columns=HOME) for n, f in met.current.items()}, found)
    past = _by_home(met.replaced)
    # Of a practice that was not opened, at most copies were seen: its own files stand.
    whole = {practice: part for practice, part in there.items() if practice not in opened}
    for practice in ({*parts} - {*whole}) | {*past} | opened:
        known = there.get(practice, Partition(practice, {}, {}))
        tables = known.tables
        if practice not in whole:
            tables = write_tables_of(draft, practice, parts.get(practice, {}))
        history = dict(known.history)
        for name, rows in past.get(practice, {}).items():
            joined = _appended(rows, dataset, name, history.get(name))
            content = table_bytes(joined, TABLES[name], HISTORY)
            history[name] = draft.add(f"{_folder(practice)}/history", name, content, len(joined))
        whole[practice] = Partition(practice, tables, history)
    return in_order(whole)


def write_tables_of(
    draft: Draft, practice: str | None, tables: Mapping[str, pd.DataFrame]
) -> dict[str, StoredFile]:
    """Write the tables of one practice, with their copies. Raises OSError."""
    written = {}
    for name, frame in tables.items():
        own = int((~frame[COPY].astype(bool)).sum())
        written[name] = draft.add(
            _folder(practice), name, table_bytes(frame, TABLES[name], STORED), own
        )
    return written


def write_history(
    draft: Draft, practice: str | None, history: Mapping[str, pd.DataFrame]
) -> dict[str, StoredFile]:
    """Write the earlier versions of the rows of one practice. Raises OSError."""
    return {
        name: draft.add(
            f"{_folder(practice)}/history", name, table_bytes(rows, TABLES[name], HISTORY),
            len(rows),
        )
        for name, rows in history.items()
        if len(rows)
    }  # fmt: skip


def in_order(partitions: Mapping[str | None, Partition]) -> tuple[Partition, ...]:
    """Partitions by name, the one without a practice last."""
    return tuple(partitions[practice] for practice in sorted(partitions, key=_order))


def _appended(
    rows: pd.DataFrame, dataset: Dataset | None, name: str, before: StoredFile | None
) -> pd.DataFrame:
    if before is None or dataset is None:
        return rows
    past = read_table(dataset.content(before), TABLES[name], HISTORY)
    return pd.concat([past, rows[past.columns]], ignore_index=True)


def _folder(practice: str | None) -> str:
    return f"{PRACTICES}/{folder_name(practice)}"


def _by_home(replaced: Mapping[str, pd.DataFrame]) -> dict[str | None, dict[str, pd.DataFrame]]:
    found: dict[str | None, dict[str, pd.DataFrame]] = {}
    for name, rows in replaced.items():
        for home, part in rows.groupby(HOME, dropna=False):
            found.setdefault(code(home), {})[name] = part.drop(columns=HOME)
    return found


def _order(practice: str | None) -> tuple[bool, str]:
    return practice is None, practice or ""

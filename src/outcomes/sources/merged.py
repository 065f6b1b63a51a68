"""What a merge did, for people; and the digest that recognises an export."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from outcomes.schema import TABLES
from outcomes.sources.dataset import Dataset
from outcomes.sources.partitions import COPY
from outcomes.sources.state import MergeRecord
from outcomes.sources.versions import COUNTS, GONE

# Fixed, so that an export is recognised by another run: 16 characters, as pandas asks.
_HASH_KEY = "outcomes content"
_WORDS = {
    "added": "new",
    "changed": "corrected",
    "unchanged": "unchanged",
    "older": "older",
    "gone": "gone",
    "set_aside": "set aside",
}
_NOTES = {
    "changed": "corrected: the earlier version is in the history",
    "older": "older: the store has this row from a later export, which stands",
    "gone": "gone: not in this export, though it covers them; kept, and flagged",
    "set_aside": "set aside: contradicted by corrected rows; in the history",
}


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """One merge: the store, its record, and whether the export had been merged before."""

    folder: Path
    record: MergeRecord
    repeated: bool

    def to_frame(self) -> pd.DataFrame:
        """One row for each table, with counts of rows (`versions.COUNTS`)."""
        rows = [{"table": name, **counts} for name, counts in self.record.changes.items()]
        return pd.DataFrame(rows, columns=["table", *COUNTS])

    def lines(self) -> list[str]:
        """What happened, as lines of plain text."""
        number, day = self.record.number, self.record.exported_on.isoformat()
        if self.repeated:
            return [
                f"these rows were merged before (merge {number}, export of {day}): "
                "nothing was changed"
            ]
        return [f"merge {number}, export of {day}", *change_lines(self.to_frame())]

    def explain(self) -> str:
        """How to read the counts."""
        return "Rows are told apart by the key of their table. " + "; ".join(_NOTES.values()) + "."

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.lines()[0])}</p>{self.to_frame().to_html(index=False)}"


def change_lines(changes: pd.DataFrame) -> list[str]:
    """A table of `versions.COUNTS` as lines; tables without a row are left out."""
    shown = changes[changes[list(COUNTS)].sum(axis=1) > 0]
    columns = [c for c in COUNTS if c in ("added", "changed", "unchanged") or shown[c].any()]
    width = max([5, *shown["table"].str.len()])
    lines = [f"{'table':<{width}}" + "".join(f" {_WORDS[c]:>9}" for c in columns)]
    for _, row in shown.iterrows():
        lines.append(f"{row['table']:<{width}}" + "".join(f" {row[c]:>9,}" for c in columns))
    return lines + [f"  {_NOTES[c]}" for c in columns if c in _NOTES and shown[c].any()]


def store_lines(dataset: Dataset) -> list[str]:
    """The merges of a store, and what is worth a look, after all its files were checked.

    Raises InputError where one is damaged.
    """
    files = dataset.verify()
    merges = dataset.state.merges
    exports = "1 export" if len(merges) == 1 else f"{len(merges)} exports"
    lines = [f"Store of {exports}; all {files} files are as they were written"]
    changes = dataset.changes()
    for merge in merges:
        own = changes[changes["merge"] == merge.number]
        total = own[list(COUNTS)].sum()
        said = ", ".join(f"{total[c]:,} {_WORDS[c]}" for c in COUNTS if total[c])
        lines.append(f"  merge {merge.number}, export of {merge.exported_on}: {said or 'no row'}")
    gone = [
        f"{table} {int(count):,}"
        for table in TABLES
        if (count := dataset.stored(table, columns=[GONE, COPY])[GONE].notna().sum())
    ]
    if gone:
        lines += [
            f"  missed in a later export that should have had them: {', '.join(gone)}",
            "  what to do: ask whether they were deleted at the source, and why; they are kept",
        ]
    return lines


def content_digest(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 over the rows of clean tables, which are in the order of their keys."""
    digest = hashlib.sha256()
    for name in TABLES:
        frame = tables[name]
        digest.update(f"{name}\0{','.join(frame.columns)}\0{len(frame)}\0".encode())
        rows = pd.util.hash_pandas_object(frame, index=False, hash_key=_HASH_KEY)
        digest.update(rows.to_numpy().tobytes())
    return digest.hexdigest()

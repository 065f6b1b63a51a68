"""A store as a dataset: one version of it, read practice by practice, every file checked.

A store is a folder: `store.json` names the files of the current version (`state`), and each
practice has a folder of its own with a Parquet file for each table, and one for the versions
of its rows that were replaced.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from outcomes.errors import InputError, UsageError
from outcomes.ledger import Ledger
from outcomes.privacy import name_tells
from outcomes.schema import TABLES, SourceFile, Study, Table, empty_table
from outcomes.sources.parquet import read_frame, read_table
from outcomes.sources.partitions import COPY
from outcomes.sources.state import (
    MergeRecord,
    Partition,
    State,
    StoredFile,
    is_store,
    load_state,
)
from outcomes.sources.versions import COUNTS, HISTORY, MARKS, as_of, ordered

# What the study of a store is called whose folder is called after a person.
NAMELESS = "store (name withheld)"
STORED = MARKS | {COPY: "boolean"}


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """One version of a store. It stays the same while others write.

    The files of the version before the current one are kept for those who still read it; a
    Dataset that is older than that says so when it is asked for more.
    """

    folder: Path
    state: State

    def practices(self) -> list[str | None]:
        """The practices that have rows, None for the rows without a practice."""
        return [part.practice for part in self.state.partitions if part.tables]

    def table(
        self,
        name: str,
        *,
        practices: Collection[str | None] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """A table in the dtypes of the schema, sorted by its key.

        Parameters
        ----------
        name
            One of `schema.TABLES`.
        practices
            Whose rows; only their files are opened. Rows of others to which these refer
            are among them. None gives all.
        columns
            Which columns, in this order.

        Raises
        ------
        UsageError
            where there is no such table, column or practice.
        InputError
            where a file is damaged or missing.
        """
        names, key = _declared(name, columns), TABLES[name].key
        more = [column for column in (*key, COPY) if column not in names]
        frame = self.stored(name, practices=practices, columns=[*names, *more])
        return ordered(frame, TABLES[name])[names]

    def tables(self, *, practices: Collection[str | None] | None = None) -> dict[str, pd.DataFrame]:
        """All tables, as `table`."""
        return {name: self.table(name, practices=practices) for name in TABLES}

    def stored(
        self,
        name: str,
        *,
        practices: Collection[str | None] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """As `table`, in no order, with the columns `versions.MARKS` and `_copy`."""
        parts = self._partitions(practices)
        wanted = [*TABLES[name].names, *STORED] if columns is None else list(columns)
        frames = []
        for part in parts:
            if name in part.tables:
                content = self.content(part.tables[name])
                frames.append(read_table(content, TABLES[name], STORED, wanted))
        if not frames:
            marks = {m: pd.Series([], dtype=d) for m, d in STORED.items()}
            return empty_table(name).assign(**marks)[wanted]
        if len(frames) == 1:
            return frames[0]
        joined = pd.concat(frames, ignore_index=True)
        if practices is None:
            return joined[~joined[COPY].to_numpy(dtype=bool)].reset_index(drop=True)
        return _once(joined, TABLES[name])

    def history(self, name: str) -> pd.DataFrame:
        """Replaced versions of rows: the table's columns and `versions.HISTORY`."""
        frames = [
            read_table(self.content(part.history[name]), TABLES[name], HISTORY)
            for part in self.state.partitions
            if name in part.history
        ]
        if frames:
            return pd.concat(frames, ignore_index=True)
        marks = {mark: pd.Series([], dtype=dtype) for mark, dtype in HISTORY.items()}
        return empty_table(name).assign(**marks)

    def as_of(self, merge: int) -> dict[str, pd.DataFrame]:
        """All tables as merge number `merge` left them. Raises UsageError where there is none."""
        if not 1 <= merge <= self.state.version:
            raise UsageError(f"there is no merge {merge}", fix=f"use 1 to {self.state.version}")
        return {
            name: as_of(self.stored(name), self.history(name), table, merge)
            for name, table in TABLES.items()
        }

    def digests(self, practice: str | None) -> dict[str, str]:
        """SHA-256 of the files of a practice, by table: equal digests, equal tables."""
        (part,) = self._partitions([practice])
        return {name: file.sha256 for name, file in part.tables.items()}

    def changes(self) -> pd.DataFrame:
        """merge, table and what each export did to the rows (`versions.COUNTS`)."""
        rows = [
            {"merge": merge.number, "table": name, **counts}
            for merge in self.state.merges
            for name, counts in merge.changes.items()
        ]
        return pd.DataFrame(rows, columns=["merge", "table", *COUNTS])

    def ledger(self) -> Ledger:
        """The account of all merges; files are named `merge 2: name`.

        Its rows are those of the exports: what two exports share counts twice.
        """
        return Ledger.join(self._account(merge) for merge in self.state.merges)

    def _account(self, merge: MergeRecord) -> Ledger:
        label = _label(merge)
        log = read_frame(self.content(merge.ledger))
        return Ledger(
            log.assign(file=label + log["file"].astype("object")),
            read=dict(merge.read),
            kept=dict(merge.kept),
            lines={f"{label}{name}": rows for name, rows in merge.lines.items()},
            fates={f"{label}{name}": fate for name, fate in merge.fates.items()},
        )

    def study(self, *, practices: Collection[str | None] | None = None) -> Study:
        """The tables as a Study, with the account of all merges."""
        sources = tuple(
            SourceFile(f"{_label(merge)}{source.name}", source.sha256, source.rows)
            for merge in self.state.merges
            for source in merge.sources
        )
        tables = self.tables(practices=practices)
        name = self.folder.resolve().name
        return Study(
            name=NAMELESS if name_tells(name) else name,
            **tables,
            ledger=self.ledger(),
            sources=sources,
        )

    def verify(self) -> int:
        """Check all files, also of the history; returns how many. Raises InputError."""
        files = self.state.files()
        for file in files:
            self.content(file)
        return len(files)

    def content(self, file: StoredFile) -> bytes:
        """The bytes of a file. Raises InputError where they are not those that were written."""
        place = self.folder / file.path
        try:
            content = place.read_bytes()
        except FileNotFoundError:
            raise _Vanished(
                "a file of the store is missing",
                where=str(place),
                fix="bring the folder back from a copy, or start a new one from the exports; "
                "if others have written to it in the meantime, run this again",
            ) from None
        except OSError as error:
            raise InputError(
                f"a file of the store cannot be read: {error.strerror}",
                where=str(place),
                fix="check its rights",
            ) from None
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise InputError(
                "a file of the store is damaged: it is not what was written",
                where=str(place),
                fix="bring this file back from a copy, or start a new store from the exports",
            )
        return content

    def _partitions(self, practices: Collection[str | None] | None) -> list[Partition]:
        if practices is None:
            return list(self.state.partitions)
        unknown = set(practices) - set(self.practices())
        if unknown:
            known = ", ".join(str(p) for p in self.practices() if p is not None)
            raise UsageError(
                "the store has no such practice",
                where=f"practice {', '.join(sorted(map(str, unknown)))}",
                fix=f"choose from {known}" if known else "the store names no practice",
            )
        return [part for part in self.state.partitions if part.practice in set(practices)]


class _Vanished(InputError):
    """A file that a version names is not there; perhaps the version has been replaced."""


def open_store(folder: str | Path) -> Dataset:
    """The current version of a store. Raises InputError as `state.load_state`."""
    place = Path(folder)
    return Dataset(place, load_state(place))


def read_store(folder: str | Path, *, practice: str | None = None) -> Study:
    """The store as a Study; with `practice`, only its partition is opened.

    A version that is replaced twice while it is read is left for the newer one, so that
    what is returned is one version, whole.
    """
    while True:
        dataset = open_store(folder)
        try:
            return dataset.study(practices=None if practice is None else [practice])
        except _Vanished:
            if not is_store(dataset.folder) or load_state(dataset.folder) == dataset.state:
                raise


def _once(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Rows without the copies of rows that are there themselves."""
    copied = frame[COPY].to_numpy(dtype=bool)
    if not copied.any():
        return frame
    (key,) = table.key  # only rows that others refer to are copied
    own, copies = frame[~copied], frame[copied].drop_duplicates(key)
    return pd.concat([own, copies[~copies[key].isin(own[key])]], ignore_index=True)


def _label(merge: MergeRecord) -> str:
    return f"merge {merge.number}: "


def _declared(name: str, columns: Sequence[str] | None) -> list[str]:
    if name not in TABLES:
        raise UsageError(f"there is no table {name!r}", fix=f"use one of: {', '.join(TABLES)}")
    unknown = sorted(set(columns or ()) - set(TABLES[name].names))
    if unknown:
        raise UsageError(
            f"{name} has no column {', '.join(unknown)}",
            fix=f"use: {', '.join(TABLES[name].names)}",
        )
    return TABLES[name].names if columns is None else list(columns)

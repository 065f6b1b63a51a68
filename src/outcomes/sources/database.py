"""Databases as a source: each table or query becomes text cells with a row number.

Row n is the n-th in the order of the primary key; without one, and for a query that orders
nothing itself, in the order of all columns as text, from the left.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from itertools import islice
from typing import Protocol

import numpy as np
import pandas as pd

from outcomes.errors import InputError, LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import TABLES, Kind, SourceFile
from outcomes.sources.address import Address
from outcomes.sources.database_cells import as_texts, has_zone
from outcomes.sources.database_duckdb import DuckDatabase
from outcomes.sources.database_limits import database_limits
from outcomes.sources.database_rows import Rows
from outcomes.sources.database_sql import SqlDatabase
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile
from outcomes.sources.section import near

# An ORDER BY that no bracket closes after is the query's own, not a window's or a subquery's.
_ORDERED = re.compile(r"\border\s+by\b[^()]*(?:\([^()]*\)[^()]*)*$", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


class Driver(Protocol):
    """What differs between databases. Every error it raises is one of ours."""

    def tables(self) -> list[str]:
        """Names of tables and views: plain in the usual schema, else schema.table."""

    def knows(self, name: str) -> bool:
        """Whether there is such a table."""

    def rows_of_table(self, name: str) -> Rows:
        """All rows, by primary key where there is one."""

    def rows_of_query(self, query: str) -> Rows:
        """The rows of a SELECT."""

    def close(self) -> None:
        """Give back the connection; nothing was written."""


@dataclass(slots=True)
class Database:
    """An open database, read inside one read-only transaction: one state for all tables.

    `zone` is the layout's time zone, which decides the day of a moment.
    """

    address: Address
    driver: Driver
    zone: tzinfo | None = None
    _queries: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the database, without its server."""
        return self.address.database

    def tables(self) -> list[str]:
        """Names that a layout may give as `file`."""
        return self.driver.tables()

    def canonical(self) -> tuple[tuple[FileLayout, ...], list[str]]:
        """Entries for the tables called as ours, and the names of all others."""
        present = self.tables()
        found = [name for name in TABLES if name in present]
        if not found:
            raise InputError(
                "the database has no table by a name known here",
                where=self.address.name,
                how_many=len(present),
                fix="pass a layout that says what its tables are, or start with one: "
                "outcomes layout SOURCE",
            )
        files = tuple(FileLayout(file=name, table=name, where=name) for name in found)
        return files, [name for name in present if name not in found]

    def raw_file(self, wanted: Sequence[FileLayout], where: str) -> RawFile:
        """Read the table or query of these entries.

        Raises InputError where it cannot be read, and LayoutError where it is not there, or
        holds moments whose day is asked for without a time zone.
        """
        entry = wanted[0]
        if entry.sheet is not None:
            raise LayoutError("a database has no sheets", where=where, fix="leave out sheet")
        name = self.source_name(entry)
        if entry.query is not None:
            rows = self.driver.rows_of_query(_reading(entry.query, name))
            ordered = _ORDERED.search(_COMMENT.sub(" ", entry.query)) is not None
        else:
            table = self._present(str(entry.file), where)
            rows, ordered = self.driver.rows_of_table(table), False
        used = {column for item in wanted for column in item.needed()}
        needed = {_folded(column) for column in used or TABLES[entry.table].names}
        frame, moments = _collect(rows, name, self.zone, needed)
        self._require_zone(wanted, moments, name)
        return _framed(frame, rows, name, ordered=ordered or rows.ordered)

    def sample(self, table: str) -> RawFile:
        """Read the first rows of a table, whatever their columns hold."""
        rows = self.driver.rows_of_table(table)
        limits = database_limits()
        few = islice(rows.chunks, max(limits.sample_rows // limits.rows_at_once, 1))
        name = f"{self.address.name}[{table}]"
        frame, _ = _collect(replace(rows, chunks=few), name, self.zone, set())
        return _framed(frame, rows, name, ordered=True)

    def source_name(self, entry: FileLayout) -> str:
        """What the ledger calls a table or a query."""
        if entry.query is not None and entry.query not in self._queries:
            self._queries.append(entry.query)
        part = entry.file
        if part is None and entry.query is not None:
            part = f"query {self._queries.index(entry.query) + 1}"
        return f"{self.address.name}[{part}]"

    def _present(self, table: str, where: str) -> str:
        if self.driver.knows(table):
            return table
        present = self.tables()
        shown = present if len(present) <= database_limits().tables_shown else []
        raise LayoutError(
            f"the database has no table {table!r} that this user can see",
            where=f"{where}, {self.address.name}",
            fix=near(table, shown or _close(table, present))
            or f"it has {len(present)} tables: check name and schema",
        )

    def _require_zone(self, wanted: Sequence[FileLayout], moments: set[str], name: str) -> None:
        if self.zone is not None:
            return
        for entry in wanted:
            for column in TABLES[entry.table].columns:
                if column.kind is not Kind.DATE:
                    continue
                parts = [*entry.joined.get(column.name, ())]
                parts += [entry.columns.get(column.name, "" if entry.columns else column.name)]
                if moments & {_folded(part) for part in parts}:
                    raise LayoutError(
                        f"{column.name} comes as moments, and their day depends on the place",
                        where=name,
                        fix='say where the practice is at the top of the layout: timezone = "..."',
                    )


@contextmanager
def open_database(address: Address, zone: tzinfo | None = None) -> Iterator[Database]:
    """Open a database for reading.

    Raises InputError where a library is missing, the server does not answer in time, or the
    user may not enter. The connection is closed, and nothing committed, whatever happens.
    """
    kind = DuckDatabase if address.dialect == "duckdb" else SqlDatabase
    driver: Driver = kind(address)
    try:
        yield Database(address, driver, zone)
    finally:
        driver.close()


def _close(word: str, known: Sequence[str]) -> list[str]:
    import difflib

    return difflib.get_close_matches(word, known, n=database_limits().tables_shown, cutoff=0.5)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _reading(query: str, where: str) -> str:
    """Return the one statement of a query that only reads."""
    bare = _COMMENT.sub(" ", query).strip().rstrip(";").strip()
    words = bare.lstrip("( \n\t").split(None, 1)
    if not words or words[0].lower() not in database_limits().reading_words or ";" in bare:
        raise LayoutError(
            "the query is not one statement that reads",
            where=where,
            fix="write a single SELECT, without a semicolon in it",
        )
    return bare


def _collect(
    rows: Rows, name: str, zone: tzinfo | None, needed: set[str]
) -> tuple[pd.DataFrame, set[str]]:
    """Text columns by position, fetched in parts, and the headers of columns with moments.

    A column that nobody needs and that holds no plain values, a picture say, stays empty.
    """
    parts: list[list[pd.Series]] = [[] for _ in rows.headers]
    moments: set[str] = set()
    for chunk in rows.chunks:
        for n, (header, values) in enumerate(zip(rows.headers, chunk, strict=True)):
            if _folded(header) not in moments and has_zone(values):
                moments.add(_folded(header))
            try:
                texts = as_texts(values, zone, rows.short.get(n))
            except TypeError:
                if _folded(header) in needed:
                    raise InputError(
                        f"the column {header!r} does not hold one value in each row",
                        where=name,
                        fix="leave the column out, or turn it into text with a query",
                    ) from None
                texts = [""] * len(values)
            parts[n].append(pd.Series(pd.array(texts, dtype="string")))
    empty = pd.Series(pd.array([], dtype="string"))
    return pd.DataFrame(
        {n: pd.concat(p, ignore_index=True) if p else empty for n, p in enumerate(parts)}
    ), moments


def _framed(frame: pd.DataFrame, rows: Rows, name: str, *, ordered: bool) -> RawFile:
    if not ordered and len(frame) > 1:
        keys = [pd.factorize(frame[n], sort=True)[0] for n in reversed(frame.columns)]
        frame = frame.iloc[np.lexsort(keys)].reset_index(drop=True)
    lines = np.arange(1, len(frame) + 1, dtype=np.int64)
    blank = np.ones(len(frame), dtype=bool)
    for n in frame:
        blank &= (frame[n].str.strip() == "").to_numpy(dtype=bool)
    headers = tuple(header.strip() for header in rows.headers)
    first = {header: n for n, header in reversed(list(enumerate(headers))) if header}
    cells = frame[[first[h] for h in dict.fromkeys(headers) if h]][~blank]
    cells.columns = pd.Index([h for h in dict.fromkeys(headers) if h])
    cells = cells.reset_index(drop=True)
    cells[FILE] = pd.array([name] * len(cells), dtype="string")
    cells[LINE] = lines[~blank]
    log = []
    if blank.any():
        place = pd.DataFrame({FILE: name, LINE: lines[blank]})
        log.append(
            entries(
                place,
                table="",
                action=Action.DROPPED,
                step="read_database",
                reason="blank_line",
                scope="file",
            )
        )
    source = SourceFile(name, _digest(headers, frame), len(frame))
    return RawFile(name, headers, 0, cells, tuple(log), source)


def _digest(headers: Sequence[str], frame: pd.DataFrame) -> str:
    """SHA-256 over the column names and all cells, in the order of the rows."""
    total = hashlib.sha256(json.dumps(headers).encode())
    step = database_limits().rows_at_once
    for start in range(0, len(frame), step):
        part = frame.iloc[start : start + step]
        for row in zip(*(part[n].tolist() for n in part), strict=True):
            total.update(json.dumps(row).encode() + b"\n")
    return total.hexdigest()

"""Says of a workbook what was not read of it, and which days came as numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from outcomes.cleaning import tidy
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.privacy import shown_files
from outcomes.schema import TABLES, Kind
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile
from outcomes.sources.serials import from_serials
from outcomes.sources.workbook import other_sheets


def unused_sheets(raws: Iterable[RawFile], ignore: Collection[str]) -> list[pd.DataFrame]:
    """Flag every sheet that holds something and that no entry reads, hidden or not.

    `ignore` has names such as "book.xlsx[Cover]" that are left out on purpose.
    """
    books: dict[str, tuple[RawFile, set[str]]] = {}
    for raw in raws:
        if raw.sheet is not None:
            book = raw.name.removesuffix(f"[{raw.sheet}]")
            books.setdefault(book, (raw, set()))[1].add(raw.sheet)
    return [
        _flagged(f"{book}[{shown_files([sheet], 'sheet')[sheet]}]", 0, reason)
        for book, (raw, used) in books.items()
        for sheet, reason in other_sheets(raw.sheets, used)
        if f"{book}[{sheet}]" not in ignore
    ]


def days_as_numbers(
    raw: RawFile, mapped: Sequence[FileLayout], missing: Sequence[str]
) -> list[pd.DataFrame]:
    """Flag each date column of a sheet that holds days as numbers, read by its own epoch."""
    if raw.epoch is None:
        return []
    sources = {
        source.strip()
        for entry in mapped
        for column, source in entry.columns.items()
        if TABLES[entry.table].column(column).kind is Kind.DATE
    }
    return [
        _flagged(raw.name, raw.header_line, "serial_date").assign(column=source)
        for source in sorted(sources)
        if from_serials(tidy(raw.cells[source], missing), raw.epoch)[1]
    ]


def _flagged(name: str, line: int, reason: str) -> pd.DataFrame:
    return entries(
        pd.DataFrame({FILE: [name], LINE: [line]}),
        table="",
        action=Action.FLAGGED,
        step="read_workbook",
        reason=reason,
        scope="file",
    )

"""Settles what a layout leaves to the file: decimal sign and date order, or refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np

from outcomes.cleaning import OrderEvidence, are_plain_days, order_evidence, tidied, tidy
from outcomes.errors import LayoutError
from outcomes.ledger import LINE
from outcomes.schema import TABLES, Kind
from outcomes.sources.detection import AUTO, DecimalEvidence, decimal_evidence
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile
from outcomes.sources.serials import serial_lines
from outcomes.sources.spreadsheets.facts import EPOCHS

_NUMERIC = (Kind.NUMBER, Kind.INTEGER)
# So many lines are named; the counts say how many there are.
_LINES_SHOWN = 5
_Evidence = TypeVar("_Evidence", OrderEvidence, DecimalEvidence)


def settle(
    raw: RawFile, entries: Sequence[FileLayout], *, missing: Sequence[str], date_order: str
) -> list[FileLayout]:
    """Give all entries of one file its decimal sign and date order.

    `date_order` is that of the layout, for entries that say nothing. Raises LayoutError with
    counts and lines where the cells of the file contradict each other or leave it open.
    """
    missing = (*missing, *(word for entry in entries for word in entry.missing))
    order = entries[0].date_order or date_order
    plain = _only_plain_days(raw, entries, missing)
    if order not in EPOCHS and raw.epoch is None and not plain:
        _refuse_serials(raw, entries, missing)
    if order == AUTO:
        # What is a day of ISO is no number, and says nothing for either order.
        order = "ymd" if plain else _date_order(raw, entries, missing)
    decimal = entries[0].decimal
    if decimal == AUTO:
        # Between commas, a comma inside a number cannot be told from a separator.
        decimal = "." if raw.separator == "," else _decimal(raw, entries, missing)
    return [replace(entry, decimal=decimal, date_order=order) for entry in entries]


def _only_plain_days(raw: RawFile, entries: Sequence[FileLayout], missing: Sequence[str]) -> bool:
    """Whether all columns of dates hold ISO days and nothing else."""
    return all(
        are_plain_days(tidy(raw.texts(source), missing))
        for source in _sources(entries, (Kind.DATE,))
    )


def _date_order(raw: RawFile, entries: Sequence[FileLayout], missing: Sequence[str]) -> str:
    sources = _sources(entries, (Kind.DATE,))
    found = OrderEvidence()
    _collect(found, order_evidence, raw, sources, missing)
    if found.order is not None:
        return found.order
    fix = 'say date_order = "dmy" or date_order = "mdy" for this file in the layout'
    if found.dmy:
        raise LayoutError(
            "the dates of the file contradict each other: "
            f"{len(found.dmy)} can only be day-month-year ({_lines(found.dmy)}), "
            f"{len(found.mdy)} only month-day-year ({_lines(found.mdy)})",
            where=raw.name,
            how_many=len(found.dmy) + len(found.mdy),
            fix=f"mend the export, or {fix}; dates that do not fit are then listed",
        )
    raise LayoutError(
        "the order of day and month cannot be decided: no date of the file has a day after "
        f"the 12th ({_lines(found.either)})",
        where=raw.name,
        how_many=len(found.either),
        fix=fix,
    )


def _refuse_serials(raw: RawFile, entries: Sequence[FileLayout], missing: Sequence[str]) -> None:
    """Refuse days as numbers where no workbook says which day they count from."""
    columns = [_tidied(raw, s, missing) for s in sorted(_sources(entries, (Kind.DATE,)))]
    lines = serial_lines(columns, raw.cells[LINE].to_numpy())
    if lines:
        raise LayoutError(
            f"the dates of the file are numbers, as Excel counts days ({_lines(lines)})",
            where=raw.name,
            how_many=len(lines),
            fix='say date_order = "excel" for this file in the layout, or "excel1904" if it comes '
            "from Excel for Mac and all dates turn out four years early",
        )


def _decimal(raw: RawFile, entries: Sequence[FileLayout], missing: Sequence[str]) -> str:
    found = DecimalEvidence()
    _collect(found, decimal_evidence, raw, _sources(entries, _NUMERIC), missing)
    commas = found.comma + found.grouped
    fix = 'say decimal = "," or decimal = "." for this file in the layout'
    if found.mixed:
        raise LayoutError(
            f"{len(commas)} numbers of the file use a comma ({_lines(commas)}), "
            f"{len(found.point)} a point ({_lines(found.point)})",
            where=raw.name,
            how_many=len(commas) + len(found.point),
            fix=fix,
        )
    if found.undecided:
        raise LayoutError(
            "the decimal sign cannot be decided: every comma in a number may group thousands "
            f"({_lines(found.grouped)})",
            where=raw.name,
            how_many=len(found.grouped),
            fix=fix,
        )
    return found.sign


def _sources(entries: Sequence[FileLayout], kinds: Sequence[Kind]) -> set[str]:
    """Source columns that hold values of these kinds."""
    found = set()
    for entry in entries:
        table = TABLES[entry.table]
        wanted = {column.name for column in table.columns if column.kind in kinds}
        found |= {source for column, source in entry.columns.items() if column in wanted}
        for column, sources in entry.joined.items():
            found |= set(sources) if column in wanted else set()
        if Kind.DATE in kinds:
            found |= set(entry.birth_columns())
        if entry.visits and table.column("value").kind in kinds:
            found |= entry.answers()
    return found


def _tidied(
    raw: RawFile, source: str, missing: Sequence[str]
) -> tuple[np.ndarray, list[str | None]]:
    """A column as codes, and its distinct texts trimmed, None for a word for missing."""
    codes, texts = raw.distinct(source)
    return codes, tidied(texts.tolist(), missing)


def _collect(
    found: _Evidence,
    judge: Callable[[Iterable[tuple[str, int]]], _Evidence],
    raw: RawFile,
    sources: set[str],
    missing: Sequence[str],
) -> None:
    """Add the lines of the cells to the evidence; each distinct text is judged once."""
    lines = raw.cells[LINE].to_numpy()
    for source in sorted(sources):
        codes, found_texts = _tidied(raw, source, missing)
        judged = judge((text, n) for n, text in enumerate(found_texts) if text is not None)
        for kind in fields(judged):
            those = getattr(judged, kind.name)
            if those:
                getattr(found, kind.name).extend(lines[np.isin(codes, those)].tolist())


def _lines(lines: Sequence[int]) -> str:
    distinct = sorted(set(lines))
    shown = ", ".join(map(str, distinct[:_LINES_SHOWN]))
    more = " ..." if len(distinct) > _LINES_SHOWN else ""
    return f"{'line' if len(distinct) == 1 else 'lines'} {shown}{more}"

"""Plants known faults into clean exports and says where they are."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from outcomes.instruments.registry import get
from outcomes.synthetic.export import Sheet
from outcomes.synthetic.settings import export, generator, text

FAULT_COLUMNS = ("file", "line", "column", "reason")
DAY = "%d/%m/%Y"
# The first line of a file stays as it is, so that a reader sees a whole one.
UNTOUCHED = 1


@dataclass(slots=True)
class Line:
    """One line of a file; `faults` are (column, reason) planted in it."""

    cells: list[str]
    faults: list[tuple[str, str]] = field(default_factory=list)
    touched: bool = False


@dataclass(frozen=True, slots=True)
class Planted:
    """A file's text with its faults, each (file, line, column, reason)."""

    text: str
    faults: tuple[tuple[str, int, str, str], ...]


def plant(sheet: Sheet, seed: int) -> Planted:
    """Write `sheet` as CSV text with the faults `faults.toml` lists for it."""
    rng = np.random.default_rng([int(generator(seed, "faults").integers(2**32)), *sheet.file.encode()])
    lines = [Line(list(row)) for row in sheet.rows]
    for fault in _listed(sheet.file):
        for copy in range(fault["copies"]):
            PLANTERS[fault["kind"]](lines, sheet, fault, copy, rng)
    found = [
        (sheet.file, number, column, reason)
        for number, line in enumerate(lines, start=2)
        for column, reason in line.faults
    ]
    return Planted(csv_text([list(sheet.headers), *(line.cells for line in lines)]), tuple(found))


def csv_text(rows: list[list[str]]) -> str:
    """Rows as CSV with line feeds; a row without cells is a blank line."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _listed(file: str) -> list[dict[str, Any]]:
    listed = tomllib.loads(text("faults.toml"))["fault"]
    return [fault for fault in listed if f"{fault['file']}.csv" == file]


def _take(lines: list[Line], rng: np.random.Generator, fits: Any = None) -> int:
    """A random line no fault has touched, now marked as touched."""
    able = [
        place
        for place, line in enumerate(lines)
        if place >= UNTOUCHED and not line.touched and (fits is None or fits(line.cells))
    ]
    place = int(able[int(rng.integers(len(able)))])
    lines[place].touched = True
    return place


def _insert(lines: list[Line], after: int, line: Line, rng: np.random.Generator) -> None:
    """Somewhere below position `after`."""
    line.touched = True
    lines.insert(int(rng.integers(after + 1, len(lines) + 1)), line)


def _word(fault: dict[str, Any], copy: int) -> str:
    words = fault["words"]
    return str(words[copy % len(words)])


def _column(sheet: Sheet, fault: dict[str, Any]) -> int:
    return sheet.columns.index(fault["column"])


def _mark(fault: dict[str, Any]) -> tuple[str, str]:
    column = fault.get("column", "")
    return (f"item {column}" if column.isdigit() else column, fault["reason"])


def _repeat(lines: list[Line], sheet: Sheet, fault: Any, copy: int, rng: Any) -> None:
    """The same line again, further down."""
    del sheet, copy
    place = _take(lines, rng)
    _insert(lines, place, Line(list(lines[place].cells), [_mark(fault)]), rng)


def _contradict(lines: list[Line], sheet: Sheet, fault: Any, copy: int, rng: Any) -> None:
    """The same identifier again, further down, with another word in one column."""
    del copy
    column = _column(sheet, fault)
    place = _take(lines, rng)
    cells = list(lines[place].cells)
    others = sorted({line.cells[column] for line in lines if line.cells} - {cells[column], ""})
    cells[column] = others[int(rng.integers(len(others)))]
    _insert(lines, place, Line(cells, [("", fault["reason"])]), rng)


def _resubmit(lines: list[Line], sheet: Sheet, fault: Any, copy: int, rng: Any) -> None:
    """A form answered twice on a day: the first, other answers are the ones not used."""
    del copy
    items = [place for place, column in enumerate(sheet.columns) if column.isdigit()]
    form = get(sheet.file.removesuffix(".csv"))
    low, width = int(form.item_min), int(form.item_max - form.item_min) + 1
    place = _take(lines, rng, lambda cells: all(cells[item] for item in items))
    cells = list(lines[place].cells)
    for item in items:
        cells[item] = str(low + (int(cells[item]) - low + 1) % width)
    line = Line(cells, [_mark(fault)], touched=True)
    lines.insert(int(rng.integers(UNTOUCHED, place + 1)), line)


def _edit(lines: list[Line], sheet: Sheet, fault: Any, copy: int, rng: Any) -> None:
    """Another text in one cell; of answers, only where nobody's end or start depends on it."""
    column = _column(sheet, fault)
    harmless = _harmless(sheet)
    place = _take(lines, rng, lambda cells: bool(cells[column]) and harmless(cells))
    lines[place].cells[column] = _word(fault, copy)
    lines[place].faults.append(_mark(fault))


def _harmless(sheet: Sheet) -> Any:
    if "occasion" not in sheet.columns:
        return lambda cells: True
    middle = export()["questionnaire"]["words"]["occasion"]["session"]
    column = sheet.columns.index("occasion")
    return lambda cells: cells[column] == middle


def _add(lines: list[Line], sheet: Sheet, fault: Any, copy: int, rng: Any) -> None:
    """A line that belongs to nothing else, with one cell that cannot be used."""
    place = _take(lines, rng)
    cells = list(lines[place].cells)
    own = OWN_KEY.get(sheet.table)
    if own is not None:
        cells[sheet.columns.index(own)] = f"X{fault['reason'][0].upper()}{rng.integers(10**6):06d}"
    if sheet.table == "goal_ratings":
        cells = _another_day(cells, sheet)
    cells[_column(sheet, fault)] = _word(fault, copy)
    _insert(lines, UNTOUCHED, Line(cells, [_mark(fault)]), rng)


def _another_day(cells: list[str], sheet: Sheet) -> list[str]:
    """An earlier day, as a goal is rated once a day by the same person."""
    column = sheet.columns.index("rated_on")
    shifted = list(cells)
    shifted[column] = _shift(cells[column], -3)
    return shifted


def _shift(text_day: str, days: int) -> str:
    day, month, year = (int(part) for part in text_day.split("/"))
    return f"{date(year, month, day) + timedelta(days=days):{DAY}}"


def _reverse(lines: list[Line], sheet: Sheet, fault: Any, copy: int, rng: Any) -> None:
    """An end some days before the start."""
    column = _column(sheet, fault)
    place = _take(lines, rng, lambda cells: bool(cells[column]))
    cells = lines[place].cells
    start = cells[sheet.columns.index("started_on")]
    cells[column] = _shift(start, -7 * (copy + 1))
    lines[place].faults.append(_mark(fault))


def _blank(lines: list[Line], sheet: Sheet, fault: Any, copy: int, rng: Any) -> None:
    """A line without anything."""
    del sheet, copy
    _insert(lines, UNTOUCHED, Line([], [_mark(fault)]), rng)


# Tables whose lines have an identifier of their own.
OWN_KEY = {
    "clients": "client_id",
    "episodes": "episode_id",
    "sessions": "session_id",
    "referrals": "referral_id",
}
PLANTERS: dict[str, Any] = {
    "repeat": _repeat,
    "contradict": _contradict,
    "resubmit": _resubmit,
    "edit": _edit,
    "add": _add,
    "reverse": _reverse,
    "blank": _blank,
}

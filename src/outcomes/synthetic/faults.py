"""Plants known faults into clean exports and says where they are."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import numpy as np

from outcomes.synthetic.answers import shape
from outcomes.synthetic.export import Sheet, form
from outcomes.synthetic.settings import generator, text

FAULT_COLUMNS = ("file", "line", "column", "reason")
# The first line of a file stays as it is, so that a reader sees a whole one.
UNTOUCHED = 1
# Tables whose lines have an identifier of their own.
OWN_KEY = {
    "clients": "client_id",
    "episodes": "episode_id",
    "sessions": "session_id",
    "referrals": "referral_id",
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A file's text with its faults, each (file, line, column, reason)."""

    text: str
    faults: tuple[tuple[str, int, str, str], ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of `faults.toml`; `words` are the new texts of the cell, used in turn."""

    file: str
    kind: str
    reason: str
    copies: int
    column: str = ""
    words: tuple[str, ...] = ("",)


@dataclass(slots=True)
class Line:
    """One line of a file; `faults` are (column, reason) planted in it."""

    cells: list[str]
    faults: list[tuple[str, str]] = field(default_factory=list)
    touched: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """The lines of one file while faults are planted. They are copies: the sheet stays clean."""

    sheet: Sheet
    lines: list[Line]
    rng: np.random.Generator

    def at(self, column: str) -> int:
        """The position of a canonical column."""
        return self.sheet.columns.index(column)

    def mark(self, fault: Fault) -> tuple[str, str]:
        """(column, reason): the canonical column, for an answer the header of its cell."""
        if fault.column.isdigit():
            return self.sheet.headers[self.at(fault.column)], fault.reason
        return fault.column, fault.reason

    def take(self, fits: Callable[[list[str]], bool] = bool) -> int:
        """A random line with cells that fit, which no fault has touched; it is touched now."""
        able = [
            place
            for place, line in enumerate(self.lines)
            if place >= UNTOUCHED and not line.touched and fits(line.cells)
        ]
        place = int(self.rng.choice(able))
        self.lines[place].touched = True
        return place

    def insert(self, cells: list[str], mark: tuple[str, str], low: int, high: int) -> None:
        """Put a faulty line somewhere from position `low` up to `high`."""
        line = Line(cells, [mark], touched=True)
        self.lines.insert(int(self.rng.integers(low, high + 1)), line)


def plant(sheet: Sheet, seed: int) -> Planted:
    """Write `sheet` as CSV text with the faults `faults.toml` lists for it."""
    own = int(generator(seed, "faults").integers(2**32))
    rng = np.random.default_rng([own, *sheet.file.encode()])
    draft = Draft(sheet, [Line(list(row)) for row in sheet.rows], rng)
    for fault in _listed():
        if f"{fault.file}.csv" == sheet.file:
            for copy in range(fault.copies):
                PLANTERS[fault.kind](draft, fault, copy)
    found = [
        (sheet.file, number, column, reason)
        for number, line in enumerate(draft.lines, start=2)  # the header is line 1
        for column, reason in line.faults
    ]
    body = [list(sheet.headers), *(line.cells for line in draft.lines)]
    return Planted(csv_text(body), tuple(found))


def csv_text(rows: list[list[str]]) -> str:
    """Rows as CSV with line feeds; a row without cells is a blank line."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@cache
def _listed() -> tuple[Fault, ...]:
    entries = tomllib.loads(text("faults.toml"))["fault"]
    return tuple(Fault(**{**entry, "words": tuple(entry.get("words", [""]))}) for entry in entries)


def _word(fault: Fault, copy: int) -> str:
    return fault.words[copy % len(fault.words)]


def _repeat(draft: Draft, fault: Fault, copy: int) -> None:
    """The same line again, further down; the copy is the fault."""
    del copy
    place = draft.take()
    cells = list(draft.lines[place].cells)
    draft.insert(cells, draft.mark(fault), place + 1, len(draft.lines))


def _contradict(draft: Draft, fault: Fault, copy: int) -> None:
    """The same identifier again, further down, with another word in one column."""
    del copy
    column = draft.at(fault.column)
    place = draft.take()
    cells = list(draft.lines[place].cells)
    others = sorted({line.cells[column] for line in draft.lines if line.cells} - {cells[column]})
    cells[column] = str(draft.rng.choice(others))
    draft.insert(cells, ("", fault.reason), place + 1, len(draft.lines))


def _resubmit(draft: Draft, fault: Fault, copy: int) -> None:
    """A form answered twice on a day: the first, with other answers, is the one not used."""
    del copy
    items = [place for place, column in enumerate(draft.sheet.columns) if column.isdigit()]
    questions = shape(form(draft.sheet.file.removesuffix(".csv"))["instrument"])
    low, width = questions.item_min, min(questions.item_max) - questions.item_min + 1
    place = draft.take(lambda cells: all(cells) and bool(cells))
    cells = list(draft.lines[place].cells)
    for item in items:
        cells[item] = str(low + (int(cells[item]) - low + 1) % width)
    draft.insert(cells, draft.mark(fault), UNTOUCHED, place)


def _edit(draft: Draft, fault: Fault, copy: int) -> None:
    """Another text in one cell; of questionnaires, only where no start or end depends on it."""
    column = draft.at(fault.column)
    occasion = draft.at("occasion") if "occasion" in draft.sheet.columns else None

    def fits(cells: list[str]) -> bool:
        if not cells or not cells[column]:
            return False
        return occasion is None or cells[occasion] == middle

    middle = form("phq9")["words"]["occasion"]["session"]
    line = draft.lines[draft.take(fits)]
    line.cells[column] = _word(fault, copy)
    line.faults.append(draft.mark(fault))


def _add(draft: Draft, fault: Fault, copy: int) -> None:
    """A line that belongs to nothing else, with one cell that cannot be used."""
    cells = list(draft.lines[draft.take()].cells)
    own = OWN_KEY.get(draft.sheet.table)
    if own is not None:
        cells[draft.at(own)] = f"{cells[draft.at(own)][0]}9{draft.rng.integers(10**6):06d}"
    if draft.sheet.table == "goal_ratings":
        # Another day, as the same person rates a goal once a day.
        cells[draft.at("rated_on")] = _shifted(cells[draft.at("rated_on")], -3)
    cells[draft.at(fault.column)] = _word(fault, copy)
    draft.insert(cells, draft.mark(fault), UNTOUCHED, len(draft.lines))


def _reverse(draft: Draft, fault: Fault, copy: int) -> None:
    """An end one or more weeks before the start."""
    column = draft.at(fault.column)
    line = draft.lines[draft.take(lambda cells: bool(cells) and bool(cells[column]))]
    line.cells[column] = _shifted(line.cells[draft.at("started_on")], -7 * (copy + 1))
    line.faults.append(draft.mark(fault))


def _blank(draft: Draft, fault: Fault, copy: int) -> None:
    """A line without anything."""
    del copy
    draft.insert([], draft.mark(fault), UNTOUCHED, len(draft.lines))


def _shifted(day: str, days: int) -> str:
    parts = [int(part) for part in reversed(day.split("/"))]
    return f"{date(parts[0], parts[1], parts[2]) + timedelta(days=days):%d/%m/%Y}"


PLANTERS: dict[str, Callable[[Draft, Fault, int], None]] = {
    "repeat": _repeat,
    "contradict": _contradict,
    "resubmit": _resubmit,
    "edit": _edit,
    "add": _add,
    "reverse": _reverse,
    "blank": _blank,
}

"""One sheet of an .xlsx, .xlsm, .xls or .ods as text cells, with what is worth a word about it.

The reading is done by `spreadsheets.process` in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from outcomes.errors import InputError
from outcomes.ledger import Action
from outcomes.sources.delimited import Records
from outcomes.sources.header import filled_right, joined
from outcomes.sources.limits import source_policy
from outcomes.sources.opening import check_workbook
from outcomes.sources.section import near
from outcomes.sources.spreadsheets.facts import VISIBLE, SheetFact

# Bare packages, so that the process starts without pandas and the rest of the house.
_START = """
import sys, types
for name in ("outcomes", "outcomes.sources"):
    package = types.ModuleType(name)
    package.__path__ = [sys.argv[2] + "/" + name.replace(".", "/")]
    sys.modules[name] = package
from outcomes.sources.spreadsheets.process import main
main()
"""
_PACKAGES = Path(__file__).resolve().parents[2]

_REFUSALS = {
    "password": (
        "the workbook is protected by a password",
        "open it, save a copy without a password, and delete the copy after reading",
    ),
    "no workbook": (
        "the file is not a workbook of Excel or LibreOffice",
        "open it in the program it came from and save it as .xlsx, or export CSV",
    ),
    "damaged": (
        "the workbook cannot be read: it is damaged or was cut short",
        "export it again, or open it and save it again as .xlsx",
    ),
    "misplaced": (
        "cells of the sheet are out of order or say a place that is not theirs, so that a value "
        "may stand in the wrong column",
        "the file was damaged: export it again, or open it, look at it and save it as .xlsx",
    ),
    "document type": (
        "the workbook declares a document type, which no spreadsheet program writes",
        "open it and save it again as .xlsx",
    ),
    "expanded": (
        "the workbook unpacks to far more than a workbook of its size should",
        "delete empty rows, formatting and pictures and save it again, or export CSV",
    ),
    "members": ("the workbook has too many parts", "copy the sheet into a new workbook"),
    "cells": (
        "the used area of the sheet is too large",
        "delete the empty rows and columns beyond the table and save it again, or export CSV",
    ),
    "columns": (
        "the sheet has more columns than Excel itself allows",
        "delete the empty columns beyond the table and save it again, or export CSV",
    ),
    "memory": ("the workbook takes more memory than it may", "export the sheet as CSV"),
    "time": ("the workbook takes longer to read than it may", "export the sheet as CSV"),
    "all hidden": ("every sheet of the workbook is hidden", "name one with sheet in the layout"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell that did not come as it stood: `column` counts from 0, `line` as in Excel."""

    action: Action
    reason: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One sheet. `epoch` is "excel" or "excel1904"; `sheets` names all of the workbook."""

    title: str
    records: Records
    marks: tuple[Mark, ...]
    sheets: tuple[SheetFact, ...]
    epoch: str


def read_workbook(
    content: bytes, name: str, sheet: str | None, header_line: int, header_rows: int = 1
) -> Worksheet:
    """Read one sheet, by default the first that can be seen and is not empty.

    A formula counts as the value last stored for it. A cell merged over several columns of the
    header names each of them; one merged over several rows of data counts for each of these
    rows that holds anything else. Raises InputError for files that are no workbook, damaged,
    too large or protected, for unknown sheets and for a missing header.
    """
    found = _ask(content, name, sheet)
    rows = found["rows"]
    start = header_line + header_rows - 1
    if len(rows) < start or not any(map(str.strip, rows[start - 1])):
        raise InputError(
            f"the sheet {found['title']!r} has no column names in line {start}",
            where=name,
            fix="give sheet, header_line and header_rows in the layout as the sheet has them",
        )
    merges = [tuple(merge) for merge in found["merges"]]
    above = header_line - 1
    shifted = [(top - above, left, bottom, right) for top, left, bottom, right in merges]
    header = joined(filled_right(rows[above:start], shifted))
    while header and not header[-1].strip():
        header.pop()
    data = [_fitted(row, len(header)) for row in rows[start:]]
    marks = list(_marked(found, start))
    marks += _fill_down(data, merges, start)
    lines = list(range(start + 1, start + 1 + len(data)))
    sheets = tuple(SheetFact(**fact) for fact in found["sheets"])
    return Worksheet(
        found["title"], Records(header, data, lines), tuple(marks), sheets, found["epoch"]
    )


def workbook_sheets(content: bytes, name: str) -> tuple[SheetFact, ...]:
    """Every sheet of a workbook, with who can see it and whether anything stands in it.

    Raises InputError for files that are no workbook, damaged, too large or protected.
    """
    check_workbook(content, name)
    return tuple(SheetFact(**fact) for fact in _ask(content, name, None)["sheets"])


def _ask(content: bytes, name: str, sheet: str | None) -> dict[str, Any]:
    """Let the other process read the workbook. Raises InputError."""
    bounds = source_policy().workbook
    if len(content) > source_policy().workbook_bytes:
        raise _refused("memory", name)
    request = json.dumps({"sheet": sheet, "bounds": asdict(bounds)})
    try:
        run = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", "-c", _START, request, str(_PACKAGES)],
            input=content,
            capture_output=True,
            timeout=bounds.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused("time", name) from None
    try:
        answer: dict[str, Any] = json.loads(run.stdout)
    except ValueError:
        # The library gave up without a word: what it would have said may quote the workbook.
        raise _refused("damaged", name) from None
    if "refused" in answer:
        if answer["refused"] == "no sheet":
            there = answer["detail"].split("\n")
            raise InputError(
                f"the workbook has no sheet {sheet!r}", where=name, fix=near(str(sheet), there)
            )
        kind = answer["detail"] if answer["refused"] == "damaged" else ""
        raise _refused(answer["refused"], name, kind)
    return answer


def _refused(code: str, name: str, kind: str = "") -> InputError:
    what, fix = _REFUSALS[code]
    return InputError(f"{what} ({kind})" if kind else what, where=name, fix=fix)


def _marked(found: dict[str, Any], start: int) -> Iterable[Mark]:
    """Error cells, and formulas without a value, below the header."""
    for key, reason in (("errors", "error_cell"), ("hollow", "formula_without_value")):
        for row, column in found[key]:
            if row >= start:
                yield Mark(Action.EMPTIED, reason, row + 1, column)


def _fill_down(
    data: list[list[str]], merges: Iterable[tuple[int, ...]], start: int
) -> Iterable[Mark]:
    marks = []
    for top, left, bottom, _ in merges:
        first = top - start
        if first < 0 or first >= len(data) or left >= len(data[first]) or not data[first][left]:
            continue
        value = data[first][left]
        for row in range(first + 1, min(bottom - start, len(data) - 1) + 1):
            if any(map(str.strip, data[row])):
                data[row][left] = value
                marks.append(Mark(Action.CHANGED, "merged_cell", row + start + 1, left))
    return marks


def _fitted(row: list[str], width: int) -> list[str]:
    """Pad a row: a sheet stores no empty cells at its right, which is no fault."""
    return row + [""] * (width - len(row))


def other_sheets(sheets: Iterable[SheetFact], used: set[str]) -> list[tuple[str, str]]:
    """Name the sheets that were not read, each with the reason code of the ledger."""
    return [
        (sheet.name, "unread_sheet" if sheet.visible == VISIBLE else "hidden_sheet")
        for sheet in sheets
        if sheet.filled and sheet.name not in used
    ]

"""Excel sheets as text cells: real dates in ISO form, whole numbers without decimals."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from outcomes.errors import InputError
from outcomes.sources.delimited import Records
from outcomes.sources.section import near


def read_workbook(content: bytes, name: str, sheet: str | None, header_line: int) -> Records:
    """Read one sheet; a formula counts as the value last stored for it.

    Raises InputError for files that are no workbook, unknown sheets and a missing header.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found = _sheet(book, name, sheet)
        # Some exporters store a wrong size; without it every stored row is given.
        found.reset_dimensions()
        rows = [[_text(cell) for cell in row] for row in found.iter_rows(values_only=True)]
        book.close()
    except InputError:
        raise
    except Exception as error:
        # openpyxl has no error of its own: broken zips, broken XML and odd styles raise
        # whatever they meet.
        raise InputError(
            f"the workbook cannot be read ({type(error).__name__})",
            where=name,
            fix="open it and save it again as .xlsx, or export CSV",
        ) from None
    if len(rows) < header_line or not any(rows[header_line - 1]):
        raise InputError(
            f"the sheet has no column names in line {header_line}",
            where=name,
            fix="give sheet and header_line in the layout",
        )
    headers = list(_without_tail(rows[header_line - 1]))
    data = rows[header_line:]
    lines = range(header_line + 1, header_line + 1 + len(data))
    return Records(headers, [_fitted(row, len(headers)) for row in data], list(lines))


def _sheet(book: Any, name: str, sheet: str | None) -> Any:  # noqa: ANN401 - openpyxl is untyped
    if sheet is None:
        return book.worksheets[0]
    if sheet not in book.sheetnames:
        raise InputError(
            f"the workbook has no sheet {sheet!r}", where=name, fix=near(sheet, book.sheetnames)
        )
    return book[sheet]


def _fitted(row: list[str], width: int) -> list[str]:
    """Pad a row: a sheet stores no empty cells at its right, which is no fault."""
    return row + [""] * (width - len(row))


def _without_tail(row: list[str]) -> Iterator[str]:
    last = max(n for n, cell in enumerate(row) if cell.strip())
    yield from row[: last + 1]


def _text(cell: Any) -> str:  # noqa: ANN401 - any type a cell may have
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)

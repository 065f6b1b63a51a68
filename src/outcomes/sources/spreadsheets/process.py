"""Reads one sheet of a workbook from standard input, and answers in JSON.

A damaged workbook may abort the library that reads it, or ask for any amount of memory or
time. Here it costs this process only.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from outcomes.sources.spreadsheets import biff, ooxml, opendocument
from outcomes.sources.spreadsheets.archive import member, open_archive
from outcomes.sources.spreadsheets.cells import text_of
from outcomes.sources.spreadsheets.facts import (
    EPOCHS,
    HIDDEN,
    VERY_HIDDEN,
    VISIBLE,
    Bounds,
    Contents,
    Refused,
    SheetFact,
    chosen,
    trimmed,
)


def main() -> None:
    """Answer one request: the first argument is JSON with `sheet` and `bounds`."""
    request = json.loads(sys.argv[1])
    bounds = Bounds(**request["bounds"])
    _limit(bounds)
    answer: dict[str, Any]
    try:
        answer = read(sys.stdin.buffer.read(), request["sheet"], bounds).as_json()
    except Refused as refusal:
        answer = {"refused": refusal.code, "detail": refusal.detail}
    except MemoryError:
        answer = {"refused": "memory", "detail": ""}
    except Exception as error:
        # Its kind only: what it says may quote the workbook.
        answer = {"refused": "damaged", "detail": type(error).__name__}
    sys.stdout.write(json.dumps(answer))


def read(content: bytes, sheet: str | None, bounds: Bounds) -> Contents:
    """Read a sheet of an .xlsx, .xls or .ods; the content says which it is. Raises Refused."""
    if content.startswith(biff.MAGIC):
        return _read_binary(content, sheet, bounds)
    archive = open_archive(content, bounds)
    names = set(archive.namelist())
    if ooxml.WORKBOOK in names:
        return _read_ooxml(content, archive, sheet, bounds)
    if "mimetype" in names and b"opendocument.spreadsheet" in member(archive, "mimetype"):
        return opendocument.read(archive, sheet, bounds)
    raise Refused("no workbook")


def _read_binary(content: bytes, sheet: str | None, bounds: Bounds) -> Contents:
    facts = biff.examine(content, bounds)
    book = _opened(content)
    sheets = _listed(book)
    for number, fact in enumerate(sheets):
        fact.filled = fact.filled and facts.filled.get(number, True)
    wanted = chosen(sheets, sheet)
    found = Contents(sheets[wanted].name, facts.epoch, sheets)
    found.errors = facts.errors.get(wanted, [])
    _fill(found, book, wanted)
    return found


def _read_ooxml(content: bytes, archive: Any, sheet: str | None, bounds: Bounds) -> Contents:  # noqa: ANN401
    parts = ooxml.sheet_parts(archive)
    epoch = EPOCHS[ooxml.counts_from_1904(archive)]
    if "xl/sharedStrings.xml" in archive.namelist():
        ooxml.check_form(member(archive, "xl/sharedStrings.xml"))
    book = _opened(content)
    sheets = _listed(book)
    for fact in sheets:
        part = parts.get(fact.name)
        fact.filled = fact.filled and part is not None
        fact.filled = fact.filled and ooxml.holds_values(member(archive, str(part)))
    wanted = chosen(sheets, sheet)
    found = Contents(sheets[wanted].name, epoch, sheets)
    if found.title not in parts:
        raise Refused("damaged")
    text = member(archive, parts[found.title])
    ooxml.check_form(text)
    ooxml.check_places(text, bounds)
    noted = ooxml.marks(text)
    found.errors, found.hollow = noted.errors, noted.hollow
    _fill(found, book, wanted)
    return found


def _opened(content: bytes) -> Any:  # noqa: ANN401 - calamine's workbook
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError:
        raise Refused("password") from None
    except (CalamineError, OSError, ValueError):
        raise Refused("damaged") from None


def _listed(book: Any) -> list[SheetFact]:  # noqa: ANN401
    # By their names: calamine's own words cannot be keys.
    shown = {"Visible": VISIBLE, "Hidden": HIDDEN, "VeryHidden": VERY_HIDDEN}
    # Charts and macros are no sheets of cells, and are listed as empty ones.
    return [
        SheetFact(sheet.name, shown[_last(sheet.visible)], _last(sheet.typ) == "WorkSheet")
        for sheet in book.sheets_metadata
    ]


def _last(word: object) -> str:
    return str(word).rpartition(".")[2]


def _fill(found: Contents, book: Any, wanted: int) -> None:  # noqa: ANN401
    from python_calamine import CalamineError

    try:
        sheet = book.get_sheet_by_index(wanted)
        merges = sheet.merged_cell_ranges or []
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError):
        raise Refused("damaged") from None
    found.merges = [(*start, *end) for start, end in merges]
    found.rows = trimmed([[text_of(cell) for cell in row] for row in rows])


def _limit(bounds: Bounds) -> None:
    try:
        import resource
    except ImportError:  # not on Windows, where the bounds above have to do
        return
    for kind, limit in (
        (resource.RLIMIT_AS, bounds.memory_bytes),
        (resource.RLIMIT_CPU, bounds.seconds),
    ):
        _, hard = resource.getrlimit(kind)
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(kind, (wanted, hard))
        except (ValueError, OSError):  # a system that does not keep this limit
            continue

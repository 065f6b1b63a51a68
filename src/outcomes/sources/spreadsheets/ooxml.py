"""What calamine does not say about an .xlsx: its epoch, error cells, formulas without a value."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from posixpath import join, normpath
from xml.etree import ElementTree
from xml.parsers import expat

from outcomes.sources.spreadsheets.archive import member
from outcomes.sources.spreadsheets.cells import position
from outcomes.sources.spreadsheets.facts import Bounds, Refused

WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,9}\d{1,9})["']""")
# A row or a cell, and what it says about its place.
_PLACED = re.compile(
    rb"""<(?:\w+:)?(?:(row)|c)(?=[\s/>])(?:[^<>]*?\sr\s*=\s*["']([A-Za-z]{0,9}\d{1,9})["'])?"""
)
# The last row there is.
_ROWS = 1_048_576
_TAG = re.compile(rb"<(/?)(?:\w+:)?(c|f|v|is)(?=[\s/>])([^>]*)>([^<]*)")
_KIND = re.compile(rb"""\st\s*=\s*["'](\w+)["']""")
# Without either, no cell needs a second look.
_NOTABLE = re.compile(rb"""\st\s*=\s*["']e["']|<(?:\w+:)?f[\s/>]""")
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)[\s>]")


@dataclass(slots=True)
class Marks:
    """Cells of one sheet that need a word, as (row, column) from 0."""

    errors: list[tuple[int, int]] = field(default_factory=list)
    hollow: list[tuple[int, int]] = field(default_factory=list)


def counts_from_1904(archive: zipfile.ZipFile) -> bool:
    """Whether the days of the workbook count from 1904."""
    root = _parsed(archive, WORKBOOK)
    for node in root.iter():
        if node.tag.rpartition("}")[2] == "workbookPr":
            return node.get("date1904", "0").strip().lower() in ("1", "true", "on")
    return False


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The member that holds each sheet, by the sheet's name."""
    targets = {
        node.get("Id", ""): node.get("Target", "") for node in _parsed(archive, _RELATIONS).iter()
    }
    there = set(archive.namelist())
    parts = {}
    for node in _parsed(archive, WORKBOOK).iter():
        if node.tag.rpartition("}")[2] != "sheet":
            continue
        target = targets.get(node.get(_RELATION_ID) or node.get(_STRICT_ID) or "", "")
        path = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
        if path in there:
            parts[node.get("name", "")] = path
    return parts


def holds_values(sheet: bytes) -> bool:
    """Whether any cell of the sheet holds something."""
    return _VALUE.search(sheet) is not None


def check_form(part: bytes) -> None:
    """Refuse a part that is no well-formed XML: calamine reads on, and may join two cells."""
    try:
        expat.ParserCreate().Parse(part, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused("damaged") from None


def check_places(sheet: bytes, bounds: Bounds) -> None:
    """Refuse a sheet whose cells are not where they say, or lie very far apart.

    Rows and the cells of a row stand in order, each once, and all say where they stand or none
    does. Where that is not so, something damaged the file, and a note may stand in the column
    of a code; laying out cells far apart would fill the memory. Excel repairs such a file by
    leaving cells out.
    """
    walk = _Walk()
    for found in _PLACED.finditer(sheet, *_data(sheet)):
        reference = found[2].decode("ascii") if found[2] else None
        if found[1]:
            walk.row(reference)
        else:
            walk.cell(reference)
    if (walk.named and walk.unnamed) or walk.rows > _ROWS:
        raise Refused("misplaced")
    bounds.check_extent(walk.rows, walk.columns)


def _data(sheet: bytes) -> tuple[int, int]:
    """Where the cells stand; controls below them have rows of another kind."""
    begin, end = sheet.find(b"sheetData"), sheet.rfind(b"sheetData")
    return max(begin, 0), end if end > begin else len(sheet)


@dataclass(slots=True)
class _Walk:
    """How far the cells read so far reach; raises Refused where one stands out of order."""

    rows: int = 0
    columns: int = 0
    named: int = 0
    unnamed: int = 0
    _open: int | None = None
    _column: int = 0

    def row(self, reference: str | None) -> None:
        self._open, self._column = None, 0
        if reference is None:
            return
        if not reference.isdecimal() or int(reference) <= self.rows:
            raise Refused("misplaced")
        self._open = self.rows = int(reference)

    def cell(self, reference: str | None) -> None:
        if reference is None:
            self.unnamed += 1
            return
        self.named += 1
        place = position(reference)
        if place is None:
            raise Refused("misplaced")
        row, column = place[0] + 1, place[1] + 1
        if self._open is None:
            if row <= self.rows:
                raise Refused("misplaced")
            self._open = self.rows = row
        if row != self._open or column <= self._column:
            raise Refused("misplaced")
        self._column = column
        self.columns = max(self.columns, column)


def marks(sheet: bytes) -> Marks:
    """Find the cells with an error, and the formulas that no program has worked out yet."""
    found = Marks()
    if _NOTABLE.search(sheet) is None:
        return found
    place, kind, formula, value = None, b"", False, False
    for closing, name, attributes, text in _TAG.findall(sheet):
        if name == b"c":
            if place is not None:
                _note(found, place, kind, hollow=formula and not value)
            place = None if closing else _place(attributes)
            kind, formula, value = _kind(attributes), False, False
            if attributes.endswith(b"/"):
                place = None
        elif not closing:
            formula = formula or name == b"f"
            value = value or name == b"is" or (name == b"v" and bool(text.strip()))
    return found


def _note(found: Marks, place: tuple[int, int], kind: bytes, *, hollow: bool) -> None:
    if kind == b"e":
        found.errors.append(place)
    elif hollow and kind != b"str":  # a stored empty text is a value
        found.hollow.append(place)


def _place(attributes: bytes) -> tuple[int, int] | None:
    reference = _REFERENCE.search(attributes)
    return None if reference is None else position(reference[1].decode("ascii"))


def _kind(attributes: bytes) -> bytes:
    kind = _KIND.search(attributes)
    return b"" if kind is None else kind[1]


def _parsed(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(member(archive, name))  # noqa: S314 - no document type
    except (ElementTree.ParseError, ValueError, LookupError):
        raise Refused("damaged") from None

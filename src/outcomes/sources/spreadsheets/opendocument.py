"""Reads an .ods sheet whole: calamine takes its truth values for numbers and loses its errors."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from xml.parsers import expat

from outcomes.sources.spreadsheets.archive import member
from outcomes.sources.spreadsheets.cells import number_text, opendocument_time
from outcomes.sources.spreadsheets.facts import (
    HIDDEN,
    VISIBLE,
    Bounds,
    Contents,
    Refused,
    SheetFact,
    chosen,
    trimmed,
)

_ERROR = re.compile(r"#[A-Z/0?]+[!?]?|Err:\d{3}")
_NUMBERS = ("float", "percentage", "currency")
_CELLS = ("table:table-cell", "table:covered-table-cell")
_CONTENT, _MANIFEST = "content.xml", "META-INF/manifest.xml"


def read(archive: zipfile.ZipFile, sheet: str | None, bounds: Bounds) -> Contents:
    """Read one sheet, and name all. Raises Refused."""
    if b"encryption-data" in member(archive, _MANIFEST):
        raise Refused("password")
    content = member(archive, _CONTENT)
    overview = _Overview()
    _walk(content, overview)
    wanted = chosen(overview.sheets, sheet)
    title = overview.sheets[wanted].name
    reader = _Reader(Contents(title, overview.epoch, overview.sheets), wanted, bounds)
    _walk(content, reader)
    reader.found.rows = trimmed(reader.found.rows)
    return reader.found


def _walk(content: bytes, handler: _Overview | _Reader) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused("damaged") from None


class _Overview:
    """Names the sheets, says which are hidden or empty, and finds the epoch."""

    def __init__(self) -> None:
        self.sheets: list[SheetFact] = []
        self.epoch = "excel"
        self._style = ""
        self._hidden: set[str] = set()
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style:style":
            self._style = attributes.get("style:name", "")
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            self._hidden.add(self._style)
        elif name == "table:null-date":
            if attributes.get("table:date-value", "").startswith("1904"):
                self.epoch = "excel1904"
        elif name == "table:table":
            self._depth += 1
            if self._depth == 1:
                hidden = attributes.get("table:style-name", "") in self._hidden
                shown = HIDDEN if hidden else VISIBLE
                title = attributes.get("table:name", "")
                self.sheets.append(SheetFact(title, shown, filled=False))
        elif name == "table:table-cell" and "office:value-type" in attributes and self.sheets:
            self.sheets[-1].filled = True

    def end(self, name: str) -> None:
        if name == "table:table":
            self._depth -= 1

    def text(self, text: str) -> None:
        """Texts say nothing about a sheet as a whole."""


@dataclass(slots=True)
class _Cell:
    attributes: dict[str, str]
    covered: bool
    paragraphs: list[list[str]] = field(default_factory=list)


class _Reader:
    """Collects the cells of one sheet, repeated ones as often as they stand there."""

    def __init__(self, found: Contents, wanted: int, bounds: Bounds) -> None:
        self.found = found
        self._wanted = wanted
        self._bounds = bounds
        self._sheet, self._depth = -1, 0
        self._row: list[str] = []
        self._gap, self._blank_rows = 0, 0
        self._marks: list[tuple[str, int]] = []
        self._repeat = 1
        self._cell: _Cell | None = None
        self._aside = 0
        self._used = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._depth += 1
            self._sheet += self._depth == 1
        elif self._sheet != self._wanted or self._depth != 1:
            return
        elif name == "table:table-row":
            self._row, self._marks, self._gap = [], [], 0
            self._repeat = _count(attributes, "table:number-rows-repeated")
        elif name in _CELLS:
            self._cell = _Cell(attributes, covered=name != "table:table-cell")
        elif self._cell is not None:
            self._inside(self._cell, name, attributes)

    def _inside(self, cell: _Cell, name: str, attributes: dict[str, str]) -> None:
        if name == "office:annotation":  # a comment beside the cell, not its text
            self._aside += 1
        elif self._aside:
            return
        elif name == "text:p":
            cell.paragraphs.append([])
        elif cell.paragraphs and name == "text:s":
            spaces = min(_count(attributes, "text:c"), self._bounds.columns)
            cell.paragraphs[-1].append(" " * spaces)
        elif cell.paragraphs and name in ("text:tab", "text:line-break"):
            cell.paragraphs[-1].append("\t" if name == "text:tab" else "\n")

    def text(self, text: str) -> None:
        if self._cell is not None and self._cell.paragraphs and not self._aside:
            self._cell.paragraphs[-1].append(text)

    def end(self, name: str) -> None:
        if name == "table:table":
            self._depth -= 1
        elif name == "office:annotation" and self._cell is not None:
            self._aside = max(0, self._aside - 1)
        elif name in _CELLS and self._cell is not None and self._depth == 1:
            self._end_cell(self._cell)
            self._cell = None
        elif name == "table:table-row" and self._sheet == self._wanted and self._depth == 1:
            self._end_row()

    def _end_cell(self, cell: _Cell) -> None:
        repeat = _count(cell.attributes, "table:number-columns-repeated")
        shown = "\n".join("".join(parts) for parts in cell.paragraphs)
        value = "" if cell.covered else _value(cell.attributes, shown)
        mark = "" if cell.covered else _mark(cell.attributes, shown)
        column, row = len(self._row) + self._gap, len(self.found.rows) + self._blank_rows
        down = _count(cell.attributes, "table:number-rows-spanned")
        right = _count(cell.attributes, "table:number-columns-spanned")
        if down > 1 or right > 1:
            self.found.merges.append((row, column, row + down - 1, column + right - 1))
        if not value and not mark:
            self._gap += repeat  # empty cells reach to the last column; those at the end are none
            return
        self._bounds.check_extent(1, column + repeat)
        self._row += [""] * self._gap
        self._gap = 0
        if mark:
            self._marks += [(mark, column + n) for n in range(repeat)]
        self._row += ["" if mark else value] * repeat

    def _end_row(self) -> None:
        if not self._row:
            self._blank_rows += self._repeat  # so do empty rows
            return
        self._used += self._blank_rows + self._repeat * len(self._row)
        self._bounds.check_extent(self._used, 1)
        self.found.rows += [[]] * self._blank_rows
        self._blank_rows = 0
        for _ in range(self._repeat):
            line = len(self.found.rows)
            self.found.errors += [(line, column) for mark, column in self._marks if mark == "error"]
            self.found.hollow += [(line, c) for mark, c in self._marks if mark == "hollow"]
            self.found.rows.append(self._row)


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 else 1


def _value(attributes: dict[str, str], shown: str) -> str:
    kind = attributes.get("office:value-type", "")
    if kind in _NUMBERS:
        try:
            return number_text(float(attributes.get("office:value", "")))
        except (ValueError, OverflowError):
            return shown
    if kind == "date":
        return (
            attributes.get("office:date-value", shown).replace("T", " ").removesuffix(" 00:00:00")
        )
    if kind == "time":
        return opendocument_time(attributes.get("office:time-value", shown))
    if kind == "boolean":
        return attributes.get("office:boolean-value", shown)
    return attributes.get("office:string-value") or shown


def _mark(attributes: dict[str, str], shown: str) -> str:
    """Whether the cell holds an error, or a formula that nobody has worked out."""
    if attributes.get("calcext:value-type") == "error":
        return "error"
    if "table:formula" not in attributes:
        return ""
    if _ERROR.fullmatch(shown.strip()):
        return "error"
    return "" if "office:value-type" in attributes or shown else "hollow"

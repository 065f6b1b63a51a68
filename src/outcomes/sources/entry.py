"""One `[[files]]` entry of a layout: how one file becomes rows of one table."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from outcomes import instruments
from outcomes.cleaning import DATE_ORDERS
from outcomes.errors import InstrumentError
from outcomes.schema import TABLES, Table, vocabularies
from outcomes.sources.detection import AUTO
from outcomes.sources.section import Section, near
from outcomes.sources.spreadsheets.facts import EPOCHS

# Tables that may come from a wide questionnaire, one column for each item.
WIDE_TABLES = ("responses", "satisfaction")
TOTAL = "total"
# More lines of names than this no one reads; a larger number is a header_line in disguise.
MOST_HEADER_ROWS = 9
KNOWN_ORDERS = (AUTO, *DATE_ORDERS, *EPOCHS)
_PLACE = re.compile(r"\{item(?::0(\d))?\}")


@dataclass(frozen=True, slots=True)
class Visit:
    """One administration inside a wide line.

    `items` maps item (or "total") to source column; taken_on = the line's taken_on plus
    `offset_days`.
    """

    items: dict[str, str]
    occasion: str | None = None
    offset_days: int = 0


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How one file, or one sheet of it, becomes rows of `table`.

    `columns` maps canonical to source column, `constants` canonical column to text, `codes`
    canonical column to {source word: canonical word}. `visits` is empty unless wide. What is
    "auto" the file itself decides; `date_order` is None where the layout says it for all files.
    """

    file: str | None
    table: str
    where: str
    sheet: str | None = None
    header_line: int = 1
    header_rows: int = 1
    encoding: str = AUTO
    separator: str = AUTO
    decimal: str = AUTO
    date_order: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    visits: tuple[Visit, ...] = ()
    ignore: tuple[str, ...] = ()

    def used(self) -> set[str]:
        """Source columns this entry maps or ignores."""
        items = {column for visit in self.visits for column in visit.items.values()}
        return {*self.columns.values(), *items, *self.ignore}


def parse_entry(body: dict[str, Any], where: str) -> FileLayout:
    """Check one entry. Raises LayoutError; see `layout.parse_layout`."""
    section = Section(body, where)
    name = section.required("table")
    if name not in TABLES:
        raise section.refuse(f"there is no table {name!r}", near(name, TABLES))
    table = TABLES[name]
    columns = _texts(Section(section.table("columns"), f"{where}, columns"), table)
    constants = _constants(Section(section.table("constants"), f"{where}, constants"), table)
    codes = _codes(Section(section.table("codes"), f"{where}, codes"), table)
    if name == "responses" and "rater" not in columns:
        # These are self-report questionnaires unless the layout says otherwise.
        constants.setdefault("rater", "client")
    both = sorted(set(columns) & set(constants))
    if both:
        raise section.refuse(f"{both[0]} is both a column and a constant", "keep one of the two")
    visits = _visits(section, table, constants.get("instrument"))
    entry = FileLayout(
        file=_inside(section),
        table=name,
        where=where,
        sheet=section.text("sheet"),
        header_line=_header_line(section),
        header_rows=_header_rows(section),
        encoding=_encoding(section),
        separator=_one_character(section, "separator"),
        decimal=_one_character(section, "decimal"),
        date_order=date_order(section),
        columns=columns,
        constants=constants,
        codes=codes,
        visits=visits,
        ignore=section.texts("ignore") or (),
    )
    section.finish()
    _check_complete(section, entry)
    return entry


def _inside(section: Section) -> str | None:
    name = section.text("file")
    if name is None:
        return None
    windows, posix = PureWindowsPath(name), PurePosixPath(name)
    if windows.is_absolute() or windows.drive or windows.root or posix.is_absolute():
        raise section.refuse("the file name is absolute", "name it relative to the folder")
    if ".." in windows.parts or ".." in posix.parts:
        raise section.refuse("the file name leaves the folder", "use no '..'; move the file")
    if not name.strip() or "\0" in name:
        raise section.refuse("the file name is empty", "name a file in the folder")
    return name


def _header_line(section: Section) -> int:
    line = section.whole("header_line", 1)
    if line < 1:
        raise section.refuse("header_line counts from 1", "give the line that holds the names")
    return line


def _header_rows(section: Section) -> int:
    rows = section.whole("header_rows", 1)
    if not 1 <= rows <= MOST_HEADER_ROWS:
        raise section.refuse(
            f"header_rows is not between 1 and {MOST_HEADER_ROWS}",
            "give how many lines hold the names of the columns",
        )
    return rows


def date_order(section: Section) -> str | None:
    """Return the order of dates, None where nothing is said."""
    order = section.text("date_order")
    if order is not None and order not in KNOWN_ORDERS:
        raise section.refuse(f"date_order {order!r} is not known", near(order, KNOWN_ORDERS))
    return order


def _encoding(section: Section) -> str:
    name = section.text("encoding", AUTO) or ""
    try:
        # A codec such as base64 exists as well, and is no encoding of text.
        if name != AUTO:
            "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        known = (AUTO, "utf-8", "utf-16", "cp1252", "latin-1")
        raise section.refuse(f"encoding {name!r} is not known", near(name, known)) from None
    return name


def _one_character(section: Section, key: str) -> str:
    value = section.text(key, AUTO) or ""
    if value != AUTO and (len(value) != 1 or value in '"\r\n'):
        raise section.refuse(f"{key} is not one character", r'"auto", or one of ",", ";" and "\t"')
    return value


def _column(section: Section, table: Table, name: str) -> str:
    if name not in table.names:
        raise section.refuse(f"the table {table.name} has no column {name!r}",
                             near(name, table.names))  # fmt: skip
    return name


def _texts(section: Section, table: Table) -> dict[str, str]:
    names = list(section.table_keys())
    return {_column(section, table, name): section.required(name) for name in names}


def _constants(section: Section, table: Table) -> dict[str, str]:
    found = {}
    for name in section.table_keys():
        found[name] = _literal(section, _column(section, table, name))
        _check_word(section, table, name, found[name])
    return found


def _literal(section: Section, key: str) -> str:
    """Return a value as the text a cell would hold."""
    value = section.either(key, str, int, float, date, bool)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _codes(section: Section, table: Table) -> dict[str, dict[str, str]]:
    found = {}
    for name in section.table_keys():
        words = Section(section.table(_column(section, table, name)), f"{section.where}.{name}")
        found[name] = {word: _literal(words, word) for word in words.table_keys()}
        for target in found[name].values():
            _check_word(words, table, name, target)
    return found


def _check_word(section: Section, table: Table, column: str, word: str) -> None:
    vocabulary = table.column(column).vocabulary
    if vocabulary and word not in (known := vocabularies()[vocabulary].words):
        raise section.refuse(f"{word!r} is not a word of {column}", near(word, known))
    if column == "instrument":
        _instrument(section, word)


def _instrument(section: Section, name: str) -> instruments.Instrument:
    try:
        return instruments.get(name)
    except InstrumentError:
        known = [str(item) for item in instruments.list()["id"]]
        raise section.refuse(f"there is no instrument {name!r}", near(name, known)) from None


def _visits(section: Section, table: Table, instrument: str | None) -> tuple[Visit, ...]:
    top = _items(section, instrument)
    found = []
    for number, body in enumerate(section.tables("visits"), start=1):
        visit = Section(body, f"{section.where}, visits entry {number}")
        occasion = visit.text("occasion")
        if occasion is not None:
            _check_word(visit, table, _column(visit, table, "occasion"), occasion)
        items = _items(visit, instrument)
        offset = visit.whole("offset_days", 0)
        visit.finish()
        if not items:
            raise visit.refuse("the visit names no answers", "add items or total")
        found.append(Visit(items, occasion, offset))
    if top and found:
        raise section.refuse("items stand both in the entry and in its visits", "keep the visits")
    if (top or found) and table.name not in WIDE_TABLES:
        raise section.refuse(
            f"{table.name} has no items", f"only {' and '.join(WIDE_TABLES)} come from items"
        )
    return (Visit(top),) if top else tuple(found)


def _items(section: Section, instrument: str | None) -> dict[str, str]:
    """Item to source column, from a pattern, a table of columns, and a ready total."""
    given, total = section.either("items", str, dict), section.text("total")
    if given is None and total is None:
        return {}
    if instrument is None:
        raise section.refuse("items without an instrument", 'add constants.instrument = "..."')
    n_items = _instrument(section, instrument).n_items
    found: dict[str, str] = {}
    if isinstance(given, str):
        if not _PLACE.search(given):
            raise section.refuse("items has no place for the number", 'write it as "Q{item}"')
        found = {str(n): _numbered(given, n) for n in range(1, n_items + 1)}
    elif isinstance(given, dict):
        columns = Section(given, f"{section.where}, items")
        found = {item: columns.required(item) for item in given}
        for item in found:
            if item not in map(str, range(1, n_items + 1)):
                raise columns.refuse(
                    f"{instrument} has no item {item!r}", f"its items are 1 to {n_items}"
                )
    return {**found, TOTAL: total} if total else found


def _numbered(pattern: str, number: int) -> str:
    return _PLACE.sub(lambda m: str(number).zfill(int(m[1] or 0)), pattern)


def _check_complete(section: Section, entry: FileLayout) -> None:
    given = {*entry.columns, *entry.constants}
    made = {"item", "value"} if entry.visits else set()
    if all(visit.occasion for visit in entry.visits) and entry.visits:
        made = made | {"occasion"}
    twice = sorted(made & given)
    if twice:
        raise section.refuse(
            f"{twice[0]} comes from the items and is mapped as well", "remove one of the two"
        )
    for column in TABLES[entry.table].columns:
        if not column.nullable and column.name not in given | made:
            raise section.refuse(
                f"{entry.table}.{column.name} is needed and has no source",
                f"add it under columns or constants: {column.description}",
            )
    if entry.table in WIDE_TABLES and "value" not in given | made:
        raise section.refuse("there is no source for the answers", "add items, total or value")

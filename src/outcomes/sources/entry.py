"""One `[[files]]` entry of a layout: how one file becomes rows of one table."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from outcomes.cleaning import DATE_ORDERS
from outcomes.schema import TABLES, Kind
from outcomes.sources.choosing import LeaveOut, parse_leave_out, parse_only
from outcomes.sources.detection import AUTO
from outcomes.sources.items import TOTAL, WIDE_TABLES, Visit, parse_visits
from outcomes.sources.meaning import parse_codes, parse_columns, parse_constants
from outcomes.sources.section import Section, near

__all__ = ["TOTAL", "WIDE_TABLES", "FileLayout", "Visit", "date_order", "parse_entry"]

KNOWN_ORDERS = (AUTO, *DATE_ORDERS)
# Tables whose rows may be given the episode that their client was in at their date.
EPISODE_FINDERS = ("responses", "satisfaction", "sessions")
CLIENT, EPISODE = "client_id", "episode_id"
PARTNERS = ("client_a", "client_b")


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How one file, or one sheet of it, becomes rows of `table`.

    `columns` maps canonical to source column, `joined` canonical to several source columns,
    `constants` canonical column to text, `codes` canonical column to {source word: canonical
    word}. `visits` is empty unless wide. `optional` names source columns that the file may
    lack, `missing` words for an empty cell beside those of the layout, `suppressed` words for a
    value withheld by the source. `still_to_come` says that appointments after the export carry
    the status they would have if they took place. What is "auto" the file
    itself decides; `date_order` is None where the layout says it for all files. `file` may be
    a pattern with * and ?. `partners` is the source column that names one partner of a couple
    in each line, `dictionary` the file with the data dictionary of a REDCap project.
    """

    file: str | None
    table: str
    where: str
    sheet: str | None = None
    header_line: int = 1
    header_rows: int = 1
    skip_after_header: int = 0
    encoding: str = AUTO
    separator: str = AUTO
    decimal: str = AUTO
    date_order: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    visits: tuple[Visit, ...] = ()
    ignore: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    suppressed: tuple[str, ...] = ()
    leave_out: tuple[LeaveOut, ...] = ()
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)
    one_row_each: bool = False
    earliest: tuple[str, ...] = ()
    latest: tuple[str, ...] = ()
    find_episode: bool = False
    labels: bool = False
    equal_answers: bool = False
    still_to_come: bool = False
    partners: str | None = None
    dictionary: str | None = None

    def answers(self) -> set[str]:
        """Source columns that hold the answers of a wide questionnaire."""
        return {column for visit in self.visits for column in visit.items.values()}

    def needed(self) -> set[str]:
        """Source columns that the entry reads."""
        parts = {column for columns in self.joined.values() for column in columns}
        rules = {rule.column for rule in self.leave_out}
        beside = () if self.partners is None else (self.partners,)
        return {*self.columns.values(), *parts, *self.answers(), *rules, *self.only, *beside}

    def used(self) -> set[str]:
        """Source columns that the entry reads or ignores."""
        return {*self.needed(), *self.ignore}


def parse_entry(body: dict[str, Any], where: str) -> FileLayout:
    """Check one entry. Raises LayoutError; see `layout.parse_layout`."""
    section = Section(body, where)
    name = section.required("table")
    if name not in TABLES:
        raise section.refuse(f"there is no table {name!r}", near(name, TABLES))
    table = TABLES[name]
    find_episode = _find_episode(section, name)
    columns, joined = parse_columns(Section(section.table("columns"), f"{where}, columns"), table)
    constants = parse_constants(Section(section.table("constants"), f"{where}, constants"), table)
    codes = parse_codes(Section(section.table("codes"), f"{where}, codes"), table)
    if name == "responses" and "rater" not in {*columns, *joined}:
        # These are self-report questionnaires unless the layout says otherwise.
        constants.setdefault("rater", "client")
    both = sorted({*columns, *joined} & set(constants))
    if both:
        raise section.refuse(f"{both[0]} is both a column and a constant", "keep one of the two")
    entry = FileLayout(
        file=_inside(section),
        table=name,
        where=where,
        **_how_to_read(section),
        columns=columns,
        joined=joined,
        constants=constants,
        codes=codes,
        visits=parse_visits(section, table, constants.get("instrument")),
        ignore=section.texts("ignore") or (),
        optional=section.texts("optional") or (),
        missing=section.texts("missing") or (),
        suppressed=section.texts("suppressed") or (),
        leave_out=parse_leave_out(section),
        only=parse_only(section),
        one_row_each=section.truth("one_row_each"),
        earliest=section.texts("earliest") or (),
        latest=section.texts("latest") or (),
        find_episode=find_episode,
        labels=section.truth("labels"),
        equal_answers=section.truth("equal_answers"),
        still_to_come=section.truth("still_to_come"),
        partners=section.text("partners"),
        dictionary=_inside(section, "dictionary"),
    )
    section.finish()
    _check_complete(section, entry)
    _check_one_row(section, entry)
    return entry


def _how_to_read(section: Section) -> dict[str, Any]:
    """Return what an entry says about the file itself, for all its entries alike."""
    return {
        "sheet": section.text("sheet"),
        "header_line": _at_least(section, "header_line", 1),
        "header_rows": _at_least(section, "header_rows", 1),
        "skip_after_header": _at_least(section, "skip_after_header", 0),
        "encoding": _encoding(section),
        "separator": _one_character(section, "separator"),
        "decimal": _one_character(section, "decimal"),
        "date_order": date_order(section),
    }


def _find_episode(section: Section, table: str) -> bool:
    wanted = section.truth("find_episode")
    if wanted and table not in EPISODE_FINDERS:
        raise section.refuse(
            f"an episode cannot be found for a row of {table}",
            f"only {', '.join(EPISODE_FINDERS)} are filed under the episode of their date",
        )
    return wanted


def _inside(section: Section, key: str = "file") -> str | None:
    name = section.text(key)
    return None if name is None else inside(section, name)


def inside(section: Section, name: str) -> str:
    """Return the name of a file of the folder. Raises LayoutError for one that leaves it."""
    windows, posix = PureWindowsPath(name), PurePosixPath(name)
    if windows.is_absolute() or windows.drive or windows.root or posix.is_absolute():
        raise section.refuse("the file name is absolute", "name it relative to the folder")
    if ".." in windows.parts or ".." in posix.parts:
        raise section.refuse("the file name leaves the folder", "use no '..'; move the file")
    if not name.strip() or "\0" in name:
        raise section.refuse("the file name is empty", "name a file in the folder")
    return name


def _at_least(section: Section, key: str, lowest: int) -> int:
    number = section.whole(key, lowest)
    if number < lowest:
        raise section.refuse(
            f"{key} counts from {lowest}",
            "give the line that holds the names" if key == "header_line" else "count the lines",
        )
    return number


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


def _check_complete(section: Section, entry: FileLayout) -> None:
    given = {*entry.columns, *entry.joined, *entry.constants}
    made = {"item", "value"} if entry.visits else set()
    if all(visit.occasion for visit in entry.visits) and entry.visits:
        made = made | {"occasion"}
    if entry.partners is not None:
        made = made | set(PARTNERS)
    twice = sorted(made & given)
    if twice:
        raise section.refuse(
            f"{twice[0]} comes from the {'partners' if entry.partners else 'items'} and is mapped "
            "as well",
            "remove one of the two",
        )
    if entry.find_episode:
        made = made | {EPISODE}
        if CLIENT not in given:
            raise section.refuse(
                "an episode is found by client and date, and client_id has no source",
                "add client_id under columns",
            )
    for column in TABLES[entry.table].columns:
        if not column.nullable and column.name not in given | made:
            raise section.refuse(
                f"{entry.table}.{column.name} is needed and has no source",
                f"add it under columns or constants: {column.description}",
            )
    if entry.table in WIDE_TABLES and "value" not in given | made:
        raise section.refuse("there is no source for the answers", "add items, total or value")
    if entry.labels and entry.table not in WIDE_TABLES:
        raise section.refuse(
            f"{entry.table} holds no answers", "labels stand at questionnaires only"
        )


def _check_one_row(section: Section, entry: FileLayout) -> None:
    if entry.one_row_each and entry.visits:
        raise section.refuse("answers are no single row", "one_row_each does not go with items")
    if entry.equal_answers and not entry.visits:
        raise section.refuse("there are no items to compare", "equal_answers goes with items")
    if entry.still_to_come and entry.table != "sessions":
        raise section.refuse(
            f"{entry.table} has no appointments", "still_to_come goes with sessions"
        )
    if entry.partners is not None and not (entry.table == "couples" and entry.one_row_each):
        raise section.refuse(
            "partners are found for couples, from their lines",
            'use table = "couples" and one_row_each = true',
        )
    dates = [c.name for c in TABLES[entry.table].columns if c.kind is Kind.DATE]
    for key, names in (("earliest", entry.earliest), ("latest", entry.latest)):
        if names and not entry.one_row_each:
            raise section.refuse(f"{key} has no lines to choose from", "add one_row_each = true")
        for name in names:
            if name not in dates:
                raise section.refuse(f"{name!r} is no date of {entry.table}", near(name, dates))

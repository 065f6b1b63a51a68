"""`layout.toml`: which column of which file is what. Parsed and checked before any data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from outcomes.errors import LayoutError
from outcomes.sources.detection import AUTO
from outcomes.sources.entry import FileLayout, date_order, parse_entry
from outcomes.sources.section import Section

SCHEMA = 1
_MOST_DOTS = 60

# How a file is read; entries for the same file share these, so they may be said once.
_READING = ("header_line", "header_rows", "encoding", "separator", "decimal", "date_order")


@dataclass(frozen=True, slots=True)
class Layout:
    """A checked layout. No `files` means that the folder holds canonical tables.

    `missing` and `sentinels` are None where the layout leaves them to the cleaning policy;
    with a `timezone`, times that state an offset count as the day it was there; `ignore`
    names files of the folder that are left out on purpose; `where` names the layout in
    messages.
    """

    where: str
    name: str | None = None
    exported_on: date | None = None
    date_order: str = AUTO
    timezone: tzinfo | None = None
    missing: tuple[str, ...] | None = None
    sentinels: tuple[float, ...] | None = None
    ignore: tuple[str, ...] = ()
    files: tuple[FileLayout, ...] = ()


def parse_layout(text: str, where: str) -> Layout:
    """Read a layout from TOML text.

    Raises LayoutError naming `where`, the key and the nearest thing there is, for unknown
    keys, tables, columns, words and questionnaires, wrong types, required columns without
    a source, and file names that leave the folder.
    """
    _check_keys(text, where)
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(
            f"the layout is not valid TOML: {error}", where=where, fix="correct that line"
        ) from None
    except (ValueError, RecursionError):  # numbers of thousands of digits, brackets in brackets
        raise LayoutError(
            "the layout is not valid TOML: a number or a list in it has no end",
            where=where,
            fix="start from the example in the manual",
        ) from None
    top = Section(body, where)
    schema = top.whole("schema", 0)
    if schema != SCHEMA:
        raise top.refuse("the layout does not say which version it is", f"add schema = {SCHEMA}")
    layout = Layout(
        where=where,
        name=top.text("name"),
        exported_on=top.day("exported_on"),
        date_order=date_order(top) or AUTO,
        timezone=_timezone(top),
        missing=top.texts("missing"),
        sentinels=top.numbers("sentinels"),
        ignore=top.texts("ignore") or (),
    )
    entries = _shared_reading(top.tables("files"), where)
    top.finish()
    files = tuple(
        parse_entry(entry, f"{where}, files entry {number} ({entry.get('file', 'no file')})")
        for number, entry in enumerate(entries, start=1)
    )
    return replace(layout, files=files)


def _check_keys(text: str, where: str) -> None:
    """Refuse keys of endless parts, which take Python's reader of TOML hours."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > _MOST_DOTS and not line.lstrip().startswith("#"):
            raise LayoutError(
                f"the layout is not valid TOML: more than {_MOST_DOTS} full stops in one line",
                where=f"{where}, line {number}",
                fix="correct that line",
            )


def _timezone(top: Section) -> tzinfo | None:
    name = top.text("timezone")
    try:
        return None if name is None else ZoneInfo(name)
    # An unknown name, a name that is a folder, or one that leaves the list of zones.
    except (KeyError, OSError, ValueError):
        raise top.refuse(
            f"timezone {name!r} is not known", 'name a place, for example "Europe/Berlin"'
        ) from None


def _shared_reading(entries: list[dict[str, Any]], where: str) -> list[dict[str, Any]]:
    """Give each entry what another entry says about reading the same file and sheet."""
    said: dict[tuple[str, str, str], Any] = {}
    for entry in entries:
        for key in [key for key in _READING if key in entry]:
            place = (str(entry.get("file")), str(entry.get("sheet")), key)
            if said.setdefault(place, entry[key]) != entry[key]:
                raise LayoutError(
                    f"two entries for the same file disagree about {key}",
                    where=f"{where}, {place[0]}",
                    fix=f"give {key} once for each file",
                )
    shared = []
    for entry in entries:
        file, sheet = str(entry.get("file")), str(entry.get("sheet"))
        found = {key: said[file, sheet, key] for key in _READING if (file, sheet, key) in said}
        shared.append({**entry, **found})
    return shared

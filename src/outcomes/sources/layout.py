"""`layout.toml`: which column of which file is what. Parsed and checked before any data."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from outcomes import instruments
from outcomes.cleaning.reasons import reasons
from outcomes.errors import LayoutError
from outcomes.sources.detection import AUTO
from outcomes.sources.entry import FileLayout, date_order, inside, parse_entry
from outcomes.sources.section import Section, near
from outcomes.sources.suppliers import expand

SCHEMA = 1

# How a file is read; entries for the same file share these, so they may be said once.
_READING = (
    "header_line", "header_rows", "skip_after_header", "encoding", "separator", "decimal",
    "date_order", "dictionary",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """A checked layout. No `files` means that the folder holds canonical tables.

    `missing` and `sentinels` are None where the layout leaves them to the cleaning policy;
    with a `timezone`, times that state an offset count as the day it was there; `ignore`
    names files of the folder that are left out on purpose; `where` names the layout in
    messages. `accept` lists reasons whose rows are kept and flagged instead of waiting for a
    decision; `resubmission_days` is None where it is left to the cleaning policy.
    """

    where: str
    name: str | None = None
    exported_on: date | None = None
    date_order: str = AUTO
    timezone: tzinfo | None = None
    missing: tuple[str, ...] | None = None
    sentinels: tuple[float, ...] | None = None
    resubmission_days: int | None = None
    accept: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    files: tuple[FileLayout, ...] = ()


def parse_layout(text: str, where: str, read_text: Callable[[str], str] | None = None) -> Layout:
    """Read a layout from TOML text.

    `read_text` gives the text of a file beside the layout; the project's own questionnaires
    that the layout names under `instruments` become known to the registry.
    Raises LayoutError naming `where`, the key and the nearest thing there is, for unknown
    keys, tables, columns, words and questionnaires, wrong types, required columns without
    a source, and file names that leave the folder.
    """
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(
            f"the layout is not valid TOML: {error}", where=where, fix="correct that line"
        ) from None
    top = Section(body, where)
    schema = top.whole("schema", 0)
    if schema != SCHEMA:
        raise top.refuse("the layout does not say which version it is", f"add schema = {SCHEMA}")
    _declare_instruments(top, read_text)
    layout = Layout(
        where=where,
        name=top.text("name"),
        exported_on=top.day("exported_on"),
        date_order=date_order(top) or AUTO,
        timezone=_timezone(top),
        missing=top.texts("missing"),
        sentinels=top.numbers("sentinels"),
        resubmission_days=_resubmission_days(top),
        accept=_accept(top),
        ignore=top.texts("ignore") or (),
    )
    entries = expand(top.tables("files"), where)
    top.finish()
    bodies = _shared_reading([body for body, _ in entries], where)
    files = tuple(
        parse_entry(body, place) for body, (_, place) in zip(bodies, entries, strict=True)
    )
    return replace(layout, files=files)


def _declare_instruments(top: Section, read_text: Callable[[str], str] | None) -> None:
    names = top.texts("instruments") or ()
    if names and read_text is None:
        raise top.refuse("the questionnaires of the project cannot be read", "give a folder")
    for name in names:
        inside(top, name)
        if read_text is not None:
            instruments.declare({name: read_text(name)})


def _resubmission_days(top: Section) -> int | None:
    days = top.either("resubmission_days", int)
    if days is not None and days < 0:
        raise top.refuse("resubmission_days counts days", "give 0 or more")
    return None if days is None else int(days)


def _accept(top: Section) -> tuple[str, ...]:
    known = [code for code, reason in reasons().items() if reason.accept]
    codes = top.texts("accept") or ()
    for code in codes:
        if code not in known:
            raise top.refuse(f"rows with the reason {code!r} cannot be kept", near(code, known))
    return codes


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

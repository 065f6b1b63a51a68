"""Layouts of suppliers that ship with the package, and how a user's entry builds on one."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from outcomes.schema import TABLES
from outcomes.sources.section import Section, near

# Keys whose value belongs to columns of one table: they go to the entries whose table has them.
_BY_COLUMN = ("columns", "constants", "codes")
# Keys that add up rather than replace each other.
_LISTS = ("ignore", "optional", "missing", "leave_out")
# Keys that only make sense for one table.
_OF_ONE_TABLE = (
    "items", "total", "visits", "labels", "one_row_each", "earliest", "latest", "find_episode",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known about a supplier's export, and who says so."""

    what: str
    source: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be verified, and what the user's layout has to say instead."""

    what: str
    to_do: str


@dataclass(frozen=True, slots=True, eq=False)
class SupplierLayout:
    """What is known of one version of a supplier's export.

    `id` is what a layout calls it ("openfit", or "openfit/2019" for a version of its own).
    `headers` are the column names that tell it from others, `entries` the `[[files]]` entries
    without `file`, as TOML holds them.
    """

    id: str
    name: str
    versions: tuple[str, ...]
    verified: tuple[Fact, ...]
    unverified: tuple[Gap, ...]
    headers: tuple[str, ...]
    entries: tuple[dict[str, Any], ...]


@cache
def suppliers() -> dict[str, SupplierLayout]:
    """Return all layouts of suppliers by id, sorted. Raises LayoutError for a faulty one."""
    folder = files("outcomes.sources").joinpath("layouts")
    return {name: _load(name, text) for name, text in sorted(_texts(folder, ""))}


def recognise(headers: Collection[str]) -> list[tuple[str, float]]:
    """Suppliers that a file with these column names may come from, the likeliest first.

    Each comes with the share of its telling column names that the file has, compared without
    case and space; suppliers without any are left out.
    """
    there = {_folded(header) for header in headers}
    shares = []
    for name, layout in suppliers().items():
        telling = {_folded(header) for header in layout.headers}
        if found := len(telling & there):
            shares.append((name, found / len(telling)))
    return sorted(shares, key=lambda pair: (-pair[1], pair[0]))


def expand(entries: list[dict[str, Any]], where: str) -> list[tuple[dict[str, Any], str]]:
    """Replace entries that name a supplier by its entries with the user's words in them.

    Returns each entry with its place for messages. An entry with `table` stands for that table
    of the supplier only; one without covers the tables that no other entry for the file does.
    Raises LayoutError for a supplier that is not known, and words that fit none of its tables.
    """
    told: dict[tuple[str, str, str], set[str]] = {}
    for body in entries:
        told.setdefault(_place(body), set()).add(str(body.get("table", "")))
    found = []
    for number, body in enumerate(entries, start=1):
        place = f"{where}, files entry {number} ({body.get('file', 'no file')})"
        if "supplier" not in body:
            found.append((body, place))
            continue
        section = Section(body, place)
        name = section.required("supplier")
        if name not in suppliers():
            raise section.refuse(f"no supplier is called {name!r}", near(name, suppliers()))
        theirs = _wanted(section, suppliers()[name], told[_place(body)])
        _check_fits(section, [str(entry["table"]) for entry in theirs])
        found += [(_merged(entry, body), f"{place}, {name} {entry['table']}") for entry in theirs]
    return found


def _place(body: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(body.get("file")), str(body.get("sheet")), str(body.get("supplier"))


def _wanted(section: Section, layout: SupplierLayout, told: set[str]) -> list[dict[str, Any]]:
    table = section.text("table")
    tables = {str(entry["table"]) for entry in layout.entries}
    if table is not None and table not in tables:
        raise section.refuse(f"{layout.name} has no table {table!r}", near(table, sorted(tables)))
    return [
        entry
        for entry in layout.entries
        if entry["table"] == table or (table is None and entry["table"] not in told)
    ]


def _check_fits(section: Section, tables: Collection[str]) -> None:
    """Refuse words for a column that none of the tables has, or that need a table named."""
    for key in _BY_COLUMN:
        for column in section.table(key):
            if not any(column in TABLES[table].names for table in tables):
                known = sorted({name for table in tables for name in TABLES[table].names})
                raise section.refuse(f"no table has a column {column!r}", near(column, known))
    if section.text("table") is None:
        for key in _OF_ONE_TABLE:
            if key in section.table_keys():
                raise section.refuse(
                    f"{key} may belong to several tables of the supplier", "add table = ..."
                )


def _merged(entry: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Put the user's words into one entry of the supplier; the user's win key by key."""
    merged = dict(entry)
    for key, value in body.items():
        if key in ("supplier", "table"):
            continue
        if key in _BY_COLUMN and isinstance(value, dict):
            _put(merged, key, value, str(entry["table"]))
        elif key in _LISTS and isinstance(value, list):
            merged[key] = [*merged.get(key, []), *value]
        elif key == "only" and isinstance(value, dict):
            merged[key] = {**merged.get(key, {}), **value}
        else:
            merged[key] = value
    return merged


def _put(merged: dict[str, Any], key: str, value: Mapping[str, Any], table: str) -> None:
    """Merge words about columns; a column takes its content from one place only."""
    fitting = {column: told for column, told in value.items() if column in TABLES[table].names}
    if key == "codes":
        before = merged.get(key, {})
        fitting = {
            column: {**before.get(column, {}), **told} if isinstance(told, dict) else told
            for column, told in fitting.items()
        }
    else:
        other = "constants" if key == "columns" else "columns"
        merged[other] = {c: v for c, v in merged.get(other, {}).items() if c not in fitting}
    merged[key] = {**merged.get(key, {}), **fitting}


def _texts(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _texts(item, f"{prefix}{item.name}/")
        elif item.name.endswith(".toml"):
            found.append((prefix + item.name.removesuffix(".toml"), item.read_text("utf-8")))
    return found


def _load(name: str, text: str) -> SupplierLayout:
    top = Section(tomllib.loads(text), f"layout of the supplier {name}")
    recognised = Section(top.table("recognise"), f"{top.where}, recognise")
    layout = SupplierLayout(
        id=name,
        name=top.required("name"),
        versions=top.texts("versions") or (),
        verified=tuple(
            Fact(fact.required("what"), fact.required("source")) for fact in _parts(top, "verified")
        ),
        unverified=tuple(
            Gap(gap.required("what"), gap.required("to_do")) for gap in _parts(top, "unverified")
        ),
        headers=recognised.texts("headers") or (),
        entries=tuple(top.tables("files")),
    )
    recognised.finish()
    top.finish()
    if not (layout.headers and layout.entries and layout.versions):
        raise top.refuse("the layout lacks versions, headers to recognise or files", "add them")
    return layout


def _parts(top: Section, key: str) -> list[Section]:
    return [Section(body, f"{top.where}, {key}") for body in top.tables(key)]


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()

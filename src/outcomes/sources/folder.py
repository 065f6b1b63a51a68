"""The files of a folder: those a layout names, by name or pattern, and tables by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import pandas as pd

from outcomes.errors import InputError, LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.privacy import name_tells
from outcomes.schema import TABLES
from outcomes.sources.address import Address, file_address
from outcomes.sources.entry import FileLayout
from outcomes.sources.opening import shown_name
from outcomes.sources.section import near

LAYOUT = "layout.toml"
# Written beside the tables by `store.write_tables`; it is an account, not data.
LEDGER = "ledger.csv"
# What a table may be called without a layout: its name and one of these.
TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
PRACTICE = "practice_id"
# How the folder of one practice among many begins.
PRACTICE_FOLDER = f"{PRACTICE}="


def holds_practices(folder: Path) -> bool:
    """Whether a folder holds folders of practices, named practice_id=CODE."""
    return folder.is_dir() and any(
        item.name.startswith(PRACTICE_FOLDER) and item.is_dir() for item in folder.iterdir()
    )


def refuse_queries(files: Iterable[FileLayout]) -> None:
    """Refuse, with a LayoutError, a query where the source is no database."""
    for entry in files:
        if entry.query is not None:
            raise LayoutError(
                "a query needs a database as the source",
                where=entry.where,
                fix="name a file instead, or pass the address of the database",
            )


def named_files(folder: Path, files: Iterable[FileLayout], where: str) -> tuple[FileLayout, ...]:
    """Return the entries with each pattern replaced by the files it matches, in their order.

    Raises LayoutError for an entry without a file and for a pattern that matches none.
    """
    found = []
    for entry in files:
        if entry.file is None:
            raise LayoutError("an entry names no file", where=entry.where, fix="add file = ...")
        if not is_pattern(entry.file):
            found.append(entry)
            continue
        names = _matches(folder, entry.file)
        if not names:
            raise LayoutError(
                f"no file matches {entry.file!r}",
                where=where,
                fix=near(entry.file, sorted(item.name for item in folder.iterdir())),
            )
        found += [replace(entry, file=name) for name in names]
    return tuple(found)


def is_pattern(name: str) -> bool:
    """Whether a file name stands for all files that match it."""
    return "*" in name or "?" in name


def _matches(folder: Path, pattern: str) -> list[str]:
    """Files below the folder whose path matches part by part; only * and ? are special."""
    parts = PurePosixPath(pattern.replace("\\", "/")).parts
    places = [folder]
    for depth, part in enumerate(parts, start=1):
        literal = part.replace("[", "[[]")
        places = [
            item
            for place in places
            for item in sorted(place.iterdir())
            if fnmatchcase(item.name, literal)
            and (item.is_file() if depth == len(parts) else item.is_dir())
        ]
    return [item.relative_to(folder).as_posix() for item in places]


def file_in(folder: Path, name: str, where: str, shown: Mapping[str, str] | None = None) -> Path:
    """Return the path of a file the layout names. Raises LayoutError where it is not there.

    `shown` gives the names to say for files whose own name tells who somebody is.
    """
    path, shown = folder / name, shown or {}
    said = shown.get(PurePosixPath(name).as_posix(), name)
    if not _lies_within(path, folder):
        raise LayoutError(
            "a link leads out of the folder",
            where=f"{where}, {said}",
            fix="copy the file into the folder",
        )
    if not _exists(path):
        present = sorted(shown_name(item.name) for item in folder.iterdir() if item.is_file())
        raise LayoutError(
            f"the layout names a file that is not there: {said}",
            where=where,
            fix=near(said, [shown.get(item, item) for item in present]),
        )
    return path


def _lies_within(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a name that is too long, links in a ring
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, a folder without rights
        return False


def present_files(folder: Path) -> list[str]:
    """Names of the files in a folder. Raises InputError where there is none."""
    try:
        present = sorted(item.name for item in folder.iterdir() if item.is_file())
    except OSError as error:
        raise InputError(
            f"the folder cannot be opened: {error.strerror}",
            where=str(folder),
            fix="check its rights",
        ) from None
    if not present:
        raise InputError(
            "the folder holds no file", where=str(folder), fix="put the export into it"
        )
    return present


def canonical_files(folder: Path, present: Iterable[str], layout: str) -> tuple[FileLayout, ...]:
    """Return an entry for each table that stands in the folder by its own name."""
    there = set(present)
    found = []
    for table in TABLES:
        names = [f"{table}{suffix}" for suffix in TABLE_SUFFIXES if f"{table}{suffix}" in there]
        if len(names) > 1:
            raise InputError(
                f"the table {table} is there more than once: {', '.join(names)}",
                where=str(folder),
                fix="keep one of them",
            )
        found += [FileLayout(file=name, table=table, where=name) for name in names]
    lone = {} if found else databases(folder, there)
    if lone:
        raise InputError(
            "the folder holds a database and no file that is read by itself",
            where=str(folder),
            fix=database_advice(folder, lone),
        )
    if not found:
        raise InputError(
            f"the folder has neither a {layout} with files nor a table by name",
            where=str(folder),
            fix=f"write a {layout}, or name the tables {', '.join(TABLES)} "
            f"({' or '.join(TABLE_SUFFIXES)})",
        )
    return tuple(found)


def databases(folder: Path, present: Iterable[str]) -> dict[str, Address]:
    """Files of a folder that are a database, by how they begin, each with its address.

    One file of exports is one source, a database another: its tables need a layout of their own.
    """
    found = {name: file_address(folder / name) for name in present}
    return {name: address for name, address in found.items() if address is not None}


def database_advice(folder: Path, found: Mapping[str, Address]) -> str:
    """What to do with the first of some databases; a name that tells a person is not said."""
    name, address = next(iter(found.items()))
    said = "FILE" if name_tells(name) else quote(shown_name(name))
    place = f"{address.dialect}:///{quote(str(folder))}/{said}"
    return f"a database is a source of its own: give {place} instead of the folder"


def unread_databases(names: Iterable[str]) -> list[pd.DataFrame]:
    """Flag databases by the names to say for them."""
    return _unread(names, "database_file")


def unread_tables(names: Iterable[str]) -> list[pd.DataFrame]:
    """Flag files or tables by name, as parts of the source that nothing refers to."""
    return _unread(names, "unread_file")


def _unread(names: Iterable[str], reason: str) -> list[pd.DataFrame]:
    return [
        entries(
            pd.DataFrame({FILE: [name], LINE: [0]}),
            table="",
            action=Action.FLAGGED,
            step="read_folder",
            reason=reason,
            scope="file",
        )
        for name in names
    ]

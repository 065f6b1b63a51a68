"""The files of a folder: those a layout names, by name or pattern, and tables by their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pandas as pd

from outcomes.errors import InputError, LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import TABLES
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import SUFFIXES
from outcomes.sources.section import near

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


def file_in(folder: Path, name: str, where: str) -> Path:
    """Return the path of a file the layout names. Raises LayoutError where it is not there."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise LayoutError(
            "a link leads out of the folder",
            where=f"{where}, {name}",
            fix="copy the file into the folder",
        )
    if not path.is_file():
        present = sorted(item.name for item in folder.iterdir() if item.is_file())
        raise LayoutError(
            f"the layout names a file that is not there: {name}",
            where=where,
            fix=near(name, present),
        )
    return path


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
    if not found:
        raise InputError(
            f"the folder has neither a {layout} with files nor a table by name",
            where=str(folder),
            fix=f"write a {layout}, or name the tables {', '.join(TABLES)} "
            f"({' or '.join(TABLE_SUFFIXES)})",
        )
    return tuple(found)


def unread_files(present: Sequence[str], read: Collection[str]) -> list[pd.DataFrame]:
    """Flag the data files of a folder that nothing refers to."""
    return [
        entries(
            pd.DataFrame({FILE: [name], LINE: [0]}),
            table="",
            action=Action.FLAGGED,
            step="read_folder",
            reason="unread_file",
            scope="file",
        )
        for name in present
        if Path(name).suffix.lower() in SUFFIXES and name not in read
    ]

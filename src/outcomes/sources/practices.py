"""A folder of practices: one folder each, named `practice_id=CODE`, and one layout for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from outcomes.errors import InputError
from outcomes.schema import TABLES
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import SUFFIXES
from outcomes.sources.folder import (
    PRACTICE,
    PRACTICE_FOLDER,
    canonical_files,
    named_files,
    present_files,
    unread_files,
)
from outcomes.sources.layout import Layout
from outcomes.sources.reading import LAYOUT, LEDGER


@dataclass(frozen=True, slots=True, eq=False)
class Practice:
    """One practice: its code, its folder inside the source, and the layout of its own files.

    `unread` has the entries for its data files that the layout does not refer to.
    """

    code: str
    folder: str
    layout: Layout
    unread: tuple[pd.DataFrame, ...] = ()


def practices(folder: Path, layout: Layout) -> list[Practice]:
    """The practices of a folder, sorted by code, each with the layout for its own files.

    Files of the layout are those inside the folder of each practice; without any, the
    tables by name that are there. Where nothing else is said, rows get the code of their
    folder. Raises InputError where a folder has no code, or data files or other folders
    stand beside those of the practices: nobody knows whose they are.
    """
    names = sorted(item.name for item in folder.iterdir() if item.is_dir())
    names = [name for name in names if not name.startswith(".")]
    _refuse_strangers(folder, names, layout)
    return [_practice(folder, name, layout) for name in names]


def _practice(folder: Path, name: str, layout: Layout) -> Practice:
    present = present_files(folder / name)
    entries = layout.files or canonical_files(folder / name, present, LAYOUT)
    code = name.removeprefix(PRACTICE_FOLDER)
    files = named_files(folder, _inside(name, code, entries), layout.where)
    read = {str(entry.file) for entry in files}
    read |= {f"{name}/{ignored}" for ignored in (*layout.ignore, LEDGER)}
    unread = unread_files([f"{name}/{item}" for item in present], read)
    return Practice(code, name, replace(layout, files=files), tuple(unread))


def _inside(folder: str, code: str, entries: Iterable[FileLayout]) -> list[FileLayout]:
    """Entries for the files in the folder of one practice, which names the practice."""
    found = []
    for entry in entries:
        moved = replace(entry, file=None if entry.file is None else f"{folder}/{entry.file}")
        named = PRACTICE in {*entry.columns, *entry.joined, *entry.constants}
        if PRACTICE in TABLES[entry.table].names and not named:
            moved = replace(moved, constants={**entry.constants, PRACTICE: code})
        found.append(moved)
    return found


def _refuse_strangers(folder: Path, names: list[str], layout: Layout) -> None:
    strange = [n for n in names if not n.startswith(PRACTICE_FOLDER) or n == PRACTICE_FOLDER]
    files = [item.name for item in folder.iterdir() if item.is_file()]
    known = {*layout.ignore, LEDGER}
    strange += [n for n in files if Path(n).suffix.lower() in SUFFIXES and n not in known]
    if strange:
        raise InputError(
            f"beside the folders of practices stands what belongs to none: {strange[0]}",
            where=str(folder),
            how_many=len(strange),
            fix=f"move it into a folder {PRACTICE_FOLDER}CODE, or name it under ignore in the "
            "layout",
        )

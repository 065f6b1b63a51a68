"""A folder of practices: one folder each, named `practice_id=CODE`, and one layout for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from outcomes.errors import InputError
from outcomes.privacy import shown_files
from outcomes.schema import TABLES
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import SUFFIXES
from outcomes.sources.folder import (
    LAYOUT,
    LEDGER,
    PRACTICE,
    PRACTICE_FOLDER,
    canonical_files,
    databases,
    named_files,
    present_files,
    refuse_queries,
    unread_databases,
    unread_tables,
)
from outcomes.sources.layout import Layout
from outcomes.sources.opening import shown_name
from outcomes.sources.withholding import name_withheld


@dataclass(frozen=True, slots=True, eq=False)
class Practice:
    """One practice: its code, its folder inside the source, and the layout of its own files.

    `unread` has the entries for its data files that the layout does not refer to, or whose
    name tells who somebody is; `shown` gives the name to say for each file.
    """

    code: str
    folder: str
    layout: Layout
    unread: tuple[pd.DataFrame, ...] = ()
    shown: Mapping[str, str] = field(default_factory=dict)


def practices(folder: Path, layout: Layout) -> list[Practice]:
    """The practices of a folder, sorted by code, each with the layout for its own files.

    Files of the layout are those inside the folder of each practice; without any, the
    tables by name that are there. Where nothing else is said, rows get the code of their
    folder. Raises InputError where a folder has no code, or data files or other folders
    stand beside those of the practices: nobody knows whose they are.
    """
    refuse_queries(layout.files)
    names = sorted(item.name for item in folder.iterdir() if item.is_dir())
    names = [name for name in names if not name.startswith(".")]
    _refuse_strangers(folder, names, layout)
    return [_practice(folder, name, layout) for name in names]


def _practice(folder: Path, name: str, layout: Layout) -> Practice:
    present = present_files(folder / name)
    entries = layout.files or canonical_files(folder / name, present, LAYOUT)
    code = name.removeprefix(PRACTICE_FOLDER)
    files = named_files(folder, _inside(folder / name, code, entries), layout.where)
    ignore = tuple(f"{name}/{ignored}" for ignored in layout.ignore)
    read = {Path(str(entry.file)).as_posix() for entry in files} | {*ignore, f"{name}/{LEDGER}"}
    read |= {Path(entry.dictionary).as_posix() for entry in files if entry.dictionary}
    inner = {*present, *(item.removeprefix(f"{name}/") for item in read)}
    # By their place in the folder of the practice, whose name is the code of the practice.
    told = shown_files(inner).items()
    shown = {f"{name}/{item}": shown_name(f"{name}/{said}") for item, said in told}
    data = [f"{name}/{item}" for item in present if Path(item).suffix.lower() in SUFFIXES]
    unread = unread_tables(shown[item] for item in data if item not in read)
    stores = [f"{name}/{item}" for item in databases(folder / name, present)]
    stores = [item for item in stores if item not in {*read, *data}]
    logs = (
        *unread,
        *unread_databases(shown[item] for item in stores),
        *name_withheld(shown, [*data, *stores]),
    )
    return Practice(code, name, replace(layout, files=files, ignore=ignore), logs, shown)


def _inside(folder: Path, code: str, entries: Iterable[FileLayout]) -> list[FileLayout]:
    """Entries for the files in the folder of one practice, which names the practice."""
    found = []
    for entry in entries:
        moved = replace(entry, file=None if entry.file is None else f"{folder.name}/{entry.file}")
        if entry.dictionary is not None and (folder / entry.dictionary).exists():
            moved = replace(moved, dictionary=f"{folder.name}/{entry.dictionary}")
        named = PRACTICE in {*entry.columns, *entry.joined, *entry.constants}
        if PRACTICE in TABLES[entry.table].names and not named:
            moved = replace(moved, constants={**entry.constants, PRACTICE: code})
        found.append(moved)
    return found


def _refuse_strangers(folder: Path, names: list[str], layout: Layout) -> None:
    strange = [n for n in names if not n.startswith(PRACTICE_FOLDER) or n == PRACTICE_FOLDER]
    files = [item.name for item in folder.iterdir() if item.is_file()]
    known = {*layout.ignore, LEDGER}
    # Lists and dictionaries may be the same for all.
    known |= {look_up.file for look_up in layout.look_ups.values()}
    known |= {entry.dictionary for entry in layout.files if entry.dictionary}
    strange += [n for n in files if Path(n).suffix.lower() in SUFFIXES and n not in known]
    if strange:
        raise InputError(
            f"beside the folders of practices stands what belongs to none: {strange[0]}",
            where=str(folder),
            how_many=len(strange),
            fix=f"move it into a folder {PRACTICE_FOLDER}CODE, or name it under ignore in the "
            "layout",
        )

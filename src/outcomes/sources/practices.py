"""A folder of practices: one folder each, named `practice_id=CODE`, and one layout for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from outcomes.errors import InputError
from outcomes.schema import TABLES
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import SUFFIXES
from outcomes.sources.layout import Layout
from outcomes.sources.reading import LEDGER, PRACTICE, PRACTICE_FOLDER, canonical_files


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice: its code, its folder inside the source, and the layout of its own files.

    `unread` names its data files that the layout does not refer to.
    """

    code: str
    folder: str
    layout: Layout
    unread: tuple[str, ...] = ()


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
    present = sorted(item.name for item in (folder / name).iterdir() if item.is_file())
    entries = layout.files or canonical_files(folder / name, present)
    if not entries:
        raise InputError(
            "the folder of a practice holds no table by name",
            where=name,
            fix=f"name the tables {', '.join(TABLES)}, or write a layout for all practices",
        )
    code = name.removeprefix(PRACTICE_FOLDER)
    own = replace(layout, files=tuple(_inside(name, code, entries)))
    known = {str(entry.file) for entry in entries} | {*layout.ignore, LEDGER}
    data = [item for item in present if Path(item).suffix.lower() in SUFFIXES]
    return Practice(code, name, own, tuple(f"{name}/{item}" for item in data if item not in known))


def _inside(folder: str, code: str, entries: Iterable[FileLayout]) -> Iterable[FileLayout]:
    """Entries for the files in the folder of one practice, which names the practice."""
    for entry in entries:
        moved = replace(entry, file=f"{folder}/{entry.file}")
        named = PRACTICE in {*entry.columns, *entry.constants}
        if PRACTICE in TABLES[entry.table].names and not named:
            moved = replace(moved, constants={**entry.constants, PRACTICE: code})
        yield moved


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

"""The door in: a folder or a file becomes a `Study`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from outcomes.cleaning import clean, cleaning_policy, is_required
from outcomes.errors import InputError, LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import TABLES, SourceFile, Study
from outcomes.sources.bundled import example_folder
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import SUFFIXES, RawFile, read_file
from outcomes.sources.layout import Layout, parse_layout
from outcomes.sources.mapping import (
    check_columns,
    join_tables,
    map_entry,
    unused_columns,
    unused_lines,
)
from outcomes.sources.section import near
from outcomes.sources.settling import settle

LAYOUT = "layout.toml"
# What a table may be called without a layout: its name and one of these.
TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
# Written beside the tables by `store.write_tables`; it is an account, not data.
LEDGER = "ledger.csv"
PRACTICE = "practice_id"
# How the folder of one practice among many begins.
PRACTICE_FOLDER = f"{PRACTICE}="


def read(source: str | Path | None = None, *, layout: str | Path | None = None) -> Study:
    """Read exports and clean them.

    Parameters
    ----------
    source
        A folder with a `layout.toml`, a folder of canonical tables (`clients.csv`, ...), or a
        single CSV, Excel or Parquet file together with `layout`. None reads the bundled example.
    layout
        A layout file; it outweighs the one in the folder.

    Returns
    -------
    Study whose ledger accounts for every line of every file. Where the layout does not say
    when the data were exported, dates after today count as mistakes.

    Raises
    ------
    InputError
        where a file or folder is missing, empty, binary or without a layout.
    LayoutError, VocabularyError, InstrumentError, RangeError
        where the layout is wrong or leaves something to settle.
    """
    path = example_folder() if source is None else Path(source)
    if not _exists(path):
        raise _missing(path)
    if path.is_dir():
        found = folder_layout(path, layout)
        return _read_practices(path, found) if holds_practices(path) else _read_folder(path, found)
    if layout is None:
        raise InputError(
            "a single file needs a layout that says what its columns are",
            where=str(path),
            fix=f"pass layout=..., or put the file in a folder with a {LAYOUT}",
        )
    found = _load_layout(Path(layout))
    names = sorted({entry.file for entry in found.files if entry.file})
    if not found.files or len(names) > 1:
        raise LayoutError(
            f"the layout describes {len(names)} files and the source is a single one",
            where=found.where,
            fix="give the folder that holds the files, or a layout for this file",
        )
    # A link the user names is the user's choice; only links inside a folder are refused.
    real = path.resolve()
    files = tuple(replace(entry, file=real.name) for entry in found.files)
    named = replace(found, files=files, name=found.name or path.stem)
    return _assemble(real.parent, named, logs=[])


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder without rights
        return False


def _missing(path: Path) -> InputError:
    siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, siblings, n=3)
    offer = f"did you mean {' or '.join(close)}? " if close else ""
    return InputError(
        "there is no such file or folder", where=str(path), fix=f"{offer}check the path"
    )


def _load_layout(path: Path) -> Layout:
    if not path.is_file():
        raise LayoutError("there is no such layout", where=str(path), fix="check the path")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise LayoutError(
            "the layout cannot be read as UTF-8 text", where=str(path), fix="save it as UTF-8"
        ) from None
    return parse_layout(text, path.name)


def folder_layout(folder: Path, layout: str | Path | None) -> Layout:
    """The layout given, or that of the folder, or one for tables by name."""
    if layout is not None:
        found = _load_layout(Path(layout))
    elif (folder / LAYOUT).is_file():
        found = _load_layout(folder / LAYOUT)
    else:
        found = Layout(where=folder.name)
    name = found.name or folder.resolve().name
    return replace(found, name=name)


def _read_practices(folder: Path, layout: Layout) -> Study:
    """Read the folders of all practices into one study."""
    from outcomes.sources.practices import practices

    parts = practices(folder, layout)
    files = tuple(entry for part in parts for entry in part.layout.files)
    unread = [unread_file(name) for part in parts for name in part.unread]
    return _assemble(folder, replace(layout, files=files), unread)


def holds_practices(folder: Path) -> bool:
    """Whether a folder holds folders of practices, named practice_id=CODE."""
    return folder.is_dir() and any(
        item.name.startswith(PRACTICE_FOLDER) and item.is_dir() for item in folder.iterdir()
    )


def _read_folder(folder: Path, layout: Layout) -> Study:
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
    if not layout.files:
        canonical = canonical_files(folder, present)
        if not canonical:
            raise InputError(
                f"the folder has neither a {LAYOUT} with files nor a table by name",
                where=str(folder),
                fix=f"write a {LAYOUT}, or name the tables {', '.join(TABLES)} "
                f"({' or '.join(TABLE_SUFFIXES)})",
            )
        layout = replace(layout, files=canonical)
    unnamed = [entry.where for entry in layout.files if entry.file is None]
    if unnamed:
        raise LayoutError("an entry names no file", where=unnamed[0], fix="add file = ...")
    named = {Path(str(entry.file)).as_posix() for entry in layout.files}
    named |= {*layout.ignore, LEDGER}
    data = [name for name in present if Path(name).suffix.lower() in SUFFIXES]
    return _assemble(folder, layout, [unread_file(name) for name in data if name not in named])


def canonical_files(folder: Path, present: Iterable[str]) -> tuple[FileLayout, ...]:
    """An entry for each table that is there by its own name."""
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
    return tuple(found)


def unread_file(name: str) -> pd.DataFrame:
    """The entry for a data file that nothing refers to."""
    return entries(
        pd.DataFrame({FILE: [name], LINE: [0]}),
        table="",
        action=Action.FLAGGED,
        step="read_folder",
        reason="unread_file",
        scope="file",
    )


def _assemble(folder: Path, layout: Layout, logs: Iterable[pd.DataFrame]) -> Study:
    """Read the files of a layout and clean what comes out."""
    gathered = gather(folder, layout, layout.files)
    return clean(
        gathered.tables,
        exported_on=layout.exported_on or date.today(),
        lines={source.name: source.rows for source in gathered.sources},
        missing=gathered.missing,
        sentinels=layout.sentinels,
        logs=[*logs, *gathered.log],
        name=layout.name or folder.name,
        sources=gathered.sources,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Raw tables made from files, the entries of the readers, and the files; `missing` applied."""

    tables: dict[str, pd.DataFrame]
    log: tuple[pd.DataFrame, ...]
    sources: tuple[SourceFile, ...]
    missing: tuple[str, ...]


def gather(folder: Path, layout: Layout, files: Sequence[FileLayout]) -> Gathered:
    """Read each of these files once and map it by all its entries."""
    missing = tuple(cleaning_policy().missing if layout.missing is None else layout.missing)
    log: list[pd.DataFrame] = []
    parts: dict[str, list[pd.DataFrame]] = {}
    sources: list[SourceFile] = []
    for entries_of_file in by_file(files):
        raw, mapped = opened(folder, entries_of_file, layout, missing)
        made = []
        for entry in mapped:
            rows = map_entry(raw, entry, missing=missing, zone=layout.timezone)
            parts.setdefault(entry.table, []).append(rows)
            made.append(rows)
        log.extend(raw.log)
        log.extend(unused_lines(raw, made, wide=any(entry.visits for entry in mapped)))
        log.extend(unused_columns(raw, set().union(*(entry.used() for entry in mapped))))
        sources.append(raw.source)
    return Gathered(join_tables(parts), tuple(log), tuple(sources), missing)


def opened(
    folder: Path, entries_of_file: Sequence[FileLayout], layout: Layout, missing: Sequence[str]
) -> tuple[RawFile, list[FileLayout]]:
    """One file as text, and its entries with everything settled that they left to it."""
    raw = _read_entry(folder, entries_of_file, layout.where)
    mapped = [_canonical(entry, raw) for entry in entries_of_file]
    for entry in mapped:
        check_columns(raw, entry)
    return raw, settle(raw, mapped, missing=missing, date_order=layout.date_order)


def by_file(files: Iterable[FileLayout]) -> list[list[FileLayout]]:
    """The entries of each file or sheet."""
    groups: dict[tuple[str | None, str | None], list[FileLayout]] = {}
    for entry in files:
        groups.setdefault((entry.file, entry.sheet), []).append(entry)
    return list(groups.values())


def _read_entry(folder: Path, entries_of_file: Sequence[FileLayout], where: str) -> RawFile:
    entry = entries_of_file[0]
    name = str(entry.file)
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
    return read_file(
        path,
        Path(name).as_posix(),
        sheet=entry.sheet,
        header_line=entry.header_line,
        encoding=entry.encoding,
        separator=entry.separator,
        wanted={c for e in entries_of_file for c in e.used() or TABLES[e.table].names},
    )


def _canonical(entry: FileLayout, raw: RawFile) -> FileLayout:
    """Map columns by their own names where the entry stands for a canonical table."""
    if entry.columns or set(entry.constants) - {PRACTICE}:
        return entry
    names = TABLES[entry.table].names
    columns = {name: name for name in names if name in raw.headers}
    if not columns:
        raise InputError(
            f"the file has none of the columns of {entry.table}",
            where=raw.name,
            fix=f"name them {', '.join(names)}, separated by commas, or write a {LAYOUT}",
        )
    for column in TABLES[entry.table].columns:
        if column.name not in columns and is_required(entry.table, column):
            raise InputError(
                f"the file has no column {column.name!r}, which every row of {entry.table} needs",
                where=raw.name,
                fix=f"add it: {column.description}",
            )
    constants = {name: word for name, word in entry.constants.items() if name not in columns}
    return replace(entry, columns=columns, constants=constants)

"""The door in: a folder or a file becomes a `Study`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from outcomes.cleaning import clean, cleaning_policy, is_required, missing_words
from outcomes.errors import InputError, LayoutError
from outcomes.schema import TABLES, SourceFile, Study
from outcomes.sources.bundled import example_folder
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile, read_file
from outcomes.sources.folder import (
    PRACTICE,
    canonical_files,
    file_in,
    holds_practices,
    named_files,
    present_files,
    unread_files,
)
from outcomes.sources.gathering import join_table
from outcomes.sources.headers import fit_columns
from outcomes.sources.layout import Layout, parse_layout
from outcomes.sources.lines import (
    chosen,
    data_lines,
    left_out,
    planned,
    unused_columns,
    unused_lines,
    without_suppressed,
)
from outcomes.sources.mapping import map_entry
from outcomes.sources.qualtrics import stated_zone
from outcomes.sources.redcap import as_raw, load_project, raw_names
from outcomes.sources.settling import settle

LAYOUT = "layout.toml"
# Written beside the tables by `store.write_tables`; it is an account, not data.
LEDGER = "ledger.csv"


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

    def beside(name: str) -> str:
        return _utf8(file_in(path.parent, name, path.name), "the questionnaire")

    return parse_layout(_utf8(path, "the layout"), path.name, beside)


def _utf8(path: Path, what: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise LayoutError(
            f"{what} cannot be read as UTF-8 text", where=str(path), fix="save it as UTF-8"
        ) from None


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
    unread = [log for part in parts for log in part.unread]
    return _assemble(folder, replace(layout, files=files), unread)


def _read_folder(folder: Path, layout: Layout) -> Study:
    present = present_files(folder)
    files = layout.files or canonical_files(folder, present, LAYOUT)
    layout = replace(layout, files=named_files(folder, files, layout.where))
    named = {Path(str(entry.file)).as_posix() for entry in layout.files}
    named |= {Path(entry.dictionary).as_posix() for entry in layout.files if entry.dictionary}
    return _assemble(folder, layout, unread_files(present, {*named, *layout.ignore, LEDGER}))


def _assemble(folder: Path, layout: Layout, logs: Iterable[pd.DataFrame]) -> Study:
    """Read the files of a layout and clean what comes out."""
    found = gather_files(folder, layout, layout.files)
    return clean(
        found.tables,
        exported_on=layout.exported_on or date.today(),
        lines={source.name: source.rows for source in found.sources},
        missing=found.missing,
        sentinels=layout.sentinels,
        resubmission_days=layout.resubmission_days,
        accept=layout.accept,
        logs=[*logs, *found.log],
        shared=found.shared,
        name=layout.name or folder.name,
        sources=found.sources,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What `cleaning.clean` needs of some files: raw tables, entries so far, lines behind rows."""

    tables: dict[str, pd.DataFrame]
    shared: dict[str, pd.DataFrame]
    log: tuple[pd.DataFrame, ...]
    sources: tuple[SourceFile, ...]
    missing: tuple[str, ...]


def gather_files(folder: Path, layout: Layout, files: Iterable[FileLayout]) -> Gathered:
    """Read each of these files once, and map it by all its entries."""
    missing = tuple(cleaning_policy().missing if layout.missing is None else layout.missing)
    exported_on = layout.exported_on or date.today()
    log: list[pd.DataFrame] = []
    parts: dict[str, list[tuple[FileLayout, pd.DataFrame]]] = {}
    sources: list[SourceFile] = []
    for entries_of_file in by_file(files):
        raw = read_entry(folder, entries_of_file, layout.where)
        raw, made, found = map_file(raw, entries_of_file, layout, missing)
        for entry, mapped in made:
            rows, changed = planned(mapped, entry, exported_on)
            log.extend(changed)
            parts.setdefault(entry.table, []).append((entry, rows))
        log.extend(found)
        sources.append(raw.source)
    tables, shared = {}, {}
    for table, pieces in parts.items():
        tables[table], found, lines = join_table(table, pieces, exported_on)
        log.extend(found)
        if lines is not None:
            shared[table] = lines
    return Gathered(tables, shared, tuple(log), tuple(sources), missing)


def map_file(
    raw: RawFile, entries_of_file: Sequence[FileLayout], layout: Layout, missing: Sequence[str]
) -> tuple[RawFile, list[tuple[FileLayout, pd.DataFrame]], list[pd.DataFrame]]:
    """Make the rows that the entries of one file take from it.

    Returns the file without the lines that are no data, each entry with its rows, and the
    ledger entries for lines and columns that went into no row.
    """
    raw, mapped = fit_file(raw, entries_of_file, layout, missing)
    chosen_lines, log = chosen(raw, mapped)
    made = [
        (entry, map_entry(lines, entry, missing=missing, zone=layout.timezone))
        for lines, entry in zip(chosen_lines, mapped, strict=True)
    ]
    wide = [bool(entry.visits) for entry in mapped]
    log += unused_lines(raw, chosen_lines, [rows for _, rows in made], wide)
    log += missing_said(raw, mapped, missing)
    log += unused_columns(raw, set().union(*(entry.used() for entry in mapped)))
    return raw, made, [*raw.log, *log]


def fit_file(
    raw: RawFile, entries_of_file: Sequence[FileLayout], layout: Layout, missing: Sequence[str]
) -> tuple[RawFile, list[FileLayout]]:
    """The file without the lines that are no data, and its entries with all settled."""
    skipped = entries_of_file[0].skip_after_header
    raw = data_lines(stated_zone(raw, skipped), skipped)
    fitted = [fit_columns(raw, _canonical(entry, raw)) for entry in entries_of_file]
    mapped = [entry for entry in fitted if entry is not None]
    if not mapped:
        raise LayoutError(
            "the file has none of the columns with answers that the layout names",
            where=f"{entries_of_file[0].where}, line {raw.header_line} of {raw.name}",
            fix="name them under items or total, or leave the file out",
        )
    raw = without_suppressed(left_out(raw, mapped), mapped)
    return raw, settle(raw, mapped, missing=missing, date_order=layout.date_order)


def missing_said(
    raw: RawFile, mapped: Sequence[FileLayout], missing: Sequence[str]
) -> list[pd.DataFrame]:
    """Count the words for missing in the columns that are used: after this they are empty cells."""
    used = {column for entry in mapped for column in entry.needed()}
    columns = [header for header in dict.fromkeys(raw.headers) if header in used]
    words = {*missing, *(word for entry in mapped for word in entry.missing)}
    return missing_words(raw.cells, columns, words, step="map_columns")


def by_file(files: Iterable[FileLayout]) -> list[list[FileLayout]]:
    """The entries of each file or sheet."""
    groups: dict[tuple[str | None, str | None], list[FileLayout]] = {}
    for entry in files:
        groups.setdefault((entry.file, entry.sheet), []).append(entry)
    return list(groups.values())


def read_entry(folder: Path, entries_of_file: Sequence[FileLayout], where: str) -> RawFile:
    """One file of a layout as text, without what its entries leave out."""
    entry = entries_of_file[0]
    name = str(entry.file)
    project = load_project(folder, entry.dictionary, where)
    raw = read_file(
        file_in(folder, name, where),
        Path(name).as_posix(),
        sheet=entry.sheet,
        header_line=entry.header_line,
        header_rows=entry.header_rows,
        encoding=entry.encoding,
        separator=entry.separator,
        wanted={c for e in entries_of_file for c in e.used() or TABLES[e.table].names},
        rename=None if project is None else raw_names(project),
    )
    return raw if project is None else as_raw(raw, project, entries_of_file)


def _canonical(entry: FileLayout, raw: RawFile) -> FileLayout:
    """Map columns by their own names where the entry stands for a canonical table."""
    if entry.columns or entry.joined or set(entry.constants) - {PRACTICE}:
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

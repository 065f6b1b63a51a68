"""The door in: a folder or a file becomes a `Study`."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

import pandas as pd

from outcomes.errors import InputError, LayoutError, UsageError
from outcomes.privacy import name_tells, shown_files
from outcomes.schema import Study
from outcomes.sources.address import Address, file_address, is_address, parse_address
from outcomes.sources.assembling import Beside, Erased, Place, assemble
from outcomes.sources.bundled import example_folder
from outcomes.sources.cleaned_practices import (
    holds_cleaned_practices,
    read_cleaned_practices,
)
from outcomes.sources.database import open_database
from outcomes.sources.dataset import read_store
from outcomes.sources.files import SUFFIXES
from outcomes.sources.folder import (
    LAYOUT,
    LEDGER,
    canonical_files,
    databases,
    file_in,
    holds_practices,
    named_files,
    present_files,
    refuse_queries,
    unread_databases,
    unread_tables,
)
from outcomes.sources.layout import Layout, parse_layout
from outcomes.sources.limits import source_policy
from outcomes.sources.opening import read_bytes, shown_name
from outcomes.sources.practices import practices
from outcomes.sources.state import is_store
from outcomes.sources.withholding import ids_of, name_withheld


def read(
    source: str | Path | None = None,
    *,
    layout: str | Path | None = None,
    keep_ids: bool = False,
    key: str | Path | None = None,
    practice: str | None = None,
    beside: Beside | None = None,
    erased: Erased | None = None,
) -> Study:
    """Read exports and clean them.

    Parameters
    ----------
    source
        A folder with a `layout.toml`, a folder of canonical tables (`clients.csv`, ...), a
        single CSV, Excel or Parquet file together with `layout`, or a database: its address
        ("postgresql://user@server/database", any that SQLAlchemy knows; "duckdb:///file") or
        a DuckDB or SQLite file. Or what `outcomes clean` wrote, which needs no layout: a
        store (`merge`) or a folder of practices (`stream`). None reads the bundled example.
    layout
        A layout file; it outweighs the one in the folder.
    keep_ids
        Keep ids that tell who people are (names, e-mail addresses). By default all ids of
        their kind become keyed pseudonyms at once, and the ledger says so.
    key
        The key file of the pseudonyms; None takes `keys.key_file()`. Only used, and made on
        first use, where ids tell who people are.
    practice
        Of a store or a folder of cleaned practices, read only the part of this practice.
    beside
        Gives tables of earlier exports that the rows may refer to; `merge` uses it.
    erased
        Says whose rows are dropped since they were erased from a store; `merge` uses it.

    Returns
    -------
    Study whose ledger accounts for every line of every file. Where the layout does not say
    when the data were exported, dates after today count as mistakes.

    Raises
    ------
    InputError
        where a file or folder is missing, empty, binary or without a layout, or a database
        cannot be reached or read.
    UsageError
        where the library for a kind of database is not installed, a layout is given for a
        store or cleaned practices, or a practice for anything else.
    LayoutError, VocabularyError, InstrumentError, RangeError
        where the layout is wrong or leaves something to settle.
    """
    asked = Place(Path(), {}, keep_ids, key, beside, erased)
    if isinstance(source, str) and is_address(source):
        _refuse_practice(practice, parse_address(source).name)
        return _read_database(parse_address(source), layout, asked)
    path = example_folder() if source is None else Path(source)
    return _read_path(path, layout, practice, asked)


def _read_path(path: Path, layout: str | Path | None, practice: str | None, asked: Place) -> Study:
    if not _exists(path):
        raise _missing(path)
    stored = is_store(path)
    if stored or holds_cleaned_practices(path):
        if layout is not None:
            raise UsageError(
                "what outcomes clean has written needs no layout",
                where=str(path),
                fix="leave the layout out",
            )
        back = read_store if stored else read_cleaned_practices
        return back(path, practice=practice)
    _refuse_practice(practice, str(path))
    if path.is_dir():
        found = folder_layout(path, layout)
        road = _read_practices if holds_practices(path) else _read_folder
        return road(path, found, asked)
    address = file_address(path)
    if address is not None:
        return _read_database(address, layout, asked)
    return _read_single(path, layout, asked)


def source_ids(source: str | Path | None, layout: str | Path | None = None) -> frozenset[str]:
    """The ids of clients, couples, practitioners, episodes and the rest as they came.

    The source is read again, so that a gate does not take a notebook's word for it.
    """
    return ids_of(read(source, layout=layout, keep_ids=True).tables())


def _refuse_practice(practice: str | None, where: str) -> None:
    if practice is not None:
        raise UsageError(
            "one practice alone can be read only from what outcomes clean has written",
            where=where,
            fix="make one with outcomes clean SOURCE --out STORE, or read all and choose",
        )


def _shown_name(name: str) -> str:
    """What a study is called after its folder or file, unless that names a person."""
    return "study (name withheld)" if name_tells(name) else name


def _read_single(path: Path, layout: str | Path | None, asked: Place) -> Study:
    if layout is None:
        raise InputError(
            "a single file needs a layout that says what its columns are",
            where=str(path),
            fix=f"pass layout=..., or put the file in a folder with a {LAYOUT}",
        )
    found = _load_layout(Path(layout))
    refuse_queries(found.files)
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
    named = replace(found, files=files, name=found.name or _shown_name(path.stem))
    return assemble(replace(asked, home=real.parent, shown=shown_files([real.name])), named, [])


def _read_database(address: Address, layout: str | Path | None, asked: Place) -> Study:
    """Read a database by a layout, or its tables that are called as ours."""
    found = Layout(where=address.name) if layout is None else _load_layout(Path(layout))
    found = replace(found, name=found.name or address.database)
    unnamed = [entry.where for entry in found.files if entry.file is None and entry.query is None]
    if unnamed:
        raise LayoutError(
            "an entry names no table", where=unnamed[0], fix="add file = ..., or query = ..."
        )
    with open_database(address, found.timezone) as database:
        logs: list[pd.DataFrame] = []
        if not found.files:
            files, others = database.canonical()
            found = replace(found, files=files)
            logs = unread_tables(f"{address.name}[{name}]" for name in others)
        return assemble(replace(asked, home=database), found, logs)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder without rights
        return False


def _missing(path: Path) -> InputError:
    try:
        beside = [shown_name(item.name) for item in path.parent.iterdir()]
    except (OSError, ValueError):  # no such folder, no rights, no possible name
        beside = []
    siblings = [name for name in beside if not name_tells(name)]
    close = difflib.get_close_matches(path.name, siblings, n=3)
    offer = f"did you mean {' or '.join(close)}? " if close else ""
    return InputError(
        "there is no such file or folder", where=shown_name(str(path)), fix=f"{offer}check the path"
    )


def _load_layout(path: Path) -> Layout:
    if not path.is_file():
        raise LayoutError("there is no such layout", where=str(path), fix="check the path")

    def beside(name: str) -> str:
        return _utf8(file_in(path.parent, name, path.name), "the questionnaire")

    return parse_layout(_utf8(path, "the layout"), path.name, beside)


def _utf8(path: Path, what: str) -> str:
    try:
        return read_bytes(path, path.name, source_policy().layout_bytes).decode("utf-8-sig")
    except UnicodeDecodeError:
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
    name = found.name or _shown_name(shown_name(folder.resolve().name))
    return replace(found, name=name)


def _read_practices(folder: Path, layout: Layout, asked: Place) -> Study:
    """Read the folders of all practices into one study."""
    parts = practices(folder, layout)
    shown = {name: said for part in parts for name, said in part.shown.items()}
    whole = replace(
        layout,
        files=tuple(entry for part in parts for entry in part.layout.files),
        ignore=tuple(name for part in parts for name in part.layout.ignore),
    )
    logs = [log for part in parts for log in part.unread]
    return assemble(replace(asked, home=folder, shown=shown), whole, logs)


def _read_folder(folder: Path, layout: Layout, asked: Place) -> Study:
    refuse_queries(layout.files)
    present = present_files(folder)
    files = layout.files or canonical_files(folder, present, LAYOUT)
    layout = replace(layout, files=named_files(folder, files, layout.where))
    named = {Path(str(entry.file)).as_posix() for entry in layout.files}
    named |= {Path(look_up.file).as_posix() for look_up in layout.look_ups.values()}
    named |= {Path(entry.dictionary).as_posix() for entry in layout.files if entry.dictionary}
    named |= {*layout.ignore, LEDGER}
    told = shown_files({*present, *named})
    shown = {name: shown_name(said) for name, said in told.items()}
    data = [name for name in present if Path(name).suffix.lower() in SUFFIXES]
    unread = unread_tables(shown[name] for name in data if name not in named)
    stores = databases(folder, {*present} - {*data, *named})
    flagged = unread_databases(shown[name] for name in sorted(stores))
    logs = [*unread, *flagged, *name_withheld(shown, [*data, *stores])]
    return assemble(replace(asked, home=folder, shown=shown), layout, logs)

"""Files to tables: each file is read once, mapped by all its entries, and cleaned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pandas as pd

from outcomes.cleaning import Forgotten, clean, cleaning_policy, is_required, missing_words
from outcomes.errors import InputError, LayoutError
from outcomes.privacy import shown_files
from outcomes.schema import TABLES, SourceFile, Study
from outcomes.sources.ages import with_age_band
from outcomes.sources.database import Database
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile, read_file
from outcomes.sources.folder import LAYOUT, PRACTICE, file_in
from outcomes.sources.gathering import join_table
from outcomes.sources.headers import fit_columns, header_place
from outcomes.sources.layout import Layout
from outcomes.sources.lines import (
    chosen,
    data_lines,
    left_out,
    planned,
    unused_columns,
    unused_lines,
    without_suppressed,
)
from outcomes.sources.lists import read_lists
from outcomes.sources.look_ups import Listed, looked_up
from outcomes.sources.mapping import map_entry
from outcomes.sources.names import check_names
from outcomes.sources.qualtrics import stated_zone
from outcomes.sources.redcap import as_raw, load_project, raw_names, refuse_labels
from outcomes.sources.settling import settle
from outcomes.sources.sheets import days_as_numbers, unused_sheets
from outcomes.sources.withholding import (
    IdColumn,
    hide_ids,
    id_columns,
    identifier_columns,
    shown_raw,
    shown_sheet,
    withhold_cells,
)

# Given the mapped tables of a source and its layout, the clean tables its rows may refer to.
Beside = Callable[[Mapping[str, pd.DataFrame], Layout], Mapping[str, pd.DataFrame]]
# Given the mapped tables of a source, who of them was erased before.
Erased = Callable[[Mapping[str, pd.DataFrame]], Forgotten]


@dataclass(frozen=True, slots=True)
class Place:
    """Where files come from, what their names may be called, and what happens to telling ids.

    `shown` gives the name to say for each file. `beside` gives the tables of earlier exports,
    for ids as they are after telling ones were hidden; `erased` says whose rows are dropped.
    """

    home: Path | Database
    shown: Mapping[str, str] = field(default_factory=dict)
    keep_ids: bool = False
    key: str | Path | None = None
    beside: Beside | None = None
    erased: Erased | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What one file gives: rows by entry, ledger entries, and where ids come from."""

    raw: RawFile
    rows: list[tuple[FileLayout, pd.DataFrame]]
    log: list[pd.DataFrame]
    ids: list[IdColumn]


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What `cleaning.clean` needs of some files: raw tables, entries so far, lines behind rows.

    The ids in `tables` are as they came; `ids` says where each of them comes from.
    """

    tables: dict[str, pd.DataFrame]
    shared: dict[str, pd.DataFrame]
    log: tuple[pd.DataFrame, ...]
    ids: tuple[IdColumn, ...]
    sources: tuple[SourceFile, ...]
    missing: tuple[str, ...]


def assemble(place: Place, layout: Layout, logs: Iterable[pd.DataFrame]) -> Study:
    """Read each file once, map it by all its entries, and clean what comes out."""
    found = gather_files(place, layout, layout.files)
    tables, hidden = hide_ids(found.tables, found.ids, key=place.key, keep_ids=place.keep_ids)
    return clean(
        tables,
        exported_on=layout.exported_on or date.today(),
        lines={source.name: source.rows for source in found.sources},
        missing=found.missing,
        sentinels=layout.sentinels,
        resubmission_days=layout.resubmission_days,
        accept=layout.accept,
        logs=[*logs, *found.log, *hidden],
        shared=found.shared,
        name=layout.name or "study",
        sources=found.sources,
        context=None if place.beside is None else place.beside(tables, layout),
        forgotten=None if place.erased is None else place.erased(tables),
    )


def gather_files(place: Place, layout: Layout, files: Iterable[FileLayout]) -> Gathered:
    """Read each of these files once, and map it by all its entries."""
    missing = tuple(cleaning_policy().missing if layout.missing is None else layout.missing)
    exported_on = layout.exported_on or date.today()
    log: list[pd.DataFrame] = []
    parts: dict[str, list[tuple[FileLayout, pd.DataFrame]]] = {}
    ids: list[IdColumn] = []
    raws: list[RawFile] = []
    lists = read_lists(place.home, layout.look_ups.values(), missing)
    for entries_of_file in by_file(files):
        raw = read_entry(place, entries_of_file, layout.where)
        made = map_file(raw, entries_of_file, layout, missing, lists)
        for entry, rows in made.rows:
            parts.setdefault(entry.table, []).append((entry, rows))
        log.extend(made.log)
        ids.extend(made.ids)
        # Without its cells: a workbook is asked once more, for its sheets.
        raws.append(replace(made.raw, cells=made.raw.cells.iloc[:0]))
    log.extend(unused_sheets(raws, layout.ignore))
    tables, shared = {}, {}
    for table, pieces in parts.items():
        tables[table], found, lines = join_table(table, pieces, exported_on)
        log.extend(found)
        if lines is not None:
            shared[table] = lines
    sources = tuple(raw.source for raw in raws)
    return Gathered(tables, shared, tuple(log), tuple(ids), sources, missing)


def map_file(
    raw: RawFile,
    entries_of_file: Sequence[FileLayout],
    layout: Layout,
    missing: Sequence[str],
    lists: Mapping[str, Listed] | None = None,
) -> Made:
    """Make the rows that the entries of one file take from it.

    Returns the file without the lines that are no data, each entry with its rows, the ledger
    entries for lines, columns and cells that went into no row, and the columns of ids.
    """
    raw, mapped = fit_file(raw, entries_of_file, layout, missing)
    chosen_lines, log = chosen(raw, mapped)
    rows, ids = [], []
    for lines, entry in zip(chosen_lines, mapped, strict=True):
        whole, found = _rows(lines, entry, layout, missing, lists or {})
        rows.append((entry, whole))
        log += found
        ids += id_columns(raw, entry)
    wide = [bool(entry.visits) for entry in mapped]
    log += unused_lines(raw, chosen_lines, [whole for _, whole in rows], wide)
    log += columns_said(raw, mapped, missing)
    return Made(raw, rows, [*raw.log, *log], ids)


def fit_file(
    raw: RawFile, entries_of_file: Sequence[FileLayout], layout: Layout, missing: Sequence[str]
) -> tuple[RawFile, list[FileLayout]]:
    """Return the file without the lines that are no data, and its entries with all settled."""
    skipped = entries_of_file[0].skip_after_header
    used = set().union(*(entry.used() for entry in entries_of_file))
    raw = shown_raw(raw, used)
    check_names(raw, used)
    raw = data_lines(stated_zone(raw, skipped), skipped)
    fitted = [fit_columns(raw, _canonical(entry, raw)) for entry in entries_of_file]
    mapped = [entry for entry in fitted if entry is not None]
    if not mapped:
        raise LayoutError(
            "the file has none of the columns with answers that the layout names",
            where=f"{entries_of_file[0].where}, {header_place(raw)}",
            fix="name them under items or total, or leave the file out",
        )
    raw = without_suppressed(left_out(raw, mapped), mapped)
    return raw, settle(raw, mapped, missing=missing, date_order=layout.date_order)


def columns_said(
    raw: RawFile, mapped: Sequence[FileLayout], missing: Sequence[str]
) -> list[pd.DataFrame]:
    """Ledger entries about the columns of a file: how they were read, or that they were not."""
    return [
        *_words(raw, mapped, missing),
        *days_as_numbers(raw, mapped, missing),
        *unused_columns(raw, set().union(*(entry.used() for entry in mapped))),
        *identifier_columns(raw, set().union(*(entry.needed() for entry in mapped))),
    ]


def _rows(
    lines: RawFile,
    entry: FileLayout,
    layout: Layout,
    missing: Sequence[str],
    lists: Mapping[str, Listed],
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The rows of one entry, with bands for birth dates and nothing that tells who people are."""
    exported_on = layout.exported_on or date.today()
    rows = map_entry(lines, entry, missing=missing, zone=layout.timezone)
    rows, aged = with_age_band(
        lines, entry, rows, missing=missing, zone=layout.timezone, exported_on=exported_on
    )
    rows, withheld = withhold_cells(looked_up(rows, entry.look_up, lists), entry)
    rows, changed = planned(rows, entry, exported_on)
    return rows, [*aged, *withheld, *changed]


def _words(
    raw: RawFile, mapped: Sequence[FileLayout], missing: Sequence[str]
) -> list[pd.DataFrame]:
    """Count the words for missing in the columns that are used: after this they are empty cells."""
    used = {column for entry in mapped for column in entry.needed()}
    columns = [header for header in dict.fromkeys(raw.headers) if header in used]
    words = {*missing, *(word for entry in mapped for word in entry.missing)}
    return missing_words(raw.cells, columns, words, step="map_columns")


def by_file(files: Iterable[FileLayout]) -> list[list[FileLayout]]:
    """Return the entries of each file, sheet or query."""
    groups: dict[tuple[str | None, str | None, str | None], list[FileLayout]] = {}
    for entry in files:
        groups.setdefault((entry.file, entry.sheet, entry.query), []).append(entry)
    return list(groups.values())


def read_entry(
    place: Place, entries_of_file: Sequence[FileLayout], where: str, *, coded: bool = False
) -> RawFile:
    """Read the file, sheet or table that these entries are about, under the name to say.

    With `coded`, the columns of a plain text file may be categories (`RawFile.distinct`).
    """
    if isinstance(place.home, Database):
        return place.home.raw_file(entries_of_file, where)
    entry = entries_of_file[0]
    name = str(entry.file)
    said = place.shown.get(Path(name).as_posix(), Path(name).as_posix())
    project = load_project(place.home, entry.dictionary, where)
    raw = read_file(
        file_in(place.home, name, where, place.shown),
        said,
        sheet=entry.sheet,
        header_line=entry.header_line,
        header_rows=entry.header_rows,
        encoding=entry.encoding,
        separator=entry.separator,
        wanted={c for e in entries_of_file for c in e.used() or TABLES[e.table].names},
        rename=None if project is None else raw_names(project),
        coded=coded,
    )
    if raw.sheet is not None:
        raw = shown_sheet(raw, said, shown_files([raw.sheet], "sheet")[raw.sheet])
    if project is None:
        refuse_labels(raw, entries_of_file)
        return raw
    return as_raw(raw, project, entries_of_file)


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

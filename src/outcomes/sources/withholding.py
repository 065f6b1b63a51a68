"""Keeps people out of what a read leaves behind: cells, ids, and the names of columns and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcomes.cleaning import CELL
from outcomes.errors import VocabularyError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.privacy import (
    holds_pseudonyms,
    identifier_rules,
    inspect_columns,
    kind_of_header,
    kinds,
    marks,
    only_codes,
    pseudonyms,
    says_no_more,
    shown_headers,
    tells_in_text,
    title,
    together_share,
)
from outcomes.schema import TABLES, Column, Kind, Sensitivity
from outcomes.schema.texts import text_array
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile
from outcomes.sources.keys import key_file, load_key, lost

_STEP = "withhold_identifiers"
# A record number is what an id is for; it is replaced when tables are written, as all ids are.
_NO_SIGN = frozenset({"record_number", "free_text", "workplace", "web_address"})


@dataclass(frozen=True, slots=True)
class IdColumn:
    """Where the ids of one column of a table come from, and whether its name says people."""

    table: str
    column: str
    names: str
    file: str
    header_line: int
    source: str
    kind: str | None


def shown_raw(raw: RawFile, used: set[str]) -> RawFile:
    """The file with column names that tell who somebody is replaced, where no layout names them."""
    shown = {h: new for h, new in shown_headers(raw.headers).items() if h not in used}
    if not shown:
        return raw
    headers = tuple(shown.get(header, header) for header in raw.headers)
    return replace(raw, headers=headers, cells=raw.cells.rename(columns=shown))


def shown_sheet(raw: RawFile, file: str, sheet: str) -> RawFile:
    """The file of a sheet under the name that may be said of the sheet."""
    name = f"{file}[{sheet}]"
    if name == raw.name:
        return raw
    cells = raw.cells.assign(**{FILE: pd.array([name] * len(raw.cells), dtype="string")})
    log = tuple(frame.assign(file=name) for frame in raw.log)
    return replace(raw, name=name, cells=cells, log=log, source=replace(raw.source, name=name))


def identifier_columns(raw: RawFile, mapped: set[str]) -> list[pd.DataFrame]:
    """Flag, once for each, the columns that no table takes and that tell who people are."""
    columns = [h for h in dict.fromkeys(raw.headers) if h and h not in mapped]
    told: dict[str, list[str]] = {}
    for finding in inspect_columns(raw.cells, columns):
        told.setdefault(finding.column, []).append(title(finding.kind))
    return [
        _remark(raw.name, raw.header_line, "identifier_column", f"{column} ({' + '.join(what)})")
        for column, what in told.items()
    ]


def name_withheld(names: Mapping[str, str], read: Iterable[str]) -> list[pd.DataFrame]:
    """Flag the files whose name tells who somebody is; it is said nowhere."""
    return [
        _remark(names[name], 0, "identifier_in_name", None)
        for name in dict.fromkeys(read)
        if names.get(name, name) != name
    ]


def withhold_cells(
    rows: pd.DataFrame, entry: FileLayout
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Empty the cells of mapped columns, other than ids, that tell who somebody is.

    Returns the rows and the ledger entries. Raises VocabularyError where so many cells of a
    coded column do that it must be the wrong column.
    """
    log = []
    for column in TABLES[entry.table].columns:
        if not _may_hold_people(column, entry):
            continue
        cells = rows[column.name]
        found = tells_in_text(cells) if column.kind is Kind.TEXT else marks(cells)
        if not found.any():
            continue
        if column.kind is not Kind.TEXT:
            _refuse_wrong_column(found, cells, entry, column)
        if column.vocabulary is not None:
            # Words around a name may be a code: the vocabulary stops the read, and shows none.
            found &= says_no_more(cells)
            if not found.any():
                continue
        rows = rows.assign(**{column.name: cells.mask(found)})
        log.append(
            entries(
                rows[found],
                table=entry.table,
                action=Action.EMPTIED,
                step=_STEP,
                reason="identifier_in_cell",
                column=column.name,
            )
        )
    if CELL in rows:
        shown = shown_headers(map(str, rows[CELL].dropna().unique()))
        rows = rows.assign(**{CELL: rows[CELL].replace(shown)})
    return rows, log


def id_columns(raw: RawFile, entry: FileLayout) -> list[IdColumn]:
    """The columns of an entry that hold ids, and what their names in the file say."""
    found = []
    for column, target in kinds(TABLES[entry.table]).items():
        # An id from a list of the practice is a code, whatever the export calls people.
        mapped = column in entry.columns or column in entry.joined
        if not mapped or column in entry.look_up:
            continue
        joined = entry.joined.get(column)
        headers = [entry.columns[column]] if joined is None else list(joined)
        said = [kind for header in headers if (kind := kind_of_header(header)) is not None]
        kind = next((kind for kind in said if kind not in _NO_SIGN), None)
        shown = shown_headers(headers)
        label = " + ".join(shown.get(header, header) for header in headers)
        found.append(IdColumn(entry.table, column, target, raw.name, raw.header_line, label, kind))
    return found


def hide_ids(
    tables: dict[str, pd.DataFrame],
    columns: Sequence[IdColumn],
    *,
    key: str | Path | None,
    keep_ids: bool,
) -> tuple[dict[str, pd.DataFrame], list[pd.DataFrame]]:
    """Put pseudonyms in place of ids that tell who people are; other ids stay as they came.

    All ids of one kind (of clients, of practitioners) are replaced as soon as one column of
    them has a telling name or telling cells, so that they still agree with each other.

    Returns the tables and a flag for each telling column. Raises InputError where the key
    cannot be used, or is not the one of pseudonyms that are already there.
    """
    found = telling_ids(tables, columns)
    telling = {place.names for place in found}
    log = [_remark(p.file, p.header_line, "identifier_as_id", p.source) for p in found]
    if keep_ids or not telling:
        return tables, log
    where = key_file() if key is None else Path(key).expanduser()
    texts = {
        name: frame.astype(dict.fromkeys(kinds(TABLES[name]), "string"))
        for name, frame in tables.items()
    }
    if not where.exists() and holds_pseudonyms(texts):
        raise lost("the files to be read", where)
    secret = load_key(where)
    hidden = {}
    for name, frame in tables.items():
        replaced = {
            column: pseudonyms(frame[column].rename(f"{name}.{column}"), secret, target)
            for column, target in kinds(TABLES[name]).items()
            if target in telling and column in frame
        }
        hidden[name] = frame.assign(**replaced)
    return hidden, log


class _Passed:
    """Ids that tell nobody alone, those of all columns looked at so far."""

    __slots__ = ("_codes", "_others")

    def __init__(self) -> None:
        self._codes = self._others = pa.array([], pa.large_string())

    def tells(self, cells: pd.Series) -> bool:
        """Whether one id alone tells who somebody is, or most of a column together do."""
        ids = text_array(cells).drop_null().unique()
        new = _beyond(ids, self._codes)
        # Of codes any part is codes.
        if only_codes(new):
            self._codes = pa.concat_arrays([self._codes, new])
            return False
        new = _beyond(new, self._others)
        if bool(marks(pd.Series(pd.array(new, dtype="string"))).any()):
            return True
        self._others = pa.concat_arrays([self._others, new])
        filled = pd.Series(pd.array(ids, dtype="string"))
        return together_share(filled) >= identifier_rules().limits.wrong_column


def _beyond(ids: pa.Array, known: pa.Array) -> pa.Array:
    return ids.filter(pc.invert(pc.is_in(ids, value_set=known))) if len(known) else ids


def telling_ids(tables: Mapping[str, pd.DataFrame], columns: Iterable[IdColumn]) -> list[IdColumn]:
    """The columns of ids that tell who people are, by their names or by the ids."""
    told: dict[tuple[str, str], bool] = {}
    passed = _Passed()
    found = []
    for place in columns:
        where = (place.table, place.column)
        if place.kind is None and where not in told:
            told[where] = passed.tells(tables[place.table][place.column])
        if place.kind is not None or told[where]:
            found.append(place)
    return found


def tells_nobody(entry: FileLayout, words: Mapping[str, pd.Series]) -> bool:
    """Whether `withhold_cells` would leave the rows of a wide questionnaire as they are.

    `words` are its mapped columns by name; repeated texts need not stand there twice.
    """
    held = [
        words[column.name]
        for column in TABLES[entry.table].columns
        if _may_hold_people(column, entry)
    ]
    return not shown_headers(entry.answers()) and not any(marks(cells).any() for cells in held)


def ids_of(tables: Mapping[str, pd.DataFrame]) -> frozenset[str]:
    """Every id in the columns of ids."""
    return frozenset(
        str(value)
        for name, frame in tables.items()
        for column in kinds(TABLES[name])
        for value in frame[column].dropna().unique()
    )


def _may_hold_people(column: Column, entry: FileLayout) -> bool:
    """Whether a column takes words of the source as they are and is no id."""
    words = (Kind.TEXT, Kind.CATEGORY, Kind.KEY)
    return (
        column.name in entry.columns
        and column.kind in words
        and column.sensitivity is not Sensitivity.PSEUDONYM
    )


def _refuse_wrong_column(
    found: pd.Series, cells: pd.Series, entry: FileLayout, column: Column
) -> None:
    filled = int(cells.notna().sum())
    if found.sum() < identifier_rules().limits.wrong_column * filled or found.sum() < 2:
        return
    raise VocabularyError(
        f"{entry.table}.{column.name} is read from a column that names people",
        where=entry.where,
        how_many=int(found.sum()),
        fix=f"map {column.name} to the column that holds it: {column.description}",
    )


def _remark(file: str, line: int, reason: str, column: str | None) -> pd.DataFrame:
    return entries(
        pd.DataFrame({FILE: [file], LINE: [line]}),
        table="",
        action=Action.FLAGGED,
        step=_STEP,
        reason=reason,
        column=column,
        scope="file",
    )

"""Records to text cells under their headers, each with its line; all else is accounted for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from outcomes.errors import InputError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import SourceFile
from outcomes.schema.texts import repeated
from outcomes.sources.delimited import Records, check_width
from outcomes.sources.plain import PlainRecords, named_columns
from outcomes.sources.spreadsheets.facts import SheetFact
from outcomes.sources.totals import filled_texts, total_rows
from outcomes.sources.workbook import Mark


@dataclass(frozen=True, slots=True, eq=False)
class RawFile:
    """One file or sheet as text.

    `cells` has the source's columns as strings ("" where empty) plus `_file` and `_line`, without
    blank lines; `headers` are the names as they stand, so duplicates show; `log` has the
    ledger entries for blank and ragged lines; `source.rows` counts data lines, blank ones too;
    `separator` is None where the file is no text. A sheet also says how its workbook counts
    days (`epoch`, a date order), its own title and which sheets there are. Columns may be
    categories where the reader was asked for them; `distinct` gives either as codes and texts.
    """

    name: str
    headers: tuple[str, ...]
    header_line: int
    cells: pd.DataFrame
    log: tuple[pd.DataFrame, ...]
    source: SourceFile
    separator: str | None = None
    epoch: str | None = None
    sheet: str | None = None
    sheets: tuple[SheetFact, ...] = ()

    def distinct(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """A column as the code of each cell (-1 where missing), and its distinct texts."""
        cells = self.cells[column]
        if isinstance(cells.dtype, pd.CategoricalDtype):
            return cells.cat.codes.to_numpy(), cells.cat.categories.to_numpy(dtype=object)
        codes, texts = pd.factorize(cells)
        return codes, np.asarray(texts, dtype=object)

    def texts(self, column: str) -> pd.Series:
        """The texts of a column, where it has categories each of them once."""
        cells = self.cells[column]
        if not isinstance(cells.dtype, pd.CategoricalDtype):
            return cells
        return pd.Series(cells.cat.categories).astype("string")


def framed(
    records: Records, name: str, header_line: int, digest: str, marks: Sequence[Mark] = ()
) -> RawFile:
    """Tell data lines from blank ones and totals, and put their cells under the headers."""
    headers = _headers(records.headers, name, header_line)
    width = len(headers)
    widths = np.array([len(row) for row in records.rows], dtype=int)
    lines = np.array(records.lines, dtype=np.int64)
    blank = np.array([not any(row) or not any(map(str.strip, row)) for row in records.rows], bool)
    surplus = np.array([any(map(str.strip, row[width:])) for row in records.rows], dtype=bool)
    ragged = ~blank & ((widths < width) | surplus)
    totals = np.zeros(len(records.rows), dtype=bool)
    totals[total_rows(records.rows, width)] = True
    log = [
        noted(name, lines[mask], action, reason)
        for mask, action, reason in (
            (blank, Action.DROPPED, "blank_line"),
            (totals, Action.DROPPED, "totals_row"),
            (ragged & ~totals, Action.FLAGGED, "ragged_line"),
        )
        if mask.any()
    ]
    headers = _named(headers, records.rows)
    log += _marked(name, marks, headers, set(lines[totals].tolist()))
    unused = blank | totals
    kept = [row for row, out in zip(records.rows, unused, strict=True) if not out]
    cells = _columns(kept, headers)
    cells[FILE] = pd.array([name] * len(kept), dtype="string")
    cells[LINE] = lines[~unused]
    source = SourceFile(name, digest, len(records.rows))
    return RawFile(name, headers, header_line, cells, tuple(log), source)


def _headers(cells: list[str], name: str, header_line: int) -> tuple[str, ...]:
    check_width(cells, name)
    headers = tuple(header.strip() for header in cells)
    if not any(headers):
        raise InputError(
            "the line of column names is empty",
            where=f"{name}, line {header_line}",
            fix="give header_line in the layout, or export the file again",
        )
    return headers


def framed_plain(
    records: PlainRecords, name: str, header_line: int, digest: str, *, coded: bool = False
) -> RawFile:
    """As `framed`, for records whose cells are columns already and never ragged.

    With `coded`, columns are categories, unless lines are left out that hold some of them.
    """
    headers = _headers(records.headers, name, header_line)
    lines, blank = records.lines(), _blank(records)
    log = [noted(name, lines[blank], Action.DROPPED, "blank_line")] if blank.any() else []
    unnamed = [n for n, header in enumerate(headers) if not header]
    filled = {n for n in unnamed if any(map(str.strip, records.columns[n].to_pylist()))}
    headers = tuple(f"(column {n + 1})" if n in filled else h for n, h in enumerate(headers))
    make = _categories if coded and not blank.any() else _text_column
    columns = {header: make(column) for header, column in named_columns(records, headers).items()}
    cells = pd.DataFrame(columns)
    # In categories too, where columns are: one text for each line would be long.
    codes = np.zeros(len(lines), dtype=np.int8)
    several = make is _text_column
    cells[FILE] = (
        repeated(name, len(lines)) if several else pd.Categorical.from_codes(codes, [name])
    )
    cells[LINE] = lines
    if blank.any():
        cells = cells[~blank].reset_index(drop=True)
    source = SourceFile(name, digest, len(lines))
    return RawFile(name, headers, header_line, cells, tuple(log), source)


def _text_column(column: pa.DictionaryArray) -> ExtensionArray:
    return pd.array(column.cast(pa.large_string()), dtype="string")


def _categories(column: pa.DictionaryArray) -> pd.Categorical:
    texts = column.dictionary.to_pylist()
    dtype = pd.CategoricalDtype(pd.Index(texts, dtype=object))
    return pd.Categorical.from_codes(column.indices.to_numpy(), dtype=dtype, validate=False)


def _blank(records: PlainRecords) -> np.ndarray:
    """Records of which no cell holds more than space."""
    n = len(records.columns[0])
    rows = np.arange(n)
    for codes, texts in reversed([*records.coded()]):
        rows = rows[~filled_texts(texts)[codes[rows]]]
        if not len(rows):
            break
    blank = np.zeros(n, dtype=bool)
    blank[rows] = True
    return blank


def noted(
    name: str, lines: Sequence[int] | np.ndarray, action: Action, reason: str
) -> pd.DataFrame:
    """Ledger entries of the reader for some lines of a file."""
    rows = pd.DataFrame({FILE: name, LINE: lines})
    return entries(rows, table="", action=action, step="read_file", reason=reason, scope="file")


def _marked(
    name: str, marks: Iterable[Mark], headers: Sequence[str], totals: Collection[int]
) -> list[pd.DataFrame]:
    """Entries for cells that did not come as they stood, except in rows of totals."""
    found = [mark for mark in marks if mark.line not in totals]
    names = [headers[m.column] if m.column < len(headers) else "" for m in found]
    log = []
    for action, reason in dict.fromkeys((mark.action, mark.reason) for mark in found):
        mine = [n for n, m in enumerate(found) if (m.action, m.reason) == (action, reason)]
        part = noted(name, [found[n].line for n in mine], action, reason)
        log.append(
            part.assign(column=[names[n] or f"(column {found[n].column + 1})" for n in mine])
        )
    return log


def _named(headers: tuple[str, ...], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Name columns that hold something under an empty header, so that none goes unsaid."""
    unnamed = [n for n, header in enumerate(headers) if not header]
    filled = {n for n in unnamed if any(len(row) > n and row[n].strip() for row in rows)}
    return tuple(f"(column {n + 1})" if n in filled else h for n, h in enumerate(headers))


def _columns(rows: Sequence[Sequence[str]], headers: tuple[str, ...]) -> pd.DataFrame:
    """Text columns by header; of a repeated or empty header only the first is reachable."""
    width = len(headers)
    whole = [r if len(r) == width else [*r[:width], *[""] * (width - len(r))] for r in rows]
    turned = list(zip(*whole, strict=True)) if whole else [()] * width
    first = {header: turned[n] for n, header in reversed(list(enumerate(headers))) if header}
    named = {header: first[header] for header in dict.fromkeys(headers) if header}
    return pd.DataFrame({header: pd.array(list(c), dtype="string") for header, c in named.items()})

"""Files to text cells with exact line numbers. Nothing is interpreted here.

A line is a record of a data file: it starts at the physical line reported, also where a
quoted text before it spans several lines.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from outcomes.errors import InputError, LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import SourceFile
from outcomes.sources.columnar import read_columnar
from outcomes.sources.delimited import Records, decode, read_delimited
from outcomes.sources.detection import AUTO, NAMES, detect_encoding, separators
from outcomes.sources.heading import join_headers
from outcomes.sources.plain import PlainRecords, named_columns, read_plain
from outcomes.sources.workbook import read_workbook

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
PARQUET_SUFFIXES = (".parquet",)
# Characters looked at for the separator; detection stops after its first records anyway.
_SAMPLE = 1_000_000
SUFFIXES = TEXT_SUFFIXES + WORKBOOK_SUFFIXES + PARQUET_SUFFIXES
Rename = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class RawFile:
    """One file or sheet as text.

    `cells` has the source's columns as strings ("" where empty) plus `_file` and `_line`, without
    blank lines; `headers` are the names as they stand, so duplicates show; `log` has the
    ledger entries for blank and ragged lines; `source.rows` counts data lines, blank ones too;
    `separator` is None where the file is no text.
    """

    name: str
    headers: tuple[str, ...]
    header_line: int
    cells: pd.DataFrame
    log: tuple[pd.DataFrame, ...]
    source: SourceFile
    separator: str | None = None


def read_file(
    path: Path,
    name: str,
    *,
    sheet: str | None = None,
    header_line: int = 1,
    header_rows: int = 1,
    encoding: str = AUTO,
    separator: str = AUTO,
    wanted: Collection[str] = (),
    rename: Rename | None = None,
) -> RawFile:
    """Read a CSV, TSV, Excel or Parquet file.

    Parameters
    ----------
    path
        The file.
    name
        What the ledger and messages call it; a sheet is added in brackets.
    sheet
        Sheet of a workbook; the first one by default.
    header_line
        The line with the column names; lines above are not data.
    header_rows
        Lines the header extends over, from `header_line` on; see `heading.join_headers`.
    encoding
        "auto": see `detection.detect_encoding`. A byte order mark outweighs any other.
    separator
        "auto": see `detection.separators`.
    wanted
        Column names the file should have, as evidence for its separator.
    rename
        From the header to the names the columns are to have; names may repeat in the header.

    Raises
    ------
    InputError
        where the file is missing, empty, binary, of an unknown kind, wrongly encoded or quoted.
    LayoutError
        where several separators explain the file equally well.
    """
    suffix = _suffix(path, name)
    content = _content(path, name)
    digest = hashlib.sha256(content).hexdigest()
    if suffix in WORKBOOK_SUFFIXES:
        records = read_workbook(content, name, sheet, header_line)
        name = f"{name}[{sheet}]" if sheet else name
        return _framed(_renamed(records, rename), name, header_line, digest)
    _refuse_sheet(sheet, suffix, name)
    if suffix in PARQUET_SUFFIXES:
        return _framed(read_columnar(content, name), name, 1, digest)
    chosen, guessed = detect_encoding(content) if encoding == AUTO else (encoding, False)
    text = decode(content, name, chosen)
    if separator == AUTO:
        separator = _separator(text, name, header_line, suffix, wanted)
    raw = _split(text, name, digest, header_line, header_rows, separator=separator, rename=rename)
    log = (_guessed(name, header_line), *raw.log) if guessed else raw.log
    return replace(raw, log=log, separator=separator)


def _refuse_sheet(sheet: str | None, suffix: str, name: str) -> None:
    if sheet is not None:
        kind = "Parquet" if suffix in PARQUET_SUFFIXES else "text"
        raise InputError(f"a {kind} file has no sheets", where=name, fix="leave out sheet")


def _split(
    text: str,
    name: str,
    digest: str,
    header_line: int,
    header_rows: int,
    *,
    separator: str,
    rename: Rename | None,
) -> RawFile:
    """Records of a decoded text, the quick way where it is plain."""
    # Headers of several rows and other names are for the long way; a plain file has neither.
    plain = read_plain(text, header_line, separator) if header_rows == 1 and not rename else None
    if plain is not None:
        return _framed_plain(plain, name, header_line, digest)
    records = join_headers(read_delimited(text, name, header_line, separator), header_rows)
    return _framed(_renamed(records, rename), name, header_line, digest)


def _renamed(records: Records, rename: Rename | None) -> Records:
    return records if rename is None else replace(records, headers=list(rename(records.headers)))


def _suffix(path: Path, name: str) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"files of the kind {suffix or 'without a suffix'!r} cannot be read",
            where=name,
            fix="save it as CSV, .xlsx or .parquet",
        )
    if not path.is_file():
        raise InputError("there is no such file", where=name, fix="check the name")
    return suffix


def _content(path: Path, name: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the file cannot be opened: {error.strerror}", where=name, fix="check its rights"
        ) from None
    if not content.strip():
        raise InputError("the file is empty", where=name, fix="export it again")
    return content


def _separator(text: str, name: str, header_line: int, suffix: str, wanted: Collection[str]) -> str:
    rest = io.StringIO(text, newline="")
    for _ in range(header_line - 1):
        rest.readline()
    sample = rest.read(_SAMPLE)
    found = separators(sample, [column.strip() for column in wanted])
    if suffix == ".tsv" and ("\t" in found or not found):
        return "\t"
    if len(found) > 1:
        raise LayoutError(
            "the separator cannot be decided: the lines split alike at "
            + " and ".join(NAMES[separator] for separator in found),
            where=f"{name}, line {header_line}",
            fix='say it for this file in the layout, for example separator = ";"',
        )
    # Nothing splits the header: a file of one column, which any separator reads alike.
    return found[0] if found else ","


def _guessed(name: str, header_line: int) -> pd.DataFrame:
    return entries(
        pd.DataFrame({FILE: [name], LINE: [header_line]}),
        table="",
        action=Action.FLAGGED,
        step="read_file",
        reason="guessed_encoding",
        scope="file",
    )


def _framed(records: Records, name: str, header_line: int, digest: str) -> RawFile:
    headers = _headers(records.headers, name, header_line)
    width = len(headers)
    widths = np.array([len(row) for row in records.rows], dtype=int)
    lines = np.array(records.lines, dtype=np.int64)
    blank = np.array([not any(row) or not any(map(str.strip, row)) for row in records.rows], bool)
    surplus = np.array([any(map(str.strip, row[width:])) for row in records.rows], dtype=bool)
    ragged = ~blank & ((widths < width) | surplus)
    log = [
        entries(
            pd.DataFrame({FILE: name, LINE: lines[mask]}),
            table="",
            action=action,
            step="read_file",
            reason=reason,
            scope="file",
        )
        for mask, action, reason in (
            (blank, Action.DROPPED, "blank_line"),
            (ragged, Action.FLAGGED, "ragged_line"),
        )
        if mask.any()
    ]
    headers = _named(headers, records.rows)
    kept = [row for row, empty in zip(records.rows, blank, strict=True) if not empty]
    cells = _columns(kept, headers)
    cells[FILE] = pd.array([name] * len(kept), dtype="string")
    cells[LINE] = lines[~blank]
    source = SourceFile(name, digest, len(records.rows))
    return RawFile(name, headers, header_line, cells, tuple(log), source)


def _headers(cells: Sequence[str], name: str, header_line: int) -> tuple[str, ...]:
    headers = tuple(header.strip() for header in cells)
    if not any(headers):
        raise InputError(
            "the line of column names is empty",
            where=f"{name}, line {header_line}",
            fix="give header_line in the layout, or export the file again",
        )
    return headers


def _framed_plain(records: PlainRecords, name: str, header_line: int, digest: str) -> RawFile:
    """As `_framed`, for records whose cells are columns already and never ragged."""
    headers = _headers(records.headers, name, header_line)
    lines, blank = records.lines(), _blank(records)
    log: tuple[pd.DataFrame, ...] = ()
    if blank.any():
        log = (
            entries(
                pd.DataFrame({FILE: name, LINE: lines[blank]}),
                table="",
                action=Action.DROPPED,
                step="read_file",
                reason="blank_line",
                scope="file",
            ),
        )
    unnamed = [n for n, header in enumerate(headers) if not header]
    filled = {n for n in unnamed if any(map(str.strip, records.columns[n].to_pylist()))}
    headers = tuple(f"(column {n + 1})" if n in filled else h for n, h in enumerate(headers))
    columns = {
        header: pd.array(column, dtype="string")
        for header, column in named_columns(records, headers).items()
    }
    cells = pd.DataFrame(columns)
    cells[FILE] = pd.array(
        pa.repeat(pa.scalar(name, pa.large_string()), len(lines)), dtype="string"
    )
    cells[LINE] = lines
    if blank.any():
        cells = cells[~blank].reset_index(drop=True)
    source = SourceFile(name, digest, len(lines))
    return RawFile(name, headers, header_line, cells, log, source)


def _blank(records: PlainRecords) -> np.ndarray:
    """Records of which no cell holds more than space."""
    codes, distinct = pd.factorize(pd.Series(pd.array(records.columns[-1], dtype="string")))
    empty = np.array([not text.strip() for text in distinct.tolist()], dtype=bool)[codes]
    rows = np.flatnonzero(empty)
    for column in records.columns[:-1]:
        if not len(rows):
            break
        texts = column.take(pa.array(rows)).to_pylist()
        rows = rows[[not text.strip() for text in texts]]
    blank = np.zeros(len(empty), dtype=bool)
    blank[rows] = True
    return blank


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

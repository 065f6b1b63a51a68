"""Files to text cells with exact line numbers. Nothing is interpreted here.

A line is a record of a data file: it starts at the physical line reported, also where a
quoted text before it spans several lines.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.errors import InputError, LayoutError
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema import SourceFile
from outcomes.sources.columnar import read_columnar
from outcomes.sources.delimited import Records, check_width, decode, read_delimited, skip_lines
from outcomes.sources.detection import AUTO, NAMES, detect_encoding, separators
from outcomes.sources.heading import join_headers
from outcomes.sources.limits import source_policy
from outcomes.sources.opening import check_text, check_workbook, read_bytes
from outcomes.sources.spreadsheets.facts import SheetFact
from outcomes.sources.totals import total_rows
from outcomes.sources.workbook import Mark, read_workbook

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
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
    `separator` is None where the file is no text. A sheet also says how its workbook counts
    days (`epoch`, a date order), its own title and which sheets there are.
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
    path, name
        The file, and what the ledger and messages call it; a sheet is added in brackets.
    sheet
        Sheet of a workbook; the first one that can be seen by default.
    header_line
        The first line with the column names; lines above are not data.
    header_rows
        How many lines hold the names; see `heading.join_headers`.
    encoding, separator
        "auto": see `detection`. A byte order mark outweighs any other encoding.
    wanted
        Column names the file should have, as evidence for its separator.
    rename
        From the header to the names the columns are to have.

    Raises
    ------
    InputError
        where the file is missing, empty, binary, of an unknown kind, wrongly encoded or quoted.
    LayoutError
        where several separators explain the file equally well.
    """
    suffix = _suffix(path, name)
    content = _content(path, name, suffix)
    if suffix in WORKBOOK_SUFFIXES:
        check_workbook(content, name)
        return _sheet(
            content, name, sheet, header_line=header_line, header_rows=header_rows, rename=rename
        )
    if sheet is not None:
        raise InputError("only a workbook has sheets", where=name, fix="leave out sheet")
    if suffix in PARQUET_SUFFIXES:
        return _framed(read_columnar(content, name), name, 1, _digest(content))
    return _text_file(
        content,
        name,
        suffix,
        header_line=header_line,
        header_rows=header_rows,
        encoding=encoding,
        separator=separator,
        wanted=wanted,
        rename=rename,
    )


def _content(path: Path, name: str, suffix: str) -> bytes:
    limits = source_policy()
    book = suffix in WORKBOOK_SUFFIXES
    return read_bytes(path, name, limits.workbook_bytes if book else limits.file_bytes)


def _text_file(
    content: bytes,
    name: str,
    suffix: str,
    *,
    header_line: int,
    header_rows: int,
    encoding: str,
    separator: str,
    wanted: Collection[str],
    rename: Rename | None,
) -> RawFile:
    check_text(content, name)
    chosen, guessed = detect_encoding(content) if encoding == AUTO else (encoding, False)
    text = decode(content, name, chosen)
    if separator == AUTO:
        separator = _separator(text, name, header_line, suffix, wanted)
    records = join_headers(read_delimited(text, name, header_line, separator), header_rows)
    raw = _framed(_renamed(records, rename), name, header_line, _digest(content))
    guess = _noted(name, [header_line], Action.FLAGGED, "guessed_encoding")
    log = (guess, *raw.log) if guessed else raw.log
    return replace(raw, log=log, separator=separator)


def _renamed(records: Records, rename: Rename | None) -> Records:
    return records if rename is None else replace(records, headers=list(rename(records.headers)))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sheet(
    content: bytes,
    name: str,
    sheet: str | None,
    *,
    header_line: int,
    header_rows: int,
    rename: Rename | None,
) -> RawFile:
    found = read_workbook(content, name, sheet, header_line, header_rows)
    title = f"{name}[{found.title}]"
    records = _renamed(found.records, rename)
    raw = _framed(records, title, header_line, _digest(content), found.marks)
    return replace(raw, epoch=found.epoch, sheet=found.title, sheets=found.sheets)


def _suffix(path: Path, name: str) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"files of the kind {suffix or 'without a suffix'!r} cannot be read",
            where=name,
            fix="save it as CSV, .xlsx, .xls, .ods or .parquet",
        )
    return suffix


def _separator(text: str, name: str, header_line: int, suffix: str, wanted: Collection[str]) -> str:
    rest = io.StringIO(text, newline="")
    skip_lines(rest, header_line - 1)
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


def _framed(
    records: Records, name: str, header_line: int, digest: str, marks: Sequence[Mark] = ()
) -> RawFile:
    check_width(records.headers, name)
    headers = tuple(header.strip() for header in records.headers)
    if not any(headers):
        raise InputError(
            "the line of column names is empty",
            where=f"{name}, line {header_line}",
            fix="give header_line in the layout, or export the file again",
        )
    width = len(headers)
    widths = np.array([len(row) for row in records.rows], dtype=int)
    lines = np.array(records.lines, dtype=np.int64)
    blank = np.array([not any(row) or not any(map(str.strip, row)) for row in records.rows], bool)
    surplus = np.array([any(map(str.strip, row[width:])) for row in records.rows], dtype=bool)
    ragged = ~blank & ((widths < width) | surplus)
    totals = np.zeros(len(records.rows), dtype=bool)
    totals[total_rows(records.rows, width)] = True
    log = [
        _noted(name, lines[mask], action, reason)
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


def _noted(
    name: str, lines: Sequence[int] | np.ndarray, action: Action, reason: str
) -> pd.DataFrame:
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
        part = _noted(name, [found[n].line for n in mine], action, reason)
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

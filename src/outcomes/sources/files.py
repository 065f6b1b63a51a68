"""Files to text cells with exact line numbers. Nothing is interpreted here.

A line is a record of a data file: it starts at the physical line reported, also where a
quoted text before it spans several lines.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from outcomes.errors import InputError, LayoutError
from outcomes.ledger import Action
from outcomes.sources.address import file_address
from outcomes.sources.columnar import read_columnar
from outcomes.sources.delimited import Records, decode, read_delimited, skip_lines
from outcomes.sources.detection import AUTO, NAMES, detect_encoding, separators
from outcomes.sources.framing import RawFile, framed, framed_plain, noted
from outcomes.sources.header import join_headers
from outcomes.sources.limits import source_policy
from outcomes.sources.opening import check_text, check_workbook, read_bytes
from outcomes.sources.plain import PlainRecords, read_plain
from outcomes.sources.totals import may_hold_totals
from outcomes.sources.workbook import read_workbook

__all__ = ["SUFFIXES", "TEXT_SUFFIXES", "WORKBOOK_SUFFIXES", "RawFile", "Rename", "read_file"]

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
PARQUET_SUFFIXES = (".parquet",)
# Characters looked at for the separator; detection stops after its first records anyway.
_SAMPLE = 1_000_000
SUFFIXES = TEXT_SUFFIXES + WORKBOOK_SUFFIXES + PARQUET_SUFFIXES
Rename = Callable[[Sequence[str]], Sequence[str]]


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
    coded: bool = False,
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
        How many lines hold the names; see `header.join_headers`.
    encoding, separator
        "auto": see `detection`. A byte order mark outweighs any other encoding.
    wanted
        Column names the file should have, as evidence for its separator.
    rename
        From the header to the names the columns are to have.
    coded
        Whether columns of a plain text file may come as categories (`RawFile.distinct`).

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
        return framed(read_columnar(content, name), name, 1, _digest(content))
    return _text_file(
        content, name, suffix, header_line=header_line, header_rows=header_rows,
        encoding=encoding, separator=separator, wanted=wanted, rename=rename, coded=coded,
    )  # fmt: skip


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
    coded: bool,
) -> RawFile:
    check_text(content, name)
    chosen, guessed = detect_encoding(content) if encoding == AUTO else (encoding, False)
    text = decode(content, name, chosen)
    if separator == AUTO:
        separator = _separator(text, name, header_line, suffix, wanted)
    digest, raw = _digest(content), None
    if header_rows == 1 and rename is None:
        plain = _plain(text, header_line, separator)
        raw = None if plain is None else framed_plain(plain, name, header_line, digest, coded=coded)
    if raw is None:
        records = join_headers(read_delimited(text, name, header_line, separator), header_rows)
        raw = framed(_renamed(records, rename), name, header_line, digest)
    guess = noted(name, [header_line], Action.FLAGGED, "guessed_encoding") if guessed else None
    log = raw.log if guess is None else (guess, *raw.log)
    return replace(raw, log=log, separator=separator)


def _plain(text: str, header_line: int, separator: str) -> PlainRecords | None:
    """The quick way through a decoded text that is plain and holds no totals."""
    plain = read_plain(text, header_line, separator)
    if plain is None or may_hold_totals(plain.coded()):
        return None
    return plain


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
    raw = framed(records, title, header_line, _digest(content), found.marks)
    return replace(raw, epoch=found.epoch, sheet=found.title, sheets=found.sheets)


def _suffix(path: Path, name: str) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        address = file_address(path)
        if address is not None:
            raise InputError(
                "the file is a database, and no file of a layout",
                where=name,
                fix=f"give it as the source, {address.dialect}:///{name}, with a layout that names "
                "its tables",
            )
        raise InputError(
            f"files of the kind {suffix or 'without a suffix'!r} cannot be read",
            where=name,
            fix="save it as CSV, .xlsx, .xls, .ods or .parquet",
        )
    return suffix


def _separator(text: str, name: str, header_line: int, suffix: str, wanted: Collection[str]) -> str:
    if header_line == 1:
        sample = text[:_SAMPLE]
    else:
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

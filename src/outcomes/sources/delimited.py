"""Delimited text: decoding, quoting, and the physical line each record starts at."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from outcomes.errors import InputError
from outcomes.sources.detection import marked_encoding
from outcomes.sources.limits import source_policy


@dataclass(frozen=True, slots=True)
class Records:
    """The header's cells, the data records' cells, and the line each record starts at."""

    headers: list[str]
    rows: list[list[str]]
    lines: list[int]


def decode(content: bytes, name: str, encoding: str | None) -> str:
    """Decode a text file. A byte order mark outweighs `encoding`.

    Raises InputError for binary content and for bytes that the encoding does not have.
    """
    chosen = marked_encoding(content) or encoding or "utf-8"
    wide = codecs.lookup(chosen).name.startswith(("utf-16", "utf-32"))
    if b"\0" in content and not wide:
        raise InputError(
            "the file is not text",
            where=name,
            fix="export it as CSV; if it is UTF-16 without a mark, say so in the layout",
        )
    try:
        text = content.decode(chosen)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"the file is not {chosen}",
            where=f"{name}, line {line}",
            fix='state its encoding in the layout, for example encoding = "cp1252"',
        ) from None
    except (UnicodeError, LookupError):  # codecs that are rarely used say no place
        raise InputError(
            f"the file is not {chosen}",
            where=name,
            fix='state its encoding in the layout, for example encoding = "cp1252"',
        ) from None
    if "\0" in text:
        raise InputError("the file is not text", where=name, fix="export it as CSV")
    return text


def read_delimited(text: str, name: str, header_line: int, separator: str) -> Records:
    """Split a decoded text file into records.

    Raises InputError where there is no such header line, or the quoting is broken: going on
    would swallow lines into one cell.
    """
    stream = io.StringIO(text, newline="")
    skip_lines(stream, header_line - 1)
    csv.field_size_limit(source_policy().cell_characters)
    reader = csv.reader(stream, delimiter=separator, strict=True)
    start = header_line
    try:
        headers = next(reader, None)
        if headers is None:
            raise InputError(
                f"the file ends before line {header_line}",
                where=name,
                fix="give the line of the column names as header_line in the layout",
            )
        rows, lines = [], []
        start = header_line + reader.line_num
        for line, row in _numbered(reader, header_line - 1):
            rows.append(row)
            lines.append(line)
            start = header_line + reader.line_num
    except csv.Error as error:
        raise _broken(error, f"{name}, in the record that starts at line {start}") from None
    check_width(headers, name)
    return Records(headers, rows, lines)


def skip_lines(stream: io.StringIO, count: int) -> None:
    """Go past some lines, or to the end: a layout may name a line that no file reaches."""
    for _ in range(count):
        if not stream.readline():
            return


def check_width(headers: list[str], name: str) -> None:
    """Refuse, with an InputError, more columns than any export has."""
    limit = source_policy().columns
    if len(headers) > limit:
        raise InputError(
            f"the file has more than {limit:,} columns",
            where=name,
            how_many=len(headers),
            fix="check the separator, or export fewer columns",
        )


def _broken(error: csv.Error, where: str) -> InputError:
    if "field larger" in str(error):
        what = f"a cell has more than {source_policy().cell_characters:,} characters"
        return InputError(
            f"the quoting is broken, or {what}",
            where=where,
            fix="look for a quotation mark that is never closed, or shorten the text",
        )
    # Python's words name the fault and quote nothing of the file.
    return InputError(
        f"the quoting is broken: {error}",
        where=where,
        fix="look for a lone quotation mark, or export the file again",
    )


def _numbered(reader: Iterator[list[str]], skipped: int) -> Iterator[tuple[int, list[str]]]:
    before = skipped + reader.line_num  # type: ignore[attr-defined]
    for row in reader:
        yield before + 1, row
        before = skipped + reader.line_num  # type: ignore[attr-defined]

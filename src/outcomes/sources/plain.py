"""The quick way through a plain delimited text: cells and lines equal to `read_delimited`'s.

A text is plain where nothing in its records needs a second look: no quotation mark, no blank
line, as many separators in every line as in the header, line ends LF or CRLF. Then the records
are its lines, and pyarrow splits them. Anything else is left to `read_delimited`.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from outcomes.sources.limits import source_policy
from outcomes.sources.narrow import joined, narrow_columns, narrow_signs

# A longer line is not plain; pyarrow is given more at once than any line that is.
_LONGEST_LINE = 1 << 20
_BLOCK = 8 * _LONGEST_LINE


@dataclass(frozen=True, slots=True, eq=False)
class PlainRecords:
    """The header's cells, one array of coded texts for each, and the line of the first record."""

    headers: list[str]
    columns: tuple[pa.DictionaryArray, ...]
    first_line: int

    def lines(self) -> np.ndarray:
        """The line of each record."""
        n = len(self.columns[0])
        return np.arange(self.first_line, self.first_line + n, dtype=np.int64)

    def coded(self) -> Iterator[tuple[np.ndarray, pa.Array]]:
        """The code of each cell of each column, and the column's distinct texts."""
        return ((column.indices.to_numpy(), column.dictionary) for column in self.columns)


def read_plain(text: str, header_line: int, separator: str) -> PlainRecords | None:
    """Split a decoded text that is plain; None where it is not, or has no record."""
    start = 0
    for _ in range(header_line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return None
    end = text.find("\n", start)
    headers = _header(text[start:end].removesuffix("\r"), separator) if end >= 0 else None
    if headers is None or "\r" in text[:start].replace("\r\n", ""):
        return None
    body = text[end + 1 :].encode("utf-8")
    ends = _line_ends(body)
    if ends is None:
        return None
    columns = _columns(body, ends, separator, len(headers))
    return None if columns is None else PlainRecords(headers, columns, header_line + 1)


def _header(line: str, separator: str) -> list[str] | None:
    """The names, where they stand in one line and are several."""
    # In a file of one column a blank line cannot be told from an empty cell.
    if "\r" in line or ord(separator) > 127 or len(line) >= source_policy().cell_characters:
        return None
    try:
        records = list(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return records[0] if records and len(records[0]) > 1 else None


def _line_ends(body: bytes) -> np.ndarray | None:
    """The places of the line feeds of a text that is plain; None where it is not.

    No quotes, whole line ends, no blank line, no line that may hold a cell beyond a limit.
    """
    returns = body.count(b"\r")
    # pyarrow would take a mark at the start of what it is given for no text.
    marked = body.startswith(codecs.BOM_UTF8)
    if not body or marked or b'"' in body or (returns and returns != body.count(b"\r\n")):
        return None
    letters = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(body))
    before = lengths[:-1]
    blank = before == 1
    if returns:
        blank |= (before == 2) & (letters[ends - 1] == ord("\r"))
    longest = min(source_policy().cell_characters, _LONGEST_LINE)
    return None if blank.any() or int(lengths.max()) >= longest else ends


def _columns(
    body: bytes, ends: np.ndarray, separator: str, width: int
) -> tuple[pa.DictionaryArray, ...] | None:
    """The columns of a plain text; those of single signs at its end without a parser."""
    narrow = narrow_columns(body, ends, separator, width)
    found = narrow_signs(body, ends, separator, narrow) if narrow else None
    if found is None:
        return _split(body, separator, width)
    signs, fits = found
    first = _split(body, separator, width, range(width - narrow))
    starts = np.append(0, ends + 1)[: len(fits)]
    stops = np.append(ends, len(body))[: len(fits)]
    odd = zip(starts[~fits], stops[~fits], strict=True)
    rest = b"\n".join([body[start:stop] for start, stop in odd])
    last = range(width - narrow, width)
    others = _split(rest or body[: stops[0]], separator, width, last)
    if first is None or others is None:
        return None
    if not rest:
        others = tuple(column[:0] for column in others)
    pairs = zip(signs, others, strict=True)
    return (*first, *(joined(mine, fits, column) for mine, column in pairs))


def _split(
    body: bytes, separator: str, width: int, wanted: Sequence[int] | None = None
) -> tuple[pa.DictionaryArray, ...] | None:
    coded = pa.dictionary(pa.int32(), pa.string())
    names = [str(n) for n in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(body),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK, column_names=names
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator,
                quote_char=False,
                double_quote=False,
                escape_char=False,
                newlines_in_values=False,
                ignore_empty_lines=False,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, coded),
                include_columns=names if wanted is None else [names[n] for n in wanted],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:  # a line with more or fewer cells than the header, or none at all
        return None
    whole = table.unify_dictionaries().combine_chunks()
    return tuple(column.chunk(0) for column in whole.columns)


def named_columns(records: PlainRecords, headers: Sequence[str]) -> dict[str, pa.DictionaryArray]:
    """Columns by header; of a repeated header only the first, of an empty one none."""
    found: dict[str, pa.DictionaryArray] = {}
    for header, column in zip(headers, records.columns, strict=True):
        if header:
            found.setdefault(header, column)
    return found

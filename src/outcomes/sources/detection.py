"""What a file itself says about its encoding, separator and decimal sign.

Pure functions of bytes and texts. They answer only where the evidence decides.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice

AUTO = "auto"
SEPARATORS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# What Excel writes on Windows in western Europe and America when it writes no Unicode.
FALLBACK = "cp1252"
# Records looked at; a separator that fits this many fits the file, or lines are ragged.
_SAMPLE = 50

# Longest first: the mark of UTF-32 starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_COMMA = re.compile(r"[+-]?\d*,\d+")
_POINT = re.compile(r"[+-]?\d*\.\d+")
# 1,234 may be a little more than one, or more than a thousand.
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


def marked_encoding(content: bytes) -> str | None:
    """Return the encoding that a byte order mark names, or None without a mark."""
    return next((found for mark, found in _MARKS if content.startswith(mark)), None)


def detect_encoding(content: bytes) -> tuple[str, bool]:
    """Return the encoding, and whether it is a guess.

    A byte order mark decides, else text that is valid UTF-8 is UTF-8, else Windows-1252 is
    guessed: most bytes are letters under it, so nothing in the file can prove it.
    """
    marked = marked_encoding(content)
    if marked:
        return marked, False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # Binary content is no text in Windows-1252 either; UTF-8 gives the better message.
        return ("utf-8", False) if b"\0" in content else (FALLBACK, True)
    return "utf-8", False


def separators(text: str, wanted: Collection[str] = ()) -> tuple[str, ...]:
    """Return the separators that explain a text whose first record holds the column names.

    First by how many of the `wanted` column names they yield, then by the share of the first
    records that have as many cells as the header, counted outside quotes. Empty where none of
    them splits the header; several where the evidence does not tell them apart.
    """
    scores: dict[str, tuple[int, float]] = {}
    lines = io.StringIO(text, newline="")
    for separator in SEPARATORS:
        # Without it a text is one cell a line, which no reader has to tell.
        if separator not in text:
            continue
        lines.seek(0)
        records = _records(lines, separator)
        if not records or len(records[0]) < 2:
            continue
        header, data = records[0], [row for row in records[1:] if any(map(str.strip, row))]
        named = len({cell.strip() for cell in header} & set(wanted))
        share = sum(len(row) == len(header) for row in data) / len(data) if data else 1.0
        scores[separator] = (named, share)
    best = max(scores.values(), default=None)
    return tuple(separator for separator, score in scores.items() if score == best)


def _records(lines: io.StringIO, separator: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        # Broken quoting is for the reader to report, which knows the line.
        reader = csv.reader(lines, delimiter=separator)
        found.extend(islice(reader, _SAMPLE))
    except csv.Error:
        pass
    return found


@dataclass(frozen=True, slots=True)
class DecimalEvidence:
    """Lines with numbers that use a comma, a point, or a comma that may group thousands."""

    comma: list[int] = field(default_factory=list)
    point: list[int] = field(default_factory=list)
    grouped: list[int] = field(default_factory=list)

    @property
    def mixed(self) -> bool:
        """Whether both signs are used."""
        return bool(self.point) and bool(self.comma or self.grouped)

    @property
    def undecided(self) -> bool:
        """Whether commas are used that may all group thousands."""
        return bool(self.grouped) and not self.comma and not self.point

    @property
    def sign(self) -> str:
        """The decimal sign, where neither mixed nor undecided."""
        return "," if self.comma else "."


def decimal_evidence(cells: Iterable[tuple[str, int]]) -> DecimalEvidence:
    """Sort the (text, line) pairs of numeric columns by the sign they use."""
    found = DecimalEvidence()
    for text, line in cells:
        if _GROUPED.fullmatch(text):
            found.grouped.append(line)
        elif _COMMA.fullmatch(text):
            found.comma.append(line)
        elif _POINT.fullmatch(text):
            found.point.append(line)
    return found

"""Finds rows that hold sums of the rows above, and no client: only where the numbers prove it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import fsum, isclose

import numpy as np
import pyarrow as pa

from outcomes.privacy import code_letters, plain_codes
from outcomes.schema.texts import is_compact, text_array, text_bytes
from outcomes.sources.limits import source_policy

_LETTER = re.compile(r"[^\W\d_]")
# What stands around a number: signs of currency, per cent, spaces that group thousands.
_AROUND = re.compile(r"[\s€$£%+]")
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
SUM, MEAN, COUNT = "sums", "means", "counts"
_FEWEST = 2  # one number is the sum of itself
_LONGEST_LABEL = 80
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class _Candidate:
    position: int
    column: int
    numbers: dict[int, float]
    label: str | None


def total_rows(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the positions of rows with totals.

    A row is one where the first thing in it is a word such as "Total" (or, at the end of the
    table, where the first column is empty), nothing else in it is a text or a date, and
    either each of its numbers is what the word says (without one, the sum) of its column
    above, or the word is confirmed: by most of its numbers and a gap where every other row
    has something (spreadsheets leave numbers typed as text out of a sum), or by its place at
    the end and gaps in half of what every other row has.
    """
    candidates = {found.position: found for found in _candidates(rows, width)}
    if not candidates:
        return []
    ordinary = [n for n, row in enumerate(rows) if n not in candidates and any(row)]
    if len(ordinary) < _FEWEST:
        return []
    columns = {column for found in candidates.values() for column in found.numbers}
    values = {c: [(n, v) for n in ordinary if (v := _number(rows[n], c)) is not None]
              for c in columns}  # fmt: skip
    always = _always_filled(rows, ordinary, width)
    last = ordinary[-1]
    totals, since = [], -1
    for position, found in sorted(candidates.items()):
        others = [column for column in always if column != found.column]
        absent = sum(not _cell(rows[position], column) for column in others)
        share = _proved(found, values, since)
        if found.label is None:
            total = share == 1 and absent > 0
        else:
            at_end = position > last and absent > 0 and 2 * absent >= len(others)
            total = share == 1 or (share > _MOST and absent > 0) or at_end
        if total:
            totals.append(position)
            since = position
    return totals


def may_hold_totals(columns: Iterable[tuple[np.ndarray, Iterable[str]]]) -> bool:
    """Whether `total_rows` could find anything in these columns, as long as each other.

    A column is a code for each row, and the distinct texts. Looks at the first cell with
    something in it of each row: at a word for totals, and whether the last row begins further
    right than in the first column.
    """
    pending: np.ndarray | None = None
    last = -1
    for codes, distinct in columns:
        texts = text_array(distinct)
        filled = filled_texts(texts)
        here = codes if pending is None else codes[pending]
        there = filled[here]
        if pending is None:
            pending = np.arange(len(codes))
            last = int(pending[there].max(initial=-1))
        elif bool((pending[there] > last).any()):
            return True
        used = np.zeros(len(texts), dtype=bool)
        used[here] = True
        if _any_label(texts.filter(pa.array(used))):
            return True
        pending = pending[~there]
        if not len(pending):
            return False
    return False


def filled_texts(texts: pa.Array) -> np.ndarray:
    """Which texts hold more than space."""
    texts = text_array(texts)
    if is_compact(texts):
        return np.asarray(np.diff(text_bytes(texts)[1]) > 0)
    return np.array([bool(text.strip()) for text in texts.to_pylist()], dtype=bool)


def _any_label(texts: pa.Array) -> bool:
    plain = plain_codes(texts)
    others = texts.filter(pa.array(~plain)).to_pylist()
    # "Sum12" is a label as "Sum" is; "Sum-12" is none, and finding it costs a second look only.
    letters = code_letters(texts.filter(pa.array(plain))).unique().to_pylist()
    return any(_label(text) is not None for text in (*others, *letters))


def _candidates(rows: Sequence[Sequence[str]], width: int) -> Iterator[_Candidate]:
    last = max((n for n, row in enumerate(rows) if any(map(str.strip, row))), default=-1)
    for position, row in enumerate(rows[: last + 1]):
        first = next((n for n, cell in enumerate(row) if cell.strip()), None)
        if first is None:
            continue
        label = _label(row[first])
        # Sums without a word are looked for in the last row only.
        if label is None and (position != last or first == 0):
            continue
        rest = range(first + 1 if label else first, min(len(row), width))
        cells = {n: row[n].strip() for n in rest if row[n].strip()}
        numbers = {n: v for n in cells if (v := _number(row, n)) is not None}
        odd = any(_LETTER.search(c) or _DATE.match(c) for c in cells.values())
        if not odd and len(numbers) == len(cells) and (numbers or label):
            yield _Candidate(position, first, numbers, label)


@cache
def _labels() -> re.Pattern[str]:
    """Words for totals at the end of a cell, as also the subtotal of a group has them."""
    kinds = source_policy().totals_words
    words = "|".join(
        f"(?P<{kind}>{'|'.join(map(re.escape, kinds[kind]))})" for kind in (SUM, MEAN, COUNT)
    )
    return re.compile(rf"(?:^|\s)(?:{words})[\s:.]*[\d.,]*\s*$", re.IGNORECASE)


def _label(cell: str) -> str | None:
    found = _labels().search(cell) if len(cell) <= _LONGEST_LABEL else None
    return None if found is None else found.lastgroup


def _proved(found: _Candidate, values: dict[int, list[tuple[int, float]]], since: int) -> float:
    """Return the share of the row's numbers that follow from their columns above it."""
    if not any(found.numbers.values()):
        return 0.0
    following = 0
    for column, number in found.numbers.items():
        above = [(n, value) for n, value in values[column] if n < found.position]
        recent = [value for n, value in above if n > since]
        following += any(
            _follows(number, part, found.label) for part in ([v for _, v in above], recent)
        )
    return following / len(found.numbers)


def _follows(number: float, above: list[float], label: str | None) -> bool:
    if len(above) < _FEWEST:
        return False
    total = fsum(above)
    wanted = {MEAN: total / len(above), COUNT: float(len(above))}.get(label or SUM, total)
    return isclose(number, wanted, rel_tol=source_policy().totals_rounding)


def _always_filled(rows: Sequence[Sequence[str]], ordinary: list[int], width: int) -> list[int]:
    return [c for c in range(width) if all(_cell(rows[n], c) for n in ordinary)]


def _cell(row: Sequence[str], column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def _number(row: Sequence[str], column: int) -> float | None:
    """Read a number in the writing of a sheet, or of a text file with a decimal comma."""
    text = _AROUND.sub("", _cell(row, column))
    if not text or len(text) > 40:
        return None
    if "," in text:
        grouped = "." in text or re.fullmatch(r"-?\d{1,3}(,\d{3}){2,}", text)
        text = text.replace(",", "" if grouped else ".")
    return float(text) if _NUMBER.fullmatch(text) else None

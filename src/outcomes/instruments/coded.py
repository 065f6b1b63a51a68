"""Answers as small codes: each distinct number is kept, checked and turned around once.

A matrix of codes in bytes takes an eighth of the memory of its numbers, and is looked up ten
times as fast (`looked_up`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.instruments.model import Instrument
from outcomes.instruments.scoring import oriented, score_items, scored

_BYTES = 256


@dataclass(frozen=True, slots=True, eq=False)
class CodedAnswers:
    """n forms with answers to k items.

    `codes` (n, k) point into the ascending distinct `numbers`, of which the first is NaN and
    stands for no answer, so that of two codes the larger is the larger answer. The work is fast
    where the codes of one item stand together in memory (order "F").
    """

    codes: np.ndarray
    numbers: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    def values(self, rows: np.ndarray | None = None) -> np.ndarray:
        """The answers (n, k) as floats, NaN for none; with `rows` those of some forms."""
        codes = self.codes if rows is None else self.codes[rows]
        found: np.ndarray = np.take(self.numbers, codes.T).T
        return found

    def at(self, rows: np.ndarray) -> CodedAnswers:
        """Those of some forms, in that order."""
        return CodedAnswers(np.take(self.codes.T, rows, axis=1).T, self.numbers)


def coded_answers(codes: np.ndarray, numbers: np.ndarray, there: np.ndarray) -> CodedAnswers:
    """Answers of codes (n, k) into any `numbers`, where they are `there` (n, k)."""
    known = ~np.isnan(numbers)
    distinct, place = np.unique(numbers[known], return_inverse=True)
    new = np.zeros(len(numbers), dtype=code_type(len(distinct) + 1))
    new[known] = place + 1
    found = looked_up(codes, new)
    return CodedAnswers(np.multiply(found, there, dtype=new.dtype), np.append(np.nan, distinct))


def coded_values(values: np.ndarray) -> CodedAnswers:
    """Answers of a matrix (n, k) of floats, NaN for none."""
    codes, numbers = pd.factorize(values.T.ravel())
    # Of no answer the code is -1, which takes the last number.
    place = np.where(codes < 0, len(numbers), codes).astype(code_type(len(numbers) + 1))
    there = np.ones(values.shape, dtype=bool)
    return coded_answers(place.reshape(values.T.shape).T, np.append(numbers, np.nan), there)


def code_type(n: int) -> type[np.unsignedinteger]:
    """The smallest type for codes of n things."""
    return np.uint8 if n <= _BYTES else np.uint32


def looked_up(codes: np.ndarray, table: np.ndarray) -> np.ndarray:
    """What `table` has for each code; not to be edited."""
    if codes.dtype != np.uint8 or table.dtype.itemsize != 1:
        found: np.ndarray = np.take(table, codes.T).T
        return found
    # Bytes are translated at one a nanosecond, which no index of numpy comes near.
    whole = np.zeros(_BYTES, dtype=table.dtype)
    whole[: len(table)] = table
    turned = np.ascontiguousarray(codes.T)
    bytes_ = turned.tobytes().translate(whole.tobytes())
    return np.frombuffer(bytes_, dtype=table.dtype).reshape(turned.shape).T


def score_coded(
    instrument: Instrument, answers: CodedAnswers, items: Sequence[int]
) -> pd.DataFrame:
    """What `score_items` gives for these answers to `items`; raises as it does."""
    columns = [np.ascontiguousarray(column) for column in answers.codes.T]
    turned = _turned(instrument, answers, columns, items)
    if turned is None:
        return score_items(instrument, pd.DataFrame(answers.values(), columns=list(items)))
    n_answered = np.zeros(len(answers), dtype=np.int32)
    total = np.zeros(len(answers), dtype=np.int32)
    for item, column in zip(items, columns, strict=True):
        n_answered += column != 0
        total += looked_up(column, turned[:, item - 1])
    return scored(instrument, n_answered.astype(np.int64), total.astype(np.float64))


def _turned(
    instrument: Instrument,
    answers: CodedAnswers,
    columns: Sequence[np.ndarray],
    items: Sequence[int],
) -> np.ndarray | None:
    """What each code counts for each item of the instrument; None where not in whole numbers.

    None too where an answer cannot be scored, so that the error counts the answers themselves.
    """
    numbers = answers.numbers[1:]
    if answers.codes.dtype != np.uint8 or not len(numbers):
        return None
    # A form for each distinct number, given to the items that have it anywhere.
    some = [[bool((column == code + 1).any()) for column in columns]
            for code in range(len(numbers))]  # fmt: skip
    made = np.where(some, numbers[:, None], np.nan)
    try:
        found = oriented(instrument, pd.DataFrame(made, columns=list(items)))
    except OutcomesError:
        return None
    counted = np.nan_to_num(np.vstack([np.zeros(found.shape[1]), found]))
    small: np.ndarray = counted.astype(np.int8)
    return small if np.array_equal(small, counted) else None

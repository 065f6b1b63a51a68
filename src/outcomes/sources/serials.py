"""Days stored as numbers: what Excel keeps in a cell that is not formatted as a date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from outcomes.sources.limits import source_policy
from outcomes.sources.spreadsheets.facts import EPOCHS

# Day 0 of each epoch. Excel counts a 29th of February 1900 that never was, so that days
# before March 1900 would lie one later; no practice has any.
_DAY_ZERO = dict(zip(EPOCHS, (date(1899, 12, 30), date(1904, 1, 1)), strict=True))
_SERIAL = re.compile(r"\d{1,7}(?:\.\d+)?")
# 31 December 9999, the last day of both calendars.
_LAST_SERIAL = 2_958_465


def serial_day(text: str, epoch: str) -> date | None:
    """Return the day of a serial in "excel" or "excel1904"; a time of day after it is dropped."""
    if not _SERIAL.fullmatch(text):
        return None
    number = int(text.partition(".")[0])
    if not 0 < number <= _LAST_SERIAL:
        return None
    try:
        return _DAY_ZERO[epoch] + timedelta(days=number)
    except OverflowError:
        return None


def from_serials(cells: pd.Series, epoch: str) -> tuple[pd.Series, bool]:
    """Put ISO days for serials, and say whether there were any; everything else stays."""
    codes, distinct = pd.factorize(cells)
    days = [serial_day(str(text), epoch) for text in distinct]
    texts = [
        str(text) if day is None else day.isoformat()
        for text, day in zip(distinct, days, strict=True)
    ]
    read = pd.Series(
        pd.array([*texts, None], dtype="string")[codes], index=cells.index, name=cells.name
    )
    return read, any(day is not None for day in days)


def serial_lines(
    columns: Iterable[tuple[np.ndarray, Sequence[str | None]]], lines: np.ndarray
) -> list[int]:
    """Lines of a file whose date columns hold mostly numbers as Excel counts days; else none.

    A column is a code for each line (-1: nothing there), and the distinct texts (None: nothing).
    """
    policy = source_policy()
    found: list[int] = []
    there = 0
    for codes, texts in columns:
        filled = np.array([*(text is not None for text in texts), False], dtype=bool)
        counted = np.array([*(text is not None and _counts(text) for text in texts), False], bool)
        there += int(filled[codes].sum())
        found += lines[counted[codes]].tolist()
    return found if found and len(found) >= policy.serial_share * there else []


def _counts(text: str) -> bool:
    """Whether a text may be a day as Excel counts them, near our time."""
    if "-" in text or not _SERIAL.fullmatch(text):
        return False
    first, last = source_policy().serials
    return first <= int(text.partition(".")[0]) <= last

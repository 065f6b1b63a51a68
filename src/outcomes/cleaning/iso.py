"""Days written as 2026-01-31, which most exports hold: all of a column read at once."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from outcomes.schema.texts import text_bytes

# numpy's missing day is the smallest number.
NO_DAY = int(np.iinfo(np.int64).min)
_LENGTH = len("2026-01-31")
_FIRST = np.frombuffer(b"0000-00-00", dtype=np.uint8)
# How far a sign may lie above the first one in its place.
_RANGE = np.array([9, 9, 9, 9, 0, 9, 9, 0, 9, 9], dtype=np.uint8)
_MONTHS, _YEARS = 12, 10_000


@cache
def _months() -> np.ndarray:
    """The first day of each month of the years 0 to 9999 and of one more, in days since 1970."""
    months = np.arange(_MONTHS * _YEARS + 1).astype("datetime64[M]")
    begun = months - np.datetime64("1970-01") + np.datetime64("0000-01")
    return np.asarray(begun.astype("datetime64[D]").astype(np.int64))


def plain_days(texts: pa.Array) -> np.ndarray:
    """Days since 1970 of an array of large strings; `NO_DAY` where a text is not a day as this.

    Exactly the texts of ten ASCII signs that `datetime.date.fromisoformat` reads with hyphens.
    """
    letters, starts = text_bytes(texts)
    days = np.full(len(texts), NO_DAY)
    where = np.flatnonzero(np.diff(starts) == _LENGTH)
    if len(where) == len(texts):
        signs = letters[starts[0] : starts[-1]].reshape(-1, _LENGTH)
    else:
        signs = letters[starts[where][:, None] + np.arange(_LENGTH)]
    # Below "0" a sign becomes a large number, since bytes have no sign.
    digits = signs - _FIRST
    odd = digits > _RANGE
    if odd.any():
        fits = ~odd.any(axis=1)
        where, digits = where[fits], digits[fits]
    found, real = _calendar(digits.T.astype(np.int32))
    days[where[real]] = found[real]
    return days


def _calendar(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970 of digits (10, n) in their places, and which are days of the calendar."""
    year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    month, day = digits[5] * 10 + digits[6], digits[8] * 10 + digits[9]
    real = (year > 0) & (month > 0) & (month <= _MONTHS) & (day > 0)
    place = np.where(real, year * _MONTHS + month - 1, 0)
    begins = _months()
    found = begins[place] + (day - 1)
    # The 31st of a shorter month would be a day of the next.
    return found, real & (found < begins[place + 1])

"""A reporting period: a year, a quarter, a range of them, or everything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from outcomes.errors import UsageError

ALL = "all"
_POINT = re.compile(r"((?:19|20)\d{2})(?:-?Q([1-4]))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included; None on both sides means everything."""

    start: date | None
    end: date | None
    label: str

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read "2026Q3", "2026", "2025Q1..2026Q2" or "all".

        Raises UsageError for anything else, and for a range that ends before it starts.
        """
        if not isinstance(text, str):
            raise _unreadable(repr(text))
        word = text.strip()
        if word.lower() == ALL:
            return cls(None, None, "all dates")
        first, separator, last = word.partition("..")
        start, _, label = _point(first, word)
        if not separator:
            return cls(start, _point(first, word)[1], label)
        _, end, last_label = _point(last, word)
        if end < start:
            raise UsageError(
                f"The period {word!r} ends before it starts.",
                where="parameter period",
                fix="Write the earlier part first, for example 2025Q1..2026Q2.",
            )
        return cls(start, end, f"{label} to {last_label}")

    def contains(self, dates: pd.Series) -> pd.Series:
        """Which of `dates` lie in the period; a missing date lies only in "all"."""
        if self.start is None or self.end is None:
            return pd.Series(True, index=dates.index)
        first, last = pd.Timestamp(self.start), pd.Timestamp(self.end)
        return dates.ge(first) & dates.le(last)

    def __repr__(self) -> str:
        return f"Period({self.label})"


def _point(text: str, whole: str) -> tuple[date, date, str]:
    """First day, last day and label of one year or quarter."""
    match = _POINT.fullmatch(text.strip())
    if match is None:
        raise _unreadable(repr(whole))
    year = int(match[1])
    if match[2] is None:
        return date(year, 1, 1), date(year, 12, 31), str(year)
    quarter = int(match[2])
    after = date(year + quarter // 4, 3 * (quarter % 4) + 1, 1)
    return date(year, 3 * quarter - 2, 1), after - timedelta(days=1), f"{year} Q{quarter}"


def _unreadable(text: str) -> UsageError:
    return UsageError(
        f"The period {text} cannot be read.",
        where="parameter period",
        fix="Use a year (2026), a quarter (2026Q3), a range (2025Q1..2026Q2) or all.",
    )

"""Reads dates as text. A date that cannot be read with certainty is a reason, not a guess."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd

DATE_ORDERS = ("ymd", "dmy", "mdy")

# A time of day, with or without a zone, may follow; the date is the one written.
_TIME = (
    r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
    r"\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_ISO = re.compile(rf"(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}}){_TIME}")
_PATTERNS = {
    "ymd": re.compile(
        rf"(?P<y>\d{{4}})(?P<s>[-/. ]?)(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}}){_TIME}"
    ),
    "dmy": re.compile(rf"(?P<d>\d{{1,2}})(?P<s>[-/. ])(?P<m>\d{{1,2}})(?P=s)(?P<y>\d{{4}}){_TIME}"),
    "mdy": re.compile(rf"(?P<m>\d{{1,2}})(?P<s>[-/. ])(?P<d>\d{{1,2}})(?P=s)(?P<y>\d{{4}}){_TIME}"),
}


def parse_date(text: str, order: str) -> date | None:
    """One date, or None where the text is not a day of the calendar in this order.

    Year-month-day with dashes is unambiguous and is read under every order. A year of
    two digits is not read.
    """
    found = _ISO.fullmatch(text) or _PATTERNS[order].fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None


def parse_dates(texts: pd.Series, order: str) -> pd.Series:
    """Dates as datetime64[s], missing where the text is missing or not a date."""
    codes, distinct = pd.factorize(texts)
    parsed = [parse_date(str(text), order) for text in distinct]
    # numpy rather than pd.to_datetime: its years 1 to 9999 are those of datetime.date.
    days = np.array([*parsed, None], dtype="datetime64[s]")
    return pd.Series(days[codes], index=texts.index, dtype="datetime64[s]")

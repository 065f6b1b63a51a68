"""Reads dates as text. A date that cannot be read with certainty is a reason, not a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa

from outcomes.cleaning.iso import NO_DAY, plain_days
from outcomes.schema.texts import missing, text_array

DATE_ORDERS = ("ymd", "dmy", "mdy")

# A time of day, with or without a zone, may follow.
_TIME = (
    r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|GMT|UTC)?)?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAME = (
    r"(?P<m>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
# These say themselves which part is which, so they are read under every order.
_PLAIN = (
    re.compile(rf"(?P<y>\d{{4}})(?P<s>[-/. ])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}}){_TIME}"),
    re.compile(rf"(?P<y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}}){_TIME}"),
    re.compile(rf"(?P<d>\d{{1,2}})[-/. ]\s*{_NAME}(?:[-/ ]|,\s*)(?P<y>\d{{4}}){_TIME}", re.I),
    re.compile(rf"{_NAME}[-/ ](?P<d>\d{{1,2}})(?:[-/ ]|,\s*)(?P<y>\d{{4}}){_TIME}", re.I),
)
_ORDERED = {
    "dmy": re.compile(rf"(?P<d>\d{{1,2}})(?P<s>[-/. ])(?P<m>\d{{1,2}})(?P=s)(?P<y>\d{{4}}){_TIME}"),
    "mdy": re.compile(rf"(?P<m>\d{{1,2}})(?P<s>[-/. ])(?P<d>\d{{1,2}})(?P=s)(?P<y>\d{{4}}){_TIME}"),
}
_LAST_MONTH = 12
# numpy counts days from here.
_DAY_ZERO = date(1970, 1, 1).toordinal()
_ISO_LENGTH = len("2026-01-31")
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?$")
_NOON, _LAST_HOUR, _LAST_MINUTE = 12, 23, 59
_SHORT_YEAR = (
    re.compile(rf"\d{{1,2}}(?P<s>[-/. ])\d{{1,2}}(?P=s)\d{{2}}{_TIME}"),
    re.compile(rf"\d{{1,2}}[-/. ]\s*{_NAME}(?:[-/ ]|,\s*)'?\d{{2}}{_TIME}", re.I),
    re.compile(rf"{_NAME}[-/ ]\d{{1,2}}(?:[-/ ]|,\s*)'?\d{{2}}{_TIME}", re.I),
)
# A time alone, or at the end of a date.
_CLOCK = re.compile(
    r"(?:.*[T ])?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?(?:\s*(?:Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|GMT|UTC))?"
)


# Exports repeat their days, from file to file and from practice to practice.
@lru_cache(maxsize=1 << 14)
def parse_date(text: str, order: str, zone: tzinfo | None = None) -> date | None:
    """One date, or None where the text is not a day of the calendar in this order.

    A year in front and a month by its English name are unambiguous and are read under every
    order. A year of two digits is not read. The day is the one written; with a `zone`, a
    time that states its offset counts as the day it was there.
    """
    if (day := _plain_day(text)) is not None:
        return day
    found = next((match for plain in _PLAIN if (match := plain.fullmatch(text))), None)
    if found is None and order in _ORDERED:
        found = _ORDERED[order].fullmatch(text)
    if found is None:
        return None
    month = found["m"][:3].casefold()
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
    try:
        day = date(int(found["y"]), number, int(found["d"]))
        return day if zone is None or found["zone"] is None else _local(day, found, zone)
    except (ValueError, OverflowError):
        return None


def _plain_day(text: str) -> date | None:
    """The most frequent form by far, ten times as quick; anything odd goes the long way."""
    if len(text) != _ISO_LENGTH or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _local(day: date, found: re.Match[str], zone: tzinfo) -> date:
    """Return the day in `zone`. Raises ValueError where there is no such time."""
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"][0] in "Pp" else 0)
    offset = timedelta(0)
    stated = _OFFSET.search(found["zone"])
    if stated is not None:
        offset = timedelta(hours=int(stated["hours"]), minutes=int(stated["minutes"] or 0))
        offset = -offset if stated["sign"] == "-" else offset
    written = datetime(
        day.year, day.month, day.day, hour, int(found["minute"]), int(found["second"] or 0),
        tzinfo=timezone(offset),
    )  # fmt: skip
    return written.astimezone(zone).date()


def parse_dates(texts: pd.Series, order: str) -> pd.Series:
    """Dates as datetime64[s], missing where the text is missing or not a date."""
    whole = text_array(texts)
    days = plain_days(whole)
    rest = np.flatnonzero((days == NO_DAY) & ~missing(whole))
    if len(rest):
        codes, distinct = pd.factorize(np.asarray(whole.take(pa.array(rest)).to_pylist(), object))
        days[rest] = np.array([_day_number(text, order) for text in distinct])[codes]
    # numpy rather than pd.to_datetime: its years 1 to 9999 are those of datetime.date.
    return pd.Series(days.view("datetime64[D]").astype("datetime64[s]"), index=texts.index)


def _day_number(text: str, order: str) -> int:
    day = parse_date(text, order)
    return NO_DAY if day is None else day.toordinal() - _DAY_ZERO


def are_plain_days(texts: pd.Series) -> bool:
    """Whether all texts that are there are ISO days already."""
    whole = text_array(texts)
    return bool(((plain_days(whole) != NO_DAY) | missing(whole)).all())


def two_digit_years(texts: pd.Series) -> pd.Series:
    """Say which texts would be dates if their year had four digits."""
    codes, distinct = pd.factorize(texts)
    short = [any(form.fullmatch(str(text)) for form in _SHORT_YEAR) for text in distinct]
    return pd.Series(np.array([*short, False], dtype=bool)[codes], index=texts.index)


def parse_times(texts: pd.Series) -> pd.Series:
    """Times as HH:MM on 24 hours, from a time or the end of a date; missing where there is none."""
    codes, distinct = pd.factorize(texts)
    found = [_parse_time(str(text)) for text in distinct]
    return pd.Series(pd.array([*found, None], dtype="string")[codes], index=texts.index)


def _parse_time(text: str) -> str | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"])
    if found["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if found["half"][0] in "Pp" else 0)
    return f"{hour:02}:{minute:02}" if hour <= _LAST_HOUR and minute <= _LAST_MINUTE else None


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """Lines with dates that only fit day-month-year, only month-day-year, either, or both alike.

    `same` has the dates that are one day in both orders (5/5/2026).
    """

    dmy: list[int] = field(default_factory=list)
    mdy: list[int] = field(default_factory=list)
    either: list[int] = field(default_factory=list)
    same: list[int] = field(default_factory=list)

    @property
    def order(self) -> str | None:
        """The order proved, "ymd" where no date depends on it, None where it is open."""
        if self.dmy and self.mdy:
            return None
        if self.dmy or self.mdy:
            return "dmy" if self.dmy else "mdy"
        if self.either:
            return None
        return "dmy" if self.same else "ymd"


def order_evidence(cells: Iterable[tuple[str, int]]) -> OrderEvidence:
    """Sort (text, line) pairs by the order they prove: there are only twelve months."""
    found = OrderEvidence()
    for text, line in cells:
        # A year in front says nothing of the order, and is what most exports write.
        match = None if text[:4].isdigit() else _ORDERED["dmy"].fullmatch(text)
        if match is None:
            continue
        first, second = int(match["d"]), int(match["m"])
        if first > _LAST_MONTH >= second:
            found.dmy.append(line)
        elif second > _LAST_MONTH >= first:
            found.mdy.append(line)
        elif max(first, second) <= _LAST_MONTH:
            (found.same if first == second else found.either).append(line)
    return found

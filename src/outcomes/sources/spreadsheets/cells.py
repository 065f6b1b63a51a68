"""Values of cells as text: days in ISO form, whole numbers without decimals."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

_DURATION = re.compile(r"(-?)PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})(?:[.,]\d+)?S)?")
# XFD is the last column there is.
_LETTERS = 3


def text_of(value: Any) -> str:  # noqa: ANN401, PLR0911 - any type a cell may have
    """Return a value as calamine gives it as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    return str(value)


def number_text(value: float) -> str:
    """Return a number without ".0", as it would be typed."""
    return str(int(value)) if value.is_integer() else repr(value)


def duration_text(value: timedelta) -> str:
    """Return a span as hours, minutes and seconds; a negative one has a sign in front."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def opendocument_time(text: str) -> str:
    """Return PT09H30M00S as 09:30:00, anything else as it is."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return text
    hours, minutes, seconds = (int(found[n] or 0) for n in (2, 3, 4))
    span = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return duration_text(-span if found[1] else span)


def position(reference: str) -> tuple[int, int] | None:
    """Return (row, column) from 0 of a reference such as B12, None where it is none."""
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not digits or not letters.isascii() or not letters.isalpha() or len(digits) > 9:
        return None
    if len(letters) > _LETTERS:
        return None
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return int(digits) - 1, column - 1

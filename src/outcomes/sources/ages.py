"""A birth date becomes an age band at a day, and is kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, tzinfo

import pandas as pd

from outcomes.cleaning import parse_date, tidy
from outcomes.ledger import LINE, Action, entries
from outcomes.privacy import age_at, age_band
from outcomes.sources.entry import FileLayout
from outcomes.sources.files import RawFile

_STEP = "age_band"
_COLUMN = "age_band"
_YEAR = re.compile(r"(\d{4})(?:\.0+)?")


def with_age_band(
    raw: RawFile,
    entry: FileLayout,
    rows: pd.DataFrame,
    *,
    missing: Sequence[str],
    zone: tzinfo | None,
    exported_on: date,
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Fill `age_band` of the rows of an entry that says where birth dates stand.

    The age is that on the day of the column `at`, or, where the entry names none or its cell is
    empty, on the day of the export. A birth date is a date, or a year of four digits.

    Returns the rows and the ledger entries: `bad_date` for what is no date (a year of two
    digits is none), `impossible_age` for an age below 0 or above what anybody reaches.
    """
    source = entry.age_band
    if source is None:
        return rows, []
    order = str(entry.date_order)
    born = tidy(raw.cells[source.born.strip()], missing)
    if source.at is None:
        at = pd.Series([None] * len(born), index=born.index, dtype="object")
    else:
        at = tidy(raw.cells[source.at.strip()], missing).astype("object")
    bands, reasons = {}, {}
    for line, birth, day in zip(raw.cells[LINE], born, at, strict=True):
        if pd.isna(birth):
            continue
        on = exported_on if pd.isna(day) else parse_date(str(day), order, zone)
        word, reason = _band(_birth(str(birth), order, zone), on)
        if word is not None:
            bands[line] = word
        else:
            reasons[line] = reason
    filled = rows.assign(**{_COLUMN: rows[LINE].map(bands).astype("string")})
    why = rows[LINE].map(reasons)
    log = [
        entries(
            rows[(why == reason).fillna(False)],
            table=entry.table,
            action=Action.EMPTIED,
            step=_STEP,
            reason=reason,
            column=_COLUMN,
        )
        for reason in sorted(set(reasons.values()))
    ]
    return filled, log


def _birth(text: str, order: str, zone: tzinfo | None) -> date | int | None:
    year = _YEAR.fullmatch(text)
    return int(year[1]) if year else parse_date(text, order, zone)


def _band(born: date | int | None, at: date | None) -> tuple[str | None, str]:
    """The band, or why there is none."""
    if born is None or at is None:
        return None, "bad_date"
    if isinstance(born, int) and not date.min.year <= born <= date.max.year:
        return None, "bad_date"
    return age_band(age_at(born, at)), "impossible_age"

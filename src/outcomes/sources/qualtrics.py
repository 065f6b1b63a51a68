"""Qualtrics exports: the line of import ids below the header says which zone their times are in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from outcomes.errors import LayoutError
from outcomes.ledger import LINE
from outcomes.sources.files import RawFile

# Every response export has these, and no other source we know of has both.
_OWN = ("ResponseId", "RecordedDate")
_IMPORT_ID = '"ImportId"'


def stated_zone(raw: RawFile, skipped: int) -> RawFile:
    """Give the times of a Qualtrics export the offset its import ids state.

    `skipped` counts the lines below the header that the layout takes for no data. Other files,
    and those of which no such line is skipped, stay as they are. Raises LayoutError where the
    lines to skip are not there: two answers would be lost for them.
    """
    if not skipped or not set(_OWN) <= set(raw.headers):
        return raw
    last = raw.header_line + skipped
    below = raw.cells.head(skipped)
    ids = below[below[_OWN[0]].str.contains(_IMPORT_ID, regex=False)]
    if ids.empty and _holds_answers(below):
        raise LayoutError(
            f"the {skipped} lines below the header hold answers, not question texts and import ids",
            where=f"{raw.name}, lines {raw.header_line + 1} to {last}",
            how_many=skipped,
            fix="say skip_after_header = 0 for this file, or export it again and do not edit it",
        )
    cells = raw.cells.copy()
    answers = cells.index.difference(below.index)
    for column, zone in _zones(ids).items():
        cells.loc[answers, column] = cells.loc[answers, column].map(lambda t, z=zone: _at(t, z))
    return replace(raw, cells=cells)


def _holds_answers(lines: pd.DataFrame) -> bool:
    # Response ids are R_ and a random word; a question text stands there otherwise.
    return bool(lines[_OWN[0]].str.fullmatch(r"R_\w+").any())


def _zones(ids: pd.DataFrame) -> dict[str, ZoneInfo]:
    found = {}
    for column in [name for name in ids if name != LINE]:
        for text in ids[column]:
            try:
                stated = json.loads(text).get("timeZone")
                found[str(column)] = ZoneInfo("UTC" if stated == "Z" else stated)
            # No JSON, JSON that is no table, no zone in it, or one that is not known here.
            except (ValueError, AttributeError, TypeError, OSError, LookupError):
                continue
    return found


def _at(text: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if moment.tzinfo else moment.replace(tzinfo=zone).isoformat(sep=" ")

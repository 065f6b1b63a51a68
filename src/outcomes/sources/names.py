"""Column names that may be shown: a line of data in their place would show a client."""

from __future__ import annotations

import re
from collections.abc import Collection

from outcomes.errors import InputError
from outcomes.sources.files import RawFile
from outcomes.sources.section import near

_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*%?")
_DAY = re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}(?:[T ].*)?")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HEADER_FIX = (
    "give the line that holds the names as header_line in the layout; if there is none, add one "
    "to the file"
)


def check_names(raw: RawFile, used: Collection[str]) -> None:
    """Refuse, with an InputError, a line of names that holds days or addresses.

    Names that the layout itself uses are beyond doubt.
    """
    named = {source.strip() for source in used}
    odd = [
        h for h in raw.headers if h not in named and (_DAY.fullmatch(h) or _ADDRESS.fullmatch(h))
    ]
    if odd:
        raise InputError(
            "the line of column names holds dates or addresses, so it is a line of data",
            where=f"{raw.name}, line {raw.header_line}",
            how_many=len(odd),
            fix=_HEADER_FIX,
        )


def likely_names(source: str, raw: RawFile, used: Collection[str]) -> str:
    """Say which column may have been meant, unless the names may be a client's values.

    They may be where one of them is a number that the layout does not know, or where most
    lines have another number of cells.
    """
    named = {name.strip() for name in used}
    numbers = any(_NUMBER.fullmatch(header) for header in raw.headers if header not in named)
    ragged = sum(int((log["reason"] == "ragged_line").sum()) for log in raw.log)
    if numbers or 2 * ragged > len(raw.cells):
        return f"the line of column names looks like a line of data: {_HEADER_FIX}"
    return near(source, [header for header in raw.headers if header])

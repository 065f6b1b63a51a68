"""One header made of several lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from outcomes.sources.delimited import Records

BETWEEN = " / "


def join_headers(records: Records, rows: int) -> Records:
    """Make one header of `rows` lines, the first of which `records` holds as its header.

    Names are joined from the top down with " / ". An empty cell above another name belongs
    to the merged cell on its left.
    """
    if rows == 1:
        return records
    *above, lowest = [records.headers, *records.rows[: rows - 1]]
    filled = [_filled(row) for row in above]
    columns = zip_longest(*filled, [cell.strip() for cell in lowest], fillvalue="")
    headers = [BETWEEN.join(dict.fromkeys(filter(None, column))) for column in columns]
    return Records(headers, records.rows[rows - 1 :], records.lines[rows - 1 :])


def _filled(row: Sequence[str]) -> list[str]:
    found: list[str] = []
    for cell in row:
        found.append(cell.strip() or (found[-1] if found else ""))
    return found

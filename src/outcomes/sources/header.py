"""Column names that stand in more than one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from outcomes.sources.delimited import Records

JOINT = " / "


def joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """Join the lines of a header column by column, "Group / Name", from the top down.

    Empty parts are left out, and the same words in a second line.
    """
    columns = zip_longest(*([cell.strip() for cell in line] for line in lines), fillvalue="")
    return [JOINT.join(dict.fromkeys(filter(None, parts))) for parts in columns]


def join_headers(records: Records, rows: int) -> Records:
    """Make one header of `rows` lines, the first of which `records` holds as its header.

    Text files do not say which cells are merged: an empty cell above another name belongs to
    the merged cell on its left.
    """
    if rows == 1:
        return records
    *above, lowest = [records.headers, *records.rows[: rows - 1]]
    headers = joined([*map(_filled, above), lowest])
    return Records(headers, records.rows[rows - 1 :], records.lines[rows - 1 :])


def filled_right(
    lines: Sequence[Sequence[str]], merges: Iterable[tuple[int, int, int, int]]
) -> list[list[str]]:
    """Give every column under a merged cell of the header the text of that cell.

    `merges` are (top, left, bottom, right), counted from 0 within `lines`.
    """
    filled = [list(line) for line in lines]
    for top, left, _, right in merges:
        if not 0 <= top < len(filled) or left >= len(filled[top]):
            continue
        width = max([right + 1, *(len(line) for line in lines)])
        row = filled[top]
        row += [""] * (min(right + 1, width) - len(row))
        row[left : right + 1] = [row[left]] * (right + 1 - left)
    return filled


def _filled(row: Sequence[str]) -> list[str]:
    found: list[str] = []
    for cell in row:
        found.append(cell.strip() or (found[-1] if found else ""))
    return found

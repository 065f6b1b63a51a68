"""Column names that stand in more than one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

JOINT = " / "


def joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """Join the lines of a header column by column, "Group / Name"; empty parts are left out."""
    columns = zip_longest(*lines, fillvalue="")
    return [JOINT.join(part.strip() for part in parts if part.strip()) for parts in columns]


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

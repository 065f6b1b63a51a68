"""What is found in a workbook, before it becomes a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Days are counted from the last of 1899 or from the first of 1904.
EPOCHS = ("excel", "excel1904")
VISIBLE, HIDDEN, VERY_HIDDEN = "visible", "hidden", "very hidden"


class Refused(Exception):
    """The workbook cannot be read; `code` is one of those `workbook` has words for."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of `policy.toml` that hold inside a workbook."""

    expanded_bytes: int
    expansion_ratio: int
    ratio_from_bytes: int
    cells: int
    columns: int
    members: int
    memory_bytes: int
    seconds: int

    def check_extent(self, rows: int, columns: int) -> None:
        """Refuse a sheet whose used area is too large to be laid out."""
        if columns > self.columns:
            raise Refused("columns")
        if rows * columns > self.cells:
            raise Refused("cells")


@dataclass(slots=True)
class SheetFact:
    """One sheet of a workbook: its name, who can see it, and whether anything stands in it."""

    name: str
    visible: str = VISIBLE
    filled: bool = True


@dataclass(slots=True)
class Contents:
    """One sheet as text.

    `rows` start at line 1. `errors` are (row, column) of cells with an error such as #N/A,
    `hollow` those of formulas without a stored value, `merges` (top, left, bottom, right);
    all count from 0. `sheets` lists the whole workbook.
    """

    title: str
    epoch: str
    sheets: list[SheetFact]
    rows: list[list[str]] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    hollow: list[tuple[int, int]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain lists and texts."""
        return asdict(self)


def chosen(sheets: list[SheetFact], wanted: str | None) -> int:
    """Return the position of the sheet named, or of the first that can be seen.

    Raises Refused where there is none; sheet names are no client's values.
    """
    names = [sheet.name for sheet in sheets]
    if wanted is not None:
        if wanted not in names:
            raise Refused("no sheet", "\n".join(names))
        return names.index(wanted)
    seen = [n for n, sheet in enumerate(sheets) if sheet.visible == VISIBLE]
    if not seen:
        raise Refused("all hidden", "\n".join(names))
    return next((n for n in seen if sheets[n].filled), seen[0])


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Leave out what only formatting stretches: empty rows at the end, empty cells at the right."""
    short = []
    for row in rows:
        width = len(row)
        while width and not row[width - 1]:
            width -= 1
        short.append(row[:width])
    while short and not short[-1]:
        short.pop()
    return short

"""Notes that several tables carry in the same words."""

from __future__ import annotations

from collections.abc import Iterable

from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.tables.table import Cell


def hiding(rows: Iterable[Iterable[Cell]], policy: Policy) -> tuple[str, ...]:
    """Why cells are hidden; nothing where none is."""
    if not any(cell.state == "suppressed" for row in rows for cell in row):
        return ()
    return (
        f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
        "numbers from which they could be computed. Zero is shown.",
    )


def lacking(rows: Iterable[Iterable[Cell]]) -> tuple[str, ...]:
    """What 'not available' means; nothing where it does not occur."""
    if not any(cell.text == fmt.NOT_AVAILABLE for row in rows for cell in row):
        return ()
    return (f"'{fmt.NOT_AVAILABLE}': there is no such number in the data.",)

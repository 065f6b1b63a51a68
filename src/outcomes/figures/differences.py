"""Differences of rates between groups, with intervals."""

from __future__ import annotations

import pandas as pd

from outcomes.change.differences import RateDifferences
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, Scale, forest
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.share_rows import shown_differences

_NAMES = {**fmt.MEASURES, "recovered": "Recovered"}
# Short enough for a phone; the table has the full words.
_AMONG = {
    "paired": "those with both scores",
    "started": "all who started",
    "clinical at start": "those clinical at the start",
}
_TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)
_SCALE = Scale(-1, 1, _TICKS, tuple(fmt.number(100 * tick, 0) for tick in _TICKS), zero=0)


def differences(result: RateDifferences, policy: Policy) -> Figure:
    """Each group's share minus the reference group's, in percentage points."""
    table = shown_differences(result, policy)
    groups = fmt.ordered_groups(result.by, table["group"])
    marks, rows = [], []
    for row in table.itertuples():
        among = _AMONG[row.denominator]
        ok = bool(row.shown) and pd.notna(row.difference)
        words = fmt.HIDDEN if not row.shown else fmt.NOT_AVAILABLE
        if ok:
            words = f"{fmt.number(100 * row.difference, 0)} points"
            words += f" ({fmt.number(100 * row.low, 0)} to {fmt.number(100 * row.high, 0)})"
            rows.append(
                (row.group, row.measure, row.denominator, row.difference, row.low, row.high)
            )
        numbers = (row.difference, row.low, row.high) if ok else (None, None, None)
        name = fmt.group_name(result.by, row.group)
        label = f"{_NAMES[row.measure].split(',')[0]}, {name}"
        marks.append(Mark(f"Of {among}", label, row.group, words, *numbers))
    marks.sort(key=lambda mark: mark.heading)
    reference = fmt.group_name(result.by, result.reference)
    svg, narrow = forest("differences", marks, _SCALE, theme.styles(groups))
    columns = ["group", "measure", "denominator", "difference", "low", "high"]
    return Figure(
        "differences",
        f"Share in each group minus the share in {reference}, in percentage points, with "
        f"{100 * result.confidence:g} % interval; not adjusted for how the groups differed at the "
        "start.",
        "; ".join(f"{mark.label}: {mark.words}" for mark in marks) + ".",
        svg,
        narrow,
        pd.DataFrame(rows, columns=columns),
        _notes(marks, policy),
    )


def _notes(marks: list[Mark], policy: Policy) -> tuple[str, ...]:
    if all(mark.words != fmt.HIDDEN for mark in marks):
        return ()
    return (
        f"'{fmt.HIDDEN}': a share behind it is hidden, because counts from 1 to "
        f"{policy.minimum_count - 1} could be worked out from it.",
    )

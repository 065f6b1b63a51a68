"""Shares of process results as bars with intervals: satisfaction, and the funnel of phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.strips import Axis, Strip, draw, height
from outcomes.privacy import Policy
from outcomes.process import Findings
from outcomes.showing import format as fmt
from outcomes.showing.process import visible_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

PERCENT = Axis(0, 1, (0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100 %"), "")
COLUMNS = ["group", "measure", "n", "n_total", "rate", "low", "high"]


def share_figure(
    result: Findings, policy: Policy, rows: pd.DataFrame, *, name: str, caption: str, about: str
) -> Figure:
    """Bars with intervals, one block for each label of `rows`, one bar for each group.

    `rows` are rows of `result.shares`; a hidden share is named as hidden, and its numbers
    are in none of words, drawing and data.
    """
    seen = visible_shares(result, policy)
    groups = fmt.ordered_groups(result.by, rows["group"])
    look = theme.styles(groups)
    strips: list[Strip] = []
    data: list[tuple[object, ...]] = []
    said: list[str] = []
    for label in dict.fromkeys(rows["label"]):
        strips.append(Strip(label, heading=True))
        for group in groups:
            part = rows[rows["label"].eq(label) & rows["group"].eq(group)]
            if part.empty:
                continue
            row, visible = part.iloc[0], bool(seen[part.index[0]])
            strip = _strip(row, fmt.group_name(result.by, group), look[group], visible)
            strips.append(strip)
            numbers = tuple(row[c] for c in COLUMNS[2:]) if visible else (None,) * 5
            data.append((group, row["measure"], *numbers))
            said.append(f"{label}, {strip.label}: {strip.words}")

    def paint(canvas: Canvas, width: float) -> None:
        draw(canvas, width, strips, PERCENT)

    svg, narrow = theme.render(name, paint, lambda width: height(strips, width))
    frame = pd.DataFrame(data, columns=COLUMNS).astype({"n": "Int64", "n_total": "Int64"})
    frame = frame.astype(dict.fromkeys(("rate", "low", "high"), "float64"))
    hiding = [row for row in data if row[2] is None]
    return Figure(
        id=name,
        caption=caption,
        alt=f"{about} {'; '.join(said)}.",
        svg=svg,
        svg_narrow=narrow,
        data=frame,
        notes=notes(bool(hiding), policy),
    )


def notes(hiding: bool, policy: Policy, more: Sequence[str] = ()) -> tuple[str, ...]:
    """What is written below: why something is hidden, and `more`."""
    said = list(more)
    if hiding:
        said.append(
            f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
            "numbers from which they could be computed."
        )
    return tuple(said)


def _strip(row: pd.Series, name: str, style: theme.Style, visible: bool) -> Strip:
    if not visible:
        return Strip(name, fmt.HIDDEN, style=style)
    if not row["n_total"]:
        return Strip(name, "nobody", style=style)
    words = f"{fmt.percent(row['rate'])}  ({fmt.n_of(row['n'], row['n_total'])})"
    ends = (float(row["low"]), float(row["high"]))
    return Strip(name, words, float(row["rate"]), *ends, style=style, bar=True)

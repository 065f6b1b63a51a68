"""The benefit profile: change in standard deviations with intervals, one dot a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.shares import notes
from outcomes.figures.strips import Axis, Strip, draw, height
from outcomes.privacy import Policy
from outcomes.process import BenefitsResult
from outcomes.schema.verdicts import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.process import visible_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_EMPTY = "too few to show"
_COLUMNS = ["group", "benefit", "measure", "n", "d", "d_low", "d_high"]


def benefits(result: BenefitsResult, policy: Policy) -> Figure:
    """Dots with intervals for each benefit and measure; what is not measurable is said so."""
    profile = result.profile
    seen = visible_size(profile["n"], policy)
    groups = fmt.ordered_groups(result.by, profile["group"])
    look = theme.styles(groups)
    strips: list[Strip] = []
    data: list[tuple[object, ...]] = []
    said: list[str] = []
    for benefit in dict.fromkeys(profile["benefit"]):
        rows = profile[profile["benefit"].eq(benefit)]
        label = str(rows["label"].iloc[0])
        if rows["verdict"].eq(str(Verdict.NOT_MEASURABLE)).all():
            strips.append(Strip(f"{label}: not measurable", heading=True))
            said.append(f"{label}: not measurable")
            continue
        for measure in dict.fromkeys(rows["measure"]):
            block = rows[rows["measure"].eq(measure)]
            title = f"{label} ({block['measure_label'].iloc[0]})"
            if not (seen[block.index] & block["n"].gt(0)).any():
                strips.append(Strip(f"{title}: {_EMPTY}", heading=True))
                said.append(f"{title}: {_EMPTY}")
                continue
            strips.append(Strip(title, heading=True))
            for group in groups:
                place = block.index[block["group"].eq(group)][0]
                row, visible = block.loc[place], bool(seen[place])
                strip = _strip(row, fmt.group_name(result.by, group), look[group], visible)
                strips.append(strip)
                numbers = tuple(row[c] for c in _COLUMNS[3:]) if visible else (None,) * 4
                data.append((group, benefit, measure, *numbers))
                said.append(f"{title}, {strip.label}: {strip.words}")
    axis = _axis(profile[seen])

    def paint(canvas: Canvas, width: float) -> None:
        draw(canvas, width, strips, axis)

    svg, narrow = theme.render("benefits", paint, lambda width: height(strips, width))
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    frame = pd.DataFrame(data, columns=_COLUMNS)
    return Figure(
        id="benefits",
        caption=(
            f"Change in the benefits claimed{by}: standard deviations of the start scores, "
            f"{fmt.level(result.confidence)} interval; right of 0 is better. Association, not "
            "effect."
        ),
        alt=f"Standardised change with intervals. {'; '.join(said)}.",
        svg=svg,
        svg_narrow=narrow,
        data=frame,
        notes=notes(any(row[3] is None for row in data), policy),
    )


def _strip(row: pd.Series, name: str, style: theme.Style, visible: bool) -> Strip:
    if not visible:
        return Strip(name, fmt.HIDDEN, style=style)
    if not fmt.available(row["d"]):
        said = "nobody with both scores" if not row["n"] else "too few for an interval"
        return Strip(name, said, style=style)
    words = f"{fmt.decimal(row['d'])}  ({fmt.count(row['n'])} people)"
    numbers = (float(row["d"]), float(row["d_low"]), float(row["d_high"]))
    return Strip(name, words, *numbers, style=style)


def _axis(shown: pd.DataFrame) -> Axis:
    ends = shown[["d_low", "d_high"]].to_numpy(dtype="float64")
    ends = ends[~np.isnan(ends)]
    low = min(-0.5, float(np.floor(2 * ends.min()) / 2)) if len(ends) else -0.5
    high = max(1.0, float(np.ceil(2 * ends.max()) / 2)) if len(ends) else 1.0
    ticks = tuple(float(tick) for tick in np.arange(np.ceil(low), np.floor(high) + 1))
    words = tuple(fmt.plain(tick) for tick in ticks)
    return Axis(low, high, ticks, words, "Standard deviations", reference=0.0)

"""A drawing whose points are numbered, with what the numbers stand for beside or below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.figures import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def keyed(canvas: Canvas, width: float, names: list[str]) -> Axes:
    """Axes to draw in, with a numbered list of names to the right (on a phone: below)."""
    lines = [f"{place}  {name}" for place, name in enumerate(names, start=1)]
    if not lines:
        alone: Axes = canvas.subplots()
        return alone
    if width == theme.NARROW:
        sizes = {"height_ratios": [3.2, 0.2 * len(lines)]}
        ax, key = canvas.subplots(2, 1, gridspec_kw=sizes)
        place = (0.0, 1.0)
    else:
        ax, key = canvas.subplots(1, 2, gridspec_kw={"width_ratios": [4.6, 2.0]})
        place = (0.0, 0.95)
    key.set_axis_off()
    key.text(*place, "\n".join(lines), va="top", ha="left", transform=key.transAxes,
             linespacing=1.5)  # fmt: skip
    drawn: Axes = ax
    return drawn

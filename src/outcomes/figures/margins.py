"""A difference with its interval between the two margins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from outcomes.comparison import AgainstMargin
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def against_margin(result: AgainstMargin) -> Figure:
    """The interval that decides, 0, and the margin as a grey band (one side for non-inferiority).

    A comparison that may not be shown has its verdict in place of a mark.
    """
    m, shown = result.margin.points, fmt.available(result.low)
    span = 1.2 * max(m, abs(result.low) if shown else 0, abs(result.high) if shown else 0)

    def draw(canvas: Canvas, width: float) -> None:
        ax = canvas.subplots()
        low, high = _acceptable(result, span)
        ax.axvspan(low, high, color=theme.BAND, linewidth=0)
        ax.axvline(0, color=theme.INK, linewidth=1)
        if shown:
            ax.plot([result.low, result.high], [0, 0], color=theme.INK, linewidth=2.2)
            ax.plot([result.estimate], [0], "D", color=theme.INK, markersize=7)
        else:
            ax.annotate(str(result.verdict), (0, 0), ha="center", va="center")
        ax.set_xlim(-span, span)
        ax.set_ylim(-1, 1)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.locator_params(axis="x", nbins=5 if width == theme.NARROW else 9)
        names = [fmt.group_name("arm", arm).lower() for arm in (result.other, result.reference)]
        ax.set_xlabel(fmt.sentence(f"{names[0]} minus {names[1]}, {result.unit}"))

    svg, narrow = theme.render("against-margin", draw, lambda _: 1.5)
    data = result.to_frame()[["question", "estimate", "low", "high", "margin", "verdict"]]
    return Figure(
        id="against_margin",
        caption=f"{fmt.sentence(result.question.replace('noninf', 'non-inf'))}: difference with "
        f"{result.level:.0%} interval; grey: what the margin of {m:.3g} {result.unit} allows.",
        alt=f"{result.sentence} Verdict: {result.verdict}.",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(data),
        notes=result.warnings,
    )


def _acceptable(result: AgainstMargin, span: float) -> tuple[float, float]:
    m = result.margin.points
    if result.question == "equivalence":
        return -m, m
    return (-span, m) if result.direction == "lower" else (-m, span)

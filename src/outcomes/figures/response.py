"""Response rates: how many of those whose episode ended gave an end score, group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.instruments import get
from outcomes.privacy import Policy
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_ROW = 0.3  # inches for each interval
_COLUMNS = ["instrument", "group", "with_end", "ended", "end_rate", "end_low", "end_high"]


def response(shown: pd.DataFrame, policy: Policy, *, id: str, caption: str, limit: float) -> Figure:
    """Dots with Wilson intervals and denominators, one block for each measure.

    `shown` as from `showing.responses.responses`; a hidden share is named as hidden. A line
    marks `limit`, the share below which a conclusion is in doubt.
    """
    marks = list(shown[_COLUMNS].itertuples())
    blocks = list(dict.fromkeys(mark.instrument for mark in marks))

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas.subplots(), width, marks, limit)

    def height(width: float) -> float:
        lines = sum(_step(mark, width) for mark in marks) + 1.1 * len(blocks)
        return 0.7 + _ROW * lines

    svg, narrow = theme.render(id, draw, height)
    names = {"with_end": "n", "ended": "n_total", "end_rate": "rate"}
    data = shown[_COLUMNS].rename(columns={**names, "end_low": "low", "end_high": "high"})
    notes = () if shown["end_rate"].notna().all() else (_note(policy),)
    alt = "; ".join(f"{get(m.instrument).name}, {_label(m)}: {_words(m)}" for m in marks)
    return Figure(
        id=id,
        caption=f"{caption} The dashed line is {fmt.percent(limit)}.",
        alt=f"Shares with {100 * policy.confidence:g} % intervals. {alt}.",
        svg=svg,
        svg_narrow=narrow,
        data=data.reset_index(drop=True),
        notes=notes,
    )


def _draw(ax: Axes, width: float, marks: list[Any], limit: float) -> None:
    narrow, place, block = width == theme.NARROW, 0.0, ""
    style = theme.OTHERS[0]
    for mark in marks:
        if mark.instrument != block:
            block = mark.instrument
            place += 0.3
            _text(ax, 0, place, get(block).name, ha="left", fontweight="bold")
            place += 0.8
        if narrow:
            _text(ax, 0, place, f"{_label(mark)}: {_words(mark)}", ha="left")
        else:
            _text(ax, -0.02, place, _label(mark), ha="right")
            _text(ax, 1.02, place, _words(mark), ha="left")
        if not np.isnan(mark.end_rate):
            at = place + (0.6 if narrow else 0)
            ax.plot([mark.end_low, mark.end_high], [at, at], color=style[0], linewidth=2.2)
            ax.plot(
                [mark.end_rate],
                [at],
                marker=style[1],
                color=style[0],
                markersize=7.5,
                markeredgecolor="white",
                clip_on=False,
                zorder=3,
            )
        place += _step(mark, width)
    ax.axvline(limit, color=theme.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    ax.set_ylim(place, -0.5)
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)


def _text(ax: Axes, across: float, place: float, words: str, **look: Any) -> None:  # noqa: ANN401
    where = ("axes fraction", "data")
    ax.annotate(words, (across, place), xycoords=where, va="center", annotation_clip=False, **look)


def _step(mark: Any, width: float) -> float:  # noqa: ANN401 - a row of the frame
    """Lines a mark takes: on a phone its words stand above the interval."""
    return 1.7 if width == theme.NARROW and not np.isnan(mark.end_rate) else 1.0


def _label(mark: Any) -> str:  # noqa: ANN401
    return "Everybody" if mark.group == "all" else str(mark.group)


def _words(mark: Any) -> str:  # noqa: ANN401
    if mark.with_end is pd.NA or mark.ended is pd.NA:
        return fmt.HIDDEN
    if not mark.ended:
        return "nobody ended"
    return f"{fmt.percent(mark.end_rate)}  ({fmt.n_of(mark.with_end, mark.ended)})"


def _note(policy: Policy) -> str:
    return (
        f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
        "numbers from which they could be computed."
    )

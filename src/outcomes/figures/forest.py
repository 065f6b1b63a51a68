"""Marks with intervals under headings: the drawing that figures of shares have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outcomes.figures import theme
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_ROW = 0.36  # inches for each line


@dataclass(frozen=True, slots=True)
class Mark:
    """One estimate: heading, label, words, and numbers, which are None where not drawn."""

    heading: str
    label: str
    group: str
    words: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Scale:
    """The horizontal axis, and the value of no difference where there is one."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    zero: float | None = None


SHARES = Scale(0, 1, (0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100 %"))


def share_words(n: int, n_total: int, rate: float, *, visible: bool) -> str:
    """'43 %  (43 of 100)', or why there is no share."""
    if not visible:
        return fmt.HIDDEN
    return f"{fmt.percent(rate)}  ({fmt.n_of(n, n_total)})" if n_total else "nobody"


def forest(
    name: str, marks: Sequence[Mark], scale: Scale, styles: dict[str, theme.Style]
) -> tuple[str, str]:
    """The wide and the narrow drawing: under each heading its marks, each with its words."""

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas.subplots(), marks, scale, styles, narrow=width == theme.NARROW)

    def height(width: float) -> float:
        headings = len(dict.fromkeys(mark.heading for mark in marks))
        lines = sum(_step(mark, narrow=width == theme.NARROW) for mark in marks) + headings
        return 0.7 + _ROW * max(lines, 1)

    return theme.render(name, draw, height)


def _draw(
    ax: Axes,
    marks: Sequence[Mark],
    scale: Scale,
    styles: dict[str, theme.Style],
    *,
    narrow: bool,
) -> None:
    place, heading = 0.0, None
    if scale.zero is not None:
        ax.axvline(scale.zero, color=theme.MUTED, linewidth=1, zorder=1)
    for mark in marks:
        if mark.heading != heading:
            place += 0.0 if heading is None else 0.15
            _words(ax, 0, place, mark.heading, bold=True)
            heading, place = mark.heading, place + 0.9
        if narrow:
            _words(ax, 0, place - 0.05, f"{mark.label}: {mark.words}", inside=True)
            _interval(ax, place + 0.6, mark, styles[mark.group])
        else:
            _interval(ax, place, mark, styles[mark.group])
            _words(ax, -0.02, place, mark.label, right=True)
            _words(ax, 1.02, place, mark.words)
        place += _step(mark, narrow=narrow)
    ax.set_ylim(max(place - 0.2, 0.5), -0.6)
    ax.set_xlim(scale.low, scale.high)
    ax.set_xticks(np.array(scale.ticks), list(scale.labels))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)


def _step(mark: Mark, *, narrow: bool) -> float:
    return 1.6 if narrow and mark.value is not None else 0.9


def _interval(ax: Axes, place: float, mark: Mark, style: theme.Style) -> None:
    if mark.value is None or mark.low is None or mark.high is None:
        return
    ax.plot([mark.low, mark.high], [place, place], color=style.color, linewidth=2.2)
    ax.plot(
        [mark.value],
        [place],
        marker=style.marker,
        color=style.color,
        markersize=7.5,
        markeredgecolor="white",
        clip_on=False,
        zorder=3,
    )


def _words(
    ax: Axes,
    across: float,
    place: float,
    words: str,
    *,
    bold: bool = False,
    right: bool = False,
    inside: bool = False,
) -> None:
    found = ax.annotate(
        words,
        (across, place),
        xycoords=("axes fraction", "data"),
        va="center",
        ha="right" if right else "left",
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )
    if bold or inside:
        found.set_in_layout(False)

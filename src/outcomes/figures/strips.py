"""Rows of marks with intervals beside words: the shape that several figures share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from outcomes.figures import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

ROW = 0.34  # inches for a line
# Letters that fit on a phone at 9 points, and in bold.
_LETTERS, _BOLD = 50, 42


@dataclass(frozen=True, slots=True)
class Strip:
    """One line: a heading, or a mark with its interval, or a bar, with words at the right.

    `value` None draws nothing but the words. `start` draws an arrow from there to `value`.
    """

    label: str
    words: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    start: float | None = None
    style: theme.Style | None = None
    heading: bool = False
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """The number line below: limits, ticks with words, a title, and where a reference line is."""

    low: float
    high: float
    ticks: tuple[float, ...]
    tick_words: tuple[str, ...]
    title: str
    reference: float | None = None


def height(strips: Sequence[Strip], width: float) -> float:
    """Inches that the strips take."""
    lines = sum(_step(strip, width) for strip in strips)
    return 0.9 + ROW * lines


def draw(canvas: Canvas, width: float, strips: Sequence[Strip], axis: Axis) -> None:
    """Draw the strips from top to bottom on one number line."""
    ax = canvas.subplots()
    place = 0.0
    for strip in strips:
        _strip(ax, place, strip, width, axis)
        place += _step(strip, width)
    ax.set_ylim(place - 0.2, -0.7)
    ax.set_xlim(axis.low, axis.high)
    ax.set_xticks(list(axis.ticks), list(axis.tick_words))
    ax.set_xlabel(axis.title)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    if axis.reference is not None:
        ax.axvline(axis.reference, color=theme.MUTED, linewidth=1.0)


def _step(strip: Strip, width: float) -> float:
    """Lines a strip takes: on a phone its words stand above the mark, as many as are needed."""
    if width != theme.NARROW:
        return 1.0
    return 0.6 * len(_wrapped(strip)) + 0.4 + (0.6 if strip.value is not None else 0.0)


def _wrapped(strip: Strip) -> list[str]:
    said = f"{strip.label}: {strip.words}" if strip.words else strip.label
    return wrap(said, _BOLD if strip.heading else _LETTERS) or [""]


def _strip(ax: Axes, place: float, strip: Strip, width: float, axis: Axis) -> None:
    if width == theme.NARROW:
        for line in _wrapped(strip):
            _text(ax, 0.0, place, line, "left", bold=strip.heading)
            place += 0.6
    elif strip.heading:
        _text(ax, 0.0, place, strip.label, "left", bold=True)
    else:
        _text(ax, -0.02, place, strip.label, "right")
        _text(ax, 1.02, place, strip.words, "left")
    if strip.value is not None:
        _mark(ax, place, strip, axis)


def _mark(ax: Axes, place: float, strip: Strip, axis: Axis) -> None:
    style = strip.style or theme.Style(theme.INK, "o")
    if strip.value is None:
        return
    if strip.bar:
        ax.barh(place, strip.value - axis.low, left=axis.low, height=0.5, color=style.color,
                alpha=0.35)  # fmt: skip
    if strip.low is not None and strip.high is not None:
        low, high = max(strip.low, axis.low), min(strip.high, axis.high)
        ax.plot([low, high], [place, place], color=style.color, linewidth=2.2)
    if strip.start is not None:
        ax.plot([strip.start, strip.value], [place, place], color=style.color, linewidth=1.6)
        ax.plot([strip.start], [place], marker=style.marker, color="white", markersize=7,
                markeredgecolor=style.color, clip_on=False, zorder=3)  # fmt: skip
    ax.plot([strip.value], [place], marker=style.marker, color=style.color, markersize=7.5,
            markeredgecolor="white", clip_on=False, zorder=3)  # fmt: skip


def _text(
    ax: Axes, across: float, place: float, words: str, side: str, *, bold: bool = False
) -> None:
    ax.annotate(
        words,
        (across, place),
        xycoords=("axes fraction", "data"),
        va="center",
        ha=side,
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )

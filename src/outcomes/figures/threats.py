"""What would overturn a comparison, the easiest first."""

from __future__ import annotations

import math
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.comparison.overturn import Overturn, Threat
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.overturn import STATES, threats_kept_back, threats_said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LEAST, _MOST = 0.05, 20.0
_NEAR, _FAR = "#D55E00", "#0072B2"


def overturn_panel(result: Overturn, policy: Policy) -> Figure:
    """Each threat on a scale of how much of its own unit it takes, on a line at one unit.

    At the left end what overturns the answer already, at the right what nothing searched
    does; what is not known, or would give few people away, has words in place of a mark.
    """
    kept = threats_kept_back(result, policy)
    threats = tuple(_kept(one) if one.name in kept else one for one in result.threats)
    easy = result.limits.easy

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, threats, easy)

    def height(width: float) -> float:
        return 1.2 + max(len(threats), 1) * (0.85 if width == theme.NARROW else 0.5)

    svg, narrow = theme.render("overturn", draw, height)
    return Figure(
        id="overturn",
        caption=(
            "What it would take to overturn the verdict "
            f"'{result.comparison.verdict}', the easiest first. Each threat is counted in a unit "
            "of something known; left of the line no more than one is needed."
        ),
        alt=_alt(result, threats),
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(
            [(one.name, one.needed, one.unit, one.state) for one in threats],
            columns=["threat", "needed", "unit", "state"],
        ),
        notes=(threats_said(result, policy), *result.warnings),
    )


def _kept(one: Threat) -> Threat:
    """The threat without its numbers."""
    return replace(one, needed=math.nan, state=fmt.HIDDEN, found=fmt.HIDDEN)


def _place(one: Threat) -> float:
    return min(max(one.needed, _LEAST), _MOST)


def _draw(canvas: Canvas, width: float, threats: tuple[Threat, ...], easy: float) -> None:
    ax = canvas.subplots()
    narrow = width == theme.NARROW
    ax.axvspan(_LEAST / 2, easy, color="#fbeadf", linewidth=0)
    ax.axvline(easy, color=theme.INK, linewidth=1)
    for place, one in enumerate(threats):
        _one(ax, place, one, easy, narrow=narrow)
    if not threats:
        ax.annotate("No difference is shown.", (0.5, 0.5), xycoords="axes fraction", ha="center")
    ax.set_xscale("log")
    ax.set_xlim(_LEAST / 1.6, _MOST * 1.6)
    ax.set_ylim(max(len(threats), 1) - 0.4, -0.9 if narrow else -0.6)
    _ticks(ax, narrow=narrow)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("Times the unit" if narrow else "How many times the unit it takes")


def _ticks(ax: Axes, *, narrow: bool) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    middle = (1.0,) if narrow else (0.2, 0.5, 1.0, 2.0, 5.0)
    ticks = (_LEAST, *middle, _MOST)
    ax.xaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.xaxis.set_minor_locator(NullLocator())
    names = [
        "already",
        *(f"{tick:g}" for tick in middle),
        "not\nfound",
    ]
    ax.set_xticklabels(names)


def _one(ax: Axes, place: int, one: Threat, easy: float, *, narrow: bool) -> None:
    name = fmt.sentence(one.name)
    if not math.isnan(one.needed):
        near = one.needed <= easy
        open_ = math.isinf(one.needed)
        color = _NEAR if near else _FAR
        ax.plot([_LEAST / 2, _place(one)], [place, place], color=color, linewidth=1.4)
        ax.plot(
            [_place(one)], [place], "D" if near else "o", color=color, markersize=9,
            markerfacecolor="white" if open_ else color,
        )  # fmt: skip
    words = _words(one)
    style: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center"}
    if narrow:
        box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 0.5}
        ax.annotate(f"{name}: {words}" if len(words) < 24 else f"{name}:\n{words}",
                    (0.0, place - 0.45), bbox=box, **style)  # fmt: skip
        return
    style["textcoords"] = "offset points"
    ax.annotate(name, (0, place), xytext=(-8, 0), ha="right", **style)
    ax.annotate("\n".join(textwrap.wrap(words, 26)), (1, place), xytext=(8, 0), ha="left", **style)


def _words(one: Threat) -> str:
    if not math.isfinite(one.needed) or one.needed <= 0:
        return STATES.get(one.state, one.state).lower()
    return f"{fmt.decimal(one.needed)} × {one.unit}"


def _alt(result: Overturn, threats: tuple[Threat, ...]) -> str:
    if not threats:
        return result.sentence
    parts = [f"{fmt.sentence(one.name)}: {_words(one)}" for one in threats]
    return f"{'; '.join(parts)}."

"""Mean score at the start and at the end, by group, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.comparison import WithinArm
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.schema import Verdict
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_ROW, _GAP = 0.42, 0.17


@dataclass(frozen=True, slots=True)
class StartAndEnd:
    """Mean start and end of one group; `label` names it, `group` is its arm."""

    label: str
    group: str
    start: WithinArm
    end: WithinArm

    @property
    def hidden(self) -> bool:
        """Whether the group is too small to show."""
        return Verdict.SUPPRESSED in (self.start.verdict, self.end.verdict)


def start_and_end(parts: Sequence[StartAndEnd], name: str) -> Figure:
    """An open mark for the start and a full one for the end, each with its interval.

    `name` is that of the questionnaire. A group that is too small is named and not drawn.
    """
    shown = [part for part in parts if not part.hidden and fmt.available(part.end.low)]
    looks = theme.styles(list(dict.fromkeys(part.group for part in parts)))

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas.subplots(), shown, looks, name, narrow=width == theme.NARROW)

    def height(width: float) -> float:
        return 0.9 + max(len(shown), 1) * _ROW * (2.1 if width == theme.NARROW else 1.5)

    svg, narrow = theme.render("start-and-end", draw, height)
    gone = [part.label for part in parts if part not in shown]
    level = parts[0].start.confidence if parts else 0.95
    return Figure(
        id="start_and_end",
        caption=f"Mean {name} at the start (open) and at the end (full) of people with both "
        f"scores, with {fmt.level(level)} interval.",
        alt="; ".join(_said(part) for part in shown) + "." if shown else "Nothing is drawn.",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame([_row(part, when) for part in shown for when in ("start", "end")]),
        notes=(f"Not drawn, because too few people: {fmt.listed(gone)}.",) if gone else (),
    )


def _draw(
    ax: Axes,
    shown: Sequence[StartAndEnd],
    looks: dict[str, theme.Style],
    name: str,
    *,
    narrow: bool,
) -> None:
    for place, part in enumerate(shown):
        look = looks[part.group]
        for which, lift, filled in ((part.start, -_GAP, False), (part.end, _GAP, True)):
            ax.plot(
                [which.low, which.high], [place + lift] * 2, color=look.color, linewidth=2.0,
                alpha=1.0 if filled else 0.55,
            )  # fmt: skip
            ax.plot(
                [which.estimate], [place + lift], marker=look.marker, markersize=8, zorder=3,
                color=look.color, markerfacecolor=look.color if filled else "white",
                markeredgewidth=1.6,
            )  # fmt: skip
        if narrow:
            ax.annotate(part.label, (0, place - 0.42), xycoords=("axes fraction", "data"),
                        va="center", weight="bold")  # fmt: skip
    ax.set_yticks(range(len(shown)), [] if narrow else [part.label for part in shown])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(f"mean {name}, points")


def _row(part: StartAndEnd, when: str) -> dict[str, object]:
    which = part.start if when == "start" else part.end
    return {
        "group": part.label,
        "when": when,
        "mean": which.estimate,
        "low": which.low,
        "high": which.high,
    }


def _said(part: StartAndEnd) -> str:
    return (
        f"{part.label}: {fmt.points(part.start.estimate)} "
        f"({fmt.interval(part.start.low, part.start.high)}) at the start, "
        f"{fmt.points(part.end.estimate)} ({fmt.interval(part.end.low, part.end.high)}) at the end"
    )

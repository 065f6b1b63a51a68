"""Mean courses of both partners over time, by role and arm, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models.dyads import DyadicGrowthResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.dyads import NOT_CONVERGED, may_show, usable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_POINTS = 25
_MANY = {"man": "men", "woman": "women"}
_LINES = ("-", "--", ":")
# Space at the right of the courses for their names, as a share of the time shown.
_ROOM = {theme.WIDE: 0.28, theme.NARROW: 0.5}


def partner_courses(
    result: DyadicGrowthResult, policy: Policy, *, until: float | None = None, unit: str = "points"
) -> Figure:
    """Lines with intervals: colour for the arm (or the role), dashes for the second role.

    Drawn from time 0 to `until` (by which nine in ten answers were given). Nothing is drawn of a
    model that did not converge or of few couples.
    """
    shown = usable(result) and may_show(result, policy)
    end = float(result.time_most if until is None else until)
    data = _curve(result, end) if shown else pd.DataFrame()

    def draw(canvas: Canvas, width: float) -> None:
        ax = canvas.subplots()
        if not shown:
            ax.text(0.5, 0.5, _why(result), ha="center", va="center")
            ax.set_axis_off()
            return
        _lines(ax, data, width)
        ax.set_xlim(0, end * (1 + _ROOM[width]))
        ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= end])
        ax.set_xlabel(result.columns.time)
        ax.set_ylabel(f"mean {result.columns.outcome}, {unit}")

    svg, narrow = theme.render("partner-courses", draw, lambda _: 3.5 if shown else 1.2)
    return Figure(
        id="partner_courses",
        caption=f"Mean {result.columns.outcome} of partners over {result.columns.time}, with "
        f"{fmt.level(result.level)} interval, from a model in which the two partners of a couple "
        "may be alike in where they start, how they move, and at each occasion.",
        alt=_said(data, result.columns.time) if shown else _why(result),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=result.warnings if shown else (),
    )


def _why(result: DyadicGrowthResult) -> str:
    return fmt.HIDDEN if usable(result) else fmt.sentence(NOT_CONVERGED)


def _curve(result: DyadicGrowthResult, end: float) -> pd.DataFrame:
    found = result.means(np.linspace(0, end, _POINTS).tolist())
    names = [name for name in ("role", "arm") if name in found.columns]
    return found[[*names, "time", "estimate", "low", "high"]]


def _lines(ax: Axes, data: pd.DataFrame, width: float) -> None:
    cells = data[[name for name in ("role", "arm") if name in data]].drop_duplicates()
    colours = "arm" if "arm" in data else "role"
    looks = theme.styles(list(dict.fromkeys(cells[colours])))
    roles = list(dict.fromkeys(cells["role"]))
    ends: list[tuple[float, str, str]] = []
    for cell in cells.to_dict("records"):
        rows = data[np.all([data[name].eq(value) for name, value in cell.items()], axis=0)]
        colour = looks[cell[colours]].color
        ax.fill_between(
            rows["time"], rows["low"], rows["high"], color=colour, alpha=0.14, linewidth=0
        )
        ax.plot(
            rows["time"], rows["estimate"], color=colour, linewidth=2.2,
            linestyle=_LINES[roles.index(cell["role"]) % len(_LINES)],
        )  # fmt: skip
        ends.append((float(rows["estimate"].iloc[-1]), _cell_name(cell, len(roles)), colour))
    _names(ax, ends, float(data["time"].max()), data, width)


def _names(
    ax: Axes, ends: list[tuple[float, str, str]], at: float, data: pd.DataFrame, width: float
) -> None:
    """The name of each course at its end, a line apart from the others."""
    room = (0.09 if width == theme.WIDE else 0.1) * float(data["high"].max() - data["low"].min())
    below = -np.inf
    for height, name, colour in sorted(ends):
        below = max(height, below + room)
        ax.annotate(
            name, (at, below), xytext=(6, 0), textcoords="offset points", color=colour,
            va="center", weight="bold", annotation_clip=False,
        )  # fmt: skip


def _cell_name(cell: dict[str, str], n_roles: int) -> str:
    arm = fmt.group_name("arm", cell["arm"]) if "arm" in cell else ""
    if n_roles == 1:
        return arm or "Partners"
    role = _MANY.get(str(cell["role"]), str(cell["role"]))
    return ", ".join(word for word in (fmt.sentence(role), arm.lower()) if word)


def _said(data: pd.DataFrame, unit: str) -> str:
    names = [name for name in ("role", "arm") if name in data]
    n_roles = data["role"].nunique()
    said = []
    for cell, rows in data.groupby(names, sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        said.append(
            f"{_cell_name(dict(zip(names, cell, strict=True)), n_roles)}: "
            f"{fmt.points(first['estimate'])} at 0, {fmt.points(last['estimate'])} "
            f"({fmt.interval(last['low'], last['high'])}) at {fmt.plain(last['time'])} {unit}"
        )
    return "; ".join(said) + "."

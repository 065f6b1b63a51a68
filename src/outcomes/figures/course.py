"""The mean course of scores by group with its interval, and the observed means it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models.growth import GrowthCourse
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.growth import visible_courses, visible_points

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_UNITS = {"weeks": "weeks since the start score", "scores": "number of the score after the start"}


def course(result: GrowthCourse, policy: Policy) -> Figure:
    """Curves with intervals; marks are means of observed scores, larger with more scores.

    A group with few people, or few at the end of the curve, is named and not drawn; where the
    model did not converge nothing is drawn, and the caption says so.
    """
    groups = visible_courses(result, policy)
    curve = result.curve[result.curve["group"].isin(groups)].reset_index(drop=True)
    points = visible_points(result, policy)
    points = points[points["time"].le(result.horizon)]
    looks = theme.styles(list(result.n_people))
    names = {group: fmt.group_name(result.by, group) for group in result.n_people}

    def draw(canvas: Canvas, width: float) -> None:
        ax = canvas.subplots()
        if not groups:
            ax.text(0.5, 0.5, "Nothing to draw", ha="center", va="center")
            ax.set_axis_off()
            return
        ends = _ends(curve, groups)
        for group in groups:
            look = looks[group]
            _one(ax, curve[curve["group"].eq(group)], look.color)
            _marks(ax, points[points["group"].eq(group)], look)
            ax.annotate(
                names[group], (result.horizon, ends[group]), xytext=(6, 0),
                textcoords="offset points", color=look.color, va="center", weight="bold",
                annotation_clip=False,
            )  # fmt: skip
        ax.set_xlim(0, result.horizon * (1.32 if width == theme.NARROW else 1.2))
        ax.set_xlabel(_UNITS[result.unit])
        ax.set_ylabel("mean score, points")

    svg, narrow = theme.render("course", draw, lambda _: 3.4)
    return Figure(
        id="course",
        caption=_caption(result, groups, names),
        alt=_said(result, groups, names),
        svg=svg,
        svg_narrow=narrow,
        data=curve[["group", "time", "estimate", "low", "high"]],
        notes=_notes(result, groups, names, policy),
    )


def _ends(curve: pd.DataFrame, groups: tuple[str, ...]) -> dict[str, float]:
    """Where each label stands: at the end of its curve, but a line apart from the others."""
    last = {g: float(curve.loc[curve["group"].eq(g), "estimate"].iloc[-1]) for g in groups}
    room = 0.07 * float(curve["high"].max() - curve["low"].min())
    placed: dict[str, float] = {}
    for group in sorted(last, key=last.__getitem__):
        below = max(placed.values(), default=float("-inf"))
        placed[group] = max(last[group], below + room)
    return placed


def _one(ax: Axes, rows: pd.DataFrame, color: str) -> None:
    ax.fill_between(rows["time"], rows["low"], rows["high"], color=color, alpha=0.16, linewidth=0)
    ax.plot(rows["time"], rows["estimate"], color=color, linewidth=2.2)


def _marks(ax: Axes, rows: pd.DataFrame, look: theme.Style) -> None:
    if rows.empty:
        return
    size = 12 + 60 * rows["n"] / rows["n"].max()
    ax.scatter(
        rows["time"], rows["score"], s=size, marker=look.marker, facecolor="white",
        edgecolor=look.color, linewidth=1.2, zorder=3,
    )  # fmt: skip


def _caption(result: GrowthCourse, groups: tuple[str, ...], names: dict[str, str]) -> str:
    if not groups:
        return "The course of the scores cannot be shown."
    people = ", ".join(f"{names[group]} n = {result.n_people[group]}" for group in groups)
    return (
        f"Mean score over {result.horizon:g} {result.unit} with {100 * result.level:g} % interval, "
        f"by a growth model: {result.shape.sentence}. Open marks: means of observed scores. "
        f"People: {people}. The groups are as they came, not made comparable."
    )


def _said(result: GrowthCourse, groups: tuple[str, ...], names: dict[str, str]) -> str:
    parts = []
    for group in groups:
        rows = result.curve[result.curve["group"].eq(group)]
        first, last = rows.iloc[0], rows.iloc[-1]
        parts.append(
            f"{names[group]}: {fmt.points(first['estimate'])} at the start, "
            f"{fmt.points(last['estimate'])} at {result.horizon:g} {result.unit} "
            f"(interval {fmt.points(last['low'])} to {fmt.points(last['high'])})"
        )
    return "; ".join(parts) + "." if parts else "Nothing is drawn."


def _notes(
    result: GrowthCourse, groups: tuple[str, ...], names: dict[str, str], policy: Policy
) -> tuple[str, ...]:
    if not result.usable:
        return (f"Cannot tell. {result.fit.convergence.sentence}",)
    notes = list(result.left_out)
    gone = [names[group] for group in result.n_people if group not in groups]
    if gone:
        notes.append(
            f"Not drawn, because fewer than {policy.minimum_plot} people or few at the end of "
            f"the curve: {', '.join(gone)}."
        )
    return tuple(notes)

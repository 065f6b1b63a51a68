"""Estimated means by visit and arm, with intervals and the number of people seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models.repeated import MmrmResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.visits import visible_means

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

NOT_CONVERGED = "Cannot tell: the model did not converge."
# Marks of groups stand beside each other at a visit, this far apart in all (visits are 1).
SPREAD = 0.24


def visit_means(result: MmrmResult, policy: Policy, group: str | None = None) -> Figure:
    """Means with intervals at each visit, a line for each group, and below them who was seen.

    `group` is a column of words in the formula (default: the one that stands in a term with
    the visit). Cells with few people are named, not drawn. Raises UsageError for a group that
    the formula does not use.
    """
    by = result.group if group is None else group
    if by == result.visit:
        raise UsageError(
            "The visit is the horizontal axis and cannot be the group too.",
            where="parameter group",
            fix="Name another column of words in the formula.",
        )
    table = visible_means(result, policy, by)
    table["group"] = "all" if by is None else table[by].astype(str)
    groups = fmt.ordered_groups(by, list(dict.fromkeys(table["group"])))
    names = {name: "everybody" if by is None else fmt.group_name(by, name) for name in groups}
    looks = theme.styles(groups)
    shown = table[table["mean_shown"]]

    def draw(canvas: Canvas, width: float) -> None:
        if shown.empty:
            _nothing(canvas, result)
            return
        axes, below = canvas.subplots(2, 1, sharex=True, height_ratios=[6, 0.6 + 0.5 * len(groups)])
        for place, name in enumerate(groups):
            rows = table[table["group"].eq(name)]
            shift = (place - (len(groups) - 1) / 2) * SPREAD / max(len(groups) - 1, 1)
            _line(axes, rows, shift, looks[name], names[name])
        _frame(axes, result, narrow=width == theme.NARROW)
        _people(below, table, groups, names, result)

    svg, narrow = theme.render("visit-means", draw, lambda _: 3.4 + 0.3 * len(groups))
    columns = ["estimate", "low", "high"]
    data = table.assign(
        **{name: table[name].where(table["mean_shown"]) for name in columns},
        n=table["n"].astype("Int64").where(table["n_shown"]),
    )
    return Figure(
        id="visit_means",
        caption=_caption(result),
        alt=_alt(data, names, result),
        svg=svg,
        svg_narrow=narrow,
        data=data[["group", result.visit, *columns, "n"]].reset_index(drop=True),
        notes=_notes(table, result, policy),
    )


def _line(axes: Axes, rows: pd.DataFrame, shift: float, look: theme.Style, label: str) -> None:
    """One group: marks with intervals, joined where neighbours are both shown."""
    at = np.arange(len(rows)) + shift
    shown = rows["mean_shown"].to_numpy()
    middle = rows["estimate"].where(rows["mean_shown"]).to_numpy(dtype=float)
    low, high = (rows[name].to_numpy(dtype=float)[shown] for name in ("low", "high"))
    axes.vlines(at[shown], low, high, color=look.color, linewidth=1.6)
    axes.plot(
        at, middle, color=look.color, marker=look.marker, markersize=6, linewidth=1.4, label=label
    )


def _frame(axes: Axes, result: MmrmResult, *, narrow: bool) -> None:
    axes.set_ylabel(f"{result.outcome.replace('_', ' ')}, estimated mean")
    axes.grid(axis="y", color=theme.GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", length=0, labelbottom=True)
    axes.set_xlabel(result.visit.replace("_", " "))
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=1 if narrow else 3)


def _people(
    axes: Axes,
    table: pd.DataFrame,
    groups: list[str],
    names: dict[str, str],
    result: MmrmResult,
) -> None:
    """The visits, and for each group how many people have a score there."""
    for place, name in enumerate(groups):
        for at, row in enumerate(table[table["group"].eq(name)].itertuples()):
            words = fmt.count(row.n) if row.n_shown else "–"
            axes.text(at, place, words, ha="center", va="center_baseline")
    axes.set_yticks(range(len(groups)), [names[name] for name in groups])
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_xticks(range(len(result.visits)), [str(visit) for visit in result.visits])
    axes.set_xlim(-0.5, len(result.visits) - 0.5)
    axes.set_title("people with a score", fontweight="normal", fontsize="medium")
    axes.tick_params(axis="both", length=0, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _nothing(canvas: Canvas, result: MmrmResult) -> None:
    axes = canvas.subplots()
    words = "Too few people to draw" if result.convergence.usable else NOT_CONVERGED
    axes.text(0.5, 0.5, words, ha="center", va="center")
    axes.set_axis_off()


def _caption(result: MmrmResult) -> str:
    numbers = ", ".join(result.design.means)
    at = f", with {numbers} at the mean" if numbers else ""
    return (
        f"Estimated mean of {result.outcome.replace('_', ' ')} by {result.visit.replace('_', ' ')} "
        f"with {fmt.level(result.level)} interval{at}: {fmt.count(result.n_subjects)} people, "
        f"{fmt.count(result.n_used)} scores. People who left count with the visits they had; "
        "nothing is filled in."
    )


def _alt(data: pd.DataFrame, names: dict[str, str], result: MmrmResult) -> str:
    if not result.convergence.usable:
        return NOT_CONVERGED
    parts = []
    for row in data.to_dict("records"):
        said = f"{names[row['group']]}, {row[result.visit]}: "
        if pd.isna(row["estimate"]):
            parts.append(said + fmt.HIDDEN)
            continue
        people = "" if pd.isna(row["n"]) else f", {fmt.count(row['n'])} people"
        parts.append(
            f"{said}{fmt.points(row['estimate'])} ({fmt.interval(row['low'], row['high'])}){people}"
        )
    return f"Estimated means with {fmt.level(result.level)} intervals. {'; '.join(parts)}."


def _notes(table: pd.DataFrame, result: MmrmResult, policy: Policy) -> tuple[str, ...]:
    if not result.convergence.usable:
        return (NOT_CONVERGED,)
    notes = []
    if not bool(table["mean_shown"].all()):
        few = max(policy.minimum_count, policy.minimum_plot)
        notes.append(f"Means of fewer than {few} people are not shown.")
    if not bool(table["n_shown"].all()):
        notes.append("– where the number of people would tell of few people who came or left.")
    return (*notes, *result.warnings)

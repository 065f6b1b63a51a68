"""Outcomes by number of sessions: courses by stratum, shares by stratum and by single number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import SHARES, Mark, forest, share_words
from outcomes.figures.shares import notes
from outcomes.models.dose import DoseResult
from outcomes.models.dose.courses import TOGETHER
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.dose import MEASURES, Seen, shown_counts, shown_strata

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_COLUMNS = ["group", "stratum", "measure", "n", "n_total", "rate", "low", "high"]
# From few sessions to many: light to dark, so that a grey print keeps the order.
_SHADES = ("#8fb8d8", "#5a96c4", "#2f74a8", "#165584", "#0a3a5e", "#04223a")
_ALONE = "#0072B2"
_MINIMUM_GAP = 0.08


def dose_shares(result: DoseResult, policy: Policy) -> Figure:
    """Reliably better, recovered and ended as agreed, by stratum, group beside group."""
    seen = shown_strata(result, policy)
    groups = fmt.ordered_groups(result.by, result.strata["group"])
    marks, rows = [], []
    for measure, title in MEASURES.items():
        table = result.strata[result.strata["measure"].eq(measure)]
        for stratum in dict.fromkeys(table["stratum"]):
            for group in groups:
                row = table[table["stratum"].eq(stratum) & table["group"].eq(group)].iloc[0]
                visible = seen[group, stratum, measure]
                ok = visible and row["n_total"] > 0
                name = fmt.group_name(result.by, group)
                label = stratum if result.by is None else f"{stratum}, {name}"
                words = share_words(row["n"], row["n_total"], row["rate"], visible=visible)
                numbers = (row["rate"], row["low"], row["high"]) if ok else (None, None, None)
                marks.append(Mark(title, label, group, words, *numbers))
                rows.append(row[_COLUMNS] if visible else _without_numbers(row))
    svg, narrow = forest("dose-shares", marks, SHARES, theme.styles(groups))
    return Figure(
        id="dose_shares",
        caption="Of those who had so many sessions in all: share with "
        f"{fmt.level(result.level)} interval. {result.ending}",
        alt="; ".join(f"{mark.heading}, {mark.label}: {mark.words}" for mark in marks) + ".",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(rows).reset_index(drop=True),
        notes=notes(not all(seen.values()), policy),
    )


def dose_counts(result: DoseResult, policy: Policy, measure: str = "reliable_recovery") -> Figure:
    """The share by single number of sessions, with Wilson intervals and numbers of people."""
    there = list(dict.fromkeys(result.counts["measure"]))
    if measure not in there and measure == "reliable_recovery":
        measure = "reliable_improvement"
    if measure not in there or measure not in MEASURES:
        raise UsageError(
            "This share is not counted.",
            where="parameter measure",
            fix=f"Choose from {', '.join(name for name in MEASURES if name in there)}.",
        )
    seen = shown_counts(result, policy)
    table = result.counts[result.counts["measure"].eq(measure) & result.counts["n_total"].gt(0)]
    shown = [
        seen.get((group, stratum, measure), False)
        for group, stratum in zip(table["group"], table["stratum"], strict=True)
    ]
    data = table.loc[shown, ["group", "stratum", "first", *_COLUMNS[2:]]].reset_index(drop=True)
    groups = fmt.ordered_groups(result.by, result.strata["group"])
    looks = theme.styles(groups) if result.by is not None else {groups[0]: theme.Style(_ALONE, "o")}
    reach = (0.5, float(result.counts["first"].max()) + 0.5)

    def draw(canvas: Canvas, width: float) -> None:
        for ax, group in zip(_panels(canvas, groups, width), groups, strict=True):
            _by_count(ax, data[data["group"].eq(group)], looks[group], reach)
            if result.by is not None:
                ax.set_title(fmt.group_name(result.by, group))

    svg, narrow = theme.render("dose-counts", draw, lambda width: _height(groups, width))
    said = [
        f"{fmt.group_name(result.by, row.group)}, {row.stratum}: "
        f"{share_words(row.n, row.n_total, row.rate, visible=True)}"
        for row in data.itertuples()
    ]
    return Figure(
        id="dose_counts",
        caption=f"{MEASURES[measure]}, by number of sessions in all: share with "
        f"{fmt.level(result.level)} interval; the larger the mark, the more people. "
        f"{result.ending}",
        alt=("; ".join(said) or "Too few people for any number of sessions") + ".",
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=notes(not all(shown), policy, _gaps(shown)),
    )


def dose_courses(result: DoseResult, policy: Policy) -> Figure:
    """Mean improvement at each score, one line for each stratum and one for all still there."""
    if result.courses is None:
        raise UsageError(
            "The result has no courses.",
            where="parameter kind",
            fix="Give trajectories: oc.dose(changed, oc.trajectories(study, instrument)).",
        )
    seen = shown_strata(result, policy)
    groups = fmt.ordered_groups(result.by, result.strata["group"])
    data = _drawn(result.courses, seen, policy)
    order = list(dict.fromkeys(result.strata["stratum"]))
    sizes = result.strata[result.strata["measure"].eq("reliable_improvement")]
    people = {(row.group, row.stratum): int(row.n_total) for row in sizes.itertuples()}

    # The panels share one scale: names are moved apart by a share of all of it.
    gap = (
        _MINIMUM_GAP * float(data["mean"].max() - min(data["mean"].min(), 0)) if len(data) else 1.0
    )

    def draw(canvas: Canvas, _: float) -> None:
        # Below each other also on a page: the names beside the lines need the width.
        for ax, group in zip(_panels(canvas, groups, theme.NARROW), groups, strict=True):
            _lines(ax, data[data["group"].eq(group)], order, people, gap)
            if result.by is not None:
                ax.set_title(fmt.group_name(result.by, group))
            ax.set_ylabel(f"improvement, {result.unit}")

    svg, narrow = theme.render("dose-courses", draw, lambda _: _height(groups, theme.NARROW, 2.9))
    undrawn = [key for key, ok in seen.items() if key[2] == "reliable_improvement" and not ok]
    return Figure(
        id="dose_courses",
        caption="Mean improvement since the start by number of the score, of those who had so "
        "many sessions in all (lines), and of everybody still there (dashed: no person's course, "
        f"since those who improve fast leave it). {result.ending}",
        alt=_courses_said(result, data),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=(
            *notes(bool(undrawn), policy),
            f"A point is drawn where at least {policy.minimum_plot} people have a score.",
        ),
    )


def _drawn(courses: pd.DataFrame, seen: Seen, policy: Policy) -> pd.DataFrame:
    """Points of enough people; how many they are is not told point by point."""
    enough = courses["n"].ge(policy.minimum_plot) | (not policy.suppress)
    ok = [
        stratum == TOGETHER or seen.get((group, stratum, "reliable_improvement"), False)
        for group, stratum in zip(courses["group"], courses["stratum"], strict=True)
    ]
    return courses[enough & np.array(ok)].drop(columns="n").reset_index(drop=True)


def _without_numbers(row: pd.Series) -> pd.Series:
    hidden = row[_COLUMNS].copy()
    hidden[_COLUMNS[3:]] = None
    return hidden


def _gaps(shown: list[bool]) -> tuple[str, ...]:
    if all(shown):
        return ()
    return ("Numbers of sessions that few people had are not drawn.",)


def _panels(canvas: Canvas, groups: list[str], width: float) -> list[Axes]:
    """Axes side by side on a page, below each other on a phone."""
    down = width == theme.NARROW
    shape = (len(groups), 1) if down else (1, len(groups))
    made = canvas.subplots(*shape, sharey=True, sharex=True, squeeze=False)
    return list(made.ravel())


def _height(groups: list[str], width: float, one: float = 3.0) -> float:
    return one * (len(groups) if width == theme.NARROW else 1)


def _by_count(ax: Axes, rows: pd.DataFrame, look: theme.Style, reach: tuple[float, float]) -> None:
    x = rows["first"].to_numpy(dtype=float)
    rate, low, high = (rows[name].to_numpy(dtype=float) for name in ("rate", "low", "high"))
    ax.vlines(x, low, high, color=look.color, linewidth=1.6, alpha=0.7)
    size = 14 + 90 * rows["n_total"].to_numpy(dtype=float) / max(float(rows["n_total"].max()), 1) \
        if len(rows) else []  # fmt: skip
    ax.scatter(
        x,
        rate,
        s=size,
        color=look.color,
        marker=look.marker,
        zorder=3,
        edgecolor="white",
        clip_on=False,
    )
    if not len(rows):
        ax.text(0.5, 0.5, "Too few people to draw", ha="center", transform=ax.transAxes)
    ax.set_ylim(0, 1)
    ax.set_xlim(*reach)
    ax.set_xticks(np.arange(1, int(reach[1]) + 1, max(1, int(reach[1]) // 8)))
    ax.set_yticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])
    ax.grid(axis="y", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("sessions in all")


def _lines(
    ax: Axes, rows: pd.DataFrame, order: list[str], people: dict[tuple[str, str], int], gap: float
) -> None:
    ends: list[tuple[float, float, str, str]] = []
    for stratum in [*order, TOGETHER]:
        line = rows[rows["stratum"].eq(stratum)]
        if line.empty:
            continue
        x, y = line["number"].to_numpy(dtype=float), line["mean"].to_numpy(dtype=float)
        if stratum == TOGETHER:
            ax.plot(x, y, color=theme.MUTED, linestyle=(0, (4, 2)), linewidth=1.8)
            ends.append((x[-1], y[-1], "everybody still there", theme.MUTED))
            continue
        place = round(order.index(stratum) * (len(_SHADES) - 1) / max(len(order) - 1, 1))
        ax.plot(x, y, color=_SHADES[place], linewidth=2.2, marker="o", markersize=3.5)
        n = people[str(line["group"].iloc[0]), stratum]
        ends.append((x[-1], y[-1], f"{stratum} (n = {n})", _SHADES[max(place, 1)]))
    ax.axhline(0, color=theme.GRID, linewidth=1)
    ax.set_xlabel("score (0: start)")
    furthest = int(rows["number"].max()) if len(rows) else 1
    ax.set_xticks(np.arange(0, furthest + 1, max(1, furthest // 8)))
    if not ends:
        ax.text(0.5, 0.5, "Too few people to draw", ha="center", transform=ax.transAxes)
        return
    _label(ax, ends, gap)


def _label(ax: Axes, ends: list[tuple[float, float, str, str]], gap: float) -> None:
    """Names at the right of the lines, moved apart where they would touch."""
    last = -np.inf
    right = max(end[0] for end in ends)
    for x, y, words, color in sorted(ends, key=lambda end: end[1]):
        place = max(y, last + gap)
        last = place
        ax.annotate(
            words,
            (x, y),
            xytext=(right + 0.35, place),
            textcoords="data",
            color=color,
            va="center",
            fontsize="small",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.5, "alpha": 0.6},
        )


def _courses_said(result: DoseResult, data: pd.DataFrame) -> str:
    parts = []
    for (group, stratum), rows in data.groupby(["group", "stratum"], sort=False):
        last = rows.iloc[-1]
        parts.append(
            f"{fmt.group_name(result.by, group)}, {stratum}: {fmt.points(last['mean'])} "
            f"{result.unit} of improvement at score {int(last['number'])}"
        )
    return ("; ".join(parts) or "Too few people to draw") + "."

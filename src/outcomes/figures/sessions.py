"""Change over the sessions: shares with intervals, time to first change, expected course."""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.change.sessions import FirstChange, OnTrack
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt
from outcomes.showing.sessions import visible_groups

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_WORST, _LINE = "#B3541E", "#1a1a1a"


def first_change(result: FirstChange, policy: Policy) -> Figure:
    """Share improved by week with its interval, and above it those who had ended before.

    A group whose curve would point at few people is named, not drawn.
    """
    visible = visible_groups(result, policy)
    shown = [group for group in visible if visible[group]]
    data = result.curve[result.curve["group"].isin(shown)].reset_index(drop=True)
    names = {group: fmt.group_name(result.split.by, group) for group in visible}
    looks = theme.styles(list(visible))

    def draw(canvas: Canvas, width: float) -> None:
        axes = _panels(canvas, len(shown), width)
        for ax, group in zip(axes, shown, strict=True):
            rows = data[data["group"].eq(group)]
            _incidence(ax, rows, looks[group].color)
            ax.set_title(f"{names[group]} (n = {int(rows['n'].iloc[0])})")

    svg, narrow = theme.render(
        "first-change",
        draw,
        lambda width: 3.2 * (max(len(shown), 1) if width == theme.NARROW else 1),
    )
    return Figure(
        id="first_change",
        caption="Reliably better for the first time, by weeks since the start score: share "
        f"with {100 * result.confidence:g} % interval. Shaded above: had ended before that.",
        alt=_said(result, names, visible),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=_hidden_note(names, visible, policy),
    )


def expected_course(result: OnTrack, policy: Policy) -> Figure:
    """Expected score by number of the score for three start scores, with the alert limit.

    Drawn from lines and percentiles of everybody together; nobody's own course is shown.
    """
    band = result.band
    if policy.suppress:
        few = [hidden(int(n), policy) or n < policy.minimum_plot for n in band["n"]]
        band = band[~np.array(few, dtype=bool)].reset_index(drop=True)
    starts = sorted(band["start"].unique())
    edge = _edge(band, result.direction)

    def draw(canvas: Canvas, width: float) -> None:
        axes = _panels(canvas, len(starts), width, together=True)
        for ax, start in zip(axes, starts, strict=True):
            _course(ax, band[band["start"].eq(start)], result, edge)

    svg, narrow = theme.render(
        "expected",
        draw,
        lambda width: 2.6 * (max(len(starts), 1) if width == theme.NARROW else 1.2),
    )
    return Figure(
        id="expected_course",
        caption="Expected course of people who started at the lower quartile, the median and the "
        "upper quartile. A score in the shaded area is worse than "
        f"{100 * (1 - result.percentile):g} % of people who started alike: an alert.",
        alt="; ".join(
            f"start {fmt.points(row.start)}, score {row.number + 1}: expected "
            f"{fmt.points(row.expected)}, alert limit {fmt.points(row.limit)}"
            for row in band.itertuples()
        )
        or "Too few people for an expected course.",
        svg=svg,
        svg_narrow=narrow,
        data=band,
        notes=() if len(band) else ("Too few people for an expected course.",),
    )


def _down(panels: Sized, width: float) -> int:
    """How many panels stand below each other; an empty figure has the height of one."""
    return max(len(panels), 1) if width == theme.NARROW else 1


def _panels(canvas: Canvas, count: int, width: float, *, together: bool = False) -> list[Axes]:
    """Axes side by side on a page, below each other on a phone; one empty if there are none."""
    if count == 0:
        ax = canvas.subplots()
        ax.text(0.5, 0.5, "Too few people to draw", ha="center", va="center")
        ax.set_axis_off()
        return []
    down = width == theme.NARROW
    shape = (count, 1) if down else (1, count)
    made = canvas.subplots(*shape, sharey=True, sharex=together, squeeze=False)
    return list(made.ravel())


def _incidence(ax: Axes, rows: pd.DataFrame, color: str) -> None:
    week = np.concatenate([[0], rows["week"]])
    ended = np.concatenate([[0.0], rows["ended_before"]])
    ax.fill_between(week, 1 - ended, 1, step="post", color=theme.BAND, linewidth=0)
    low, high = (np.concatenate([[0.0], rows[name]]) for name in ("low", "high"))
    ax.fill_between(week, low, high, step="post", color=color, alpha=0.2, linewidth=0)
    improved = np.concatenate([[0.0], rows["improved"]])
    ax.step(week, improved, where="post", color=color, linewidth=2.2)
    ax.annotate(
        "reliably better",
        (week[-1], improved[-1]),
        xytext=(-4, -22),
        textcoords="offset points",
        ha="right",
    )
    if ended[-1] > 0:
        ax.annotate("ended before", (week[-1], 1), xytext=(-4, -14),
                    textcoords="offset points", ha="right")  # fmt: skip
    ax.set_ylim(0, 1)
    ax.set_xlim(0, week[-1])
    ax.set_yticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])
    ax.set_xlabel("weeks since the start score")


def _edge(band: pd.DataFrame, direction: str) -> float:
    """How far the area of alerts is drawn, the same in all panels."""
    values = band[["start", "expected", "limit"]].to_numpy(dtype=float)
    if not values.size:
        return 0.0
    room = 0.08 * (values.max() - values.min())
    return float(values.max() + room if direction == "lower" else values.min() - room)


def _course(ax: Axes, rows: pd.DataFrame, result: OnTrack, edge: float) -> None:
    start = float(rows["start"].iloc[0])
    number = np.concatenate([[1], rows["number"] + 1])
    expected = np.concatenate([[start], rows["expected"]])
    limit = np.concatenate([[start], rows["limit"]])
    worse_up = result.direction == "lower"
    ax.fill_between(number, limit, edge, color=_WORST, alpha=0.18, linewidth=0)
    ax.plot(number, limit, color=_WORST, linewidth=1.4, linestyle="--")
    ax.plot(number, expected, color=_LINE, linewidth=2.2, marker="o", markersize=4)
    ax.annotate("alert", (number[-1], limit[-1]), xytext=(-3, 14 if worse_up else -22),
                textcoords="offset points", ha="right", color=_WORST)  # fmt: skip
    ax.set_title(f"start {fmt.plain(start)}")
    if worse_up:
        ax.set_ylim(top=edge)
    else:
        ax.set_ylim(bottom=edge)
    ax.set_xticks(number)
    ax.set_xlabel("score number")
    ax.set_ylabel(result.unit)


def _said(result: FirstChange, names: dict[str, str], visible: dict[str, bool]) -> str:
    parts = []
    for row in result.medians.itertuples():
        if not visible[row.group]:
            parts.append(f"{names[row.group]}: {fmt.HIDDEN}")
        elif pd.isna(row.median_week):
            parts.append(f"{names[row.group]}: fewer than half were reliably better")
        else:
            parts.append(f"{names[row.group]}: half were reliably better by week {row.median_week}")
    return "; ".join(parts) + "."


def _hidden_note(
    names: dict[str, str], visible: dict[str, bool], policy: Policy
) -> tuple[str, ...]:
    gone = [names[group] for group in visible if not visible[group]]
    if not gone:
        return ()
    return (
        f"Not drawn, because fewer than {policy.minimum_plot} people or an end of the curve with "
        f"fewer than {policy.minimum_count}: {', '.join(gone)}.",
    )

"""Shares of people who got better or worse, with intervals, arm beside arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.change import ChangeResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import visible_rates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

# What is drawn, from good to bad; the finer split is in the table.
_DRAWN = {
    ("reliable_improvement", "paired"): "Reliably better",
    ("reliable_recovery", "clinical at start"): "Recovered",
    ("unchanged", "paired"): "No reliable change",
    ("reliable_deterioration", "paired"): "Reliably worse",
}
_AMONG = {
    "paired": "of those with both scores",
    "clinical at start": "of those in the clinical range at the start, with both scores",
}
_ROW = 0.36  # inches for each interval


@dataclass(frozen=True, slots=True)
class _Mark:
    """One share of one group; None where it is hidden."""

    measure: str
    group: str
    label: str
    n: int | None
    n_total: int | None
    rate: float
    low: float
    high: float

    def words(self) -> str:
        """The share with its denominator, or why it is not there."""
        if self.n is None:
            return fmt.HIDDEN
        if not self.n_total:
            return "nobody"
        return f"{fmt.percent(self.rate)}  ({fmt.n_of(self.n, self.n_total)})"


def rates(result: ChangeResult, policy: Policy) -> Figure:
    """Dots with intervals: reliably better, recovered, no change, reliably worse, by group.

    Every dot carries its share and its n of N. A hidden share is named as hidden.
    """
    groups = fmt.ordered_groups(result.by, result.rates["group"])
    marks = _marks(result, policy, groups)
    measures = list(dict.fromkeys(mark.measure for mark in marks))

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, marks, measures, groups)

    def height(width: float) -> float:
        narrow = width == theme.NARROW
        lines = sum(_step(mark, narrow) for mark in marks) + len(measures)
        return 0.6 + _ROW * lines

    svg, narrow = theme.render("rates", draw, height)
    return Figure(
        id="rates",
        caption=_caption(result),
        alt=_alt(marks, result),
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(
            [(m.measure, m.group, m.n, m.n_total, m.rate, m.low, m.high) for m in marks],
            columns=["measure", "group", "n", "n_total", "rate", "low", "high"],
        ).astype({"n": "Int64", "n_total": "Int64"}),
        notes=_notes(marks, policy),
    )


def _marks(result: ChangeResult, policy: Policy, groups: list[str]) -> list[_Mark]:
    visible = visible_rates(result, policy)
    index = result.rates.reset_index().set_index(["group", "measure", "denominator"])["index"]
    marks = []
    for measure, denominator in _DRAWN:
        for group in groups:
            if (group, measure, denominator) not in index:
                continue
            place = index[group, measure, denominator]
            row = result.rates.loc[place]
            ok = bool(visible.loc[place].all())
            nan = float("nan")
            marks.append(
                _Mark(
                    measure,
                    group,
                    fmt.group_name(result.by, group),
                    int(row["n"]) if ok else None,
                    int(row["n_total"]) if ok else None,
                    float(row["rate"]) if ok else nan,
                    float(row["low"]) if ok else nan,
                    float(row["high"]) if ok else nan,
                )
            )
    return marks


def _draw(
    canvas: Canvas, width: float, marks: list[_Mark], measures: list[str], groups: list[str]
) -> None:
    ax = canvas.subplots()
    narrow = width == theme.NARROW
    look = theme.styles(groups)
    titles = {measure: title for (measure, _), title in _DRAWN.items()}
    place = 0.0
    for measure in measures:
        ax.text(0, place, titles[measure], fontweight="bold", va="center", ha="left")
        place += 0.9
        for mark in (mark for mark in marks if mark.measure == measure):
            if narrow:
                _words(ax, 0.0, place - 0.05, f"{mark.label}: {mark.words()}")
                _interval(ax, place + 0.6, mark, look[mark.group])
            else:
                _interval(ax, place, mark, look[mark.group])
                ax.annotate(
                    mark.label,
                    (0, place),
                    xycoords=("axes fraction", "data"),
                    xytext=(-8, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                )
                _words(ax, 1.02, place, mark.words())
            place += _step(mark, narrow)
        place += 0.1
    ax.set_ylim(place - 0.2, -0.6)
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)


def _step(mark: _Mark, narrow: bool) -> float:
    """Lines a mark takes: on a phone its words stand above the interval."""
    drawn = mark.n is not None and bool(mark.n_total)
    return 1.6 if narrow and drawn else 0.9


def _interval(ax: Axes, place: float, mark: _Mark, style: theme.Style) -> None:
    if mark.n is None or not mark.n_total:
        return
    ax.plot([mark.low, mark.high], [place, place], color=style.color, linewidth=2.2)
    ax.plot(
        [mark.rate],
        [place],
        marker=style.marker,
        color=style.color,
        markersize=7.5,
        markeredgecolor="white",
        clip_on=False,
        zorder=3,
    )


def _words(ax: Axes, across: float, place: float, words: str) -> None:
    ax.annotate(
        words,
        (across, place),
        xycoords=("axes fraction", "data"),
        va="center",
        annotation_clip=False,
    )


def _caption(result: ChangeResult) -> str:
    by = "" if result.by is None else f" by {result.by.replace('_', ' ')}"
    recovered = "" if result.cutoff is None else f"; recovered: {_AMONG['clinical at start']}"
    amount = (
        f"{'at least' if result.threshold_rule == 'at_least' else 'more than'} "
        f"{fmt.plain(result.threshold)} {result.unit}"
    )
    return (
        f"Reliable change{by}: share with {100 * result.confidence:g} % interval, "
        f"{_AMONG['paired']}{recovered}. Reliable: "
        f"{amount if result.method in ('jt', 'anchor') else result.rule_text}."
    )


def _alt(marks: list[_Mark], result: ChangeResult) -> str:
    titles = {measure: title for (measure, _), title in _DRAWN.items()}
    parts = []
    for mark in marks:
        said = f"{titles[mark.measure]}, {mark.label}: "
        if mark.n is None or not mark.n_total:
            parts.append(said + mark.words())
            continue
        span = fmt.percent_interval(mark.low, mark.high)
        parts.append(
            f"{said}{fmt.n_of(mark.n, mark.n_total)}, {fmt.percent(mark.rate)}, interval {span}"
        )
    return f"Shares with {100 * result.confidence:g} % intervals. {'; '.join(parts)}."


def _notes(marks: list[_Mark], policy: Policy) -> tuple[str, ...]:
    if all(mark.n is not None for mark in marks):
        return ()
    return (
        f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
        "numbers from which they could be computed.",
    )

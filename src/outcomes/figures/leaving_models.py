"""What goes with leaving sooner, and what weighting for dropout changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, Scale, forest
from outcomes.models.leaving import CoxResult, DropoutWeights, VisitResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.leaving_models import (
    CANNOT_TELL,
    shown_estimates,
    shown_ratios,
    why_no_ratios,
)

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_ONE = "all"


def leaving_ratios(result: CoxResult | VisitResult, policy: Policy) -> Figure:
    """A dot with interval for each term, on a scale of ratios; above 1 means leaving sooner."""
    odds = isinstance(result, VisitResult) and result.link == "logit"
    what = "Odds ratio" if odds else "Hazard ratio"
    rows = shown_ratios(result, policy)
    table = pd.DataFrame(columns=["term", "ratio", "ratio_low", "ratio_high"])
    if rows is None:
        marks = [Mark(what, "", _ONE, why_no_ratios(result, policy), None, None, None)]
    else:
        table = rows[["term", "ratio", "ratio_low", "ratio_high"]]
        marks = [
            Mark(what, row.term, _ONE, _ratio(row), *np.log([row.ratio, row.ratio_low,
                 row.ratio_high]).tolist())
            for row in rows.itertuples()
        ]  # fmt: skip
    svg, narrow = forest("leaving-ratios", marks, _ratios(table), theme.styles([_ONE]))
    return Figure(
        id="leaving_ratios",
        caption=f"{what} of leaving with {fmt.level(result.level)} interval; right of 1: leaves "
        f"sooner. {result.method}. An association, not an effect.",
        alt="; ".join(f"{mark.label}: {mark.words}".removeprefix(": ") for mark in marks) + ".",
        svg=svg,
        svg_narrow=narrow,
        data=table.reset_index(drop=True),
        notes=result.warnings if rows is not None or not result.converged else (),
    )


def dropout_weighting(result: DropoutWeights, policy: Policy) -> Figure:
    """Differences at each visit, of those with a score and weighted for dropout."""
    rows = shown_estimates(result, policy)
    data = pd.DataFrame(columns=["visit", "analysis", "what", "group", "estimate", "low", "high"])
    if rows is None:
        said = CANNOT_TELL if not result.converged else fmt.HIDDEN
        marks = [Mark(result.outcome, "", "complete cases", said, None, None, None)]
    else:
        if rows["what"].str.contains("adjusted").any():
            rows = rows[rows["what"].str.contains("adjusted")]
        data = rows[list(data.columns)].reset_index(drop=True)
        data = data.sort_values(["visit", "group"], kind="stable").reset_index(drop=True)
        marks = [
            Mark(
                f"{result.visit} {row.visit}: {row.group}", fmt.sentence(row.analysis),
                row.analysis, f"{fmt.points(row.estimate)}  ({fmt.interval(row.low, row.high)})",
                row.estimate, row.low, row.high,
            )
            for row in data.itertuples()
        ]  # fmt: skip
    scale = _points(data, zero=len(result.arms) > 1)
    looks = theme.styles(["complete cases", "weighted for dropout"])
    svg, narrow = forest("dropout-weights", marks, scale, looks)
    what = "Mean" if len(result.arms) == 1 else "Adjusted difference"
    return Figure(
        id="dropout_weights",
        caption=f"{what} of {result.outcome} by {result.visit}, of those with a score and weighted "
        f"for dropout, with {fmt.level(result.level)} interval.",
        alt="; ".join(f"{m.heading}, {m.label}: {m.words}" for m in marks) + ".",
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=result.warnings if rows is not None or not result.converged else (),
    )


def _ratio(row: object) -> str:
    value, low, high = (getattr(row, name) for name in ("ratio", "ratio_low", "ratio_high"))
    return f"{fmt.decimal(value)}  ({fmt.decimal(low)} to {fmt.decimal(high)})"


def _ratios(table: pd.DataFrame) -> Scale:
    """A logarithmic axis around 1 that holds all limits, cut at a hundredth and a hundred."""
    low = min([0.5, *table["ratio_low"]]) if len(table) else 0.5
    high = max([2.0, *table["ratio_high"]]) if len(table) else 2.0
    low, high = max(float(low), _TICKS[0]), min(float(high), _TICKS[-1])
    ticks = [tick for tick in _TICKS if low * 0.99 <= tick <= high * 1.01]
    return Scale(
        float(np.log(low)),
        float(np.log(high)),
        tuple(float(np.log(tick)) for tick in ticks),
        tuple(fmt.plain(tick) for tick in ticks),
        zero=0.0,
    )


def _points(data: pd.DataFrame, *, zero: bool) -> Scale:
    """An axis in points that holds all limits, with 0 for differences."""
    ends = [*data["low"], *data["high"], *([0.0] if zero else [])]
    low, high = (min(ends), max(ends)) if ends else (-1.0, 1.0)
    room = 0.05 * max(high - low, 1e-9)
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=5).tick_values(low, high)
    ticks = [float(t) for t in ticks if low - room <= t <= high + room]
    labels = tuple(fmt.plain(tick) for tick in ticks)
    return Scale(low - room, high + room, tuple(ticks), labels, 0.0 if zero else None)

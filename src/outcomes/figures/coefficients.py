"""Coefficients of a linear mixed model, in points of the outcome, with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, Scale, forest
from outcomes.models.mixed import MixedResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt

CANNOT_TELL = "cannot tell"
INTERCEPT = "(intercept)"
_STYLE = {"": theme.Style(*theme.OTHERS[0])}


def coefficients(result: MixedResult, policy: Policy) -> Figure:
    """A mark with interval for each coefficient but the intercept; none of a failed fit.

    Of fewer rows than the policy draws there are words and no marks.
    """
    few = policy.suppress and min(result.n_groups.values(), default=0) < policy.minimum_plot
    table = result.coefficients[result.coefficients["term"].ne(INTERCEPT)].reset_index(drop=True)
    columns = ["estimate", "low", "high"]
    data = table[["term", *columns]].copy()
    if few or not result.convergence.usable:
        data[columns] = np.nan
    scale = _scale(data)
    words = fmt.HIDDEN if few else CANNOT_TELL
    marks = [_mark(row, words) for row in data.itertuples()]
    svg, narrow = forest("coefficients", marks, scale, _STYLE)
    return Figure(
        id="coefficients",
        caption=f"Coefficients of {result.formula} with {fmt.level(result.level)} interval, in "
        "points for one unit of each. Association, not effect.",
        alt="; ".join(f"{mark.label}: {mark.words}" for mark in marks) + ".",
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=() if result.convergence.usable else (result.convergence.sentence,),
    )


def _mark(row: tuple[object, ...], words: str) -> Mark:
    estimate, low, high = (float(getattr(row, name)) for name in ("estimate", "low", "high"))
    label = str(row.term)  # type: ignore[attr-defined]
    if not np.isfinite([estimate, low, high]).all():
        return Mark("", label, "", words, None, None, None)
    said = f"{fmt.plain(estimate)} ({fmt.plain(low)} to {fmt.plain(high)})"
    return Mark("", label, "", said, estimate, low, high)


def _scale(data: pd.DataFrame) -> Scale:
    """From the lowest to the highest limit, with zero in it."""
    from matplotlib.ticker import MaxNLocator

    values = data[["low", "high"]].to_numpy(dtype=float)
    known = values[np.isfinite(values)]
    low, high = (min(0.0, known.min()), max(0.0, known.max())) if known.size else (-1.0, 1.0)
    ticks = MaxNLocator(5).tick_values(low, high)
    inside = tuple(float(tick) for tick in ticks)
    return Scale(inside[0], inside[-1], inside, tuple(fmt.plain(tick) for tick in inside), 0.0)

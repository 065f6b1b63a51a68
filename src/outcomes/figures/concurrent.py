"""Care that is added later: differences at each landmark, and the three ways of looking at it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.comparison.concurrent import ConcurrentResult, LandmarkResult
from outcomes.comparison.concurrent.result import EVER, MAIN, PLAIN
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, forest
from outcomes.figures.symmetric import around_zero
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt

_NAMES = {
    MAIN: "Weighted, from the day it was added",
    PLAIN: "The same, without weights",
    EVER: "Ever had both: biased, not to be used",
}
_STYLES = {
    "used": theme.Style(*theme.OTHERS[0]),
    "beside": theme.Style(*theme.OTHERS[1]),
}


def landmarks(result: LandmarkResult, policy: Policy) -> Figure:
    """One mark for each landmark, the declared day first; small groups have words only."""
    table = result.to_frame()
    small = np.array(
        [hidden(int(row.n_both), policy) or hidden(int(row.n_one), policy)
         for row in table.itertuples()]
    )  # fmt: skip
    for name in ("estimate", "low", "high"):
        table[name] = table[name].mask(small)
    marks = []
    for place, row in enumerate(table.itertuples()):
        heading = "Declared landmark" if place == 0 else "Other landmarks"
        words = fmt.HIDDEN if small[place] else str(row.verdict)
        ends = (float(row.estimate), float(row.low), float(row.high))
        style = "used" if place == 0 else "beside"
        marks.append(_mark(heading, f"Day {row.day:g}", style, ends, words))
    scale = around_zero(table[["estimate", "low", "high"]].to_numpy(dtype=float))
    svg, narrow = forest("landmarks", marks, scale, _STYLES)
    return Figure(
        id="landmarks",
        caption=f"Both services minus one, {result.unit}, among people still in care on the day.",
        alt=_alt(marks),
        svg=svg,
        svg_narrow=narrow,
        data=table[["day", "estimate", "low", "high", "verdict"]],
        notes=result.warnings,
    )


def added_service(result: ConcurrentResult, policy: Policy) -> Figure:
    """The weighted difference, and beside it what no weights and 'ever had both' would say."""
    few = hidden(result.n["added"], policy)
    table = pd.DataFrame(result.beside)
    if few or not result.converged:
        table[["estimate", "low", "high"]] = np.nan
    marks = []
    for row in table.itertuples():
        used = row.way == MAIN
        heading = "Other service added minus not yet" if used else "For comparison only"
        other_unit = "" if row.unit == result.unit else f" ({row.unit})"
        words = fmt.HIDDEN if few else str(result.verdict)
        ends = (float(row.estimate), float(row.low), float(row.high))
        marks.append(
            _mark(heading, _NAMES[str(row.way)] + other_unit, "used" if used else "beside", ends,
                  words)
        )  # fmt: skip
    if not marks:
        nan = (np.nan,) * 3
        marks = [_mark("Other service added", _NAMES[MAIN], "used", nan, str(result.verdict))]
    scale = around_zero(table[["estimate", "low", "high"]].to_numpy(dtype=float))
    svg, narrow = forest("added-service", marks, scale, _STYLES)
    return Figure(
        id="added_service",
        caption=f"Having added the other service against not yet, {result.unit}, with "
        f"{result.confidence:.0%} intervals. 'Ever had both' counts time people had to stay "
        "(immortal time).",
        alt=_alt(marks),
        svg=svg,
        svg_narrow=narrow,
        data=table[["way", "estimate", "low", "high", "unit"]],
        notes=result.warnings,
    )


def _mark(
    heading: str, label: str, style: str, ends: tuple[float, float, float], words: str
) -> Mark:
    if not np.isfinite(ends).all():
        return Mark(heading, label, style, words, None, None, None)
    value, low, high = ends
    said = f"{fmt.decimal(value)} ({fmt.decimal(low)} to {fmt.decimal(high)})"
    return Mark(heading, label, style, said, value, low, high)


def _alt(marks: Sequence[Mark]) -> str:
    return "; ".join(f"{mark.heading}, {mark.label}: {mark.words}" for mark in marks) + "."

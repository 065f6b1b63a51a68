"""Odds ratios of models of yes/no outcomes on a log scale, within a group and in the population."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, Scale, forest
from outcomes.models import Beside, GeeResult, MixedLogistic
from outcomes.privacy import Policy
from outcomes.showing import format as fmt

CANNOT_TELL = "cannot tell"
_WITHIN, _POPULATION = "within a group", "in the population"
_STYLES = {
    _WITHIN: theme.Style(*theme.OTHERS[0]),
    _POPULATION: theme.Style(*theme.OTHERS[1]),
}
# The axis never ends beyond these; an interval that does is drawn to the edge.
_FARTHEST = (0.01, 100.0)
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


def odds_ratios(result: MixedLogistic | GeeResult | Beside, policy: Policy) -> Figure:
    """A mark with interval for each term, or the two of a mixed model and one beside it.

    A model without estimate, or of fewer people than the policy draws, has words and no marks.
    """
    parts = _parts(result)
    few = policy.suppress and any(n < policy.minimum_plot for _, _, n in parts)
    rows = [
        (str(row.term), name, *((np.nan,) * 3 if few else (row.odds_ratio, row.low, row.high)))
        for name, table, _ in parts
        for row in table.itertuples()
    ]
    data = pd.DataFrame(rows, columns=["term", "compares", "odds_ratio", "low", "high"])
    terms = {term: place for place, term in enumerate(dict.fromkeys(data["term"]))}
    data = data.sort_values("term", key=lambda column: column.map(terms), kind="stable")
    data = data.reset_index(drop=True)
    scale = _scale(data)
    marks = [
        _mark(row, scale, words=fmt.HIDDEN if few else CANNOT_TELL) for row in data.itertuples()
    ]
    svg, narrow = forest("odds-ratios", marks, scale, _STYLES)
    level = result.within.level if isinstance(result, Beside) else result.level
    return Figure(
        id="odds_ratios",
        caption=f"Odds ratios with {fmt.level(level)} interval, on a log scale: "
        f"{_compared(parts)}. Association, not effect.",
        alt="; ".join(f"{mark.heading}, {mark.label}: {mark.words}" for mark in marks) + ".",
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=_notes(result),
    )


def _parts(
    result: MixedLogistic | GeeResult | Beside,
) -> list[tuple[str, pd.DataFrame, int]]:
    if isinstance(result, Beside):
        return [*_parts(result.within), *_parts(result.population)]
    name = _WITHIN if isinstance(result, MixedLogistic) else _POPULATION
    return [(name, result.odds_ratios, result.n_used)]


def _compared(parts: list[tuple[str, pd.DataFrame, int]]) -> str:
    words = {
        _WITHIN: "between people of the same group",
        _POPULATION: "between people of the population",
    }
    return "; ".join(words[name] for name, _, _ in parts)


def _scale(data: pd.DataFrame) -> Scale:
    """From the lowest to the highest limit, in logs, with 1 inside."""
    ends = data[["odds_ratio", "low", "high"]].to_numpy(dtype=float)
    known = ends[np.isfinite(ends) & (ends > 0)]
    low = float(np.clip(known.min(initial=0.5), _FARTHEST[0], 0.5))
    high = float(np.clip(known.max(initial=2.0), 2.0, _FARTHEST[1]))
    ticks = [tick for tick in _TICKS if low <= tick * 1.0001 and tick <= high * 1.0001]
    if len(ticks) > 6:
        ticks = [tick for tick in ticks if tick in (0.01, 0.1, 1.0, 10.0, 100.0)]
    edge = 0.04 * np.log(high / low)
    return Scale(
        float(np.log(low) - edge),
        float(np.log(high) + edge),
        tuple(float(np.log(tick)) for tick in ticks),
        tuple(f"{tick:g}" for tick in ticks),
        zero=0.0,
    )


def _mark(row: object, scale: Scale, *, words: str) -> Mark:
    term, name = str(row.term), str(row.compares)  # type: ignore[attr-defined]
    value, low, high = (float(getattr(row, column)) for column in ("odds_ratio", "low", "high"))
    if not np.isfinite([value, low, high]).all():
        return Mark(term, name, name, words, None, None, None)
    drawn = [
        float(np.clip(np.log(max(end, 1e-12)), scale.low, scale.high)) for end in (value, low, high)
    ]
    said = f"{fmt.decimal(value)} ({fmt.decimal(low)} to {fmt.decimal(high)})"
    return Mark(term, name, name, said, *drawn)


def _notes(result: MixedLogistic | GeeResult | Beside) -> tuple[str, ...]:
    models = (result.within, result.population) if isinstance(result, Beside) else (result,)
    why = [f"Cannot tell: {model.why_not}" for model in models if not model.converged]
    return tuple(dict.fromkeys([*why, *result.warnings]))

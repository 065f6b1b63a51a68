"""Worst-case bounds: what could be true whatever the unseen outcomes are.

Every missing outcome is put at one end of its scale (Manski 1990; Horowitz and Manski
2000). The interval of Imbens and Manski (2004) covers the true difference, wherever in
the bounds it lies, with the stated confidence.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns, two_arms

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

HALVINGS = 80
SOURCE = "Manski 1990; Horowitz and Manski 2000; Imbens and Manski 2004"


@dataclass(frozen=True, slots=True, eq=False)
class WorstCase:
    """Bounds of other − reference: `lower` and `upper`, with the interval `low` to `high`.

    Not adjusted. `n` and `n_missing` count people by arm, `scale` are the ends of the scale.
    """

    lower: float
    upper: float
    low: float
    high: float
    scale: tuple[float, float]
    n: Mapping[str, int]
    n_missing: Mapping[str, int]
    level: float
    unit: str
    contrast: str
    method: str = "worst-case bounds, Imbens-Manski interval"
    source: str = SOURCE

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        row = {name: getattr(self, name) for name in ("lower", "upper", "low", "high", "unit")}
        return pd.DataFrame([{"contrast": self.contrast, **row}])

    def explain(self) -> str:
        """What the bounds are."""
        a, b = self.scale
        return (
            f"Every missing outcome was put at {a:g} or {b:g}, whichever makes the difference "
            "smallest, then largest. Nothing is assumed about who left, so nothing within the "
            "bounds can be ruled out by these data without assuming something. "
            f"Source: {self.source}."
        )

    def __repr__(self) -> str:
        return (
            f"WorstCase({self.contrast}: {self.lower:.3f} to {self.upper:.3f} {self.unit}, "
            f"{self.level:.0%} interval {self.low:.3f} to {self.high:.3f})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"


def imbens_manski(
    lower: float, se_lower: float, upper: float, se_upper: float, *, level: float = 0.95,
    df: float = np.inf,
) -> tuple[float, float]:  # fmt: skip
    """Interval for a number known to lie between two estimated bounds.

    C solves F(C + width / larger se) − F(−C) = level (Imbens and Manski 2004, equation
    7), with Student's t in place of the normal when `df` is finite.
    """
    if lower > upper:
        raise UsageError("the lower bound lies above the upper one", where="lower, upper")
    largest = max(se_lower, se_upper)
    if largest == 0:
        return lower, upper
    gap, free = (upper - lower) / largest, min(df, 1e12)
    inside, beyond = 0.0, 1.0
    while _covered(beyond, gap, free) < level:
        inside, beyond = beyond, 2 * beyond
    for _ in range(HALVINGS):
        middle = (inside + beyond) / 2
        if _covered(middle, gap, free) < level:
            inside = middle
        else:
            beyond = middle
    return lower - beyond * se_lower, upper + beyond * se_upper


def _covered(c: float, gap: float, df: float) -> float:
    return float(stdtr(df, c + gap) - stdtr(df, -c))


def worst_case(
    frame: pd.DataFrame,
    *,
    outcome: str,
    scale: tuple[float, float],
    arm: str = "arm",
    reference: str | None = None,
    other: str | None = None,
    level: float = 0.95,
    unit: str = "points",
) -> WorstCase:
    """Bounds of the plain difference of means, other − reference, on a bounded scale.

    For shares give an outcome of 0 and 1 and scale=(0, 1). Not adjusted, rows taken as
    independent. Raises UsageError when an outcome lies outside the scale, NotEnoughData
    with fewer than two people in an arm.
    """
    require_columns(frame, [outcome])
    arms = two_arms(frame, arm, reference, other)
    y = frame[outcome].to_numpy(dtype=float, na_value=np.nan)
    low, high = scale
    if not low < high:
        raise UsageError("the scale is its lower and its upper end", where="scale")
    outside = int(((y < low) | (y > high)).sum())
    if outside:
        raise UsageError(
            "outcomes lie outside the scale", where=f"column {outcome!r}", how_many=outside
        )
    sides = (arms.in_reference, arms.in_other)
    if min(int(side.sum()) for side in sides) < 2:
        raise NotEnoughData("an arm has fewer than two people", where=f"column {arm!r}")
    gaps = np.isnan(y)
    least = np.where(gaps, np.where(arms.in_other, low, high), y)
    most = np.where(gaps, np.where(arms.in_other, high, low), y)
    (lower, se_lower), (upper, se_upper) = (_difference(end, sides) for end in (least, most))
    ends = imbens_manski(lower, se_lower, upper, se_upper, level=level)
    return WorstCase(
        lower, upper, *ends, scale, arms.counts(arms.either), arms.counts(gaps), level, unit,
        f"{arms.other} - {arms.reference}",
    )  # fmt: skip


def _difference(y: FloatArray, sides: tuple[BoolArray, BoolArray]) -> tuple[float, float]:
    """Difference of means, second minus first, and its standard error."""
    parts = [y[side] for side in sides]
    variance = sum(float(part.var(ddof=1)) / len(part) for part in parts)
    return float(parts[1].mean() - parts[0].mean()), float(np.sqrt(variance))

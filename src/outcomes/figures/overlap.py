"""Whom each arm holds: how likely its people were to be in the other arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.comparison import ComparisonResult
from outcomes.errors import NotEnoughData
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models import WeightResult
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

BINS = 20
_DOWN, _UP = -1, 1


def overlap(result: ComparisonResult | WeightResult, policy: Policy) -> Figure:
    """Two histograms of the propensity back to back: the other arm above, the reference below.

    Heights are shares of the arm for each twentieth of the scale. Under a policy that
    suppresses, bins with a small count are joined with their neighbours until none is
    small; an arm that is too small altogether is not drawn. Raises NotEnoughData where a
    comparison has no weights.
    """
    weights = result.weights if isinstance(result, ComparisonResult) else result
    if weights is None:
        raise NotEnoughData(
            "there is no propensity to draw",
            where="overlap",
            fix="Show the verdict of the comparison; nothing was estimated.",
        )
    data = _data(weights, policy)

    def draw(canvas: Canvas, _: float) -> None:
        _draw(canvas, data, weights)

    svg, narrow = theme.render("overlap", draw, lambda width: 3.0 if width == theme.NARROW else 3.2)
    other = fmt.group_name("arm", weights.arms[1])
    return Figure(
        id="overlap",
        caption=(
            f"How likely people were, from what is known at the start, to be in {other.lower()}: "
            f"{_counts(weights, policy)}. Where both arms have people, they can be compared."
        ),
        alt=_alt(weights, data),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=(
            ("Bars with few people are joined with their neighbours.",) if policy.suppress else ()
        ),
    )


def _data(weights: WeightResult, policy: Policy) -> pd.DataFrame:
    """arm, low, high, n, share_per_bin: the bars of both arms."""
    edges = np.linspace(0, 1, BINS + 1)
    rows = []
    for arm in weights.arms:
        mine = weights.arm.eq(arm).fillna(False).to_numpy(dtype=bool)
        values = weights.propensity.to_numpy(dtype=float, na_value=np.nan)[mine]
        values = values[~np.isnan(values)]
        if hidden(len(values), policy) or (policy.suppress and len(values) < policy.minimum_plot):
            continue
        counts, _ = np.histogram(values, bins=edges)
        for low, high, n in joined(counts, policy):
            width = high - low
            share = n / len(values) / width
            rows.append((arm, edges[low], edges[high], n, share))
    return pd.DataFrame(rows, columns=["arm", "low", "high", "n", "share_per_bin"])


def joined(counts: np.ndarray, policy: Policy) -> list[tuple[int, int, int]]:
    """Bins as (first edge, last edge, count), joined so that no count is small."""
    bars: list[tuple[int, int, int]] = []
    start, held = 0, 0
    for place, count in enumerate(counts):
        if held == 0 and count == 0:
            bars.append((place, place + 1, 0))
            start = place + 1
            continue
        held += int(count)
        if not hidden(held, policy):
            bars.append((start, place + 1, held))
            start, held = place + 1, 0
    while held and bars:
        # What is left at the end is too small on its own: it goes to the bars before it.
        low, _, n = bars.pop()
        held += n
        start = low
        if not hidden(held, policy):
            bars.append((start, len(counts), held))
            held = 0
    return bars


def _draw(canvas: Canvas, data: pd.DataFrame, weights: WeightResult) -> None:
    ax = canvas.subplots()
    reference, other = weights.arms
    look = theme.styles([reference, other])
    top = float(data["share_per_bin"].max()) if len(data) else 1.0
    for arm, side in ((reference, _DOWN), (other, _UP)):
        bars = data[data["arm"] == arm]
        ax.bar(
            bars["low"],
            side * bars["share_per_bin"],
            width=bars["high"] - bars["low"],
            align="edge",
            color=look[arm].color,
            edgecolor="white",
            linewidth=0.6,
            hatch="" if side == _UP else "///",
        )
        words = fmt.group_name("arm", arm)
        if bars.empty:
            words += ": too few people to draw"
        ax.text(
            0.01,
            side * 1.22 * top,
            words,
            color=look[arm].color,
            fontweight="bold",
            va="top" if side == _UP else "bottom",
        )
    ax.axhline(0, color=theme.INK, linewidth=0.9)
    ax.set_xlim(0, 1)
    ax.set_ylim(-1.25 * top, 1.25 * top)
    ax.set_xticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    name = fmt.group_name("arm", other).lower()
    ax.set_xlabel(f"chance of being in {name}, given the start")


def _counts(weights: WeightResult, policy: Policy) -> str:
    parts = []
    for arm in reversed(weights.arms):
        n = weights.n[arm]
        words = fmt.HIDDEN if hidden(n, policy) else f"{fmt.count(n)} people"
        parts.append(f"{fmt.group_name('arm', arm)} {words}")
    return f"above {parts[0]}, below {parts[1]}"


def _alt(weights: WeightResult, data: pd.DataFrame) -> str:
    parts = []
    for arm in weights.arms:
        bars = data[(data["arm"] == arm) & (data["n"] > 0)]
        name = fmt.group_name("arm", arm)
        if bars.empty:
            parts.append(f"{name}: not drawn, too few people")
            continue
        low, high = fmt.number(100 * bars["low"].min(), 0), fmt.percent(bars["high"].max())
        parts.append(f"{name}, {fmt.count(weights.n[arm])} people, lie between {low} and {high}")
    return (
        f"Two histograms back to back of the chance of being in "
        f"{fmt.group_name('arm', weights.arms[1]).lower()}. {'; '.join(parts)}. The shared area "
        f"is {fmt.percent(weights.overlap)}."
    )

"""Three and more arms: the differences of every pair, and how likely people were to be in each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.comparison import ArmsComparison, ComparisonResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, Scale, forest
from outcomes.figures.overlap import BINS, joined
from outcomes.models.weighting import SeveralWeights
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt
from outcomes.showing.effects import effect_interval, effect_unit, effect_value, from_axis, on_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def pairs_of_arms(result: ArmsComparison, policy: Policy) -> Figure:
    """A line for each pair: other minus reference with its interval, or its verdict."""
    found = list(result.pairs.values())
    marks = [_mark(one) for one in found]
    styles = {one.other: theme.styles([one.other])[one.other] for one in found}
    svg, narrow = forest("arms", marks, _scale(found), styles)
    first = found[0]
    better = "" if first.direction is None else f" {fmt.sentence(first.direction)} is better."
    people = ", ".join(_counted(arm, _n(found, arm), policy) for arm in result.arms)
    caption = (
        f"Adjusted difference of every pair of arms, for the same people ({result.population}), "
        f"with {100 * first.confidence:g} % intervals, in {effect_unit(first)}.{better} "
        f"People used: {people}."
    )
    said = "; ".join(f"{mark.label}: {mark.words}" for mark in marks)
    data = result.to_frame()[["reference", "other", "estimate", "low", "high", "verdict"]]
    hidden_ones = any(mark.value is None for mark in marks)
    return Figure(
        id="arms",
        caption=caption,
        alt=f"Differences between arms with intervals around a line at zero. {said}.",
        svg=svg,
        svg_narrow=narrow,
        data=data.assign(drawn=[mark.value is not None for mark in marks]),
        notes=(
            "Intervals are not adjusted for the number of pairs.",
            *(("Where no mark stands, the checks forbid showing a difference.",) * hidden_ones),
        ),
    )


def _mark(one: ComparisonResult) -> Mark:
    names = [fmt.group_name("arm", arm).lower() for arm in (one.other, one.reference)]
    label = fmt.sentence(f"{names[0]} minus {names[1]}")
    shown = one.converged and fmt.available(one.estimate) and fmt.available(one.low)
    heading = "Adjusted difference"
    if not shown:
        return Mark(heading, label, one.other, str(one.verdict), None, None, None)
    words = f"{effect_value(one, one.estimate)} ({effect_interval(one)})"
    value, low, high = (on_axis(one, end) for end in (one.estimate, one.low, one.high))
    return Mark(heading, label, one.other, words, value, low, high)


def _scale(found: list[ComparisonResult]) -> Scale:
    """Symmetric, so that no arm looks favoured, with ticks at round numbers."""
    limits = [(one, end) for one in found for end in (one.low, one.high)]
    ends = [abs(on_axis(one, end)) for one, end in limits if fmt.available(end)]
    span = 1.1 * max([*ends, 1.0])
    unit = 10.0 ** math.floor(math.log10(span))
    step = next(unit * size for size in (0.5, 1, 2, 5) if span / (unit * size) <= 4)
    count = int(span / step)
    ticks = tuple(step * place for place in range(-count, count + 1))
    return Scale(-span, span, ticks, tuple(from_axis(found[0], tick) for tick in ticks), zero=0.0)


def _n(found: list[ComparisonResult], arm: str) -> int:
    return max(one.n.get(arm, 0) for one in found)


def _counted(arm: str, n: int, policy: Policy) -> str:
    words = fmt.HIDDEN if hidden(n, policy) else fmt.count(n)
    return f"{fmt.group_name('arm', arm).lower()} {words}"


def overlap_of_several(result: SeveralWeights, policy: Policy) -> Figure:
    """For each arm a panel: how likely the people of every arm were to be in that arm.

    Heights are shares of the people of an arm for each twentieth of the scale; under a policy
    that suppresses, bins with few people are joined, and an arm too small is not drawn.
    """
    data = _data(result, policy)

    def draw(canvas: Canvas, width: float) -> None:
        narrow = width == theme.NARROW
        axes = canvas.subplots(len(result.arms), 1, sharex=True)
        for ax, arm in zip(axes, result.arms, strict=True):
            _panel(ax, arm, result, data[data["chance_of"] == arm])
        axes[0].legend(
            loc="lower left", bbox_to_anchor=(0, 1.16), ncols=1 if narrow else 3,
            frameon=False, borderaxespad=0, handlelength=1.2, columnspacing=1.2,
        )  # fmt: skip
        axes[-1].set_xticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])
        axes[-1].set_xlabel("chance of the arm, given the start")

    def height(width: float) -> float:
        legend = len(result.arms) if width == theme.NARROW else 1
        return 0.6 + 0.22 * legend + 1.3 * len(result.arms)

    svg, narrow = theme.render("overlap_arms", draw, height)
    people = ", ".join(_counted(arm, result.n[arm], policy) for arm in result.arms)
    return Figure(
        id="overlap_arms",
        caption=(
            "How likely the people of each arm were, from what is known at the start, to be in "
            f"each of the arms. People: {people}. Where the lines of all arms have people, the "
            "arms can be compared."
        ),
        alt=_alt(result, data),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=(
            ("Bars with few people are joined with their neighbours.",) if policy.suppress else ()
        ),
    )


def _data(result: SeveralWeights, policy: Policy) -> pd.DataFrame:
    """chance_of, arm, low, high, n, share_per_bin: the bars of every panel."""
    edges = np.linspace(0, 1, BINS + 1)
    inside = result.weights.gt(0).to_numpy()
    rows = []
    for own in result.arms:
        mine = result.arm.eq(own).fillna(False).to_numpy(dtype=bool) & inside
        size = int(mine.sum())
        if hidden(size, policy) or (policy.suppress and size < policy.minimum_plot):
            continue
        for arm in result.arms:
            values = result.propensity[arm].to_numpy()[mine]
            for low, high, n in joined(np.histogram(values, bins=edges)[0], policy):
                share = n / size / (high - low)
                rows.append((arm, own, edges[low], edges[high], n, share))
    columns = ["chance_of", "arm", "low", "high", "n", "share_per_bin"]
    return pd.DataFrame(rows, columns=columns)


def _panel(ax: Axes, arm: str, result: SeveralWeights, data: pd.DataFrame) -> None:
    look = theme.styles(list(result.arms))
    for own in result.arms:
        bars = data[data["arm"] == own]
        if bars.empty:
            continue
        edges = np.r_[bars["low"], bars["high"].iloc[-1]]
        ax.stairs(
            bars["share_per_bin"], edges, color=look[own].color, linewidth=2,
            linestyle=_LINES[result.arms.index(own) % len(_LINES)],
            label=fmt.group_name("arm", own),
        )  # fmt: skip
    ax.set_title(fmt.group_name("arm", arm), loc="left", fontsize=9, pad=1)
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


_LINES = ("solid", (0, (5, 1.5)), (0, (1.5, 1.2)), "dashdot", "dashed", "dotted")


def _alt(result: SeveralWeights, data: pd.DataFrame) -> str:
    parts = []
    for (arm, own), bars in data[data["n"] > 0].groupby(["chance_of", "arm"], sort=False):
        low, high = fmt.number(100 * bars["low"].min(), 0), fmt.percent(bars["high"].max())
        name = fmt.group_name("arm", str(arm)).lower()
        parts.append(f"{fmt.group_name('arm', str(own)).lower()} in {name}: {low} to {high}")
    return (
        f"A panel for the chance of each of {len(result.arms)} arms, with a line for the people of "
        f"every arm. The people of an arm had these chances to be in an arm: {'; '.join(parts)}."
    )

"""The adjusted difference between two arms, one line for each way of adjusting."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.comparison import ComparisonResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy, hidden
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.effects import (
    effect_interval,
    effect_unit,
    effect_value,
    effect_words,
    from_axis,
    on_axis,
    ratio_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def effect(results: Sequence[ComparisonResult], policy: Policy | None = None) -> Figure:
    """Differences with intervals, the line of no difference and the margin, if one was set.

    The ends of the axis say which arm is better there. A comparison that may not be shown
    (not comparable, not converged) has its verdict in place of a mark. `policy` (default:
    "default") decides whether the numbers of people are said.
    """
    rules = named_policy() if policy is None else policy
    found = list(results)
    first = found[0]
    span = _span(found)

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, found, span)

    def height(width: float) -> float:
        return 1.35 + len(found) * (0.75 if width == theme.NARROW else 0.5)

    svg, narrow = theme.render("effect", draw, height)
    return Figure(
        id="effect",
        caption=_caption(first, rules),
        alt=_alt(found, rules),
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(
            [
                (r.method, r.estimand, r.estimate, r.low, r.high, str(r.verdict), _shown(r))
                for r in found
            ],
            columns=["method", "estimand", "estimate", "low", "high", "verdict", "drawn"],
        ),
        notes=_notes(found),
    )


def _shown(result: ComparisonResult) -> bool:
    return bool(result.converged and fmt.available(result.estimate) and fmt.available(result.low))


def _span(found: list[ComparisonResult]) -> float:
    """Half the width of the axis, which is symmetric so that neither arm looks favoured."""
    ends = [1.0]
    if found[0].effect == "ratio":
        ends = [math.log(1.5)]
    for result in found:
        if _shown(result):
            ends += [abs(on_axis(result, result.low)), abs(on_axis(result, result.high))]
        if result.margin is not None:
            ends.append(on_axis(result, result.margin))
    return 1.15 * max(ends)


def _draw(canvas: Canvas, width: float, found: list[ComparisonResult], span: float) -> None:
    ax = canvas.subplots()
    narrow = width == theme.NARROW
    first = found[0]
    if first.margin is not None:
        margin = on_axis(first, first.margin)
        ax.axvspan(-margin, margin, color=theme.BAND, linewidth=0)
    ax.axvline(0, color=theme.INK, linewidth=1)
    for place, result in enumerate(found):
        _one(ax, place, result, narrow)
    ax.set_xlim(-span, span)
    ax.set_ylim(len(found) - 0.45, -0.95)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    if first.effect == "ratio":
        ax.set_xticks(ratio_ticks(span))
    else:
        ax.locator_params(axis="x", nbins=5 if narrow else 9)
    ax.xaxis.set_major_formatter(lambda place, _: from_axis(first, place))
    names = _names(first)
    joined = "divided by" if first.effect == "ratio" else "minus"
    words = f"{names[0]} {joined} {names[1]}, {effect_unit(first)}"
    ax.set_xlabel(fmt.sentence(words) if not narrow else "\n".join(textwrap.wrap(words, 34)))
    for side, words in _ends(first):
        ax.annotate(
            words,
            (0.0 if side < 0 else 1.0, 1.0),
            xycoords="axes fraction",
            ha="left" if side < 0 else "right",
            va="top",
            color=theme.INK,
            fontweight="bold",
        )


def _one(ax: Axes, place: int, result: ComparisonResult, narrow: bool) -> None:
    """One interval with its name, estimate and limits; or its verdict."""
    name = fmt.sentence(result.method_name)
    if not _shown(result):
        words = str(result.verdict)
    else:
        words = f"{effect_value(result, result.estimate)} ({effect_interval(result)})"
        ends = [on_axis(result, end) for end in (result.low, result.high)]
        ax.plot(ends, [place, place], color=theme.INK, linewidth=2.2)
        ax.plot([on_axis(result, result.estimate)], [place], "D", color=theme.INK, markersize=7)
    if narrow:
        box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 0.5}
        text = f"{name}:\n{words}"
        ax.annotate(
            text, (0.0, place - 0.42), xycoords=("axes fraction", "data"), va="center", bbox=box
        )
        return
    style: dict[str, Any] = {
        "xycoords": ("axes fraction", "data"),
        "textcoords": "offset points",
        "va": "center",
    }
    ax.annotate(name, (0, place), xytext=(-8, 0), ha="right", **style)
    ax.annotate(words, (1, place), xytext=(8, 0), ha="left", **style)


def _names(result: ComparisonResult) -> tuple[str, str]:
    other, reference = (fmt.group_name("arm", arm) for arm in (result.other, result.reference))
    return other.lower(), reference.lower()


def _ends(result: ComparisonResult) -> list[tuple[int, str]]:
    """Which arm is better on the left (-1) and on the right (1) of zero."""
    if result.direction is None:
        return []
    other, reference = _names(result)
    sign = 1 if result.direction == "higher" else -1
    ends = [(sign, f"{other}\nended better"), (-sign, f"{reference}\nended better")]
    return sorted(ends)


def _people(result: ComparisonResult, policy: Policy) -> str:
    names = zip(_names(result), (result.other, result.reference), strict=True)
    counts = [(name, result.n.get(arm, 0)) for name, arm in names]
    return ", ".join(
        f"{name} {fmt.HIDDEN if hidden(n, policy) else fmt.count(n)}" for name, n in counts
    )


def _caption(result: ComparisonResult, policy: Policy) -> str:
    other, reference = _names(result)
    margin = ""
    if result.margin is not None:
        size = effect_value(result, result.margin)
        size = f"{size} either way" if result.effect == "ratio" else f"{size} {effect_unit(result)}"
        margin = f" Grey: {result.effect}s up to the margin of {size}."
    joined = "divided by" if result.effect == "ratio" else "minus"
    return (
        f"Adjusted {effect_words(result)}, {other} {joined} {reference}, with "
        f"{100 * result.confidence:g} % intervals. People used: {_people(result, policy)}.{margin}"
    )


def _alt(found: list[ComparisonResult], policy: Policy) -> str:
    parts = []
    for result in found:
        name = fmt.sentence(result.method_name)
        if not _shown(result):
            parts.append(f"{name}: no difference shown, {result.verdict}")
            continue
        parts.append(
            f"{name}: {effect_value(result, result.estimate)} {effect_unit(result)}, interval "
            f"{effect_interval(result)}, verdict {result.verdict}"
        )
    first = found[0]
    other, reference = _names(first)
    better = f" {fmt.sentence(first.direction)} is better." if first.direction else ""
    return (
        f"{_compared(first, other, reference)} "
        f"(people: {_people(first, policy)}).{better} {'; '.join(parts)}."
    )


def _compared(result: ComparisonResult, other: str, reference: str) -> str:
    if result.effect == "ratio":
        return f"Ratios {other} divided by {reference} with intervals around a line at one"
    return f"Differences {other} minus {reference} with intervals around a line at zero"


def _notes(found: list[ComparisonResult]) -> tuple[str, ...]:
    if all(_shown(result) for result in found):
        return ()
    return ("Where no mark stands, the checks forbid showing a difference.",)

"""The adjusted difference between two arms, one line for each way of adjusting."""

from __future__ import annotations

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
    for result in found:
        if _shown(result):
            ends += [abs(result.low), abs(result.high)]
        if result.margin is not None:
            ends.append(result.margin)
    return 1.15 * max(ends)


def _draw(canvas: Canvas, width: float, found: list[ComparisonResult], span: float) -> None:
    ax = canvas.subplots()
    narrow = width == theme.NARROW
    first = found[0]
    if first.margin is not None:
        ax.axvspan(-first.margin, first.margin, color=theme.BAND, linewidth=0)
    ax.axvline(0, color=theme.INK, linewidth=1)
    for place, result in enumerate(found):
        _one(ax, place, result, narrow)
    ax.set_xlim(-span, span)
    ax.set_ylim(len(found) - 0.45, -0.95)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=5 if narrow else 9)
    names = _names(first)
    words = f"{names[0]} minus {names[1]}, {first.unit}"
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
        words = f"{fmt.points(result.estimate)} ({fmt.interval(result.low, result.high)})"
        ax.plot([result.low, result.high], [place, place], color=theme.INK, linewidth=2.2)
        ax.plot([result.estimate], [place], "D", color=theme.INK, markersize=7)
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
    margin = (
        ""
        if result.margin is None
        else f" Grey: differences up to the margin of {fmt.points(result.margin)} {result.unit}."
    )
    return (
        f"Adjusted difference of the end scores, {other} minus {reference}, with "
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
            f"{name}: {fmt.points(result.estimate)} {result.unit}, interval "
            f"{fmt.interval(result.low, result.high)}, verdict {result.verdict}"
        )
    first = found[0]
    other, reference = _names(first)
    better = f" {fmt.sentence(first.direction)} is better." if first.direction else ""
    return (
        f"Differences {other} minus {reference} with intervals around a line at zero "
        f"(people: {_people(first, policy)}).{better} {'; '.join(parts)}."
    )


def _notes(found: list[ComparisonResult]) -> tuple[str, ...]:
    if all(_shown(result) for result in found):
        return ()
    return ("Where no mark stands, the checks forbid showing a difference.",)

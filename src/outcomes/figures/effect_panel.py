"""One comparison by several methods, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outcomes.comparison.overturn import Agreement
from outcomes.comparison.overturn.methods import MethodAnswer
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def effect_panel(result: Agreement, policy: Policy) -> Figure:  # noqa: ARG001 - no count is shown
    """Estimates with intervals by method, the line of no difference and the margin.

    A method that gave no estimate has its verdict in place of a mark.
    """
    answers = list(result.answers)
    span = _span(result)

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, result, span)

    def height(width: float) -> float:
        return 1.35 + len(answers) * (0.75 if width == theme.NARROW else 0.45)

    svg, narrow = theme.render("effect-panel", draw, height)
    columns = ["method", "estimate", "low", "high", "verdict"]
    return Figure(
        id="effect_panel",
        caption=_caption(result),
        alt=_alt(result),
        svg=svg,
        svg_narrow=narrow,
        data=result.to_frame()[columns],
        notes=(result.sentence,),
    )


def _span(result: Agreement) -> float:
    """Half the width of the axis, the same on both sides."""
    margin = result.comparison.margin
    ends = [1.0, *([] if margin is None else [margin * result.factor])]
    for one in result.answers:
        if one.shown:
            ends += [abs(one.low) * result.factor, abs(one.high) * result.factor]
    return 1.15 * max(ends)


def names(result: Agreement) -> tuple[str, str]:
    """Other and reference arm in words."""
    found = result.comparison
    other, reference = (fmt.group_name("arm", arm) for arm in (found.other, found.reference))
    return other.lower(), reference.lower()


def _draw(canvas: Canvas, width: float, result: Agreement, span: float) -> None:
    ax = canvas.subplots()
    narrow = width == theme.NARROW
    margin = result.comparison.margin
    if margin is not None:
        margin *= result.factor
        ax.axvspan(-margin, margin, color=theme.BAND, linewidth=0)
    ax.axvline(0, color=theme.INK, linewidth=1)
    for place, one in enumerate(result.answers):
        _one(ax, place, one, result.factor, narrow=narrow)
    ax.set_xlim(-span, span)
    ax.set_ylim(len(result.answers) - 0.4, -1.0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=5 if narrow else 9)
    other, reference = names(result)
    words = f"{other} minus {reference},{chr(10) if narrow else ' '}{result.unit}"
    ax.set_xlabel(fmt.sentence(words))
    for side, words in _ends(result):
        ax.annotate(
            words, (0.0 if side < 0 else 1.0, 1.0), xycoords="axes fraction",
            ha="left" if side < 0 else "right", va="top", fontweight="bold",
        )  # fmt: skip


def _ends(result: Agreement) -> list[tuple[int, str]]:
    direction = result.comparison.direction
    if direction is None:
        return []
    other, reference = names(result)
    sign = 1 if direction == "higher" else -1
    return [(sign, f"{other}\nended better"), (-sign, f"{reference}\nended better")]


def _one(ax: Axes, place: int, one: MethodAnswer, factor: int, *, narrow: bool) -> None:
    name = fmt.sentence(one.name)
    words = str(one.verdict)
    if one.shown:
        low, middle, high = (factor * end for end in (one.low, one.estimate, one.high))
        words = f"{fmt.points(middle)} ({fmt.interval(low, high)})"
        ax.plot([low, high], [place, place], color=theme.INK, linewidth=2.2)
        ax.plot([middle], [place], "D", color=theme.INK, markersize=7)
    if narrow:
        box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 0.5}
        ax.annotate(
            f"{name}:\n{words}", (0.0, place - 0.42), xycoords=("axes fraction", "data"),
            va="center", bbox=box,
        )  # fmt: skip
        return
    style: dict[str, Any] = {
        "xycoords": ("axes fraction", "data"),
        "textcoords": "offset points",
        "va": "center",
    }
    ax.annotate(name, (0, place), xytext=(-8, 0), ha="right", **style)
    ax.annotate(words, (1, place), xytext=(8, 0), ha="left", **style)


def _caption(result: Agreement) -> str:
    other, reference = names(result)
    margin = "" if result.comparison.margin is None else " Grey: the margin."
    return (
        f"The same difference, {other} minus {reference}, by {len(result.answers)} methods, with "
        f"{fmt.level(result.comparison.confidence)} intervals.{margin}"
    )


def _alt(result: Agreement) -> str:
    parts, factor = [], result.factor
    for one in result.answers:
        name = fmt.sentence(one.name)
        if not one.shown:
            parts.append(f"{name}: no difference shown, {one.verdict}")
            continue
        parts.append(
            f"{name}: {fmt.points(factor * one.estimate)}, interval "
            f"{fmt.interval(factor * one.low, factor * one.high)}, "
            f"verdict {one.verdict}"
        )
    return "; ".join(parts) + "."

"""The comparison under several beliefs about missing outcomes, under each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.comparison.missing_result import Answer, MissingAnswers
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.beliefs import answer_shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def beliefs(result: MissingAnswers, policy: Policy | None = None) -> Figure:
    """Each answer with its interval; the worst case as a bar of everything that is possible."""
    rules = named_policy() if policy is None else policy
    rows = [(one, _drawn(result, one, rules), _words(result, one, rules)) for one in result.answers]

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas.subplots(), result, rows, narrow=width == theme.NARROW)

    def height(width: float) -> float:
        return 1.25 + len(rows) * (0.78 if width == theme.NARROW else 0.5)

    svg, narrow = theme.render("beliefs", draw, height)
    columns = ["answer", "estimate", "lower", "upper", "low", "high", "verdict"]
    data = [
        (one.name, one.estimate, one.lower, one.upper, one.low, one.high, str(one.verdict))
        for one, drawn, _ in rows
        if drawn
    ]
    said = "; ".join(f"{one.name}: {words}, {one.verdict}" for one, _, words in rows)
    return Figure(
        id="beliefs",
        caption=(
            f"Adjusted difference of the end scores, {_arms(result)}, by what is believed of "
            f"people without an end score, with {fmt.level(result.confidence)} intervals. Worst "
            "case: thick bar from the lowest to the highest difference possible."
        ),
        alt=f"Differences with intervals around a line at zero. {said}.",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(data, columns=columns),
        notes=_notes(result, rules),
    )


def _arms(result: MissingAnswers) -> str:
    names = (fmt.group_name("arm", arm).lower() for arm in (result.other, result.reference))
    return " minus ".join(names)


def _drawn(result: MissingAnswers, one: Answer, policy: Policy) -> bool:
    return fmt.available(one.low) and answer_shown(result, one, policy)


def _words(result: MissingAnswers, one: Answer, policy: Policy) -> str:
    if not answer_shown(result, one, policy):
        return fmt.HIDDEN
    if not fmt.available(one.low):
        return str(one.verdict)
    if fmt.available(one.lower):
        return f"{fmt.interval(one.lower, one.upper)}"
    return f"{fmt.points(one.estimate)} ({fmt.interval(one.low, one.high)})"


def _draw(
    ax: Axes, result: MissingAnswers, rows: list[tuple[Answer, bool, str]], *, narrow: bool
) -> None:
    ends = [1.0, *(abs(end) for one, drawn, _ in rows if drawn for end in (one.low, one.high))]
    span = 1.1 * max(ends)
    if result.margin is not None:
        ax.axvspan(-result.margin, result.margin, color=theme.BAND, linewidth=0)
    ax.axvline(0, color=theme.INK, linewidth=1)
    for place, (one, drawn, words) in enumerate(rows):
        if drawn:
            _interval(ax, place, one)
        _label(ax, place, fmt.sentence(one.name), words, narrow=narrow)
    ax.set_xlim(-span, span)
    ax.set_ylim(len(rows) - 0.45, -0.95 if narrow else -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=5 if narrow else 9)
    ax.set_xlabel(fmt.sentence(f"{_arms(result)}, {result.unit}"))


def _interval(ax: Axes, place: int, one: Answer) -> None:
    ax.plot([one.low, one.high], [place, place], color=theme.INK, linewidth=2.2)
    if fmt.available(one.lower):
        ax.plot([one.lower, one.upper], [place, place], color=theme.MUTED, linewidth=8,
                solid_capstyle="butt")  # fmt: skip
    else:
        ax.plot([one.estimate], [place], "D", color=theme.INK, markersize=7)


def _label(ax: Axes, place: int, name: str, words: str, *, narrow: bool) -> None:
    style: dict[str, Any] = {
        "xycoords": ("axes fraction", "data"),
        "textcoords": "offset points",
        "va": "center",
    }
    if narrow:
        box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 0.5}
        ax.annotate(f"{name}: {words}", (0, place - 0.42), xytext=(0, 0), bbox=box, **style)
        return
    ax.annotate(name, (0, place), xytext=(-8, 0), ha="right", **style)
    ax.annotate(words, (1, place), xytext=(8, 0), ha="left", **style)


def _notes(result: MissingAnswers, policy: Policy) -> tuple[str, ...]:
    if all(answer_shown(result, one, policy) for one in result.answers):
        return ()
    return (
        f"'{fmt.HIDDEN}': the width of the bounds would give away how many people have no "
        f"outcome; counts from 1 to {policy.minimum_count - 1} are not shown.",
    )

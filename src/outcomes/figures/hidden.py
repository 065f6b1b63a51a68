"""What a hidden variable could do to an estimate, by how much it explains of arm and outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.comparison.overturn import Bound, HiddenConfounding
from outcomes.comparison.overturn.turning import smallest_room
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.keyed import keyed
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.overturn import strengths_shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_TURN = "#D55E00"
_SHARES = (0.25, 0.5, 0.75)


def hidden_contours(result: HiddenConfounding, policy: Policy) -> Figure:
    """Lines of equal bias over the shares of arm and outcome that a hidden variable explains.

    Grey: what would be left of the estimate; black: nothing; orange: where the verdict
    changes. Numbered points: a hidden variable as strong as each measured covariate.
    """
    points = _points(result, policy)
    known = fmt.available(result.robustness)

    def draw(canvas: Canvas, width: float) -> None:
        if known:
            _draw(canvas, width, result, points)
        else:
            ax = canvas.subplots()
            ax.set_axis_off()
            ax.text(0.5, 0.5, "No estimate is shown.", ha="center", va="center")

    def height(width: float) -> float:
        if not known:
            return 1.0
        return 3.4 + (0.2 * len(points) if width == theme.NARROW else 0.2)

    svg, narrow = theme.render("hidden", draw, height)
    columns = ["covariate", "bound_arm", "bound_outcome", "bias", "estimate", "overturns", "times"]
    rows = [[getattr(one, name) for name in columns] for one in points]
    return Figure(
        id="hidden",
        caption=_caption(result),
        alt=_alt(result, points),
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(rows, columns=columns),
        notes=_notes(result, points),
    )


def _points(result: HiddenConfounding, policy: Policy) -> tuple[Bound, ...]:
    visible = {one.covariate for one in strengths_shown(result.strengths, policy)}
    return tuple(
        one for one in result.bounds if one.covariate in visible and fmt.available(one.bias)
    )


def _draw(
    canvas: Canvas, width: float, result: HiddenConfounding, points: tuple[Bound, ...]
) -> None:
    ax = keyed(canvas, width, [fmt.covariate_name(one.covariate) for one in points])
    right = min(1.0, max([1.8 * result.robustness, *(1.3 * one.bound_arm for one in points)]))
    top = min(1.0, max([1.8 * result.robustness, *(1.12 * one.bound_outcome for one in points)]))
    estimate = result.comparison.estimate
    lines = [
        _Line(share * abs(estimate), _told(result, (1 - share) * estimate), theme.MUTED, 0.9, "-")
        for share in _SHARES
    ]
    lines.append(_Line(abs(estimate), "0", theme.INK, 1.6, "-"))
    if math.isfinite(result.reach) and result.reach > 0:
        lines.append(_Line(result.reach, "", _TURN, 2.2, "--"))
    for one in lines:
        _draw_line(ax, result, one, (right, top))
    for place, bound in enumerate(points, start=1):
        edge = _TURN if bound.overturns else theme.MUTED
        box = {"boxstyle": "circle,pad=0.18", "facecolor": "white", "edgecolor": edge}
        ax.text(
            bound.bound_arm, bound.bound_outcome, str(place), ha="center", va="center",
            zorder=5, bbox=box,
        )  # fmt: skip
    _axes(ax, right, top, narrow=width == theme.NARROW)


def _axes(ax: Axes, right: float, top: float, *, narrow: bool) -> None:
    """Square-root scales: most covariates explain a few percent, and one often very much."""
    from matplotlib.ticker import FixedLocator

    scale = (lambda share: np.sqrt(np.clip(share, 0, None)), np.square)
    ax.set_xscale("function", functions=scale)
    ax.set_yscale("function", functions=scale)
    ax.set_xlim(0, right)
    ax.set_ylim(0, top)
    ticks = (0, 0.05, 0.25, 0.5, 1.0) if narrow else (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
    for axis, end in ((ax.xaxis, right), (ax.yaxis, top)):
        axis.set_major_locator(FixedLocator([tick for tick in ticks if tick <= end]))
        axis.set_major_formatter(lambda value, _: f"{100 * value:g}")
    ax.set_xlabel("Explains of the arm, %")
    ax.set_ylabel("Explains of the outcome, %")
    ax.grid(color=theme.GRID, linewidth=0.4)
    ax.set_axisbelow(True)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of equal bias: its size, what is left of the estimate in words, and its look."""

    bias: float
    words: str
    color: str
    size: float
    style: str


def _draw_line(ax: Axes, result: HiddenConfounding, one: _Line, ends: tuple[float, float]) -> None:
    """One line of equal bias, with its words where both shares are equal."""
    curve = result.line(one.bias, most=min(ends[0], 0.99))
    curve = curve[curve["r2_outcome"] <= ends[1]]
    if curve.empty:
        return
    ax.plot(curve["r2_arm"], curve["r2_outcome"], one.style, color=one.color, linewidth=one.size)
    if one.words:
        middle = result.equal_shares(one.bias)
        if middle < min(ends):
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
            ax.text(middle, middle, one.words, ha="center", va="center", color=one.color, bbox=box)


def _told(result: HiddenConfounding, value: float) -> str:
    """A difference in points, or of shares in percentage points."""
    return fmt.points(100 * value if result.comparison.binary else value)


def _caption(result: HiddenConfounding) -> str:
    times = "" if result.multiple == 1 else f"{result.multiple:g} times "
    return (
        "What would be left of the difference, by how much something that was not measured "
        "explains of the arm and of the outcome beyond what was adjusted for. Orange: there the "
        f"verdict '{result.comparison.verdict}' changes. Numbers: something {times}as strong as "
        "each measured covariate."
    )


def _alt(result: HiddenConfounding, points: tuple[Bound, ...]) -> str:
    if not fmt.available(result.robustness):
        return "No estimate is shown, so there is nothing to be undone."
    said = [
        f"Something explaining {fmt.percent(result.robustness_limit)} of both would change the "
        f"verdict, {fmt.percent(result.robustness)} would leave no difference."
    ]
    for one in points:
        turn = "changes the verdict" if one.overturns else "does not change the verdict"
        said.append(
            f"As strong as '{fmt.covariate_name(one.covariate).lower()}': "
            f"the difference would be {_told(result, one.estimate)}, which {turn}."
        )
    return " ".join(said)


def _notes(result: HiddenConfounding, points: tuple[Bound, ...]) -> tuple[str, ...]:
    found = result.comparison
    said = [
        "The size of the bias is that of the linear model; the interval is the comparison's own."
    ]
    if fmt.available(result.reach) and smallest_room(found)[1] * found.estimate > 0:
        said.append(
            "The verdict changes soonest when the difference is larger than it seems: the orange "
            "line and the numbers are of that bias, the grey lines of one towards no difference."
        )
    if len(points) < len(result.bounds):
        said.append("A covariate with too few people in a level has no number.")
    return tuple(said)

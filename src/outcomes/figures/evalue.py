"""The E-value: strengths that would explain a difference away, and those that were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from outcomes.comparison.overturn import EValues, Strength
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.keyed import keyed
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.overturn import benchmarks_shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_ESTIMATE, _LIMIT = "#0072B2", "#D55E00"
_TICKS = (1, 1.2, 1.5, 2, 3, 4, 6, 8, 10, 15, 20, 30, 50)


def evalue_curve(result: EValues, policy: Policy) -> Figure:
    """Pairs of risk ratios with arm and outcome that just explain the difference away.

    Beyond the solid line the estimate could be explained away, beyond the dashed one the
    interval would hold no difference. Numbered points are the measured covariates.
    """
    points = benchmarks_shown(result, policy)
    curves = [("estimate", result.curve()), ("limit", result.curve(limit=True))]

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, result, curves, points)

    def height(width: float) -> float:
        return 3.4 + (0.2 * len(points) if width == theme.NARROW else 0.2)

    svg, narrow = theme.render("evalue", draw, height)
    return Figure(
        id="evalue",
        caption=(
            "How strongly something that was not measured would have to go with the arm and with "
            "the outcome to explain the difference away (solid), or to bring its interval to no "
            "difference (dashed). Numbers: what was measured."
        ),
        alt=_alt(result, points),
        svg=svg,
        svg_narrow=narrow,
        data=_data(curves, points),
        notes=_notes(result, points, policy),
    )


def _data(curves: list[tuple[str, pd.DataFrame]], points: tuple[Strength, ...]) -> pd.DataFrame:
    parts = [curve.assign(what=name) for name, curve in curves if len(curve)]
    rows = pd.DataFrame(
        [(fmt.covariate_name(one.covariate), one.rr_arm, one.rr_outcome) for one in points],
        columns=["what", "rr_arm", "rr_outcome"],
    )
    return pd.concat([*parts, rows], ignore_index=True)[["what", "rr_arm", "rr_outcome"]]


def _draw(
    canvas: Canvas,
    width: float,
    result: EValues,
    curves: list[tuple[str, pd.DataFrame]],
    points: tuple[Strength, ...],
) -> None:
    names = [fmt.covariate_name(one.covariate) for one in points]
    ax = keyed(canvas, width, names)
    ends = [2.0, 1.6 * result.estimate if fmt.available(result.estimate) else 2.0]
    ends += [1.15 * max(one.rr_arm, one.rr_outcome) for one in points]
    top = max(ends)
    for (name, curve), color in zip(curves, (_ESTIMATE, _LIMIT), strict=True):
        if not len(curve):
            continue
        style = "-" if name == "estimate" else "--"
        ax.plot(curve["rr_arm"], curve["rr_outcome"], style, color=color, linewidth=2)
        value = result.estimate if name == "estimate" else result.limit
        ax.plot([value], [value], "D", color=color, markersize=6, zorder=4)
        ax.annotate(
            f"{name}: {fmt.decimal(value)}", (value, value), xytext=(7, 5),
            textcoords="offset points", color=theme.INK, fontweight="bold",
        )  # fmt: skip
    for place, one in enumerate(points, start=1):
        ax.text(one.rr_arm, one.rr_outcome, str(place), ha="center", va="center", zorder=5,
                bbox={"boxstyle": "circle,pad=0.18", "facecolor": "white",
                      "edgecolor": theme.MUTED})  # fmt: skip
    _axes(ax, top, narrow=width == theme.NARROW)


def _axes(ax: Axes, top: float, *, narrow: bool) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(0.97, top)
    ax.set_ylim(0.97, top)
    ticks = [tick for tick in _TICKS if tick <= top]
    if len(ticks) > (5 if narrow else 8):
        ticks = [tick for tick in ticks if tick not in (1.2, 4, 8, 15)]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel("Risk ratio with the arm")
    ax.set_ylabel("Risk ratio with the outcome")
    ax.grid(color=theme.GRID, linewidth=0.5)
    ax.set_axisbelow(True)


def _alt(result: EValues, points: tuple[Strength, ...]) -> str:
    if not fmt.available(result.estimate):
        return "There is no difference to be explained away."
    said = [
        f"E-value of the estimate {fmt.decimal(result.estimate)}, of the limit "
        f"{fmt.decimal(result.limit)}."
    ]
    if points:
        each = [
            f"{fmt.covariate_name(one.covariate)} {fmt.decimal(one.rr_arm)} with the arm and "
            f"{fmt.decimal(one.rr_outcome)} with the outcome"
            for one in points
        ]
        said.append(f"Measured: {'; '.join(each)}.")
    return " ".join(said)


def _notes(result: EValues, points: tuple[Strength, ...], policy: Policy) -> tuple[str, ...]:
    said = ["An E-value says how strong a hidden cause would have to be, not whether there is one."]
    if result.limit <= 1:
        said.append("The interval holds no difference already, so there is no dashed line.")
    lost = len(result.benchmarks) - len(points)
    if lost and policy.suppress:
        said.append("A covariate with too few people in a level has no number.")
    return tuple(said)

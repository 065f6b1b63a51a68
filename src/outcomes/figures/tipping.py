"""The tipping point: the estimate with its interval against the shift of unseen outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models.missing.tipping import TippingPoint
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.beliefs import shifts_shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def tipping(result: TippingPoint, policy: Policy | None = None) -> Figure:
    """Estimate and interval at each shift, no difference, the margin, and where the verdict turns.

    Nothing is drawn where the slope would give away how few people were shifted.
    """
    rules = named_policy() if policy is None else policy
    visible = shifts_shown(result, rules) and len(result.curve) > 0

    def draw(canvas: Canvas, width: float) -> None:
        ax = canvas.subplots()
        if visible:
            _draw(ax, result, narrow=width == theme.NARROW)
        else:
            ax.set_axis_off()
            ax.text(0.5, 0.5, fmt.HIDDEN, ha="center", va="center")

    svg, narrow = theme.render("tipping", draw, lambda _: 3.4 if visible else 1.0)
    columns = ["delta", "estimate", "low", "high", "verdict"]
    data = result.curve[columns] if visible else pd.DataFrame(columns=columns)
    return Figure(
        id="tipping",
        caption=_caption(result, visible=visible),
        alt=_alt(result, visible=visible),
        svg=svg,
        svg_narrow=narrow,
        data=data.reset_index(drop=True),
        notes=() if visible else (_why(rules),),
    )


def _why(policy: Policy) -> str:
    return (
        f"'{fmt.HIDDEN}': the slope would give away how many people have no outcome; counts from "
        f"1 to {policy.minimum_count - 1} are not shown."
    )


def who(result: TippingPoint) -> str:
    """The arms that are shifted, in words."""
    return fmt.listed([fmt.group_name("arm", arm).lower() for arm in result.shifted])


def _arms(result: TippingPoint) -> str:
    other, reference = result.contrast.split(" - ") if " - " in result.contrast else ("", "")
    names = [fmt.group_name("arm", arm).lower() for arm in (other, reference) if arm]
    return " minus ".join(names) or result.contrast


def _draw(ax: Axes, result: TippingPoint, *, narrow: bool) -> None:
    curve = result.curve
    x = curve["delta"].to_numpy()
    if result.margin is not None:
        ax.axhspan(-result.margin, result.margin, color=theme.BAND, linewidth=0)
    ax.axhline(0, color=theme.INK, linewidth=1)
    ax.fill_between(x, curve["low"], curve["high"], color="#0072B2", alpha=0.22, linewidth=0)
    for side in ("low", "high"):
        ax.plot(x, curve[side], color="#0072B2", linewidth=1, linestyle="--")
    ax.plot(x, curve["estimate"], color="#0072B2", linewidth=2.2)
    start = curve[curve["delta"] == 0.0].iloc[0]
    ax.plot([0], [start["estimate"]], "o", color=theme.INK, markersize=7, zorder=4)
    low, high = float(curve["low"].min()), float(curve["high"].max())
    room = 0.3 * (high - low)
    ax.set_ylim(low - 0.05 * room, high + room)
    ax.set_xlim(x.min(), x.max())
    if result.turns:
        _mark_turn(ax, result, high + 0.9 * room)
    ax.set_ylabel(fmt.sentence(f"{_arms(result)},\n{result.unit}"))
    worse = "right" if result.direction != "higher" else "left"
    words = f"Shift for people without an end score in {who(result)}, {result.unit}"
    hint = f"further {worse}: they did worse" if result.direction else ""
    parts = [words, hint] if hint else [words]
    label = "\n".join(parts) if not narrow else "\n".join(_short(result, hint))
    ax.set_xlabel(label)
    ax.grid(axis="y", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)


def _short(result: TippingPoint, hint: str) -> list[str]:
    return [f"Shift, {result.unit} ({who(result)})", *([hint] if hint else [])]


def _mark_turn(ax: Axes, result: TippingPoint, top: float) -> None:
    ax.axvline(result.value, color="#D55E00", linewidth=1.6, linestyle=":")
    right = result.value < float(np.mean(ax.get_xlim()))
    ax.annotate(
        f"turns at {'+' if result.value > 0 else ''}{fmt.points(result.value)}: {result.after}",
        (result.value, top),
        xytext=(5 if right else -5, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        color=theme.INK,
        fontweight="bold",
    )


def _caption(result: TippingPoint, *, visible: bool) -> str:
    people = ""
    if visible:
        parts = [
            f"{fmt.group_name('arm', arm).lower()} {fmt.n_of(count, result.n[arm])}"
            for arm, count in result.n_shifted.items()
        ]
        people = f" People shifted: {', '.join(parts)}."
    size = ""
    if result.reliable_change is not None:
        size = f" A reliable change is {fmt.plain(result.reliable_change)} {result.unit}."
    band = "" if result.margin is None else " Grey: the margin."
    return (
        f"Adjusted difference, {_arms(result)}, with {fmt.level(result.level)} interval, if people "
        f"without an end score in {who(result)} did worse or better than people like them who "
        f"stayed.{people}{size}{band}"
    )


def _alt(result: TippingPoint, *, visible: bool) -> str:
    if not visible:
        return "No curve is shown, because the number of people behind it is small."
    start = result.curve[result.curve["delta"] == 0.0].iloc[0]
    said = (
        f"Without a shift {fmt.points(start['estimate'])} {result.unit} "
        f"({fmt.interval(start['low'], start['high'])}), verdict {result.verdict}."
    )
    if not result.turns:
        ends = " to ".join(fmt.points(end) for end in result.limits)
        return f"{said} No shift for the worse among those searched ({ends}) turns it."
    return f"{said} At a shift of {fmt.points(result.value)} it becomes {result.after}."

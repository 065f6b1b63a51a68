"""The specification curve of a comparison: every way, sorted, with the choices behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.comparison.overturn import Specifications
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.overturn import (
    DEFINITIONS,
    METHODS,
    MISSING,
    populations,
    specifications_shown,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_CURVE, _LINE = 2.5, 0.22  # inches: the curve, and each line of choices
_FOUND, _UNSURE, _HEADLINE = "#0072B2", "#8f8f8f", "#D55E00"
_TITLES = {
    "definition": "What counts as outcome",
    "missing": "Without an end score",
    "adjustment": "Adjusted for",
    "estimand": "For whom",
    "method": "Method",
}
Choices = list[tuple[str, list[str]]]


def comparison_curve(result: Specifications, policy: Policy, scale: str | None = None) -> Figure:
    """Advantages with intervals from low to high above, the choices behind each below.

    `scale` "points" or "shares" (default: that of the headline). Ways without an estimate
    stand at the right with a cross: the arms were not comparable, or people too few.
    """
    drawn, lost = _rows(result, policy, scale)
    kind = str(drawn["scale"].iloc[0]) if len(drawn) else "points"
    choices = _choices(drawn)

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, drawn, choices, _label(result, kind))

    def height(width: float) -> float:
        return _CURVE + 0.5 + _per(width) * max(_lines(choices), 1.0)

    svg, narrow = theme.render("specifications", draw, height)
    columns = [*_TITLES, "advantage", "advantage_low", "advantage_high", "verdict", "headline"]
    return Figure(
        id="specifications",
        caption=_caption(result, drawn, kind),
        alt=_alt(drawn, kind),
        svg=svg,
        svg_narrow=narrow,
        data=drawn[columns].reset_index(drop=True),
        notes=_notes(result, drawn, lost, policy),
    )


def _rows(result: Specifications, policy: Policy, scale: str | None) -> tuple[pd.DataFrame, int]:
    """Ways that may be shown on one scale, in words, those with an estimate first."""
    head = result.headline
    wanted = scale or ("points" if head is None else str(head["scale"]))
    mine = result.frame[result.frame["scale"].eq(wanted)]
    seen = specifications_shown(result, policy)[mine.index]
    found = mine[seen].copy()
    words = {
        "definition": DEFINITIONS, "missing": MISSING, "estimand": populations(result),
        "method": METHODS,
    }  # fmt: skip
    for column, names in words.items():
        found[column] = [names.get(word, word) for word in found[column]]
    found["adjustment"] = [fmt.sentence(word) for word in found["adjustment"]]
    order = [*_TITLES]
    found = found.sort_values(["advantage", "advantage_high", *order], kind="stable")
    return found.reset_index(drop=True), int((~seen).sum())


def _choices(drawn: pd.DataFrame) -> Choices:
    """Choices that differ between ways, each with its words in the order of their medians."""
    found = []
    for column in _TITLES:
        words = drawn.groupby(column, sort=False)["advantage"].median().sort_values(kind="stable")
        if len(words) > 1:
            found.append((column, [str(word) for word in words.index]))
    return found


def _lines(choices: Choices) -> float:
    return sum(len(words) + 1.4 for _, words in choices)


def _per(width: float) -> float:
    return _LINE * (1.75 if width == theme.NARROW else 1.0)


def _label(result: Specifications, kind: str) -> str:
    other = fmt.group_name("arm", result.other).lower()
    unit = "points" if kind == "points" else "percentage points"
    return f"Better in {other},\n{unit}"


def _draw(canvas: Canvas, width: float, drawn: pd.DataFrame, choices: Choices, label: str) -> None:
    narrow = width == theme.NARROW
    heights = [_CURVE, max(_per(width) * _lines(choices), 0.1)]
    top, bottom = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": heights})
    _curve(top, drawn, label)
    _dots(bottom, drawn, choices, narrow=narrow)
    top.set_xlim(-0.8, max(len(drawn) - 1, 0) + 0.8)


def _curve(ax: Axes, drawn: pd.DataFrame, label: str) -> None:
    factor = 100 if "percentage" in label else 1
    ax.axhline(0, color=theme.INK, linewidth=1)
    low, high = drawn["advantage_low"].min() * factor, drawn["advantage_high"].max() * factor
    there = drawn["advantage"].notna()
    sure = drawn["advantage_low"].gt(0) | drawn["advantage_high"].lt(0)
    head = drawn["headline"].astype(bool)
    looks = (
        (there & ~head & ~sure, _UNSURE, "o", 3.6),
        (there & ~head & sure, _FOUND, "o", 3.6),
        (there & head, _HEADLINE, "D", 8),
    )
    for rows, color, marker, size in looks:
        at, mine = np.flatnonzero(rows), drawn[rows]
        ends = [mine[f"advantage_{end}"] * factor for end in ("low", "high")]
        ax.vlines(at, *ends, color=color, linewidth=1.3, zorder=2)
        ax.plot(
            at, mine["advantage"] * factor, marker, color=color, markersize=size,
            markeredgecolor="white", markeredgewidth=0.5, zorder=4 if marker == "D" else 3,
        )  # fmt: skip
    lost = np.flatnonzero(~there)
    ax.plot(lost, np.zeros(len(lost)), "x", color=_UNSURE, markersize=6)
    if fmt.available(low):
        room = 0.08 * max(high - low, 1e-9)
        ax.set_ylim(min(low, 0) - room, max(high, 0) + room)
    ax.set_ylabel(label)
    ax.grid(axis="y", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="x", length=0, labelbottom=False)


def _dots(ax: Axes, drawn: pd.DataFrame, choices: Choices, *, narrow: bool) -> None:
    place = 0.0
    head = np.flatnonzero(drawn["headline"].to_numpy(dtype=bool))
    for one in head:
        ax.axvline(float(one), color="#f3c9a8", linewidth=1, zorder=0)
    for column, words in choices:
        _name(ax, place, _TITLES[column], narrow=narrow, bold=True)
        for word in words:
            place += 1
            at = place + 0.32 if narrow else place
            ax.axhline(at, color=theme.GRID, linewidth=0.5, zorder=0)
            made = np.flatnonzero(drawn[column].eq(word).to_numpy(dtype=bool))
            ax.plot(made, np.full(len(made), at), "|", color="#4a4a4a", markersize=5)
            mine = np.intersect1d(made, head)
            ax.plot(mine, np.full(len(mine), at), "D", color=_HEADLINE, markersize=6)
            _name(ax, place - 0.18 if narrow else place, word, narrow=narrow, bold=False)
        place += 1.4
    ax.set_ylim(max(place - 0.3, 0.5), -0.7)
    ax.set_yticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="x", length=0, labelbottom=False)


def _name(ax: Axes, place: float, words: str, *, narrow: bool, bold: bool) -> None:
    """Left of the dots on a page, above them on a phone."""
    label = ax.annotate(
        words, (0, place), xycoords=("axes fraction", "data"),
        xytext=(0 if narrow else -6, 0), textcoords="offset points",
        ha="left" if narrow else "right", va="center", fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )  # fmt: skip
    label.set_in_layout(not narrow)


def _size(value: float, kind: str) -> str:
    return fmt.points(value) if kind == "points" else fmt.points(100 * value)


def _caption(result: Specifications, drawn: pd.DataFrame, kind: str) -> str:
    other = fmt.group_name("arm", result.other).lower()
    what = "points" if kind == "points" else "percentage points of people"
    return (
        f"How much better people did in {other}, in {what}, in {len(drawn)} ways to make the "
        f"comparison, from low to high, each with its {fmt.level(result.confidence)} interval. "
        "Blue: the interval holds no 0; orange diamond: the way reported."
    )


def _alt(drawn: pd.DataFrame, kind: str) -> str:
    made = drawn[drawn["advantage"].notna()]
    if made.empty:
        return "No way to make the comparison gave an estimate that may be shown."
    above = float((made["advantage"] > 0).mean())
    said = (
        f"{len(made)} of {len(drawn)} ways have an estimate, from "
        f"{_size(made['advantage'].min(), kind)} to {_size(made['advantage'].max(), kind)}, median "
        f"{_size(made['advantage'].median(), kind)}; {fmt.percent(above)} lie above 0."
    )
    head = made[made["headline"]]
    if head.empty:
        return said
    return f"{said} The way reported: {_size(head['advantage'].iloc[0], kind)}."


def _notes(
    result: Specifications, drawn: pd.DataFrame, lost: int, policy: Policy
) -> tuple[str, ...]:
    said = list(result.warnings)
    crosses = int(drawn["advantage"].isna().sum())
    if crosses:
        said.append(
            f"Crosses: {crosses} ways without an estimate, since the arms are not comparable "
            "there or people are too few."
        )
    if lost:
        said.append(
            f"{lost} ways are not drawn, since counts from 1 to {policy.minimum_count - 1} are "
            "not shown, nor are numbers from which they could be computed."
        )
    return tuple(said)

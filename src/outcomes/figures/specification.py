"""The specification curve: every way to count, sorted, with the claim as a band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.change.claims import ClaimResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.ways import AMONG, MISSING, UNITS, shown_ways

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_CURVE, _LINE = 2.6, 0.235  # inches: the curve, and each line of choices
_COLOURS = {"compatible": "#0072B2", "below": "#6b6b6b", "above": "#6b6b6b"}
_UNSURE, _HEADLINE = "#a9a9a9", "#D55E00"
_GROUPS = (
    ("what", "What counts as improved", None),
    ("unit_word", "Who is counted", UNITS),
    ("among", "Among whom", AMONG),
    ("absent", "If a score is missing", MISSING),
)

Choices = list[tuple[str, list[str]]]


def specification_curve(result: ClaimResult, policy: Policy) -> Figure:
    """Rates with intervals from low to high above, the choices behind each as dots below.

    The claim is a shaded band, the headline an orange diamond. Ways to count that the policy
    hides are left out and counted in a note.
    """
    ways = shown_ways(result, policy)
    drawn = ways[ways["shown"] & ways["rate"].notna()]
    drawn = drawn.sort_values(["rate", "high", "what", "unit"], kind="stable", ignore_index=True)
    choices = _choices(drawn)
    lines = sum(len(words) + 1.4 for _, words in choices)

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, drawn, choices, result)

    def height(width: float) -> float:
        per = _LINE * (1.75 if width == theme.NARROW else 1.0)
        return _CURVE + 0.4 + per * max(lines, 1.0)

    svg, narrow = theme.render("specification", draw, height)
    columns = ["headline", "what", "unit_word", "among", "absent", "n", "n_total", "rate"]
    data = drawn[[*columns, "low", "high", "verdict"]].rename(
        columns={"unit_word": "who", "absent": "missing"}
    )
    return Figure(
        id="specification",
        caption=_caption(result, drawn),
        alt=_alt(result, drawn),
        svg=svg,
        svg_narrow=narrow,
        data=data.reset_index(drop=True),
        notes=_notes(len(ways) - len(drawn), policy),
    )


def _choices(drawn: pd.DataFrame) -> Choices:
    """Choices that differ between ways to count; one that is always made is in no row."""
    found = []
    for column, title, words in _GROUPS:
        there = drawn[column].unique().tolist()
        known = [word for word in words.values() if word in there] if words else _by_rate(drawn)
        if len(known) > 1:
            found.append((title, known))
    return found


def _by_rate(drawn: pd.DataFrame) -> list[str]:
    """Readings from strict to generous."""
    means = drawn.groupby("what")["rate"].mean()
    return [str(name) for name in means.sort_values(kind="stable").index]


def _draw(
    canvas: Canvas, width: float, drawn: pd.DataFrame, choices: Choices, result: ClaimResult
) -> None:
    narrow = width == theme.NARROW
    lines = sum(len(words) + 1.4 for _, words in choices)
    per = _LINE * (1.75 if narrow else 1.0)
    heights = [_CURVE, max(per * lines, 0.1)]
    top, bottom = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": heights})
    _curve(top, drawn, result)
    _dots(bottom, drawn, choices, narrow=narrow)
    edge = max(len(drawn) - 1, 0) + 0.8
    top.set_xlim(-0.8, edge)


def _curve(ax: Axes, drawn: pd.DataFrame, result: ClaimResult) -> None:
    low, high = result.claim
    ax.axhspan(low, high, color="#cfe3f1", zorder=0, linewidth=0)
    if low == high:
        ax.axhline(low, color="#8fbcdc", linewidth=2, zorder=0)
    for place, row in enumerate(drawn.itertuples()):
        color = _HEADLINE if row.headline else _COLOURS.get(str(row.verdict), _UNSURE)
        ax.plot([place, place], [row.low, row.high], color=color, linewidth=1.8, zorder=2)
        ax.plot(
            [place],
            [row.rate],
            marker="D" if row.headline else "o",
            color=color,
            markersize=8 if row.headline else 5,
            markeredgecolor="white",
            zorder=3,
        )
    ax.annotate(
        f"claim: {result.claimed()}",
        (0, high),
        xycoords=("axes fraction", "data"),
        xytext=(3, 2),
        textcoords="offset points",
        color="#0b4f7d",
        va="bottom",
    )
    ax.set_ylim(0, 1.03)
    ax.set_yticks(np.linspace(0, 1, 5), ["0", "25", "50", "75", "100 %"])
    ax.set_ylabel("Share improved")
    ax.grid(axis="y", color=theme.GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="x", length=0, labelbottom=False)


def _dots(ax: Axes, drawn: pd.DataFrame, choices: Choices, *, narrow: bool) -> None:
    place = 0.0
    columns = {title: column for column, title, _ in _GROUPS}
    head = np.flatnonzero(drawn["headline"].to_numpy(dtype=bool))
    for one in head:
        ax.axvline(float(one), color="#f3c9a8", linewidth=1, zorder=0)
    for title, words in choices:
        _label(ax, place, title, narrow=narrow, bold=True)
        for word in words:
            place += 1
            at = place + 0.32 if narrow else place
            ax.axhline(at, color=theme.GRID, linewidth=0.5, zorder=0)
            made = np.flatnonzero(drawn[columns[title]].eq(word).to_numpy(dtype=bool))
            ax.plot(made, np.full(len(made), at), "o", color="#4a4a4a", markersize=3.6)
            mine = np.intersect1d(made, head)
            ax.plot(mine, np.full(len(mine), at), "D", color=_HEADLINE, markersize=6)
            _label(ax, place - 0.18 if narrow else place, word, narrow=narrow, bold=False)
        place += 1.4
    ax.set_ylim(max(place - 0.3, 0.5), -0.7)
    ax.set_yticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="x", length=0, labelbottom=False)


def _label(ax: Axes, place: float, words: str, *, narrow: bool, bold: bool) -> None:
    """Left of the dots on a page, above them on a phone."""
    label = ax.annotate(
        words,
        (0, place),
        xycoords=("axes fraction", "data"),
        xytext=(0 if narrow else -6, 0),
        textcoords="offset points",
        ha="left" if narrow else "right",
        va="center",
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )
    # On a phone the words stand over the dots, and must not push them aside.
    label.set_in_layout(not narrow)


def _caption(result: ClaimResult, drawn: pd.DataFrame) -> str:
    return (
        f"The share that improved in {len(drawn)} ways to count the same data, from low to high, "
        f"each with its {100 * result.confidence:g} % interval; the band is the claim of "
        f"{result.claimed()}, the orange diamond the way quoted in the text."
    )


def _alt(result: ClaimResult, drawn: pd.DataFrame) -> str:
    if drawn.empty:
        return "No way to count may be shown: too few people."
    low, high = drawn["rate"].min(), drawn["rate"].max()
    said = f"{len(drawn)} rates from {fmt.percent(low)} to {fmt.percent(high)}."
    counts = drawn["verdict"].value_counts()
    said += " " + ", ".join(f"{count} {word}" for word, count in counts.items()) + "."
    head = drawn[drawn["headline"]]
    if head.empty:
        return said
    row = head.iloc[0]
    return (
        f"{said} The headline is {fmt.percent(row['rate'])} "
        f"({fmt.n_of(row['n'], row['n_total'])}), interval "
        f"{fmt.percent_interval(row['low'], row['high'])}; {row['verdict']} with respect to the "
        f"claim of {result.claimed()}."
    )


def _notes(lost: int, policy: Policy) -> tuple[str, ...]:
    if not lost:
        return ()
    return (
        f"{lost} ways to count are not drawn, since counts from 1 to {policy.minimum_count - 1} "
        "are not shown, nor are numbers from which they could be computed.",
    )

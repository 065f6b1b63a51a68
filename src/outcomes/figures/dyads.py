"""Two partners: paths of an actor-partner model, how alike they are, where they start and end."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, Scale, forest
from outcomes.models.dyads import ApimResult, PartnerAgreement
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.dyads import NOT_CONVERGED, may_show, usable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

CORRELATIONS = Scale(-1, 1, (-1, -0.5, 0, 0.5, 1), ("−1", "−0.5", "0", "0.5", "1"), zero=0)
ONE, OTHER = "one partner", "the other"
_FIRM, _LOOSE = "#1a1a1a", "#8a8a8a"
# Where the four boxes stand, and how wide they are, in shares of the drawing.
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.16, 0.78, 0.8, 0.2
_HALF, _TALL = 0.15, 0.12


def dyad_paths(
    result: ApimResult, policy: Policy, *, names: Mapping[str, str] | None = None
) -> Figure:
    """Arrows from each partner's predictor to both outcomes, with numbers and intervals.

    Solid where the interval leaves out zero. `names` gives words for the columns.
    """
    words = {
        **{c: c for c in (result.columns.actor or "", result.columns.outcome)},
        **(names or {}),
    }
    predictor = words[result.columns.actor or ""]
    outcome = words[result.columns.outcome]
    shown = usable(result) and may_show(result, policy)
    data = _path_data(result) if shown else pd.DataFrame()

    def draw(canvas: Canvas, width: float) -> None:
        ax = canvas.subplots()
        ax.set_axis_off()
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        if shown:
            _paths(ax, result, data, (predictor, outcome), narrow=width == theme.NARROW)
        else:
            ax.text(0.5, 0.5, _why(result), ha="center", va="center", wrap=True)

    svg, narrow = theme.render("dyad", draw, lambda width: _height(width) if shown else 1.2)
    return Figure(
        id="dyad",
        caption=f"{fmt.sentence(outcome)} of each partner and {predictor} of both: points of "
        f"{outcome} for one point of {predictor}, with {fmt.level(result.level)} interval. "
        "Solid: the interval leaves out zero. An association, not an effect.",
        alt=_path_words(data, predictor, outcome) if shown else _why(result),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=() if result.distinguishable or not shown else (
            "Partners are not told apart: both pairs of arrows are one estimate.",
        ),
    )  # fmt: skip


def agreement(parts: PartnerAgreement | Mapping[str, PartnerAgreement], policy: Policy) -> Figure:
    """Intraclass correlations between partners, by what was measured, on a line from -1 to 1."""
    named = {parts.outcome: parts} if isinstance(parts, PartnerAgreement) else dict(parts)
    marks, rows = [], []
    for label, part in named.items():
        shown = may_show(part, policy) and fmt.available(part.low)
        said = fmt.HIDDEN if not may_show(part, policy) else fmt.NOT_AVAILABLE
        if shown:
            said = f"{fmt.decimal(part.icc)} ({fmt.decimal(part.low)} to {fmt.decimal(part.high)})"
            rows.append({"what": label, "icc": part.icc, "low": part.low, "high": part.high})
        numbers = (part.icc, part.low, part.high) if shown else (None, None, None)
        marks.append(Mark("How alike partners are", label, "couples", said, *numbers))
    svg, narrow = forest("agreement", marks, CORRELATIONS, theme.styles(["couples"]))
    level = next(iter(named.values())).level
    return Figure(
        id="agreement",
        caption="How alike the two partners of a couple are: intraclass correlation with "
        f"{fmt.level(level)} interval. 0: as alike as strangers; below 0: where one is high the "
        "other is low.",
        alt="; ".join(f"{mark.label}: {mark.words}" for mark in marks) + ".",
        svg=svg,
        svg_narrow=narrow,
        data=pd.DataFrame(rows, columns=["what", "icc", "low", "high"]),
    )


def _height(width: float) -> float:
    return 1.15 * width if width == theme.NARROW else 0.5 * width


def _why(result: ApimResult) -> str:
    return fmt.HIDDEN if usable(result) else fmt.sentence(NOT_CONVERGED)


def _path_data(result: ApimResult) -> pd.DataFrame:
    names = ["role", "effect", "estimate", "low", "high", "p"]
    last = result.variances.iloc[-1]
    rest = {"role": "both", "effect": "residual correlation"}
    rest |= {name: last[name] for name in ("estimate", "low", "high")}
    return pd.concat([result.effects[names], pd.DataFrame([rest])], ignore_index=True)


def _number(row: pd.Series) -> str:
    return (
        f"{fmt.decimal(row['estimate'])} ({fmt.decimal(row['low'])} to {fmt.decimal(row['high'])})"
    )


def _path_words(data: pd.DataFrame, predictor: str, outcome: str) -> str:
    said = []
    for _, row in data.iterrows():
        if row["effect"] == "residual correlation":
            said.append(f"what is left of both outcomes correlates {_number(row)}")
            continue
        whose = "own" if row["effect"] == "actor" else "partner's"
        said.append(f"{outcome} of {row['role']} on the {whose} {predictor}: {_number(row)}")
    return "; ".join(said) + "."


def _paths(
    ax: Axes, result: ApimResult, data: pd.DataFrame, names: tuple[str, str], *, narrow: bool
) -> None:
    roles = result.roles or (ONE, OTHER)
    places = {roles[0]: _TOP, roles[1]: _BOTTOM}
    for role, height in places.items():
        for across, what in ((_LEFT, names[0]), (_RIGHT, names[1])):
            _box(ax, across, height, f"{what},\n{role}", narrow=narrow)
    rows = data.set_index(["role", "effect"])
    for role, height in places.items():
        key = role if result.roles else str(result.effects["role"].iloc[0])
        other = _BOTTOM if height == _TOP else _TOP
        _arrow(ax, (height, height), rows.loc[(key, "actor")], at=0.5, narrow=narrow)
        # Effects of the partner start at the other height; labels stand before the crossing.
        partner = 0.35 if narrow else 0.24
        _arrow(ax, (other, height), rows.loc[(key, "partner")], at=partner, narrow=narrow)
    _curve(ax, data.iloc[-1], narrow=narrow)


def _box(ax: Axes, across: float, height: float, words: str, *, narrow: bool) -> None:
    from matplotlib.patches import FancyBboxPatch

    ax.add_patch(
        FancyBboxPatch(
            (across - _HALF + 0.01, height - _TALL), 2 * _HALF - 0.02, 2 * _TALL,
            boxstyle="round,pad=0.01", facecolor="white", edgecolor=theme.MUTED, linewidth=1.2,
        )
    )  # fmt: skip
    ax.text(across, height, _wrapped(words, 14 if narrow else 18), ha="center", va="center")


def _wrapped(words: str, width: int) -> str:
    return "\n".join(textwrap.fill(line, width) for line in words.split("\n"))


def _arrow(
    ax: Axes, heights: tuple[float, float], row: pd.Series, *, at: float, narrow: bool
) -> None:
    firm = bool(row["low"] > 0 or row["high"] < 0)
    start, end = _LEFT + _HALF + 0.005, _RIGHT - _HALF - 0.005
    ax.annotate(
        "", xy=(end, heights[1]), xytext=(start, heights[0]),
        arrowprops={
            "arrowstyle": "-|>", "linewidth": 2.0 if firm else 1.3, "shrinkA": 0, "shrinkB": 0,
            "linestyle": "-" if firm else "--", "color": _FIRM if firm else _LOOSE,
        },
    )  # fmt: skip
    own = heights[0] == heights[1]
    words = _number(row) if own and not narrow else _number(row).replace(" (", "\n(")
    # On a phone the two horizontal arrows carry their numbers on the outer side.
    lift = (0.075 if heights[0] == _TOP else -0.075) if own and narrow else 0.0
    ax.text(
        start + at * (end - start), heights[0] + at * (heights[1] - heights[0]) + lift, words,
        ha="center", va="center", fontweight="bold" if firm else "normal",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0}, zorder=6,
    )  # fmt: skip


def _curve(ax: Axes, row: pd.Series, *, narrow: bool) -> None:
    """The two outcomes' remaining correlation, at the right edge."""
    ax.annotate(
        "", xy=(_RIGHT + _HALF, _TOP), xytext=(_RIGHT + _HALF, _BOTTOM),
        arrowprops={
            "arrowstyle": "<|-|>", "connectionstyle": f"arc3,rad={0.12 if narrow else 0.25}",
            "linewidth": 1.3, "color": theme.MUTED,
        },
    )  # fmt: skip
    words = f"r {_number(row)}"
    for piece in (" (", " to "):
        words = words.replace(piece, "\n" + piece.strip() + (" " if piece == " to " else ""))
    ax.text(
        _RIGHT + 0.5 * _HALF if narrow else _RIGHT + 0.75 * _HALF, 0.5, words, ha="center",
        va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )  # fmt: skip


__all__: Sequence[str] = ["agreement", "dyad_paths"]

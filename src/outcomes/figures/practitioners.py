"""Practitioners without a ranking: the funnel, and shrunken estimates by pseudonym."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models import PractitionersResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.practitioners import (
    FINDINGS,
    enough_practitioners,
    visible_practitioners,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_INSIDE, _OUTSIDE, _FEW = "#0072B2", "#D55E00", "#6b6b6b"
# More names than these would cover each other; then only those beyond the outer limits have one.
_NAMES = 8
_ROWS = 60
_LETTER = 9.0  # width of a letter in pixels, rather too much
_OUT = ("above", "below", "far_above", "far_below")
_FAR = ("far_above", "far_below")
_NOTHING = "Cannot tell"


def funnel(result: PractitionersResult, policy: Policy) -> Figure:
    """Observed less expected against the number of clients, with both control limits.

    Named are those outside who have enough clients; hollow marks have too few to tell. Who is
    hidden by the policy is not drawn, only counted.
    """
    data = _points(result, policy)
    names = _named(data)
    shown = len(data) > 0

    def draw(canvas: Canvas, width: float) -> None:
        ax = canvas.subplots()
        if not shown:
            _empty(ax, result)
            return
        _limits(ax, result, data)
        _marks(ax, data, result)
        _axes(ax, result, data, narrow=width == theme.NARROW)
        _labels(ax, data[names], result)

    svg, narrow = theme.render("funnel", draw, lambda w: 3.9 if w == theme.WIDE else 3.6)
    return Figure(
        id="practitioners_funnel",
        caption=_caption(result),
        alt=_alt(result, data, names),
        svg=svg,
        svg_narrow=narrow,
        data=data.drop(columns=["row"]),
        notes=_notes(result, data, names, policy),
    )


def shrunken(result: PractitionersResult, policy: Policy) -> Figure:
    """Shrunken estimates with intervals in the order of the pseudonyms, never of the numbers.

    Only practitioners with enough clients. Raises UsageError above sixty of them.
    """
    data = _points(result, policy)
    data = data[data["enough"]].reset_index(drop=True)
    if len(data) > _ROWS:
        raise UsageError(
            f"{len(data)} practitioners are too many rows for one picture.",
            where="kind shrunken",
            fix="Draw the funnel.",
        )

    def draw(canvas: Canvas, width: float) -> None:
        ax = canvas.subplots()
        if not len(data):
            _empty(ax, result)
            return
        _rows(ax, data, result)
        ax.locator_params(axis="x", nbins=5 if width == theme.NARROW else 9)

    svg, narrow = theme.render("shrunken", draw, lambda _: 1.1 + 0.27 * max(len(data), 3))
    return Figure(
        id="practitioners_shrunken",
        caption=(
            f"Shrunken estimates in the order of the pseudonyms: thick lines are "
            f"{fmt.level(result.level)} intervals, thin ones compare two practitioners (they "
            "differ where these do not overlap). This is no ranking."
        ),
        alt="; ".join(
            f"{row.practitioner}: {_amount(row.estimate, result)}, interval "
            f"{_amount(row.low, result)} to {_amount(row.high, result)}"
            for row in data.itertuples()
        )
        or _nothing(result),
        svg=svg,
        svg_narrow=narrow,
        data=data.drop(columns=["row"]),
        notes=() if len(data) else (_nothing(result),),
    )


def _points(result: PractitionersResult, policy: Policy) -> pd.DataFrame:
    """What is drawn of each practitioner who may be shown, in the order of the pseudonyms.

    The name stands only with those who have enough clients to be looked at one by one.
    """
    table = result.table.reset_index(names="row")
    kept = visible_practitioners(result, policy).to_numpy() & bool(
        result.converged and enough_practitioners(result)
    )
    columns = ["row", "practitioner", "n", "difference", "inner_low", "inner_high", "outer_low"]
    columns += ["outer_high", "estimate", "low", "high", "comparison_low", "comparison_high"]
    data = table.loc[kept, [*columns, "enough", "finding"]].reset_index(drop=True)
    data["practitioner"] = data["practitioner"].where(data["enough"])
    estimates = ["estimate", "low", "high", "comparison_low", "comparison_high"]
    data[estimates] = data[estimates].where(data["enough"])
    return data


def _named(data: pd.DataFrame) -> pd.Series:
    """Whose name is written: those outside, or only those far outside where they are many."""
    outside = data["enough"] & data["finding"].isin(_OUT)
    if outside.sum() <= _NAMES:
        return outside
    far = data["enough"] & data["finding"].isin(_FAR)
    return far if far.sum() <= _NAMES else far & False


def _limits(ax: Axes, result: PractitionersResult, data: pd.DataFrame) -> None:
    curve = result.curve
    curve = curve[(curve["n"] >= data["n"].min() * 0.8) & (curve["n"] <= data["n"].max())]
    scale = _scale(result)
    for level, style, width in (("outer", (0, (5, 3)), 1.1), ("inner", "solid", 1.1)):
        for side in ("low", "high"):
            ax.plot(curve["n"], scale * curve[f"{level}_{side}"], linestyle=style,
                    color=theme.MUTED, linewidth=width, zorder=1)  # fmt: skip
    ax.axhline(0, color=theme.INK, linewidth=1, zorder=1)


def _marks(ax: Axes, data: pd.DataFrame, result: PractitionersResult) -> None:
    scale = _scale(result)
    outside = data["enough"] & data["finding"].isin(_OUT)
    size = 38 if len(data) < 200 else 9
    groups: tuple[tuple[pd.Series, dict[str, Any]], ...] = (
        (~data["enough"], {"facecolors": "none", "edgecolors": _FEW, "marker": "o"}),
        (data["enough"] & ~outside, {"color": _INSIDE, "marker": "o"}),
        (outside, {"color": _OUTSIDE, "marker": "D"}),
    )
    for rows, look in groups:
        part = data[rows]
        ax.scatter(part["n"], scale * part["difference"], s=size, linewidths=1, zorder=3,
                   clip_on=False, **look)  # fmt: skip


def _labels(ax: Axes, named: pd.DataFrame, result: PractitionersResult) -> None:
    """Names outwards of their marks, one line further out where they would meet."""
    scale = _scale(result)
    for side in (1, -1):
        rows = named[np.sign(named["difference"]) == side].sort_values("n")
        ends: list[float] = []  # where the last name of each line ends, in pixels
        for row in rows.itertuples():
            place = (float(row.n), scale * float(row.difference))
            across = ax.transData.transform(place)[0]
            half = _LETTER * len(str(row.practitioner)) / 2
            line = next((i for i, end in enumerate(ends) if across - half > end), len(ends))
            ends[line : line + 1] = [across + half]
            ax.annotate(
                str(row.practitioner),
                place,
                xytext=(0, side * (9 + 13 * line)),
                textcoords="offset points",
                ha="center",
                va="bottom" if side > 0 else "top",
                zorder=4,
                arrowprops={"arrowstyle": "-", "color": theme.MUTED, "linewidth": 0.6},
            )


def _axes(ax: Axes, result: PractitionersResult, data: pd.DataFrame, *, narrow: bool) -> None:
    if _wide(result):
        from matplotlib.ticker import ScalarFormatter

        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(ScalarFormatter())
    unit = "percentage points" if result.kind == "share" else result.unit
    ax.set_xlabel("Clients")
    ax.set_ylabel(f"Observed less expected\n({unit})")
    right = data["n"].max()
    curve = result.curve[result.curve["n"] <= right].iloc[-1]
    for level, name in (("inner", result.policy.inner), ("outer", result.policy.outer)):
        ax.annotate(
            f"{100 * name:g} %",
            (right, _scale(result) * curve[f"{level}_high"]),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=theme.MUTED,
            annotation_clip=False,
        )
    ax.locator_params(axis="y", nbins=5 if narrow else 7)
    ax.margins(y=0.12)


def _rows(ax: Axes, data: pd.DataFrame, result: PractitionersResult) -> None:
    scale = _scale(result)
    ax.axvline(0, color=theme.INK, linewidth=1)
    for place, row in enumerate(data.itertuples()):
        ax.plot([scale * row.comparison_low, scale * row.comparison_high], [place, place],
                color=theme.MUTED, linewidth=1)  # fmt: skip
        ax.plot([scale * row.low, scale * row.high], [place, place], color=_INSIDE, linewidth=2.6,
                alpha=0.55, solid_capstyle="butt")  # fmt: skip
        ax.plot([scale * row.estimate], [place], "o", color=_INSIDE, markersize=6,
                markeredgecolor="white")  # fmt: skip
    ax.set_yticks(range(len(data)), [f"{r.practitioner} (n = {r.n})" for r in data.itertuples()])
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    unit = "percentage points" if result.kind == "share" else result.unit
    ax.set_xlabel(f"Deviation from expected, shrunken ({unit})")


def _empty(ax: Axes, result: PractitionersResult) -> None:
    ax.text(0.5, 0.5, _nothing(result), ha="center", va="center", wrap=True)
    ax.set_axis_off()


def _nothing(result: PractitionersResult) -> str:
    if not result.converged:
        return f"{_NOTHING}: the model did not converge."
    if not enough_practitioners(result):
        return f"{_NOTHING}: fewer than {result.policy.minimum} practitioners."
    return f"{_NOTHING}: nobody has enough clients to be shown."


def _wide(result: PractitionersResult) -> bool:
    """Whether numbers of clients differ so much that only a logarithmic axis shows them."""
    n = result.table["n"]
    return bool(n.max() > 20 * max(float(n.median()), 1) or n.max() > 50 * n.min())


def _scale(result: PractitionersResult) -> float:
    return 100.0 if result.kind == "share" else 1.0


def _amount(value: float, result: PractitionersResult) -> str:
    return fmt.points(_scale(result) * value)


def _caption(result: PractitionersResult) -> str:
    what = result.outcome.replace("_", " ")
    known = ", ".join(fmt.covariate_name(name) for name in result.case_mix)
    after = f", case mix: {known}" if known else ""
    better = "" if result.direction is None else f" {fmt.sentence(result.direction)} is better."
    limits = (
        "chance and the usual spread between practitioners"
        if result.limits == "spread"
        else "chance alone"
    )
    return (
        f"{fmt.sentence(what)}: observed less expected by number of clients{after}.{better} Lines: "
        f"{100 * result.policy.inner:g} % (solid) and {100 * result.policy.outer:g} % (dashed) "
        f"limits of {limits}, drawn for an average case mix; each practitioner is held against "
        "limits of their own. Hollow: too few clients to tell."
    )


def _alt(result: PractitionersResult, data: pd.DataFrame, names: pd.Series) -> str:
    if not len(data):
        return _nothing(result)
    told = "; ".join(
        f"{row.practitioner}: {_amount(row.difference, result)} with {fmt.count(row.n)} clients, "
        f"{FINDINGS[row.finding].lower()}"
        for row in data[names].itertuples()
    )
    enough = int(data["enough"].sum())
    outside = int((data["enough"] & data["finding"].isin(_OUT)).sum())
    said = (
        f"Funnel of {len(data)} practitioners, {enough} of them with enough clients to tell, "
        f"{outside} of these outside the inner limits, where about "
        f"{fmt.points(enough * (1 - result.policy.inner))} are expected."
    )
    return f"{said} {told}." if told else said


def _notes(
    result: PractitionersResult, data: pd.DataFrame, names: pd.Series, policy: Policy
) -> tuple[str, ...]:
    notes = []
    outside = data["enough"] & data["finding"].isin(_OUT)
    if outside.any():
        notes.append(
            "Whoever lies outside differs more than chance would explain: look, do not judge. Of "
            f"{int(data['enough'].sum())} looked at, about "
            f"{fmt.points(data['enough'].sum() * (1 - result.policy.inner))} would lie outside the "
            f"{100 * result.policy.inner:g} % limits by chance."
        )
    if outside.sum() > names.sum():
        notes.append("Not all of those outside are named: the names would cover each other.")
    missing = result.n_practitioners - len(data)
    if len(data) and missing:
        notes.append(
            f"{fmt.count(missing)} of {fmt.count(result.n_practitioners)} practitioners are not "
            f"drawn: counts of people from 1 to {policy.minimum_count - 1} are not shown, nor is "
            "what would give them away."
        )
    if not len(data):
        notes.append(_nothing(result))
    return tuple(notes)

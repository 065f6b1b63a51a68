"""How far two arms differ at the start, before and after weighting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.comparison.policy import comparison_policy
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models import WeightResult
from outcomes.models.weighting import SeveralWeights
from outcomes.privacy import Policy, hidden
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_BEFORE, _AFTER = "#8c8c8c", theme.ARMS["coaching"][0]


def balance(result: WeightResult | SeveralWeights, policy: Policy | None = None) -> Figure:
    """Standardised differences without sign, a row for each covariate, with the usual limit.

    Of several arms the two that differ most stand for all.

    A covariate in words stands with the level that differs most: the differences of single
    levels may give away how few people share a level. `policy` (default: "default")
    decides whether the numbers of people are said.
    """
    rules = named_policy() if policy is None else policy
    data = _worst(result)
    limit = comparison_policy().limit("smd")

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, data, limit)

    def height(width: float) -> float:
        narrow = width == theme.NARROW
        return 1.2 + len(data) * (0.5 if narrow else 0.3)

    svg, narrow = theme.render("balance", draw, height)
    people = ", ".join(_people(result, arm, rules) for arm in result.arms)
    return Figure(
        id="balance",
        caption=(
            f"{_compared(result)} at the start, in standard deviations without sign, "
            f"before and after weighting ({result.estimand}). People: {people}."
        ),
        alt=_alt(data, limit, people, _compared(result).lower()),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=("A characteristic with levels stands with the level that differs most.",),
    )


def _compared(result: WeightResult | SeveralWeights) -> str:
    if isinstance(result, SeveralWeights):
        return "Difference between the two arms that differ most"
    return "Difference between the arms"


def _worst(result: WeightResult | SeveralWeights) -> pd.DataFrame:
    """covariate, label, before, after: largest absolute difference, the largest first."""
    table = result.balance() if isinstance(result, SeveralWeights) else result.balance
    frame = table.assign(before=table["smd_before"].abs(), after=table["smd_after"].abs())
    worst = frame.groupby("covariate", as_index=False)[["before", "after"]].max()
    worst["label"] = [fmt.covariate_name(str(name)) for name in worst["covariate"]]
    order = ["before", "covariate"]
    worst = worst.sort_values(order, ascending=[False, True], ignore_index=True)
    return worst[["covariate", "label", "before", "after"]]


def _draw(canvas: Canvas, width: float, data: pd.DataFrame, limit: float) -> None:
    ax = canvas.subplots()
    narrow = width == theme.NARROW
    places = np.arange(len(data))
    finite = data[["before", "after"]].replace([np.inf], np.nan)
    top = max(float(np.nanmax(finite.to_numpy(dtype=float), initial=0.0)), 2 * limit)
    ax.axvspan(0, limit, color=theme.BAND, linewidth=0)
    ax.hlines(places, finite["after"], finite["before"], color=theme.GRID, linewidth=1.2)
    # Marks at zero stand on the edge of the picture and would be cut in half.
    style: dict[str, Any] = {"s": 46, "linewidth": 1.6, "clip_on": False}
    ax.scatter(
        finite["before"],
        places,
        facecolor="white",
        edgecolor=_BEFORE,
        label="before",
        zorder=3,
        **style,
    )
    ax.scatter(
        finite["after"],
        places,
        color=_AFTER,
        marker="D",
        label="after weighting",
        zorder=4,
        **style,
    )
    for place, label in zip(places, data["label"], strict=True):
        if narrow:
            ax.annotate(label, (0, place - 0.3), xytext=(6, 0), textcoords="offset points")
        else:
            ax.annotate(
                label,
                (0, place),
                xycoords=("axes fraction", "data"),
                xytext=(-8, 0),
                textcoords="offset points",
                ha="right",
                va="center",
            )
    # Before and after may lie on one spot, so they are named above and not at the marks.
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=2,
        frameon=False,
        borderaxespad=0,
        borderpad=0.2,
        handletextpad=0.2,
    )
    ax.set_xlim(0, 1.12 * top)
    ax.set_ylim(len(data) - 0.4, -0.9 if narrow else -0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(
        f"standardised difference\n(grey: up to {fmt.plain(limit)}, the usual limit)"
        if narrow
        else f"standardised difference (grey: up to {fmt.plain(limit)}, the usual limit)"
    )


def _people(result: WeightResult | SeveralWeights, arm: str, policy: Policy) -> str:
    n = result.n[arm]
    words = fmt.HIDDEN if hidden(n, policy) else fmt.count(n)
    return f"{fmt.group_name('arm', arm)} {words}"


def _alt(data: pd.DataFrame, limit: float, people: str, compared: str) -> str:
    said = [
        f"{row.label} {fmt.decimal(row.before)} before, {fmt.decimal(row.after)} after"
        for row in data.itertuples()
    ]
    within = int((data["after"] <= limit).sum())
    return (
        f"Dots of the standardised {compared} (people: {people}). After weighting "
        f"{within} of {len(data)} characteristics lie within {fmt.plain(limit)}. "
        f"{'; '.join(said)}."
    )

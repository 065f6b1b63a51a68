"""Traces of the chained equations, which show whether the chains have mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from outcomes.errors import NotEnoughData
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.models.missing.imputations import Imputations
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

MOST = 6  # panels: the variables with the largest R-hat


def chains(result: Imputations) -> Figure:
    """Mean of the imputed values in each cycle, a line for each chain, a panel for each variable.

    Means of many people in many draws: no count or person can be read from them. Raises
    NotEnoughData where nothing was imputed.
    """
    if result.convergence.empty:
        raise NotEnoughData("nothing was imputed, so there are no chains to draw")
    order = result.rhat.assign(worst=result.rhat[["rhat_mean", "rhat_sd"]].max(axis=1))
    order = order.sort_values("worst", ascending=False, kind="stable").head(MOST)
    panels = [(row.group, row.variable, row.worst) for row in order.itertuples()]

    def draw(canvas: Canvas, width: float) -> None:
        across = 1 if width == theme.NARROW else min(2, len(panels))
        axes = canvas.subplots(-(-len(panels) // across), across, squeeze=False)
        for ax in axes.ravel()[len(panels) :]:
            ax.set_axis_off()
        for ax, (group, name, worst) in zip(axes.ravel(), panels, strict=False):
            rows = result.convergence.query("group == @group and variable == @name")
            marker = "o" if result.cycles == 1 else None
            for _, own in rows.groupby("chain"):
                ax.plot(own["cycle"], own["mean"], color="#0072B2", alpha=0.35, linewidth=1,
                        marker=marker)  # fmt: skip
            where = "" if group == "all" else f", {fmt.group_name('arm', group).lower()}"
            said = f"\nR-hat {fmt.decimal(worst)}" if fmt.available(worst) else ""
            ax.set_title(f"{name}{where}{said}")
            ax.set_xlabel("Cycle")
            ax.locator_params(axis="x", integer=True, nbins=6)
            if result.cycles == 1:
                ax.set_xticks([1])
            ax.set_ylabel("Mean of imputed")

    def height(width: float) -> float:
        across = 1 if width == theme.NARROW else min(2, len(panels))
        return 0.4 + 2.3 * -(-len(panels) // across)

    svg, narrow = theme.render("chains", draw, height)
    said = "; ".join(
        f"{name} ({group}): R-hat {fmt.decimal(worst)}" for group, name, worst in panels
    )
    data = result.convergence.merge(pd.DataFrame([p[:2] for p in panels],
                                                 columns=["group", "variable"]))  # fmt: skip
    return Figure(
        id="chains",
        caption=(
            "Mean of the imputed values in each cycle, one line for each chain. Lines that mix "
            "and have no trend show that there were cycles enough."
        ),
        alt=f"{result.m} lines for each variable. {said}.",
        svg=svg,
        svg_narrow=narrow,
        data=data,
    )

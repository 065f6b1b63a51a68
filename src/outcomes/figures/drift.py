"""Regression to the mean: each arm's change beside the drift expected with no help at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from outcomes.comparison.overturn import RegressionToMean
from outcomes.comparison.overturn.regression_result import ArmDrift
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.overturn import drift_shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def expected_drift(result: RegressionToMean, policy: Policy) -> Figure:
    """Mean change of each arm as a mark, the drifts towards each population as a band.

    An arm with a small number of people, or of people without an end score, is not drawn.
    """
    arms = [one for one in result.arms if drift_shown(one, policy) and result.told]

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, arms, narrow=width == theme.NARROW)

    svg, narrow = theme.render("drift", draw, lambda _: 1.3 + 0.6 * max(len(arms), 1))
    frame = result.to_frame()
    keep = frame["arm"].isin([one.arm for one in arms]) if len(frame) else []
    columns = ["arm", "population", "start", "expected_drift", "low", "high", "change"]
    data = frame.loc[keep, columns] if len(frame) else pd.DataFrame(columns=columns)
    lost = len(result.arms) - len(arms)
    notes = list(result.warnings)
    if lost and result.told:
        notes.append("An arm is left out: numbers of people in it are too small to show.")
    return Figure(
        id="drift",
        caption=(
            "Mean change from start to end (mark), and the change expected with no help at all, "
            "from the start mean and the reliability alone (band, over the populations that "
            "people may be drawn from)."
        ),
        alt=" ".join(_said(one) for one in arms) or "No arm is shown.",
        svg=svg,
        svg_narrow=narrow,
        data=data.reset_index(drop=True),
        notes=tuple(notes),
    )


def _ends(one: ArmDrift) -> tuple[float, float]:
    values = list(one.drift.values()) or [float("nan")]
    return min(values) - one.reach, max(values) + one.reach


def _draw(canvas: Canvas, arms: list[ArmDrift], *, narrow: bool) -> None:
    ax = canvas.subplots()
    ax.axvline(0, color=theme.INK, linewidth=1)
    looks = theme.styles([one.arm for one in arms])
    for place, one in enumerate(arms):
        low, high = _ends(one)
        ax.barh(place, high - low, left=low, height=0.5, color="#c9c9c9", linewidth=0)
        look = looks[one.arm]
        ax.plot([one.change], [place], look.marker, color=look.color, markersize=9)
    names = [fmt.group_name("arm", one.arm) for one in arms]
    ax.set_yticks(range(len(arms)), names)
    ax.set_ylim(len(arms) - 0.4, -0.6)
    ax.set_xlabel("Mean change, points")
    ax.locator_params(axis="x", nbins=5 if narrow else 9)


def _said(one: ArmDrift) -> str:
    low, high = _ends(one)
    return (
        f"{fmt.group_name('arm', one.arm)}: mean change {fmt.points(one.change)}, expected drift "
        f"{fmt.interval(low, high)}."
    )

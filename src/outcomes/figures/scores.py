"""Start score against end score, a panel for each arm, with the zones of reliable change."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.change import ChangeResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.panels import BETTER, WORSE, Panel, limits_of, panels_of
from outcomes.privacy import Policy
from outcomes.showing import format as fmt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_STEPS = 241  # places along the start scores at which the band is drawn
_TITLE = 30  # letters that fit over a panel


def start_against_end(result: ChangeResult, policy: Policy, seed: int = 0) -> Figure:
    """Everybody with both scores as a point: start score across, end score up.

    Below (above, where higher is better) the band of measurement error people are
    reliably better. Under a policy that suppresses, points are moved at random by up to
    half the reliable-change threshold across the diagonal and up to all of it along, each
    within its zone; a zone with a hidden count is not kept apart from its neighbour; an
    arm with fewer pairs than `policy.minimum_plot` is not drawn. The shifts depend on
    `seed` and on the scores themselves, so that nobody without the scores can undo them.
    """
    limits = limits_of(result)
    panels = panels_of(result, policy, seed, limits)

    def draw(canvas: Canvas, width: float) -> None:
        _draw(canvas, width, panels, result, limits)

    def height(width: float) -> float:
        if width == theme.NARROW:
            return 3.7 * len(panels) + 0.2
        across = min(len(panels), 2)
        return (4.1 if across == 2 else 5.6) * -(-len(panels) // across)

    svg, narrow = theme.render("scores", draw, height)
    return Figure(
        id="scores",
        caption=_caption(result, panels),
        alt=_alt(result, panels),
        svg=svg,
        svg_narrow=narrow,
        data=_data(panels),
        notes=_notes(panels, policy),
    )


def _draw(
    canvas: Canvas,
    width: float,
    panels: list[Panel],
    result: ChangeResult,
    limits: tuple[float, float],
) -> None:
    across = 1 if width == theme.NARROW else min(len(panels), 2)
    down = -(-len(panels) // across)
    axes = canvas.subplots(down, across, squeeze=False).ravel()
    look = theme.styles([panel.group for panel in panels])
    for panel, ax in zip(panels, axes, strict=False):
        _background(ax, result, limits)
        _zone_labels(ax, panel, result, limits)
        if panel.drawn:
            style = look[panel.group]
            ax.scatter(
                panel.points["start"],
                panel.points["end"],
                s=20,
                marker=style.marker,
                facecolor=style.color,
                edgecolor="white",
                linewidth=0.4,
                alpha=0.65,
                zorder=3,
            )
        else:
            ax.text(0.5, 0.5, "too few pairs\nto draw", transform=ax.transAxes, **_CENTRE)
        count = "" if panel.n is None else f", {fmt.count(panel.n)} people"
        ax.set_title("\n".join(textwrap.wrap(f"{panel.title}{count}", _TITLE)))
        ax.set_xlabel("score at the start")
        ax.set_ylabel("score at the end")
    for ax in axes[len(panels) :]:
        ax.set_axis_off()


_CENTRE: dict[str, Any] = {"ha": "center", "va": "center", "color": theme.MUTED}


def _background(ax: Axes, result: ChangeResult, limits: tuple[float, float]) -> None:
    """No-change line, band of measurement error, cut-off."""
    low, high = limits
    margin = 0.04 * (high - low)
    edge = np.array([low - margin, high + margin])
    across = np.linspace(low - margin, high + margin, _STEPS)
    band = result.limits(across)
    if band is not None:
        ax.fill_between(across, *band, color=theme.BAND, linewidth=0)
    ax.plot(edge, edge, color=theme.MUTED, linewidth=1)
    if result.cutoff is not None:
        style: dict[str, Any] = {
            "color": theme.INK,
            "linewidth": 0.9,
            "linestyle": (0, (2, 2)),
            "zorder": 2,
        }
        ax.axvline(result.cutoff, **style)
        ax.axhline(result.cutoff, **style)
    ax.set_xlim(*edge)
    ax.set_ylim(*edge)
    ax.set_aspect("equal")
    ax.locator_params(nbins=6, integer=True)


def _zone_labels(ax: Axes, panel: Panel, result: ChangeResult, limits: tuple[float, float]) -> None:
    """Name the zones where few points lie: the corners off the diagonal, and its end."""
    low, high = limits
    lower_is_better = result.direction == "lower"
    below, above = (BETTER, WORSE) if lower_is_better else (WORSE, BETTER)
    box = {"facecolor": "white", "alpha": 0.6, "edgecolor": "none", "pad": 1.0}
    ax.text(high, low, _zone_text(below, panel), ha="right", va="bottom", bbox=box, zorder=4)
    ax.text(low, high, _zone_text(above, panel), ha="left", va="top", bbox=box, zorder=4)
    if result.cutoff is not None:
        side = "left" if result.cutoff < (low + high) / 2 else "right"
        place = high if side == "left" else low
        ax.annotate(
            f"cut-off {fmt.plain(result.cutoff)}",
            (place, result.cutoff),
            xytext=(0, 2),
            textcoords="offset points",
            ha="right" if side == "left" else "left",
            va="bottom",
            color=theme.MUTED,
            bbox=box,
            zorder=4,
        )


def _zone_text(zone: str, panel: Panel) -> str:
    count = panel.zones[zone]
    return f"{zone}\n{fmt.HIDDEN if count is None else fmt.count(count)}"


def _caption(result: ChangeResult, panels: list[Panel]) -> str:
    used = [
        f"{panel.title} {fmt.HIDDEN if panel.n is None else fmt.count(panel.n)}" for panel in panels
    ]
    return (
        f"Score at the start and at the end. People with both scores: {', '.join(used)}. "
        f"{_band(result)}"
        + (
            f"; dotted: the cut-off of the clinical range, {fmt.plain(result.cutoff)}."
            if result.cutoff is not None
            else "."
        )
    )


def _band(result: ChangeResult) -> str:
    """What the grey band is, by the method."""
    if result.limits(np.zeros(1)) is None:
        return f"Better and worse mean {result.rule_text}; no band can be drawn for that"
    if result.method == "jt":
        return (
            f"The grey band is change within measurement error (less than "
            f"{fmt.plain(result.threshold)} {result.unit}), the line through it is no change"
        )
    return (
        f"Better and worse mean {result.rule_text}: outside the grey band. The line is the same "
        "score at both times"
    )


def _alt(result: ChangeResult, panels: list[Panel]) -> str:
    parts = [
        f"Scatter of end score against start score in {len(panels)} panels; "
        f"{result.direction} scores are better."
    ]
    for panel in panels:
        if panel.n is None:
            parts.append(f"{panel.title}: too few people to show.")
            continue
        said = [
            f"{zone} {fmt.HIDDEN if count is None else fmt.n_of(count, panel.n)}"
            for zone, count in panel.zones.items()
        ]
        drawn = "" if panel.drawn else " (not drawn)"
        parts.append(f"{panel.title}, {panel.n} people{drawn}: {', '.join(said)}.")
    return " ".join(parts)


def _data(panels: list[Panel]) -> pd.DataFrame:
    parts = [panel.points.assign(group=panel.group) for panel in panels]
    joined = pd.concat(parts, ignore_index=True)
    return joined[["group", "start", "end", "zone"]].round({"start": 2, "end": 2})


def _notes(panels: list[Panel], policy: Policy) -> tuple[str, ...]:
    if not policy.suppress:
        return ("Points are exact: each is one person's two scores.",)
    notes = [
        "Points are moved at random within their zone, so that nobody's scores can be read off; "
        "on which side of the cut-off a point lies is therefore not exact."
    ]
    if any(None in panel.zones.values() for panel in panels):
        notes.append(
            "Where the number in a zone is hidden, points may cross its border: do not count them."
        )
    absent = [panel.title for panel in panels if not panel.drawn]
    if absent:
        notes.append(
            f"Not drawn, because fewer than {policy.minimum_plot} people have both scores: "
            f"{fmt.listed(absent)}."
        )
    return tuple(notes)

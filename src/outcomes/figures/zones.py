"""From where to where people moved: a matrix of nine cells for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from outcomes.change import ZONES, ZonesResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.zone_counts import visible_moves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

# One hue from light to dark, so that the order is seen with every kind of colour blindness.
_LIGHT, _DARK = (1.0, 1.0, 1.0), (0.0, 0.447, 0.698)
_WHITE_FROM = 0.85  # share from which the letters are white


def transitions(result: ZonesResult, policy: Policy) -> Figure:
    """Zone at the start in rows, at the end in columns; shares of each row with intervals.

    Cells whose count the policy hides are hatched and carry no share.
    """
    data = _data(result, policy)
    groups = fmt.ordered_groups(result.by, data["group"])

    def draw(canvas: Canvas, width: float) -> None:
        across = 1 if width == theme.NARROW else min(len(groups), 2)
        axes = canvas.subplots(-(-len(groups) // across), across, squeeze=False).ravel()
        for group, ax in zip(groups, axes, strict=False):
            _panel(ax, data[data["group"] == group], fmt.group_name(result.by, group))
        for ax in axes[len(groups) :]:
            ax.set_axis_off()

    def height(width: float) -> float:
        across = 1 if width == theme.NARROW else min(len(groups), 2)
        return 3.3 * -(-len(groups) // across)

    svg, narrow = theme.render("zones", draw, height)
    hidden = data["state"].eq("suppressed").any()
    return Figure(
        id="zones",
        caption=(
            "Where people started (rows) and where they ended (columns). Each share is of those "
            f"of the row, with its {100 * result.confidence:g} % interval below. Clinical ends at "
            f"{fmt.plain(result.clinical.value)}, flourishing begins at "
            f"{fmt.plain(result.flourishing.value)} {result.unit}."
        ),
        alt=_alt(data, result),
        svg=svg,
        svg_narrow=narrow,
        data=data,
        notes=("Hatched: too few people to show.",) if hidden else (),
    )


def _data(result: ZonesResult, policy: Policy) -> pd.DataFrame:
    """The matrix with hidden numbers taken out, and the state of each cell."""
    seen = visible_moves(result, policy)
    data = result.matrix.copy()
    data["n"] = data["n"].astype("Int64").where(seen["n"])
    data["n_total"] = data["n_total"].astype("Int64").where(seen["n_total"])
    both = seen["n"] & seen["n_total"]
    for name in ("share", "low", "high"):
        data[name] = data[name].where(both)
    data["state"] = [
        "suppressed" if not flag else ("nobody" if total == 0 else "shown")
        for flag, total in zip(both, result.matrix["n_total"], strict=True)
    ]
    return data


def _panel(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    from matplotlib.patches import Rectangle

    for place, row in enumerate(rows.itertuples()):
        y, x = divmod(place, len(ZONES))
        share = 0.0 if pd.isna(row.share) else float(row.share)
        color = tuple(a + (b - a) * share for a, b in zip(_LIGHT, _DARK, strict=True))
        hatch = "////" if row.state == "suppressed" else None
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=color, edgecolor=theme.GRID, hatch=hatch))
        ink = "white" if share >= _WHITE_FROM else theme.INK
        ax.text(x + 0.5, y + 0.5, _words(row), ha="center", va="center", color=ink)
    ax.set_xlim(0, len(ZONES))
    ax.set_ylim(len(ZONES), 0)
    totals = rows.drop_duplicates("start")["n_total"].tolist()
    ax.set_xticks([k + 0.5 for k in range(len(ZONES))], ZONES)
    ax.set_yticks(
        [k + 0.5 for k in range(len(ZONES))],
        [
            f"{zone}\n{fmt.HIDDEN if pd.isna(n) else f'{n} people'}"
            for zone, n in zip(ZONES, totals, strict=True)
        ],
    )
    ax.tick_params(length=0)
    ax.set_xlabel("zone at the end")
    ax.set_ylabel("zone at the start")
    ax.set_title(title)


def _words(row: object) -> str:
    """What stands in a cell."""
    state = getattr(row, "state", "")
    if state == "suppressed":
        return ""
    if state == "nobody":
        return "nobody"
    low, high = float(getattr(row, "low", 0)), float(getattr(row, "high", 0))
    return f"{fmt.percent(float(getattr(row, 'share', 0)))}\n{fmt.percent_interval(low, high)}"


def _alt(data: pd.DataFrame, result: ZonesResult) -> str:
    parts = [f"Matrix of three zones for each group; {result.direction} scores are better."]
    for group, rows in data.groupby("group", sort=False):
        said = [
            f"{row.start} to {row.end} "
            + (fmt.HIDDEN if row.state == "suppressed" else f"{row.n} of {row.n_total}")
            for row in rows.itertuples()
        ]
        parts.append(f"{fmt.group_name(result.by, str(group))}: {', '.join(said)}.")
    return " ".join(parts)

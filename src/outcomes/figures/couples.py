"""Couples: rates by unit with intervals, and a table of the two partners' outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.change.partners import CoupleResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import SHARES, Mark, forest, share_words
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.share_rows import (
    COUPLE_MEASURES,
    UNITS,
    Flags,
    shown_cells,
    shown_couples,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.patches import Rectangle

_DRAWN = ("reliable_improvement", "reliable_deterioration")
# From good to bad; recovered and improved, and deteriorated and harmed, are one each.
_LEVELS = {
    "Reliably better": ("recovered", "improved"),
    "No reliable change": ("unchanged",),
    "Reliably worse": ("deteriorated", "harmed"),
}


def couple_rates(
    result: CoupleResult, policy: Policy, *, units: Sequence[str] = tuple(UNITS)
) -> Figure:
    """Reliably better and worse in each of `units`, and discordance, with intervals."""
    rates = shown_couples(result, policy)
    groups = fmt.ordered_groups(result.by, rates["group"])
    rates = rates[rates["denominator"].eq("paired")]
    wanted = [(unit, measure) for measure in _DRAWN for unit in units if unit != "couple"]
    wanted.append(("couple", "discordant"))
    marks, rows = [], []
    for unit, measure in wanted:
        for group in groups:
            row = rates[
                rates["unit"].eq(unit) & rates["measure"].eq(measure) & rates["group"].eq(group)
            ].iloc[0]
            ok = bool(row["shown"]) and row["n_total"] > 0
            label = UNITS[unit] if unit != "couple" else "Couples"
            if result.by is not None:
                label = f"{label}, {fmt.group_name(result.by, group)}"
            marks.append(
                Mark(
                    COUPLE_MEASURES[measure],
                    label,
                    group,
                    share_words(row["n"], row["n_total"], row["rate"], visible=bool(row["shown"])),
                    *((row["rate"], row["low"], row["high"]) if ok else (None, None, None)),
                )
            )
            if ok:
                rows.append(
                    row[["unit", "group", "measure", "n", "n_total", "rate", "low", "high"]]
                )
    svg, narrow = forest("couples", marks, SHARES, theme.styles(groups))
    people = " (each partner: of people with both scores)" if "partner" in units else ""
    caption = (
        f"What became of couples: share with {100 * result.confidence:g} % interval, of couples "
        f"with both scores of both partners{people}."
    )
    alt = "; ".join(f"{mark.heading}, {mark.label}: {mark.words}" for mark in marks)
    data = pd.DataFrame(rows).reset_index(drop=True)
    return Figure("couples", caption, f"{alt}.", svg, narrow, data, _notes(marks, policy))


def couple_table(result: CoupleResult, policy: Policy) -> Figure:
    """Squares: couples by the partner who did better (across) and who did worse (down)."""
    members = _levels(result)
    visible = shown_cells(result, members, policy)
    cells = {key: int(flags.sum()) if visible[key] else None for key, flags in members.items()}

    def draw(canvas: Canvas, width: float) -> None:
        _draw_table(canvas, cells, narrow=width == theme.NARROW)

    svg, narrow = theme.render("partners", draw, lambda width: 0.62 * width if width > 4 else 3.4)
    total = ""
    if any(visible.values()):
        total = f" of {result.n_both} couples with both scores of both partners"
    said = [
        f"{better} and {worse}: {fmt.HIDDEN if n is None else n}"
        for (better, worse), n in cells.items()
    ]
    data = pd.DataFrame(
        [(*key, n) for key, n in cells.items()], columns=["better_partner", "worse_partner", "n"]
    )
    notes: tuple[str, ...] = ()
    if not all(visible.values()):
        notes = (f"'{fmt.HIDDEN}': small counts, and those that would give them away.",)
    return Figure(
        "partners",
        f"What became of the two partners{total}: who did better, and who did worse.",
        f"Couples by the better and the worse partner. {'; '.join(said)}.",
        svg,
        narrow,
        data,
        notes,
    )


def _levels(result: CoupleResult) -> dict[tuple[str, str], Flags]:
    """Couples by level of the better and of the worse partner; six combinations are possible."""
    better, worse = (result.frame[name].astype(str) for name in ("better_partner", "worse_partner"))
    names = list(_LEVELS)
    return {
        (up, down): (better.isin(_LEVELS[up]) & worse.isin(_LEVELS[down])).to_numpy(dtype=bool)
        for place, up in enumerate(names)
        for down in names[place:]
    }


def _draw_table(canvas: Canvas, cells: dict[tuple[str, str], int | None], *, narrow: bool) -> None:
    ax = canvas.subplots()
    names = list(_LEVELS)
    most = max([n for n in cells.values() if n] or [1])
    for (better, worse), n in cells.items():
        x, y = names.index(better), names.index(worse)
        shade = 0.08 + 0.5 * (n or 0) / most
        edge = "#D55E00" if (x, y) == (0, 2) else "white"
        ax.add_patch(_square(x, y, shade, edge))
        ax.text(
            x, y, fmt.HIDDEN.replace(" ", "\n") if n is None else str(n), ha="center", va="center"
        )
    words = [name.replace(" ", "\n", 1) if narrow else name for name in names]
    ax.set_xticks(np.arange(3), words)
    ax.set_yticks(np.arange(3), words)
    ax.set_xlabel("Partner who did better")
    ax.set_ylabel("Partner who did worse")
    ax.set_xlim(-0.55, 2.55)
    ax.set_ylim(2.55, -0.55)
    ax.annotate("discordant", (0, 2.36), ha="center", color="#a34700")
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _square(x: float, y: float, shade: float, edge: str) -> Rectangle:
    from matplotlib import patches

    return patches.Rectangle(
        (x - 0.48, y - 0.48),
        0.96,
        0.96,
        facecolor=(0, 0.45, 0.7, shade),
        edgecolor=edge,
        linewidth=2,
    )


def _notes(marks: list[Mark], policy: Policy) -> tuple[str, ...]:
    if all(mark.words != fmt.HIDDEN for mark in marks):
        return ()
    return (
        f"'{fmt.HIDDEN}': counts from 1 to {policy.minimum_count - 1} are not shown, nor are "
        "numbers from which they could be computed.",
    )

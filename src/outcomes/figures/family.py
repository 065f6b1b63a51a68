"""A declared family of comparisons: each member's difference with its adjusted interval."""

from __future__ import annotations

import numpy as np

from outcomes.comparison.family import FamilyResult
from outcomes.figures import theme
from outcomes.figures.figure import Figure
from outcomes.figures.forest import Mark, forest
from outcomes.figures.symmetric import around_zero
from outcomes.showing import format as fmt

_HEADINGS = {
    "primary": "Primary, not adjusted",
    "family": "Declared family, adjusted",
    "exploratory": "Exploratory, not adjusted",
}
_STYLES = {
    "primary": theme.Style(*theme.OTHERS[0]),
    "family": theme.Style(*theme.OTHERS[1]),
    "exploratory": theme.Style(*theme.OTHERS[2]),
}


def family(result: FamilyResult) -> Figure:
    """One mark for each member, under primary, family and exploratory.

    Members of the family have their adjusted interval; a member without one has words only.
    Members of different units are drawn in half widths of their plain intervals.
    """
    table = result.to_frame()
    inside = table["role"].eq("family")
    table["drawn_low"] = table["low"].where(~inside, table["low_adjusted"])
    table["drawn_high"] = table["high"].where(~inside, table["high_adjusted"])
    units = [unit for unit in dict.fromkeys(table["unit"]) if unit]
    per_unit = len(units) > 1
    if per_unit:
        # Points of different questionnaires share no axis: each in its own standard error.
        reach = (table["high"] - table["low"]) / 2
        for name in ("estimate", "drawn_low", "drawn_high"):
            table[name] = table[name] / reach
    scale = around_zero(table[["estimate", "drawn_low", "drawn_high"]].to_numpy(dtype=float))
    order = sorted(table.itertuples(), key=lambda row: list(_HEADINGS).index(row.role))
    marks = [_mark(row) for row in order]
    svg, narrow = forest("family", marks, scale, _STYLES)
    unit = "half widths of the plain interval" if per_unit else (units[0] if units else "points")
    return Figure(
        id="family",
        caption=f"Differences in {unit}, each on its own questionnaire. {result.sentence}",
        alt="; ".join(f"{mark.heading}, {mark.label}: {mark.words}" for mark in marks) + ".",
        svg=svg,
        svg_narrow=narrow,
        data=table[["name", "role", "estimate", "drawn_low", "drawn_high", "p", "p_adjusted",
                    "reading"]],
        notes=result.warnings,
    )  # fmt: skip


def _mark(row: object) -> Mark:
    value, low, high = (
        float(getattr(row, name)) for name in ("estimate", "drawn_low", "drawn_high")
    )
    role, reading = str(row.role), str(row.reading)  # type: ignore[attr-defined]
    name = str(row.name)  # type: ignore[attr-defined]
    heading = _HEADINGS[role]
    if not np.isfinite([value, low, high]).all():
        return Mark(heading, name, role, reading, None, None, None)
    p = float(row.p if role != "family" else row.p_adjusted)  # type: ignore[attr-defined]
    said = f"{fmt.decimal(value)} ({fmt.decimal(low)} to {fmt.decimal(high)}), "
    said += f"p {fmt.p_value(p)}"
    # The heading says already what is exploratory.
    said += "" if role == "exploratory" else f", {reading}"
    return Mark(heading, name, role, said, value, low, high)

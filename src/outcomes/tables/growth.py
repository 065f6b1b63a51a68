"""Change over time by group from a growth model, and how the groups' changes differ."""

from __future__ import annotations

from typing import Any

import numpy as np

from outcomes.models.growth import GrowthCourse
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.growth import visible_courses, visible_differences
from outcomes.tables.notes import hiding
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text


def growth_table(result: GrowthCourse, policy: Policy) -> Table:
    """One row for each group, then one for each difference; no number from a failed fit."""
    visible = set(visible_courses(result, policy))
    rows = []
    for row in result.change.itertuples():
        name = str(row.group)
        label = fmt.group_name(result.by, name)
        if name in visible:
            start = float(result.curve.loc[result.curve["group"].eq(name), "estimate"].iloc[0])
            people = (
                shown(result.n_people[name], fmt.count(result.n_people[name]), "count"),
                shown(result.n_at_horizon[name], fmt.count(result.n_at_horizon[name]), "count"),
                shown(start, fmt.points(start), "number"),
            )
            rows.append((text(label), *people, *_estimate(row)))
        else:
            kinds = ("count", "count", "number", "number", "interval")
            hide = suppressed if result.usable else missing
            rows.append((text(label), *(hide(kind) for kind in kinds)))  # type: ignore[arg-type]
    made = tuple(rows)
    return Table(
        id="growth",
        caption=f"Change over {result.horizon:g} {result.unit} by the growth model, in points",
        columns=(
            TableColumn("group", "Group", "text"),
            TableColumn("n", "People", "count"),
            TableColumn(
                "n_at_end", f"With a score after {result.horizon:g} {result.unit}", "count"
            ),
            TableColumn("start", "Mean at the start", "number"),
            TableColumn("change", "Change", "number"),
            TableColumn("interval", f"{100 * result.level:g} % interval", "interval"),
        ),
        rows=made,
        notes=(*_notes(result), *hiding(made, policy)),
    )


def growth_differences_table(result: GrowthCourse, policy: Policy) -> Table:
    """One row for each group less the first, where both may be shown."""
    rows = []
    for row in visible_differences(result, policy).itertuples():
        high, low = (fmt.group_name(result.by, name) for name in (row.group, row.reference))
        label = f"{high} minus {low.lower()}"
        rows.append((text(label), *_estimate(row), shown(row.p, fmt.p_value(row.p), "p")))
    return Table(
        id="growth_differences",
        caption=f"How the changes over {result.horizon:g} {result.unit} differ, in points",
        columns=(
            TableColumn("contrast", "Groups", "text"),
            TableColumn("difference", "Difference of change", "number"),
            TableColumn("interval", f"{100 * result.level:g} % interval", "interval"),
            TableColumn("p", "p", "p"),
        ),
        rows=tuple(rows),
        notes=(
            "Differences between groups are associations: the groups are as they came, not made "
            "comparable, and part of every change is regression to the mean.",
        ),
    )


def _estimate(row: Any) -> tuple[Cell, Cell]:  # noqa: ANN401 - a row of a frame
    span = fmt.interval(row.low, row.high)
    known = np.isfinite(row.low) and np.isfinite(row.high)
    ends = Cell(span, span, "shown", "interval") if known else missing("interval")
    return shown(row.estimate, fmt.points(row.estimate), "number"), ends


def _notes(result: GrowthCourse) -> tuple[str, ...]:
    if not result.usable:
        return (f"Cannot tell. {result.fit.convergence.sentence}",)
    return result.left_out

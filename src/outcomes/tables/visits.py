"""Differences between groups at each visit, from a model for repeated measures."""

from __future__ import annotations

import pandas as pd

from outcomes.models.repeated import MmrmResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.visits import visible_contrasts
from outcomes.tables.notes import hiding
from outcomes.tables.table import Cell, Table, TableColumn, shown, suppressed, text


def visits_table(result: MmrmResult, policy: Policy) -> Table:
    """One row for each visit and contrast of the group; none from a model that did not converge."""
    by = result.group
    rows = []
    for _, row in visible_contrasts(result, policy).iterrows():
        high, low = (fmt.group_name(by, row[name]) for name in ("group", "reference"))
        names = text(str(row[result.visit])), text(f"{high} minus {low.lower()}")
        rows.append((*names, *_numbers(row, visible=bool(row["shown"]))))
    return Table(
        id="visits",
        caption=f"Differences at each visit in {result.outcome.replace('_', ' ')}, in points",
        columns=(
            TableColumn("visit", "Visit", "text"),
            TableColumn("contrast", "Groups", "text"),
            TableColumn("difference", "Difference", "number"),
            TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
            TableColumn("p", "p", "p"),
        ),
        rows=tuple(rows),
        notes=(
            *(() if rows else (f"Cannot tell. {result.convergence.sentence}",)),
            "An association: the groups are as they came, with the same start score in the model.",
            *hiding(rows, policy),
        ),
    )


def _numbers(row: pd.Series, *, visible: bool) -> tuple[Cell, Cell, Cell]:
    """Difference, interval and p value; hidden where a group of the visit is small."""
    if not visible:
        return suppressed("number"), suppressed("interval"), suppressed("p")
    span = fmt.interval(row["low"], row["high"])
    return (
        shown(row["estimate"], fmt.points(row["estimate"]), "number"),
        Cell(span, span, "shown", "interval"),
        shown(row["p"], fmt.p_value(row["p"]), "p"),
    )

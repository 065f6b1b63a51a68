"""Differences between groups at each visit, from a model for repeated measures."""

from __future__ import annotations

import pandas as pd

from outcomes.models.repeated import MmrmResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.visits import visible_means
from outcomes.tables.notes import hiding
from outcomes.tables.table import Cell, Table, TableColumn, shown, suppressed, text


def visits_table(result: MmrmResult, policy: Policy) -> Table:
    """One row for each visit and contrast of the group; none from a model that did not converge."""
    by = result.group
    rows: list[tuple[Cell, ...]] = []
    if by is not None and result.convergence.usable:
        means = visible_means(result, policy, by)
        seen = set(zip(means.loc[means["mean_shown"], by].astype(str),
                       means.loc[means["mean_shown"], result.visit].astype(str),
                       strict=True))  # fmt: skip
        for _, row in result.contrasts(by, by=result.visit).iterrows():
            visit, names = str(row[result.visit]), str(row["contrast"]).split(" - ")
            high, low = (fmt.group_name(by, name) for name in names)
            ok = all((name, visit) in seen for name in names)
            rows.append((text(visit), text(f"{high} minus {low.lower()}"), *_numbers(row, ok)))
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


def _numbers(row: pd.Series, visible: bool) -> tuple[Cell, Cell, Cell]:
    """Difference, interval and p value; hidden where a group of the visit is small."""
    if not visible:
        return suppressed("number"), suppressed("interval"), suppressed("p")
    span = fmt.interval(row["low"], row["high"])
    return (
        shown(row["estimate"], fmt.points(row["estimate"]), "number"),
        Cell(span, span, "shown", "interval"),
        shown(row["p"], fmt.p_value(row["p"]), "p"),
    )

"""Outcomes by number of sessions as a table, with the warning that belongs to it."""

from __future__ import annotations

from outcomes.models.dose import DoseResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.dose import MEASURES, shown_strata
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Table, TableColumn, share_cells, text


def dose_table(result: DoseResult, policy: Policy) -> Table:
    """One row for each share, stratum and group: people, share, interval."""
    seen = shown_strata(result, policy)
    groups = fmt.ordered_groups(result.by, result.strata["group"])
    rows = []
    for measure, title in MEASURES.items():
        table = result.strata[result.strata["measure"].eq(measure)]
        for stratum in dict.fromkeys(table["stratum"]):
            for group in groups:
                row = table[table["stratum"].eq(stratum) & table["group"].eq(group)].iloc[0]
                cells = share_cells(
                    row["n"],
                    row["n_total"],
                    row["rate"],
                    (row["low"], row["high"]),
                    visible=seen[group, stratum, measure],
                )
                name = fmt.group_name(result.by, group)
                rows.append((text(title), text(stratum), text(name), *cells))
    made = tuple(rows)
    return Table(
        id="dose",
        caption="Of those who had so many sessions in all: shares of people whose episode has "
        "ended",
        columns=(
            TableColumn("measure", "What", "text"),
            TableColumn("sessions", "Sessions in all", "text"),
            TableColumn("group", "Group", "text"),
            TableColumn("people", "People", "count"),
            TableColumn("share", "Share", "percent"),
            TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
        ),
        rows=made,
        notes=(*result.warnings, *hiding(made, policy), *lacking(made)),
    )

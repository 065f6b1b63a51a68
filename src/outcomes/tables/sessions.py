"""Shares of people with an event over the sessions, with denominators and intervals."""

from __future__ import annotations

from outcomes.change.sessions import OnTrack, OverSessions
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.sessions import MEASURES, Known, visible_shares
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import (
    Table,
    TableColumn,
    share_cells,
    text,
)


def sessions_table(
    result: OverSessions | OnTrack, policy: Policy, known: Known | None = None
) -> Table:
    """One row for each group and share: people, share, interval; definitions in the notes.

    `known`: people with both scores and reliably better of each group, told beside it.
    """
    flags = visible_shares(result, policy, known)
    rows = []
    for row, flag in zip(result.rates.itertuples(), flags.itertuples(), strict=True):
        cells = share_cells(
            row.n, row.n_total, row.rate, (row.low, row.high), visible=bool(flag.n and flag.n_total)
        )
        name = fmt.group_name(result.split.by, row.group)
        rows.append((text(MEASURES[row.measure]), text(name), *cells))
    columns = (
        TableColumn("measure", "What", "text"),
        TableColumn("group", "Group", "text"),
        TableColumn("people", "People", "count"),
        TableColumn("share", "Share", "percent"),
        TableColumn("interval", f"{fmt.level(result.confidence)} interval", "interval"),
    )
    told = dict(zip(result.rates["measure"], result.rates["definition"], strict=True))
    definitions = tuple(f"{MEASURES[measure]}: {text}" for measure, text in told.items())
    made = tuple(rows)
    return Table(
        id=f"sessions_{result.rates['measure'].iloc[0]}",
        caption=f"{_title(result)}: shares of people, each of those it can be told for",
        columns=columns,
        rows=made,
        notes=(*definitions, *hiding(made, policy), *lacking(made)),
    )


def _title(result: OverSessions | OnTrack) -> str:
    return "Alerts on the way" if isinstance(result, OnTrack) else result.title

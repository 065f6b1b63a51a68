"""Moves between the three zones: people, share of their starting zone, interval."""

from __future__ import annotations

from outcomes.change import ZonesResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.zone_counts import visible_moves
from outcomes.tables.notes import hiding
from outcomes.tables.table import (
    Cell,
    Table,
    TableColumn,
    share_cells,
    shown,
    suppressed,
    text,
)


def zones_table(result: ZonesResult, policy: Policy) -> Table:
    """One row for each group and pair of zones; small cells and what gives them away hidden."""
    seen = visible_moves(result, policy)
    rows = []
    for row, flag in zip(result.matrix.itertuples(), seen.itertuples(), strict=True):
        name = fmt.group_name(result.by, row.group)
        head = (text(name), text(row.start), text(row.end))
        rows.append((*head, *_cells(row, bool(flag.n), bool(flag.n_total))))
    columns = (
        TableColumn("group", "Group", "text"),
        TableColumn("start", "Zone at the start", "text"),
        TableColumn("end", "Zone at the end", "text"),
        TableColumn("people", "people", "count"),
        TableColumn("share", "share", "percent"),
        TableColumn("interval", f"{100 * result.confidence:g} % interval", "interval"),
    )
    notes = [
        f"Clinical ends at {fmt.plain(result.clinical.value)}, flourishing begins at "
        f"{fmt.plain(result.flourishing.value)} {result.unit}. Shares are of those who started in "
        "the zone of the row and have both scores; a move may be smaller than measurement error."
    ]
    return Table(
        id="zones",
        caption="Moves between the clinical, the functional and the flourishing zone",
        columns=columns,
        rows=tuple(rows),
        notes=(*notes, *hiding(rows, policy)),
    )


def _cells(row: object, n_seen: bool, total_seen: bool) -> tuple[Cell, Cell, Cell]:
    if not n_seen:
        return suppressed("count"), suppressed("percent"), suppressed("interval")
    if not total_seen:
        n = int(getattr(row, "n", 0))
        return shown(n, fmt.count(n), "count"), suppressed("percent"), suppressed("interval")
    ends = (float(getattr(row, "low", 0)), float(getattr(row, "high", 0)))
    return share_cells(
        getattr(row, "n", 0), getattr(row, "n_total", 0), getattr(row, "share", 0), ends,
        visible=True,
    )  # fmt: skip

"""Practitioners as tables: the share of variance, and one row each in the order of pseudonyms."""

from __future__ import annotations

import pandas as pd

from outcomes.models import PractitionersResult
from outcomes.privacy import Policy, hidden, suppress_counts
from outcomes.showing import format as fmt
from outcomes.showing.practitioners import (
    FINDINGS,
    NOT_RANKED,
    enough_practitioners,
    visible_practitioners,
)
from outcomes.tables.notes import hiding
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text


def practitioner_shares_table(result: PractitionersResult, policy: Policy) -> Table:
    """Share of variance at the practitioner, before and after case mix, by intervention."""
    rows = []
    arms = result.shares[result.shares["group"].ne("all")].drop_duplicates("group")
    clients = pd.Series(arms["n"].to_numpy(), index=arms["group"].astype(str))
    concealed = suppress_counts(clients, policy)
    for row in result.shares.itertuples():
        name = "Everybody" if row.group == "all" else fmt.group_name("intervention", row.group)
        few = bool(concealed.get(row.group, False)) or hidden(row.n, policy)
        rows.append(
            (
                text(name),
                text(f"{fmt.sentence(row.case_mix)} case mix"),
                shown(int(row.n_practitioners), fmt.count(row.n_practitioners), "count"),
                suppressed("count") if few else shown(int(row.n), fmt.count(row.n), "count"),
                *_share(row.share, row.low, row.high, usable=result.converged and not few),
            )
        )
    columns = (
        TableColumn("group", "Group", "text"),
        TableColumn("case_mix", "Model", "text"),
        TableColumn("practitioners", "Practitioners", "count"),
        TableColumn("clients", "Clients", "count"),
        TableColumn("share", "Share of the variance", "percent"),
        TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
    )
    return Table(
        id="practitioner_shares",
        caption="How much of the differences between clients lies between practitioners",
        columns=columns,
        rows=tuple(rows),
        notes=(*((result.sentence(),) if enough_practitioners(result) else ()), *result.warnings),
    )


def practitioners_table(result: PractitionersResult, policy: Policy) -> Table:
    """One row for each practitioner; numbers only of those with enough clients."""
    seen = visible_practitioners(result, policy)
    told = result.converged and enough_practitioners(result)
    rows = []
    for row, visible in zip(result.table.itertuples(), seen, strict=True):
        clients = shown(int(row.n), fmt.count(row.n), "count") if visible else suppressed("count")
        lead = (text(str(row.practitioner)), clients)
        if not visible:
            few = suppressed("number"), suppressed("interval")
            rows.append((*lead, *few, *few, suppressed("text")))
        elif not (row.enough and told):
            none = missing("number"), missing("interval")
            rows.append((*lead, *none, *none, text(FINDINGS["too_few"])))
        else:
            rows.append(
                (
                    *lead,
                    _amount(row.difference, result),
                    _span(row.inner_low, row.inner_high, result),
                    _amount(row.estimate, result),
                    _span(row.low, row.high, result),
                    text(FINDINGS[row.finding]),
                )
            )
    unit = "percentage points" if result.kind == "share" else result.unit
    columns = (
        TableColumn("practitioner", "Practitioner", "text"),
        TableColumn("clients", "Clients", "count"),
        TableColumn("difference", f"Observed less expected ({unit})", "number"),
        TableColumn("limits", f"{fmt.level(result.policy.inner)} limits", "interval"),
        TableColumn("estimate", "Shrunken", "number"),
        TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
        TableColumn("finding", "Finding", "text"),
    )
    made = tuple(rows)
    return Table(
        id="practitioners",
        caption=f"{fmt.sentence(result.outcome.replace('_', ' '))} by practitioner",
        columns=columns,
        rows=made,
        notes=(NOT_RANKED, *hiding(made, policy)),
    )


def _share(share: float, low: float, high: float, *, usable: bool) -> tuple[Cell, Cell]:
    if not usable:
        return missing("percent"), missing("interval")
    span = fmt.percent_interval(low, high)
    return shown(share, fmt.percent(share), "percent"), Cell(span, span, "shown", "interval")


def _scale(result: PractitionersResult) -> float:
    return 100.0 if result.kind == "share" else 1.0


def _amount(value: float, result: PractitionersResult) -> Cell:
    scaled = _scale(result) * value
    return shown(scaled, fmt.points(scaled), "number")


def _span(low: float, high: float, result: PractitionersResult) -> Cell:
    """Limits in points; an end that no value lies beyond is 'none'."""
    ends = [
        fmt.points(_scale(result) * end) if fmt.available(end) else "none" for end in (low, high)
    ]
    words = " to ".join(ends)
    return Cell(words, words, "shown", "interval")

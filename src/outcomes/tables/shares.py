"""Tables of couples, of service measures, of differences of rates, and of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from outcomes.change.claims import ClaimResult
from outcomes.change.differences import RateDifferences
from outcomes.change.partners import CoupleResult
from outcomes.change.service import ServiceMeasures
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.share_rows import (
    COUPLE_MEASURES,
    SERVICE_MEASURES,
    UNITS,
    shown_couples,
    shown_differences,
    shown_service,
)
from outcomes.showing.ways import shown_ways
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import (
    Cell,
    Table,
    TableColumn,
    missing,
    share_cells,
    shown,
    suppressed,
    text,
)

_AMONG = {
    "paired": "couples with all four scores",
    "started": "all couples",
    "clinical at start": "couples clinical at the start, with all four scores",
    "finished": "all finished courses",
    "finished, not below caseness": "finished courses less those below caseness",
}
_PEOPLE = {
    "paired": "people with both scores",
    "started": "all people",
    "clinical at start": "people clinical at the start, with both scores",
}


# What a report shows of couples; people stand in the table of rates.
_MAIN_UNITS = ("both", "either", "couple_mean", "couple")
_MAIN_MEASURES = (
    "reliable_improvement",
    "reliable_deterioration",
    "reliable_recovery",
    "discordant",
)


def couples_table(result: CoupleResult, policy: Policy, *, main: bool = False) -> Table:
    """One row for each unit, measure, denominator and group.

    `main`: only couples with all four scores, better, worse, recovered and discordant.
    """
    rates = shown_couples(result, policy)
    rates = rates[rates["measure"].isin(list(COUPLE_MEASURES))]
    if main:
        rates = rates[
            rates["unit"].isin(_MAIN_UNITS)
            & rates["measure"].isin(_MAIN_MEASURES)
            & rates["denominator"].ne("started")
        ].sort_values("measure", key=lambda names: names.map(_MAIN_MEASURES.index), kind="stable")
    rows = []
    for row in rates.itertuples():
        change = COUPLE_MEASURES[row.measure]
        among = (_PEOPLE if row.unit == "partner" else _AMONG)[row.denominator]
        if main and row.denominator == "clinical at start":
            change = f"{change}, of those clinical at the start"
        head = (text(UNITS[row.unit]), text(change), *(() if main else (text(among),)))
        rows.append((*head, *_group(result.by, row.group), *_share(row)))
    columns = (
        TableColumn("unit", "Who", "text"),
        TableColumn("measure", "Change", "text"),
        *(() if main else (TableColumn("among", "Among", "text"),)),
        *_group_column(result.by),
        *_share_columns(result.confidence),
    )
    notes = (
        *(("Of couples with both scores of both partners.",) if main else ()),
        f"Reliable for a person: {fmt.plain(result.people.threshold)} {result.people.unit}; for "
        f"the mean of a couple: {fmt.plain(result.mean_threshold)}. Intervals: Wilson; two "
        "partners are one cluster.",
    )
    caption = "What became of couples" if main else "What became of couples, counted in five ways"
    return _table("couples", caption, columns, rows, policy=policy, notes=notes)


def service_table(result: ServiceMeasures, policy: Policy) -> Table:
    """One row for each service measure and group, with numerator and denominator."""
    rows = [
        (
            text(SERVICE_MEASURES[row.measure]),
            text(_AMONG[row.denominator]),
            *_group(result.by, row.group),
            *_share(row),
        )
        for row in shown_service(result, policy).itertuples()
    ]
    columns = (
        TableColumn("measure", "Measure", "text"),
        TableColumn("among", "Among", "text"),
        *_group_column(result.by),
        *_share_columns(result.confidence),
    )
    notes = ("Courses without all four scores stay in the denominator.", *result.warnings)
    caption = "Service measures, as NHS Talking Therapies defines them"
    return _table("service", caption, columns, rows, policy=policy, notes=notes)


def differences_table(result: RateDifferences, policy: Policy) -> Table:
    """One row for each measure, denominator and group: difference and ratio with intervals."""
    rows = []
    for row in shown_differences(result, policy).itertuples():
        head = (
            text({**fmt.MEASURES, "recovered": "Recovered"}[row.measure]),
            text(fmt.DENOMINATORS.get(row.denominator, row.denominator)),
            text(fmt.group_name(result.by, row.group)),
        )
        if not row.shown:
            lost = (suppressed("number"), suppressed("interval"))
            rows.append((*head, *lost, *lost))
            continue
        points = f"{fmt.number(100 * row.difference, 1)} points"
        rows.append(
            (
                *head,
                shown(row.difference, points, "number"),
                _ends(row.low, row.high, 100, 1),
                shown(row.ratio, fmt.decimal(row.ratio), "number"),
                _ends(row.ratio_low, row.ratio_high, 1, 2),
            )
        )
    level = fmt.level(result.confidence)
    columns = (
        TableColumn("measure", "Change", "text"),
        TableColumn("among", "Among", "text"),
        TableColumn("group", "Group", "text"),
        TableColumn("difference", "difference", "number"),
        TableColumn("difference_interval", f"{level} interval", "interval"),
        TableColumn("ratio", "ratio", "number"),
        TableColumn("ratio_interval", f"{level} interval of the ratio", "interval"),
    )
    reference = fmt.group_name(result.by, result.reference)
    notes = ("Not adjusted for how the groups differed at the start.",)
    caption = f"Differences of shares from {reference}"
    return _table("differences", caption, columns, rows, policy=policy, notes=notes)


def claim_table(result: ClaimResult, policy: Policy) -> Table:
    """One row for each way to count, the headline first: rate, interval, verdict, cases."""
    ways = shown_ways(result, policy)
    ways = ways.sort_values(["headline"], ascending=False, kind="stable")
    apart = len(set(ways["unit_word"])) > 1
    rows = []
    for row in ways.itertuples():
        words = (row.what, row.unit_word, row.out_of) if apart else (row.what, row.out_of)
        head = tuple(text(str(word)) for word in words)
        if not row.shown:
            rows.append((*head, *_share(row), suppressed("text"), suppressed("count")))
            continue
        needed = missing("count")
        if pd.notna(row.cases_to_tell):
            needed = shown(int(row.cases_to_tell), fmt.count(row.cases_to_tell), "count")
        rows.append((*head, *_share(row), text(str(row.verdict)), needed))
    columns = (
        TableColumn("what", "What counts as improved", "text"),
        *((TableColumn("who", "Who is counted", "text"),) if apart else ()),
        TableColumn("among", "Out of whom", "text"),
        *_share_columns(result.confidence),
        TableColumn("verdict", "Against the claim", "text"),
        TableColumn("needed", "Cases it takes", "count"),
    )
    notes = (
        "The first row is the way quoted in the text. Cases it takes: people needed, with the same "
        "share, to decide for or against the claim.",
        "below, above: the whole interval is; compatible: the interval overlaps the claim and "
        f"stays within {100 * result.margin:g} points of it; else one cannot tell.",
    )
    caption = f"The claim of {result.claimed()} against every way to count"
    return _table("claim", caption, columns, rows, policy=policy, notes=notes)


def _table(
    name: str,
    caption: str,
    columns: tuple[TableColumn, ...],
    rows: Sequence[tuple[Cell, ...]],
    *,
    policy: Policy,
    notes: tuple[str, ...],
) -> Table:
    words = (*notes, *hiding(rows, policy), *lacking(rows))
    return Table(id=name, caption=caption, columns=columns, rows=tuple(rows), notes=words)


def _share(row: Any) -> tuple[Cell, ...]:  # noqa: ANN401 - a row of itertuples
    return share_cells(row.n, row.n_total, row.rate, (row.low, row.high), visible=bool(row.shown))


def _share_columns(confidence: float) -> tuple[TableColumn, ...]:
    return (
        TableColumn("n", "n of N", "count"),
        TableColumn("share", "share", "percent"),
        TableColumn("interval", f"{fmt.level(confidence)} interval", "interval"),
    )


def _group(by: str | None, group: str) -> tuple[Cell, ...]:
    return () if by is None else (text(fmt.group_name(by, group)),)


def _group_column(by: str | None) -> tuple[TableColumn, ...]:
    return () if by is None else (TableColumn("group", "Group", "text"),)


def _ends(low: float, high: float, scale: float, decimals: int) -> Cell:
    """An interval; one without an upper end says so."""
    if not fmt.available(low):
        return missing("interval")
    upper = fmt.number(scale * high, decimals) if fmt.available(high) else "no upper limit"
    span = f"{fmt.number(scale * low, decimals)} to {upper}"
    return Cell(span, span, "shown", "interval")

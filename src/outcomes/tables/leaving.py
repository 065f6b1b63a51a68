"""Who left and when, by group; and how the share depends on what counts as dropping out."""

from __future__ import annotations

from outcomes.models.leaving import LeavingResult
from outcomes.privacy import Policy
from outcomes.showing import format as fmt
from outcomes.showing.leaving import STATES, visible_counts
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text


def leaving_table(result: LeavingResult, policy: Policy) -> Table:
    """One row for each group: counts by way of ending, and the mean time in care."""
    seen = visible_counts(result, policy)
    by_group = result.summary.set_index("group")
    words = [*result.causes, "open"]
    rows = []
    for group in fmt.ordered_groups(result.by, result.groups):
        row = by_group.loc[group]
        whole = seen[group, result.definition_id, ""]
        cells = [text(fmt.group_name(result.by, group)), _count(row["n"], visible=whole)]
        cells += [
            _count(row[f"n_{word}"], visible=whole and seen[group, result.definition_id, word])
            for word in words
        ]
        rows.append((*cells, *_mean(row["mean"], row["mean_low"], row["mean_high"], visible=whole)))
    made = tuple(rows)
    columns = (
        TableColumn("group", "Group", "text"),
        TableColumn("n", fmt.sentence(result.who), "count"),
        *(TableColumn(word, STATES[word], "count") for word in words),
        TableColumn("mean", f"Mean {result.unit} in care, of {result.horizon:g}", "number"),
        TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
    )
    return Table(
        id="leaving",
        caption=f"How {result.who} ended, and how long they lasted. {result.definition}",
        columns=columns,
        rows=made,
        notes=(
            f"{STATES[result.causes[0]]}: {result.definition_text}",
            f"Mean {result.unit} in care within the first {result.horizon:g} {result.unit} "
            "(restricted mean, area under the Kaplan-Meier curve).",
            *hiding(made, policy),
            *lacking(made),
        ),
    )


def dropout_definitions_table(result: LeavingResult, policy: Policy) -> Table:
    """One row for each definition and group: dropouts, share by the horizon, interval."""
    seen = visible_counts(result, policy)
    order = fmt.ordered_groups(result.by, result.groups)
    found = result.definitions.assign(place=result.definitions["group"].map(order.index))
    found = found.sort_values("place", kind="stable")
    rows = []
    for name in dict.fromkeys(result.definitions["definition"]):
        for row in found[found["definition"].eq(name)].itertuples():
            key = (str(row.group), str(row.definition), result.causes[0])
            ok = seen[row.group, result.definition_id, ""] and seen[key]
            cells: tuple[Cell, ...]
            if ok:
                span = fmt.percent_interval(row.low, row.high)
                interval = missing("interval")
                if fmt.available(row.low):
                    interval = shown(span, span, "interval")
                cells = (
                    shown(int(row.n_dropout), fmt.n_of(row.n_dropout, row.n), "count"),
                    shown(row.share, fmt.percent(row.share), "percent"),
                    interval,
                )
            else:
                cells = (suppressed("count"), suppressed("percent"), suppressed("interval"))
            rows.append((text(row.label), text(fmt.group_name(result.by, row.group)), *cells))
    made = tuple(rows)
    return Table(
        id="leaving_definitions",
        caption=f"Dropping out by several definitions: share of {result.who} by "
        f"{result.horizon:g} {result.unit}",
        columns=(
            TableColumn("definition", "Definition", "text"),
            TableColumn("group", "Group", "text"),
            TableColumn("dropouts", "Dropped out at any time", "count"),
            TableColumn("share", f"Share by {result.horizon:g} {result.unit}", "percent"),
            TableColumn("interval", f"{fmt.level(result.level)} interval", "interval"),
        ),
        rows=made,
        notes=(
            "Definitions were fixed before the data were seen; which one is right depends on what "
            "one wants to know.",
            *hiding(made, policy),
            *lacking(made),
        ),
    )


def _count(n: float, *, visible: bool) -> Cell:
    return shown(int(n), fmt.count(n), "count") if visible else suppressed("count")


def _mean(mean: float, low: float, high: float, *, visible: bool) -> tuple[Cell, Cell]:
    if not visible:
        return suppressed("number"), suppressed("interval")
    span = fmt.interval(low, high)
    interval = shown(span, span, "interval") if fmt.available(low) else missing("interval")
    return shown(float(mean), fmt.points(mean), "number"), interval

"""The difference by subgroup, and the tests between subgroups, as tables."""

from __future__ import annotations

import pandas as pd

from outcomes.comparison.modification import WhoBenefits
from outcomes.comparison.modification.words import TIMING, name_of
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.modification import STATES, visible_subgroups
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text


def subgroups_table(result: WhoBenefits, policy: Policy | None = None) -> Table:
    """One row for each subgroup: status, people by arm, own and pooled difference."""
    rules = named_policy() if policy is None else policy
    flags = visible_subgroups(result, rules)
    main = result.main
    names = {arm: fmt.group_name("arm", arm) for arm in (main.reference, main.other)}
    columns = (
        TableColumn("modifier", "Depends on", "text"),
        TableColumn("status", "Status", "text"),
        TableColumn("level", "Subgroup", "text"),
        TableColumn("n_reference", f"{names[main.reference]}, people", "count"),
        TableColumn("n_other", f"{names[main.other]}, people", "count"),
        TableColumn("estimate", f"Difference, {main.unit}", "number"),
        TableColumn("interval", f"{fmt.level(main.confidence)} interval", "interval"),
        TableColumn("pooled", "Partially pooled", "number"),
        TableColumn("pooled_interval", "Interval", "interval"),
        TableColumn("state", "Note", "text"),
    )
    rows = tuple(_row(result, row, flags.loc[place]) for place, row in result.subgroups.iterrows())
    return Table(
        id="subgroups",
        caption=f"{names[main.other]} minus {names[main.reference]} by subgroup",
        columns=columns,
        rows=rows,
        notes=(
            "A subgroup's own interval does not say whether it differs from the others; the test "
            "between subgroups does.",
            *hiding(rows, rules),
            *lacking(rows),
        ),
    )


def modifiers_table(result: WhoBenefits) -> Table:
    """One row for each modifier: status, timing, test, p after Holm, spread, verdict."""
    columns = (
        TableColumn("modifier", "Depends on", "text"),
        TableColumn("status", "Status", "text"),
        TableColumn("timing", "When it is known", "text"),
        TableColumn("test", "Test", "text"),
        TableColumn("p", "p", "p"),
        TableColumn("p_holm", "p after Holm", "p"),
        TableColumn("tau", f"Spread between subgroups, {result.main.unit}", "number"),
        TableColumn("verdict", "Verdict", "text"),
    )
    rows = tuple(_test(row) for _, row in result.tests.iterrows())
    return Table(
        id="modifiers",
        caption="Whether the difference depends on who is helped",
        columns=columns,
        rows=rows,
        notes=(
            "Exploratory modifiers were not declared before the outcomes were seen; what they show "
            "is a question for other data. 'Cannot tell' is never 'the same for all'.",
            *lacking(rows),
        ),
    )


def _row(result: WhoBenefits, row: pd.Series, seen: pd.Series) -> tuple[Cell, ...]:
    counts = [
        shown(row[column], fmt.count(row[column]), "count") if seen[column] else suppressed("count")
        for column in ("n_reference", "n_other")
    ]
    return (
        text(fmt.sentence(name_of(row["modifier"]))),
        text(str(result.test(row["modifier"])["status"])),
        text(str(row["level"])),
        *counts,
        *_amount(row["estimate"], row["low"], row["high"]),
        *_amount(row["pooled"], row["pooled_low"], row["pooled_high"]),
        text(STATES.get(str(row["state"]), "estimated")),
    )


def _amount(value: float, low: float, high: float) -> tuple[Cell, Cell]:
    number = shown(value, fmt.points(value), "number")
    if not fmt.available(low):
        return number, missing("interval")
    span = fmt.interval(low, high)
    return number, Cell(span, span, "shown", "interval")


def _test(row: pd.Series) -> tuple[Cell, ...]:
    kind = "slope along the scale" if row["kind"] == "slope" else f"{row['levels']} subgroups"
    return (
        text(fmt.sentence(name_of(row["modifier"]))),
        text(str(row["status"])),
        text(TIMING[row["timing"]]),
        text(kind if fmt.available(row["p"]) else "none"),
        shown(row["p"], fmt.p_value(row["p"]), "p"),
        shown(row["p_holm"], fmt.p_value(row["p_holm"]), "p"),
        shown(row["tau"], fmt.points(row["tau"]), "number"),
        text(f"{row['verdict']} ({str(row['reason']).replace('_', ' ')})"),
    )

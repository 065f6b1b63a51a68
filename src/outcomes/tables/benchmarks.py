"""Practice beside published numbers, and standardised rates, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.comparison.benchmarks import BenchmarkResult
from outcomes.comparison.benchmarks.words import amount, facts
from outcomes.comparison.standardised import StandardisedResult
from outcomes.comparison.standardised.words import standing
from outcomes.privacy import Policy
from outcomes.privacy import policy as named_policy
from outcomes.showing import format as fmt
from outcomes.showing.benchmarks import benchmark_shown, visible_units
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text


def benchmarks_table(results: Sequence[BenchmarkResult], policy: Policy | None = None) -> Table:
    """One row for each benchmark: what is counted of whom, both numbers, year, standing."""
    rules = named_policy() if policy is None else policy
    columns = (
        TableColumn("benchmark", "Published", "text"),
        TableColumn("measure", "Measure and definition", "text"),
        TableColumn("denominator", "Of", "text"),
        TableColumn("year", "Year", "text"),
        TableColumn("published", "Published value", "number"),
        TableColumn("practice", "This practice", "number"),
        TableColumn("interval", "Interval", "interval"),
        TableColumn("standing", "Standing", "text"),
    )
    rows = tuple(_benchmark(result, rules) for result in results)
    sources = dict.fromkeys(facts(result.entry)[-1] for result in results)
    return Table(
        id="benchmarks",
        caption="This practice beside published numbers",
        columns=columns,
        rows=rows,
        notes=(
            "The people are others: severity and who left are not taken out. Not comparable: "
            "measure, definition, denominator or unit differ.",
            *sources,
            *hiding(rows, rules),
        ),
    )


def standardised_table(result: StandardisedResult, policy: Policy | None = None) -> Table:
    """One row for each unit: people, observed, expected, ratio with interval, rate, standing."""
    rules = named_policy() if policy is None else policy
    columns = (
        TableColumn("unit", "Unit", "text"),
        TableColumn("n", "People", "count"),
        TableColumn("observed", "Observed", "count"),
        TableColumn("expected", "Expected", "number"),
        TableColumn("ratio", "Observed over expected", "number"),
        TableColumn("interval", f"{fmt.level(result.confidence)} interval", "interval"),
        TableColumn("rate", "Standardised", "percent"),
        TableColumn("standing", "Standing", "text"),
    )
    seen = visible_units(result, rules)
    rows = tuple(_unit(row, visible=bool(seen[place])) for place, row in result.table.iterrows())
    return Table(
        id="standardised",
        caption=f"{fmt.sentence(result.outcome.replace('_', ' '))}, case mix taken out",
        columns=columns,
        rows=rows,
        notes=(
            "In the order of the names, not ranked. Each unit is held against what its own case "
            "mix lets expect, never against another unit.",
            *hiding(rows, rules),
            *lacking(rows),
        ),
    )


def _benchmark(result: BenchmarkResult, policy: Policy) -> tuple[Cell, ...]:
    ours, entry = result.observed, result.entry
    published = shown(entry.value, amount(entry.kind, entry.value), "number")
    lead = (
        text(entry.title),
        text(f"{' or '.join(entry.instruments)}; {entry.meaning}"),
        text(f"{entry.denominator} ({entry.unit})"),
        text(entry.year),
        published,
    )
    if not benchmark_shown(result, policy):
        return (*lead, suppressed("number"), suppressed("interval"), text("not shown"))
    span = f"{amount(ours.kind, ours.low)} to {amount(ours.kind, ours.high)}"
    standing_words = result.verdict
    if result.differing:
        standing_words += f": {', '.join(what for what, _, _ in result.differing)}"
    return (
        *lead,
        shown(ours.value, amount(ours.kind, ours.value), "number"),
        Cell(span, span, "shown", "interval"),
        text(standing_words),
    )


def _unit(row: pd.Series, *, visible: bool) -> tuple[Cell, ...]:
    name = text("This practice" if row["unit"] == "all" else str(row["unit"]))
    kinds = ("count", "count", "number", "number", "interval", "percent")
    if not visible:
        return (name, *(suppressed(kind) for kind in kinds), text("not shown"))  # type: ignore[arg-type]
    counts = (
        shown(row["n"], fmt.count(row["n"]), "count"),
        shown(row["observed"], fmt.count(row["observed"]), "count"),
        shown(row["expected"], fmt.points(row["expected"]), "number"),
    )
    if not row["enough"]:
        none = (missing("number"), missing("interval"), missing("percent"))
        return (name, *counts, *none, text(standing(row)))
    span = f"{fmt.decimal(row['low'])} to {fmt.decimal(row['high'])}"
    return (
        name,
        *counts,
        shown(row["ratio"], fmt.decimal(row["ratio"]), "number"),
        Cell(span, span, "shown", "interval"),
        shown(row["standardised"], fmt.percent(row["standardised"]), "percent"),
        text(standing(row)),
    )

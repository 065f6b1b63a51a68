"""A declared family of comparisons as a table: plain and adjusted numbers side by side."""

from __future__ import annotations

from outcomes.comparison.family import FamilyResult
from outcomes.showing import format as fmt
from outcomes.tables.notes import lacking
from outcomes.tables.table import Cell, Kind, Table, TableColumn, missing, shown, text


def family_table(result: FamilyResult) -> Table:
    """One row for each member: role, difference, both intervals, both p, what it says."""
    columns = (
        TableColumn("name", "Comparison", "text"),
        TableColumn("role", "Role", "text"),
        TableColumn("estimate", "Difference", "number"),
        TableColumn("interval", f"{100 * result.confidence:g} % interval", "interval"),
        TableColumn("p", "p", "p"),
        TableColumn("p_adjusted", "p, adjusted", "p"),
        TableColumn("adjusted", "Interval, adjusted", "interval"),
        TableColumn("reading", "Verdict in the family", "text"),
    )
    rows = tuple(
        (
            text(row.name),
            text(row.role),
            _number(row.estimate, fmt.points(row.estimate), "number"),
            _number(row.low, fmt.interval(row.low, row.high), "interval"),
            _number(row.p, fmt.p_value(row.p), "p"),
            _number(row.p_adjusted, fmt.p_value(row.p_adjusted), "p"),
            _number(row.low_adjusted, fmt.interval(row.low_adjusted, row.high_adjusted),
                    "interval"),
            text(row.reading),
        )
        for row in result.to_frame().itertuples()
    )  # fmt: skip
    return Table(
        id="family",
        caption="Declared family of comparisons",
        columns=columns,
        rows=rows,
        notes=(result.sentence, *result.warnings, *lacking(rows)),
    )


def _number(value: float, words: str, kind: Kind) -> Cell:
    return shown(float(value), words, kind) if fmt.available(value) else missing(kind)

"""Rows that lack what every row needs."""

from __future__ import annotations

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES, Column, Kind

# One row of these tables is one answer; a row without a value says nothing.
ANSWER_TABLES = ("responses", "satisfaction")


def is_required(table: str, column: Column) -> bool:
    """Whether a row cannot do without this column."""
    return not column.nullable or (table in ANSWER_TABLES and column.name == "value")


def require_presence(tables: Tables, settings: Settings) -> Traced:
    """Drop rows without a key, without an answer, or with another required cell empty."""
    del settings
    tracing = Tracing("require_presence", tables)
    for name in tables:
        table = TABLES[name]
        for column in table.columns:
            if not is_required(name, column):
                continue
            if column.name in table.key or column.kind is Kind.KEY:
                reason = "missing_key"
            else:
                reason = "no_answer" if column.nullable else "required_empty"
            tracing.drop(name, tracing[name][column.name].isna(), reason, column.name)
    return tracing.done()

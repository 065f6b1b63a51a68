"""Rows that lack what every row needs."""

from __future__ import annotations

from outcomes.cleaning.finding import wants_episode
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES, Column, Kind

# One row of these tables is one answer; a row without a value says nothing.
ANSWER_TABLES = ("responses", "satisfaction")


def is_required(table: str, column: Column) -> bool:
    """Whether a row cannot do without this column."""
    return not column.nullable or (table in ANSWER_TABLES and column.name == "value")


def require_presence(tables: Tables, settings: Settings) -> Traced:
    """Drop rows without a key, without an answer, or with another required cell empty.

    A row whose episode is still to be found can do without it until then.
    """
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
            empty = tracing[name][column.name].isna()
            if column.name == "episode_id":
                empty &= ~wants_episode(tracing[name])
            tracing.drop(name, empty, reason, column.name)
    return tracing.done()

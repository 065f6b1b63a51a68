"""The data dictionary, written from the declarations: `python -m outcomes.schema.dictionary`."""

from __future__ import annotations

import sys

from outcomes.schema.column import Column, Kind, Table
from outcomes.schema.tables import TABLES
from outcomes.schema.vocabulary import Vocabulary, vocabularies

INTRODUCTION = """# Data dictionary

Written from `src/outcomes/schema/` by `make dictionary`; a test fails when the two differ. Every
table below may be absent from a source; an absent table is empty. Dates are days without time,
times are HH:MM on 24 hours.
Sensitivity: a *pseudonym* links rows of one person and is never shown in a report; a
*quasi-identifier* identifies in combination with others; *health* is special-category data;
*operational* is about the service.
"""


def render() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION, *(_table(table) for table in TABLES.values()), "## Vocabularies\n"]
    parts += [_vocabulary(vocabulary) for vocabulary in vocabularies().values()]
    return "\n".join(parts).rstrip() + "\n"


def _table(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [
        f"## `{table.name}`\n",
        f"{table.description} Key: {key}.\n",
        "| column | type | range or words | may be empty | sensitivity | meaning |",
        "|---|---|---|---|---|---|",
        *(_row(column) for column in table.columns),
        "",
    ]
    for reference in table.references:
        target = f"[`{reference.table}`](#{reference.table})"
        lines.append(f"- `{reference.column}` names a row of {target} ({reference.cardinality}).")
    return "\n".join(lines) + ("\n" if table.references else "")


def _row(column: Column) -> str:
    cells = (
        f"`{column.name}`",
        str(column.kind) if column.unit is None else f"{column.kind}, {column.unit}",
        _range(column),
        "yes" if column.nullable else "no",
        str(column.sensitivity),
        column.description,
    )
    return f"| {' | '.join(cells)} |"


def _range(column: Column) -> str:
    if column.vocabulary is not None:
        return f"[{column.vocabulary}](#{column.vocabulary})"
    if column.kind is Kind.TIME:
        return "00:00 to 23:59"
    if column.minimum is None and column.maximum is None:
        return "true, false" if column.kind is Kind.BOOLEAN else ""
    if column.maximum is None:
        return f"from {column.minimum}"
    return f"{column.minimum} to {column.maximum}"


def _vocabulary(vocabulary: Vocabulary) -> str:
    lines = [
        f"### {vocabulary.name}\n",
        f"{vocabulary.description}\n",
        "| word | label | NHS code |",
        "|---|---|---|",
        *(
            f"| `{word}` | {text} | {vocabulary.nhs_codes.get(word, '')} |"
            for word, text in vocabulary.labels.items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())

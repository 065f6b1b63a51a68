"""A small practice from literal rows: any table, the rest empty."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.ledger import Ledger
from outcomes.schema import TABLES, Study, empty_table


def table(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows with some columns, as a clean table with all of them."""
    if not rows:
        return empty_table(name)
    columns = {}
    for column in TABLES[name].columns:
        values = pd.Series([row.get(column.name) for row in rows], dtype="object")
        if column.dtype.startswith("datetime"):
            columns[column.name] = pd.to_datetime(values).astype(column.dtype)
        else:
            columns[column.name] = values.astype(column.dtype)
    return pd.DataFrame(columns)


@pytest.fixture(scope="session")
def practice():
    """Build a Study: tables by name, each a list of rows; people follow from the episodes."""

    def make(**given: list[dict[str, object]]) -> Study:
        couples = given.get("couples", [])
        named = {row["client_id"] for row in given.get("episodes", []) if row.get("client_id")}
        named |= {row[side] for row in couples for side in ("client_a", "client_b")}
        rows = {"clients": [{"client_id": name} for name in sorted(named)], **given}
        tables = {name: table(name, rows.get(name, [])) for name in TABLES}
        return Study(name="test", ledger=Ledger.build([], read={}, kept={}, lines={}), **tables)

    return make


@pytest.fixture(scope="session")
def alone():
    """Episodes E1, E2, ... of clients C1, C2, ..., coaching, ended unless told otherwise."""

    def make(n: int, **more: object) -> list[dict[str, object]]:
        return [
            {
                "episode_id": f"E{i}",
                "client_id": f"C{i}",
                "unit": "individual",
                "intervention": "coaching",
                "started_on": "2026-01-05",
                "ended_on": "2026-04-01",
                **more,
            }
            for i in range(1, n + 1)
        ]

    return make


@pytest.fixture(scope="session")
def example(root) -> Study:
    return oc.read(root / "data" / "example")


@pytest.fixture(scope="session")
def shuffled(example) -> Study:
    """The example with every table in another order."""
    from dataclasses import replace

    mixed = {
        name: frame.sample(frac=1, random_state=7).reset_index(drop=True)
        for name, frame in example.tables().items()
    }
    return replace(example, **mixed)

"""A small study built from literal rows."""

from __future__ import annotations

import pandas as pd
import pytest

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


def episode(key: str, who: str, kind: str, start: str, end: str | None = None, **more: object):
    """One episode; `who` is a client, or a couple when it starts with K."""
    couple = who.startswith("K")
    return {
        "episode_id": key,
        "couple_id" if couple else "client_id": who,
        "unit": "couple" if couple else "individual",
        "intervention": kind,
        "started_on": start,
        "ended_on": end,
        "practice_id": "north",
        **more,
    }


def answer(client: str, episode_id: str, day: str, value: float, occasion: str | None, **more):
    """A ready total of the PHQ-9."""
    return {
        "client_id": client,
        "episode_id": episode_id,
        "instrument": "phq9",
        "item": "total",
        "value": value,
        "taken_on": day,
        "occasion": occasion,
        "rater": "client",
        **more,
    }


@pytest.fixture(scope="session")
def make_study():
    """Build a Study from lists of rows; clients are made from the other tables."""

    def make(episodes=(), answers=(), couples=(), clients=(), sessions=()) -> Study:
        partners = [row[side] for row in couples for side in ("client_a", "client_b")]
        named = [row["client_id"] for row in episodes if row.get("client_id")]
        known = {row["client_id"]: row for row in clients}
        everyone = sorted({*named, *partners, *known})
        rows = {
            "clients": [known.get(name, {"client_id": name}) for name in everyone],
            "couples": list(couples),
            "episodes": list(episodes),
            "responses": list(answers),
            "sessions": list(sessions),
        }
        tables = {name: table(name, rows.get(name, [])) for name in TABLES}
        ledger = Ledger.build([], read={}, kept={}, lines={})
        return Study(name="test", ledger=ledger, **tables)

    return make


@pytest.fixture(scope="session")
def rows():
    """The two row builders, by name."""

    class Rows:
        episode = staticmethod(episode)
        answer = staticmethod(answer)

    return Rows

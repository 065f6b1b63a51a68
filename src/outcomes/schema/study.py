"""`Study`: the clean tables of one read, with the account of what was not used."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import pandas as pd

from outcomes.schema.tables import TABLES


class RowAccount(Protocol):
    """What `Study` needs of a ledger; the ledger itself lives one floor up."""

    def to_frame(self) -> pd.DataFrame:
        """One row for each dropped, quarantined, emptied, changed or flagged row or cell."""

    def balance(self) -> pd.DataFrame:
        """table, rows_read, rows_kept, rows_dropped, rows_quarantined."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that was read: its name inside the source, digest and size."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Clean, validated tables. Empty tables are frames with their columns and no row."""

    name: str
    clients: pd.DataFrame
    couples: pd.DataFrame
    practitioners: pd.DataFrame
    episodes: pd.DataFrame
    sessions: pd.DataFrame
    responses: pd.DataFrame
    satisfaction: pd.DataFrame
    goals: pd.DataFrame
    goal_ratings: pd.DataFrame
    referrals: pd.DataFrame
    ledger: RowAccount
    sources: tuple[SourceFile, ...] = ()

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, in the order of `schema.TABLES`."""
        return {name: getattr(self, name) for name in TABLES}

    def to_frame(self) -> pd.DataFrame:
        """One row for each table: its name, its number of rows, what it holds."""
        return pd.DataFrame(
            [
                {"table": name, "rows": len(frame), "description": TABLES[name].description}
                for name, frame in self.tables().items()
            ]
        )

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(frame)}" for name, frame in self.tables().items())
        return f"Study({self.name}: {rows})"

    def _repr_html_(self) -> str:
        balance = self.ledger.balance()
        lost, waiting = (int(balance[f"rows_{fate}"].sum()) for fate in ("dropped", "quarantined"))
        return (
            f"<p><strong>Study {html.escape(self.name)}</strong>; {lost} rows were not used, "
            f"{waiting} wait for a decision: see <code>study.ledger</code></p>"
            f"{self.to_frame().to_html(index=False)}"
        )

    def explain(self) -> str:
        """What this object is and where its numbers come from."""
        return (
            "The tables of one source after cleaning. Every row that was read is either in "
            "a table or in study.ledger with a reason; study.ledger.balance() adds them up."
        )


def empty_table(name: str) -> pd.DataFrame:
    """A table with its declared columns and dtypes and no row."""
    return _empty(name).copy()


@cache
def _empty(name: str) -> pd.DataFrame:
    table = TABLES[name]
    return pd.DataFrame({c.name: pd.Series([], dtype=c.dtype) for c in table.columns})

"""The account of rows: read = kept + dropped, each loss with a reason and a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd


class Action(StrEnum):
    """What happened to a row or a cell."""

    DROPPED = "dropped"  # the row is in no table
    EMPTIED = "emptied"  # the row is kept, one cell became missing
    CHANGED = "changed"  # the row is kept, one cell was corrected by a stated rule
    FLAGGED = "flagged"  # kept as it is, worth a look


ENTRY_COLUMNS = ["scope", "table", "action", "step", "reason", "file", "line", "column"]
BALANCE_COLUMNS = ["table", "rows_read", "rows_kept", "rows_dropped"]

# Columns of a raw table that say where a row came from. They live from the reader
# to the end of cleaning and are in no clean table.
FILE, LINE = "_file", "_line"


def entries(
    rows: pd.DataFrame,
    *,
    table: str,
    action: Action,
    step: str,
    reason: str,
    column: str | None = None,
    scope: str = "table",
) -> pd.DataFrame:
    """Ledger entries for `rows` of a raw table, which carry `_file` and `_line`.

    `scope` is "table" for rows of a table and "file" for lines of a file that belong
    to no table (a blank line, a repeated header).
    """
    return pd.DataFrame(
        {
            "scope": scope,
            "table": table,
            "action": str(action),
            "step": step,
            "reason": reason,
            "file": rows[FILE].to_numpy(),
            "line": rows[LINE].to_numpy(),
            "column": column,
        },
        columns=ENTRY_COLUMNS,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Entries and row counts of one read.

    `log` has `ENTRY_COLUMNS`; `read` and `kept` give rows by table before and after
    cleaning; `lines` gives, by file, how many data lines it holds.
    """

    log: pd.DataFrame
    read: dict[str, int]
    kept: dict[str, int]
    lines: dict[str, int]

    @classmethod
    def build(
        cls,
        logs: Iterable[pd.DataFrame],
        *,
        read: dict[str, int],
        kept: dict[str, int],
        lines: dict[str, int],
    ) -> Ledger:
        """Join the entries of all steps, in a fixed order."""
        filled = [log for log in logs if len(log)]
        log = pd.concat(filled, ignore_index=True) if filled else _no_entries()
        order = ["scope", "table", "file", "line", "step", "reason", "column"]
        log = log.sort_values(order, kind="stable", na_position="first", ignore_index=True)
        return cls(log, dict(read), dict(kept), dict(lines))

    def to_frame(self) -> pd.DataFrame:
        """One row for each dropped, emptied, changed or flagged row or cell."""
        return self.log.copy()

    def balance(self) -> pd.DataFrame:
        """table, rows_read, rows_kept, rows_dropped; dropped is counted from the entries."""
        dropped = self._row_drops("table").groupby("table").size()
        return pd.DataFrame(
            [
                (name, rows, self.kept.get(name, 0), int(dropped.get(name, 0)))
                for name, rows in self.read.items()
            ],
            columns=BALANCE_COLUMNS,
        )

    def files(self) -> pd.DataFrame:
        """file, lines_read, lines_used, lines_dropped: lines that went into no table."""
        dropped = self._row_drops("file").groupby("file").size()
        rows = []
        for name, lines in self.lines.items():
            lost = int(dropped.get(name, 0))
            rows.append((name, lines, lines - lost, lost))
        columns = ["file", "lines_read", "lines_used", "lines_dropped"]
        return pd.DataFrame(rows, columns=columns)

    def balanced(self) -> bool:
        """Whether read = kept + dropped holds for every table."""
        frame = self.balance()
        return bool((frame["rows_read"] == frame["rows_kept"] + frame["rows_dropped"]).all())

    def summary(self) -> pd.DataFrame:
        """table, action, reason, n: the most frequent first."""
        counts = self.log.groupby(["table", "action", "reason"], as_index=False).size()
        counts = counts.rename(columns={"size": "n"})
        order = ["n", "table", "reason"]
        return counts.sort_values(order, ascending=[False, True, True], ignore_index=True)

    def to_csv(self) -> str:
        """The entries as CSV text, the same on every system."""
        return str(self.log.to_csv(index=False, lineterminator="\n"))

    def explain(self) -> str:
        """How to read the account."""
        return (
            "rows_read counts the rows made from the files for each table, rows_dropped the "
            "entries with action 'dropped'; the rest is rows_kept. 'emptied' and 'changed' "
            "entries concern one cell of a row that is kept; 'flagged' rows are kept as they are."
        )

    def __repr__(self) -> str:
        return f"Ledger\n{self.balance().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"{self.balance().to_html(index=False)}{self.summary().to_html(index=False)}"

    def _row_drops(self, scope: str) -> pd.DataFrame:
        dropped = self.log["action"] == str(Action.DROPPED)
        return self.log[dropped & (self.log["scope"] == scope)]


def _no_entries() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([], dtype="object") for name in ENTRY_COLUMNS})

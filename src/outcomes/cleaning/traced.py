"""What a cleaning step returns: the tables it leaves, and an entry for all it touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from outcomes.ledger import Action, entries

# Beside `_file` and `_line`, rows made from a wide questionnaire remember their column.
CELL = "_cell"

Tables = dict[str, pd.DataFrame]
Mask: TypeAlias = "pd.Series | np.ndarray"


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """Tables after a step, and its ledger entries (`ledger.ENTRY_COLUMNS`)."""

    tables: Tables
    log: tuple[pd.DataFrame, ...]


class Tracing:
    """Collects the work of one step. The tables given are never edited.

    Masks are boolean, aligned to the table as it stands inside this step.
    """

    __slots__ = ("_log", "_step", "_tables")

    def __init__(self, step: str, tables: Mapping[str, pd.DataFrame]) -> None:
        self._step = step
        self._tables: Tables = dict(tables)
        self._log: list[pd.DataFrame] = []

    def __contains__(self, table: str) -> bool:
        return table in self._tables

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self._tables[table]

    def drop(self, table: str, mask: Mask, reason: str, column: str | None = None) -> None:
        """Take rows out of a table."""
        if self._enter(table, mask, Action.DROPPED, reason, column):
            self._tables[table] = self._tables[table][~_plain(mask)]

    def empty(self, table: str, mask: Mask, reason: str, column: str) -> None:
        """Keep rows, and make one of their cells missing."""
        if self._enter(table, mask, Action.EMPTIED, reason, column):
            frame = self._tables[table]
            self.replace(table, column, frame[column].mask(_plain(mask)))

    def flag(self, table: str, mask: Mask, reason: str, column: str | None = None) -> None:
        """Keep rows as they are, worth a look."""
        self._enter(table, mask, Action.FLAGGED, reason, column)

    def lose(self, table: str, mask: Mask, reason: str, column: str, *, required: bool) -> None:
        """Empty a cell that cannot be used, or drop the row that cannot do without it."""
        if required:
            self.drop(table, mask, reason, column)
        else:
            self.empty(table, mask, reason, column)

    def replace(self, table: str, column: str, cells: pd.Series) -> None:
        """Put other cells into a column without an entry: the same content, better typed."""
        self._tables[table] = self._tables[table].assign(**{column: cells})

    def done(self) -> Traced:
        """Return the outcome of the step."""
        return Traced(self._tables, tuple(self._log))

    def _enter(
        self, table: str, mask: Mask, action: Action, reason: str, column: str | None
    ) -> bool:
        plain = _plain(mask)
        if not plain.any():
            return False
        rows = self._tables[table][plain]
        found = entries(
            rows, table=table, action=action, step=self._step, reason=reason, column=column
        )
        if column == "value" and CELL in rows:
            cells = rows[CELL].astype("object").to_numpy()
            found["column"] = pd.Series(cells, dtype="object").fillna(column).to_numpy()
        self._log.append(found)
        return True


def _plain(mask: Mask) -> np.ndarray:
    """Turn a mask into numpy; unknown counts as not affected."""
    filled = pd.array(mask, dtype="boolean").fillna(False)
    return np.asarray(filled.to_numpy(dtype=bool))

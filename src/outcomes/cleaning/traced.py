"""What a cleaning step returns: the tables it leaves, and an entry for all it touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from outcomes.ledger import FILE, LINE, Action, entries

# Beside `_file` and `_line`, rows made from a wide questionnaire remember their column.
CELL = "_cell"
# Rows whose episode is to be found by client and date say "yes" here.
FIND_EPISODE = "_find_episode"
# Why a list of the practice did not have the person that a row names.
LOOK_UP = "_look_up"

Mask: TypeAlias = "pd.Series | np.ndarray"


class Tables(dict[str, pd.DataFrame]):
    """Tables by name. `aside` has the rows that wait for a decision, which others may refer to."""

    def __init__(self, tables: Mapping[str, pd.DataFrame] | None = None) -> None:
        super().__init__(tables or {})
        self.aside: dict[str, pd.DataFrame] = dict(getattr(tables, "aside", {}))


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """Tables after a step, and its ledger entries (`ledger.ENTRY_COLUMNS`)."""

    tables: Tables
    log: tuple[pd.DataFrame, ...]


class Tracing:
    """Collects the work of one step. The tables given are never edited.

    Masks are boolean, aligned to the table as it stands inside this step. Rows that a rule
    puts aside are kept and flagged where their reason is among those `accepted`.
    """

    __slots__ = ("_accepted", "_log", "_step", "_tables")

    def __init__(
        self, step: str, tables: Mapping[str, pd.DataFrame], accepted: Collection[str] = ()
    ) -> None:
        self._step = step
        self._tables = Tables(tables)
        self._log: list[pd.DataFrame] = []
        self._accepted = frozenset(accepted)

    def __contains__(self, table: str) -> bool:
        return table in self._tables

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self._tables[table]

    def aside(self, table: str) -> pd.DataFrame | None:
        """The rows of a table that wait for a decision, None where there are none."""
        return self._tables.aside.get(table)

    def drop(self, table: str, mask: Mask, reason: str, column: str | None = None) -> None:
        """Take rows out of a table."""
        if self._enter(table, mask, Action.DROPPED, reason, column):
            self._tables[table] = self._tables[table][~_plain(mask)]

    def quarantine(self, table: str, mask: Mask, reason: str, column: str | None = None) -> None:
        """Put rows aside until a person has decided, or keep and flag them where accepted."""
        if reason in self._accepted:
            self.flag(table, mask, reason, column)
        elif self._enter(table, mask, Action.QUARANTINED, reason, column):
            plain, frame = _plain(mask), self._tables[table]
            before = self._tables.aside.get(table)
            parts = [part for part in (before, frame[plain]) if part is not None]
            self._tables.aside[table] = pd.concat(parts)
            self._tables[table] = frame[~plain]

    def empty(self, table: str, mask: Mask, reason: str, column: str) -> None:
        """Keep rows, and make one of their cells missing."""
        if self._enter(table, mask, Action.EMPTIED, reason, column):
            frame = self._tables[table]
            self.replace(table, {column: frame[column].mask(_plain(mask))})

    def change(self, table: str, mask: Mask, reason: str, column: str, cells: pd.Series) -> None:
        """Keep rows, and take one of their cells from `cells`; one entry for each line."""
        if self._enter(table, mask, Action.CHANGED, reason, column, by_line=True):
            frame = self._tables[table]
            self.replace(table, {column: frame[column].mask(_plain(mask), cells)})

    def flag(self, table: str, mask: Mask, reason: str, column: str | None = None) -> None:
        """Keep rows as they are, worth a look."""
        self._enter(table, mask, Action.FLAGGED, reason, column)

    def lose(self, table: str, mask: Mask, reason: str, column: str, *, required: bool) -> None:
        """Empty a cell that cannot be used, or drop the row that cannot do without it."""
        if required:
            self.drop(table, mask, reason, column)
        else:
            self.empty(table, mask, reason, column)

    def remark(self, log: pd.DataFrame) -> None:
        """Add entries made elsewhere, which concern neither a row nor a cell alone."""
        if len(log):
            self._log.append(log)

    def replace(self, table: str, columns: Mapping[str, pd.Series]) -> None:
        """Put other cells into columns without an entry: the same content, better typed."""
        if columns:
            self._tables[table] = self._tables[table].assign(**columns)

    def done(self) -> Traced:
        """Return the outcome of the step."""
        return Traced(self._tables, tuple(self._log))

    def _enter(
        self,
        table: str,
        mask: Mask,
        action: Action,
        reason: str,
        column: str | None,
        *,
        by_line: bool = False,
    ) -> bool:
        plain = _plain(mask)
        if not plain.any():
            return False
        frame = self._tables[table]
        rows = frame[[FILE, LINE, CELL] if CELL in frame else [FILE, LINE]][plain]
        if by_line:
            rows = rows.drop_duplicates([FILE, LINE])
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
    if mask.dtype == bool:
        return np.asarray(mask)
    filled = pd.array(mask, dtype="boolean").fillna(False)
    return np.asarray(filled.to_numpy(dtype=bool))

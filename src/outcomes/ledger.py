"""The account: read = kept + dropped + quarantined, for each table and each source file.

Each loss has a reason and a place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd


class Action(StrEnum):
    """What happened to a row or a cell."""

    DROPPED = "dropped"  # the row is in no table
    QUARANTINED = "quarantined"  # the row is in no table and waits for a person's decision
    EMPTIED = "emptied"  # the row is kept, one cell became missing
    CHANGED = "changed"  # the row is kept, one cell was corrected by a stated rule
    FLAGGED = "flagged"  # kept as it is, worth a look


ENTRY_COLUMNS = [
    "scope", "table", "action", "step", "reason", "file", "sheet", "line", "column", "n",
]  # fmt: skip
BALANCE_COLUMNS = ["table", "rows_read", "rows_kept", "rows_dropped", "rows_quarantined"]
FILES_COLUMNS = ["file", "lines_read", "lines_used", "lines_dropped", "lines_quarantined"]

# Columns of a raw table that say where a row came from. They live from the reader
# to the end of cleaning and are in no clean table.
FILE, LINE = "_file", "_line"
_SHEET = re.compile(r"(?P<file>.+)\[(?P<sheet>[^\[\]]*)\]")
_LOST = (Action.DROPPED, Action.QUARANTINED)


def entries(
    rows: pd.DataFrame,
    *,
    table: str,
    action: Action,
    step: str,
    reason: str,
    column: str | None = None,
    scope: str = "table",
    n: int = 1,
) -> pd.DataFrame:
    """Ledger entries for `rows` of a raw table, which carry `_file` and `_line`.

    `scope` is "table" for rows of a table and "file" for lines of a file that belong
    to no table (a blank line, a repeated header). `n` is how many cells one entry stands for:
    always 1 but for remarks on a whole column, such as how many of its cells say "n/a".
    """
    return pd.DataFrame(
        {
            "scope": scope,
            "table": table,
            "action": str(action),
            "step": step,
            "reason": reason,
            "file": rows[FILE].to_numpy(),
            "sheet": None,
            "line": rows[LINE].to_numpy(),
            "column": column,
            "n": n,
        },
        columns=ENTRY_COLUMNS,
    )


@dataclass(frozen=True, slots=True)
class LineFate:
    """What became of the data lines of one file; a line is used if any table kept a row of it."""

    used: int
    dropped: int
    quarantined: int


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Entries and counts of one read.

    `log` has `ENTRY_COLUMNS`; `read` and `kept` give rows by table before and after
    cleaning; `lines` gives, by file, how many data lines it holds, `fates` what became of them.
    """

    log: pd.DataFrame
    read: dict[str, int]
    kept: dict[str, int]
    lines: dict[str, int]
    fates: dict[str, LineFate] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        logs: Iterable[pd.DataFrame],
        *,
        read: dict[str, int],
        kept: dict[str, int],
        lines: dict[str, int],
        used: Iterable[pd.DataFrame] | None = None,
    ) -> Ledger:
        """Join the entries of all steps, in a fixed order.

        `used` are the rows kept, which carry `_file` and `_line`; without them every line
        that no entry takes away counts as used.
        """
        filled = [log for log in logs if len(log)]
        log = pd.concat(filled, ignore_index=True) if filled else _no_entries()
        log = log.reindex(columns=ENTRY_COLUMNS).fillna({"n": 1})
        fates = _fates(log, lines, used)
        return cls(_sorted(_with_sheets(log)), dict(read), dict(kept), dict(lines), fates)

    @classmethod
    def join(cls, ledgers: Iterable[Ledger]) -> Ledger:
        """One account of several reads, whose files have different names; counts add up."""
        parts = list(ledgers)
        read: Counter[str] = Counter()
        kept: Counter[str] = Counter()
        lines: dict[str, int] = {}
        fates: dict[str, LineFate] = {}
        for part in parts:
            read.update(part.read)
            kept.update(part.kept)
            lines |= part.lines
            fates |= part.fates
        filled = [part.log for part in parts if len(part.log)]
        log = pd.concat(filled, ignore_index=True) if filled else _no_entries()
        return cls(_sorted(log), dict(read), dict(kept), lines, fates)

    def to_frame(self) -> pd.DataFrame:
        """One row for each row or cell that was lost, quarantined, altered or flagged."""
        return self.log.copy()

    def balance(self) -> pd.DataFrame:
        """`BALANCE_COLUMNS`, one row for each table; losses are counted from the entries."""
        lost = [self._tables_of(a).value_counts() for a in _LOST]
        return pd.DataFrame(
            [
                (name, n, self.kept.get(name, 0), *(int(part.get(name, 0)) for part in lost))
                for name, n in self.read.items()
            ],
            columns=BALANCE_COLUMNS,
        )

    def _tables_of(self, action: Action) -> pd.Series:
        """The table of each entry about a row of a table with one action."""
        mask = (self.log["action"] == str(action)) & (self.log["scope"] == "table")
        return self.log.loc[mask, "table"]

    def files(self) -> pd.DataFrame:
        """`FILES_COLUMNS`, one row for each file or sheet: where its data lines went."""
        rows = [
            (name, n, fate.used, fate.dropped, fate.quarantined)
            for name, n in self.lines.items()
            for fate in [self.fates[name]]
        ]
        return pd.DataFrame(rows, columns=FILES_COLUMNS)

    def balanced(self) -> bool:
        """Whether read = kept + dropped + quarantined holds for every table and every file."""
        for frame in (self.balance(), self.files()):
            read, *parts = (frame[name] for name in frame.columns[1:])
            if not (read == sum(parts)).all():
                return False
        return True

    def summary(self) -> pd.DataFrame:
        """table, action, reason, n: the most frequent first."""
        counts = self.log.groupby(["table", "action", "reason"], as_index=False)["n"].sum()
        order = ["n", "table", "reason"]
        return counts.sort_values(order, ascending=[False, True, True], ignore_index=True)

    def to_csv(self) -> str:
        """The entries as CSV text, the same on every system."""
        return str(self.log.to_csv(index=False, lineterminator="\n"))

    def explain(self) -> str:
        """How to read the account."""
        return (
            "rows_read counts the rows made from the files for each table. It is the sum of "
            "rows_kept, rows_dropped and rows_quarantined, the last two counted from the entries "
            "with these actions; quarantined rows wait for a person's decision. 'emptied' and "
            "'changed' entries concern one cell of a row that is kept; 'flagged' rows are kept as "
            "they are. files() says the same for the lines of each file."
        )

    def __repr__(self) -> str:
        return f"Ledger\n{self.balance().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"{self.balance().to_html(index=False)}{self.summary().to_html(index=False)}"


def _fates(
    log: pd.DataFrame, lines: Mapping[str, int], used: Iterable[pd.DataFrame] | None
) -> dict[str, LineFate]:
    """What became of the lines of each file; a line waits if any of its rows does."""
    waiting, gone = (
        _lines_by_file([log.loc[log["action"] == str(a), ["file", "line"]]])
        for a in (Action.QUARANTINED, Action.DROPPED)
    )
    kept = _lines_by_file([] if used is None else [frame[[FILE, LINE]] for frame in used])
    none = np.array([], dtype=np.int64)
    fates = {}
    for name, n in lines.items():
        there = kept.get(name, none)
        waits = np.setdiff1d(waiting.get(name, none), there, assume_unique=True)
        lost = np.setdiff1d(gone.get(name, none), there, assume_unique=True)
        lost = np.setdiff1d(lost, waits, assume_unique=True)
        rest = len(there) if used is not None else n - len(lost) - len(waits)
        fates[name] = LineFate(rest, len(lost), len(waits))
    return fates


def _lines_by_file(frames: Iterable[pd.DataFrame]) -> dict[str, np.ndarray]:
    """The distinct lines of each file, sorted; each frame has a column of files and of lines."""
    parts: dict[str, list[np.ndarray]] = {}
    for frame in frames:
        codes, names = pd.factorize(frame.iloc[:, 0])
        line = frame.iloc[:, 1].to_numpy(dtype="int64")
        for code, name in enumerate(names):
            parts.setdefault(str(name), []).append(line if len(names) == 1 else line[codes == code])
    return {name: _distinct(np.concatenate(found)) for name, found in parts.items()}


def _distinct(lines: np.ndarray) -> np.ndarray:
    ordered = bool((np.diff(lines) > 0).all())
    return lines if ordered else np.unique(lines)


def _sorted(log: pd.DataFrame) -> pd.DataFrame:
    order = ["scope", "table", "file", "sheet", "line", "step", "reason", "column"]
    return log.sort_values(order, kind="stable", na_position="first", ignore_index=True)


def _with_sheets(log: pd.DataFrame) -> pd.DataFrame:
    """Sheet and table names, which stand in brackets behind the file's, as a column."""
    codes, names = pd.factorize(log["file"])
    found = np.array([*(_split(str(name)) for name in names), (None, None)], dtype=object)
    return log.assign(file=found[codes, 0], sheet=found[codes, 1])


def _split(name: str) -> tuple[str, str | None]:
    found = _SHEET.fullmatch(name)
    return (found["file"], found["sheet"]) if found else (name, None)


def _no_entries() -> pd.DataFrame:
    whole = {"line": "int64", "n": "int64"}
    return pd.DataFrame(
        {name: pd.Series([], dtype=whole.get(name, "object")) for name in ENTRY_COLUMNS}
    )

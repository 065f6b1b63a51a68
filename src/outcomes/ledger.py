"""The account: read = kept + dropped + quarantined, for each table and each source file.

Each loss has a reason and a place.
"""

from __future__ import annotations

import re
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
        log = _with_sheets(log)
        order = ["scope", "table", "file", "sheet", "line", "step", "reason", "column"]
        log = log.sort_values(order, kind="stable", na_position="first", ignore_index=True)
        return cls(log, dict(read), dict(kept), dict(lines), fates)

    def to_frame(self) -> pd.DataFrame:
        """One row for each row or cell that was lost, quarantined, altered or flagged."""
        return self.log.copy()

    def balance(self) -> pd.DataFrame:
        """`BALANCE_COLUMNS`, one row for each table; losses are counted from the entries."""
        rows = self.log[self.log["scope"] == "table"]
        lost = [rows[rows["action"] == str(a)].groupby("table").size() for a in _LOST]
        return pd.DataFrame(
            [
                (name, n, self.kept.get(name, 0), *(int(part.get(name, 0)) for part in lost))
                for name, n in self.read.items()
            ],
            columns=BALANCE_COLUMNS,
        )

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
    lost = log[log["action"].isin([str(action) for action in _LOST])]
    waits = lost["action"] == str(Action.QUARANTINED)
    place = pd.DataFrame({FILE: lost["file"], LINE: lost["line"], "waits": waits})
    place = place.groupby([FILE, LINE], as_index=False, sort=False)["waits"].any()
    counts = dict.fromkeys(lines, 0)
    if used is not None:
        kept = [frame[[FILE, LINE]].drop_duplicates() for frame in used if len(frame)]
        if kept:
            there = pd.concat(kept).drop_duplicates().astype({FILE: "object"})
            counts |= there.groupby(FILE).size().to_dict()
            both = place[[FILE, LINE]].merge(there, how="left", indicator=True)
            place = place[(both["_merge"] == "left_only").to_numpy()]
    sizes = place.groupby([FILE, "waits"]).size()
    fates = {}
    for name, n in lines.items():
        dropped, quarantined = (int(sizes.get((name, waiting), 0)) for waiting in (False, True))
        rest = int(counts[name]) if used is not None else n - dropped - quarantined
        fates[name] = LineFate(rest, dropped, quarantined)
    return fates


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

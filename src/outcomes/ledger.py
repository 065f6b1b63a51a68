"""The account, with reason and place: read = kept + dropped + quarantined, by table and file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import pandas as pd

from outcomes.schema.ordering import order_by
from outcomes.schema.texts import repeated, text_array


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
_COUNTED = ("scope", "table", "action", "reason")
# A code for each cell (-1 where missing), and the different texts.
Coded: TypeAlias = tuple[np.ndarray, list[str]]


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
    size = len(rows)
    nothing = np.full(size, None, dtype=object)
    found = {
        "scope": repeated(scope, size, "str"),
        "table": repeated(table, size, "str"),
        "action": repeated(str(action), size, "str"),
        "step": repeated(step, size, "str"),
        "reason": repeated(reason, size, "str"),
        "file": pd.array(text_array(rows[FILE]), dtype="str"),
        "sheet": nothing,
        "line": rows[LINE].to_numpy(),
        "column": nothing if column is None else repeated(column, size, "str"),
        "n": np.full(size, n),
    }
    return pd.DataFrame(found, columns=ENTRY_COLUMNS, copy=False)


def texts_of(log: pd.DataFrame, column: str) -> set[str]:
    """The different texts in a column of some entries."""
    return set(_coded(log[column])[1])


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
    `tally` counts the entries by scope, table, action and reason, where that was done already.
    """

    log: pd.DataFrame
    read: dict[str, int]
    kept: dict[str, int]
    lines: dict[str, int]
    fates: dict[str, LineFate] = field(default_factory=dict)
    tally: pd.DataFrame | None = field(default=None, repr=False)

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
        coded = _all_coded(log)
        fates = _fates(log["line"].to_numpy(), coded, lines, used)
        ordered = _sorted(_with_sheets(log), coded)
        tally = _tally(log["n"], coded)
        return cls(ordered, dict(read), dict(kept), dict(lines), fates, tally)

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
        return pd.DataFrame(self._balances(), columns=BALANCE_COLUMNS)

    def _balances(self) -> list[tuple[str, int, int, int, int]]:
        lost: Counter[tuple[str, str]] = Counter()
        tally = self._counted()
        columns = (tally[name].tolist() for name in ("scope", "table", "action", "rows"))
        for scope, table, action, n in zip(*columns, strict=True):
            if scope == "table":
                lost[table, action] += n
        dropped, quarantined = map(str, _LOST)
        return [
            (name, n, self.kept.get(name, 0), lost[name, dropped], lost[name, quarantined])
            for name, n in self.read.items()
        ]

    def _counted(self) -> pd.DataFrame:
        return _tally(self.log["n"], _all_coded(self.log)) if self.tally is None else self.tally

    def files(self) -> pd.DataFrame:
        """`FILES_COLUMNS`, one row for each file or sheet: where its data lines went."""
        return pd.DataFrame(self._lines(), columns=FILES_COLUMNS)

    def _lines(self) -> list[tuple[str, int, int, int, int]]:
        fates = ((name, n, self.fates[name]) for name, n in self.lines.items())
        return [(name, n, one.used, one.dropped, one.quarantined) for name, n, one in fates]

    def balanced(self) -> bool:
        """Whether read = kept + dropped + quarantined holds for every table and every file."""
        rows = (*self._balances(), *self._lines())
        return all(read == sum(parts) for _, read, *parts in rows)

    def summary(self) -> pd.DataFrame:
        """table, action, reason, n: the most frequent first."""
        counts: Counter[tuple[str, str, str]] = Counter()
        tally = self._counted()
        columns = (tally[name].tolist() for name in ("table", "action", "reason", "n"))
        for table, action, reason, n in zip(*columns, strict=True):
            counts[table, reason, action] += n
        order = sorted((-n, *what) for what, n in counts.items())
        rows = [(table, action, reason, -n) for n, table, reason, action in order]
        kinds = dict.fromkeys(("table", "action", "reason"), "str") | {"n": "int64"}
        return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)

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
    line: np.ndarray,
    coded: Mapping[str, Coded],
    lines: Mapping[str, int],
    used: Iterable[pd.DataFrame] | None,
) -> dict[str, LineFate]:
    """What became of the lines of each file; a line waits if any of its rows does."""
    codes, names = coded["file"]
    actions, words = coded["action"]
    waiting, gone = (
        _lines_by_file([(codes[mask], names, line[mask])])
        for word in (Action.QUARANTINED, Action.DROPPED)
        for mask in [np.array([w == str(word) for w in words], dtype=bool)[actions]]
    )
    places = [] if used is None else [(*_coded(rows[FILE]), rows[LINE].to_numpy()) for rows in used]
    kept = _lines_by_file(places)
    none = np.array([], dtype=np.int64)
    fates = {}
    for name, n in lines.items():
        there, waits, lost = (found.get(name, none) for found in (kept, waiting, gone))
        waits = _without(waits, there)
        lost = _without(_without(lost, there), waits)
        rest = len(there) if used is not None else n - len(lost) - len(waits)
        fates[name] = LineFate(rest, len(lost), len(waits))
    return fates


def _without(lines: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Sorted lines that are not among other sorted ones."""
    place = np.searchsorted(others, lines)
    found: np.ndarray = lines[np.append(others, -1)[place] != lines]
    return found


def _lines_by_file(
    places: Iterable[tuple[np.ndarray, Sequence[str], np.ndarray]],
) -> dict[str, np.ndarray]:
    """The distinct lines of each file, sorted; of codes, names of files and lines."""
    parts: dict[str, list[np.ndarray]] = {}
    for codes, names, line in places:
        whole = line.astype(np.int64, copy=False)
        for code, name in enumerate(names):
            mine = whole if len(names) == 1 else whole[codes == code]
            parts.setdefault(name, []).append(mine)
    return {name: _distinct(np.concatenate(found)) for name, found in parts.items()}


def _distinct(lines: np.ndarray) -> np.ndarray:
    ordered = bool((np.diff(lines) > 0).all())
    return lines if ordered else np.unique(lines)


def _sorted(log: pd.DataFrame, coded: Mapping[str, Coded] | None = None) -> pd.DataFrame:
    """Entries in their fixed order; `coded` has columns by codes, the file's before sheets."""
    known = dict(coded or {})
    if log["sheet"].notna().any():
        known.pop("file", None)
    order = ["scope", "table", "file", "sheet", "line", "step", "reason", "column"]
    keys = [
        log[c].to_numpy() if c == "line" else _ranks(known[c] if c in known else _coded(log[c]))
        for c in order
    ]
    return log.take(order_by(keys)).reset_index(drop=True)


def _ranks(coded: Coded) -> np.ndarray:
    """Numbers that order as the few different texts of a column do; missing ones come first."""
    codes, names = coded
    rank = np.zeros(len(names) + 1, dtype=np.int64)
    rank[:-1][np.argsort(np.array(names, dtype=object), kind="stable")] = np.arange(len(names)) + 1
    found: np.ndarray = rank[codes]
    return found


def _all_coded(log: pd.DataFrame) -> dict[str, Coded]:
    return {name: _coded(log[name]) for name in (*_COUNTED, "step", "file")}


def _coded(cells: pd.Series) -> Coded:
    """A code for each cell (-1 where missing), and the different texts."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.codes.to_numpy(), list(map(str, cells.cat.categories))
    if isinstance(cells.dtype, pd.StringDtype):
        coded = text_array(cells).dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return codes, coded.dictionary.to_pylist()
    if cells.isna().all():
        return np.full(len(cells), -1), []
    found, names = pd.factorize(cells)
    return found, [str(name) for name in names]


def _tally(n: pd.Series, coded: Mapping[str, Coded]) -> pd.DataFrame:
    """scope, table, action, reason, rows, n: how many entries, and cells, there are of each."""
    key = np.zeros(len(n), dtype=np.int64)
    for name in _COUNTED:
        codes, texts = coded[name]
        key = key * len(texts) + codes
    group, distinct = pd.factorize(key)
    where = np.zeros(len(distinct), dtype=np.int64)
    # The first of each, which is the last one written.
    where[group[::-1]] = np.arange(len(n))[::-1]
    found = {
        name: pd.array([coded[name][1][code] for code in coded[name][0][where]], dtype="str")
        for name in _COUNTED
    }
    cells = np.bincount(group, weights=n, minlength=len(distinct)).astype(np.int64)
    return pd.DataFrame({**found, "rows": np.bincount(group, minlength=len(distinct)), "n": cells})


def _with_sheets(log: pd.DataFrame) -> pd.DataFrame:
    """Sheet and table names, which stand in brackets behind the file's, as a column."""
    codes, names = _coded(log["file"])
    if not any(map(_SHEET.fullmatch, names)):
        return log
    found = np.array([*(_split(name) for name in names), (None, None)], dtype=object)
    return log.assign(file=found[codes, 0], sheet=found[codes, 1])


def _split(name: str) -> tuple[str, str | None]:
    found = _SHEET.fullmatch(name)
    return (found["file"], found["sheet"]) if found else (name, None)


def _no_entries() -> pd.DataFrame:
    whole = {"line": "int64", "n": "int64"}
    return pd.DataFrame(
        {name: pd.Series([], dtype=whole.get(name, "object")) for name in ENTRY_COLUMNS}
    )

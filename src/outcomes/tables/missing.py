"""What is missing: end scores by arm, who lacks them, and rows that were not used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.cleaning import reasons
from outcomes.ledger import Ledger
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import releasable
from outcomes.tables.notes import hiding, lacking
from outcomes.tables.table import Cell, Table, TableColumn, missing, shown, suppressed, text

_NO_TABLE = "whole file"
_TABLES = ("table", lambda names: ", ".join(sorted(set(names))))
_DONE = {
    "dropped": "row left out",
    "quarantined": "row waits for a decision",
    "emptied": "value left out",
    "changed": "value corrected",
    "flagged": "kept, worth a look",
}
_STATUSES = ("paired", "no_end_score", "no_start_score", "no_score")
# Rows of the table as sums of the statuses, the most needed first.
_COUNTS = {
    "Scores at the start and at the end": (True, False, False, False),
    "Started": (True, True, True, True),
    "Score at the start": (True, True, False, False),
    "Score at the end": (True, False, True, False),
    "Score at the start, none at the end": (False, True, False, False),
    "No score at all": (False, False, False, True),
}
_ORDER = (1, 2, 3, 0, 4, 5)


def missing_table(
    frame: pd.DataFrame,
    policy: Policy,
    *,
    arms: Sequence[str] | None = None,
    arm: str = "arm",
    pre: str = "pre",
) -> Table:
    """How many of those who started have scores, and how they differ at the start.

    `frame` has one row for each person with `status` (a cohort's frame). The last rows
    give the mean start score of those with and of those without an end score: if these
    differ, those with both scores do not stand for everybody.
    """
    names = list(arms) if arms is not None else sorted(frame[arm].dropna().unique())
    groups = [frame[frame[arm] == name] for name in names]
    columns = [TableColumn("fact", "Scores", "text")]
    columns += [TableColumn(str(name), fmt.group_name(arm, name), "count") for name in names]
    counted = [_counted(group, policy) for group in groups]
    labels = list(_COUNTS)
    rows = [(text(labels[place]), *(cells[place] for cells in counted)) for place in _ORDER]
    for label, status in (
        ("Start score of those with an end score, mean", "paired"),
        ("Start score of those without an end score, mean", "no_end_score"),
    ):
        rows.append((text(label), *(_mean(group, status, pre, policy) for group in groups)))
    notes = (
        "Shares are of everybody who started in the arm. 'Start' and 'end' are chosen by "
        "occasion and date.",
    )
    return Table(
        id="missing",
        caption="Who has scores, and how those without an end score started",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(*notes, *hiding(rows, policy), *lacking(rows)),
    )


def ledger_table(ledger: Ledger, policy: Policy) -> Table:
    """Rows and cells that were dropped, emptied, changed or flagged, by reason.

    Reasons with few rows stand together in the last row, hidden where even their sum is
    small. Titles are those of cleaning's reasons.
    """
    columns = (
        TableColumn("reason", "Reason", "text"),
        TableColumn("action", "What was done", "text"),
        TableColumn("tables", "In", "text"),
        TableColumn("n", "How many", "count"),
    )
    found = ledger.summary()
    found = found.assign(table=found["table"].fillna("").replace("", _NO_TABLE))
    found = found.groupby(["reason", "action"], as_index=False).agg(n=("n", "sum"), table=_TABLES)
    found = found.sort_values(["n", "reason"], ascending=[False, True])
    few = np.array([hidden(n, policy) for n in found["n"]], dtype=bool)
    known = reasons()
    rows = [
        (
            text(known[row.reason].title if row.reason in known else str(row.reason)),
            text(_DONE.get(str(row.action), str(row.action))),
            text(row.table),
            shown(int(row.n), fmt.count(row.n), "count"),
        )
        for row in found[~few].itertuples()
    ]
    if few.any():
        rest = int(found.loc[few, "n"].sum())
        # One reason alone, or a few rows in all, would be given away by the sum.
        open_ = few.sum() > 1 and not hidden(rest, policy)
        n = shown(rest, fmt.count(rest), "count") if open_ else suppressed("count")
        rows.append(
            (text("Other reasons, each with few rows"), text("various"), text("various"), n)
        )
    notes = ("Each row is accounted for, with file and line, in the ledger of the run.",)
    return Table(
        id="ledger",
        caption="Rows of the source that were not used as they were",
        columns=columns,
        rows=tuple(rows),
        notes=(*notes, *hiding(rows, policy)),
    )


def _counted(group: pd.DataFrame, policy: Policy) -> list[Cell]:
    """The counts of one arm in the order of `_COUNTS`, decided together."""
    atoms = [int(group["status"].eq(status).sum()) for status in _STATUSES]
    answers = releasable(atoms, list(_COUNTS.values()), policy)
    started_shown = answers[1]
    cells = []
    for (label, parts), ok in zip(_COUNTS.items(), answers, strict=True):
        n = int(np.dot(parts, atoms))
        words = fmt.count(n)
        if started_shown and label != "Started":
            words = fmt.count_and_share(n, len(group))
        cells.append(shown(n, words, "count") if ok else suppressed("count"))
    return cells


def _mean(group: pd.DataFrame, status: str, pre: str, policy: Policy) -> Cell:
    values = group.loc[group["status"].eq(status), pre].to_numpy(dtype=float, na_value=np.nan)
    if hidden(len(values), policy):
        return suppressed("number")
    if not len(values):
        return missing("number")
    mean = float(values.mean())
    sd = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return shown(mean, fmt.mean_and_sd(mean, sd), "number")

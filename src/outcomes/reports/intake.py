"""What `outcomes check` says: what was read, what was not used and why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from outcomes.cleaning import reasons
from outcomes.ledger import FILES_COLUMNS, Action, Ledger
from outcomes.reports.policy import report_policy
from outcomes.schema import Study
from outcomes.showing import format as fmt

DROPPED, WAITING = str(Action.DROPPED), str(Action.QUARANTINED)
# What weighs most comes first; what is dropped and not missed comes last.
HEADINGS = {
    DROPPED: "Rows that were lost",
    WAITING: "Rows that wait for your decision",
    str(Action.EMPTIED): "Values that were left out",
    str(Action.CHANGED): "Values that were corrected by a rule",
    str(Action.FLAGGED): "Used as it stands, worth a look",
    "harmless": "Left out and not missed",
}


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason in one table: how often, where first, and what a practice can do."""

    table: str
    action: str
    reason: str
    title: str
    to_do: str
    n: int
    places: tuple[str, ...]
    noun: str = "row"

    @property
    def group(self) -> str:
        """The heading it stands under."""
        lost = self.action == DROPPED and self.reason in report_policy().harmless
        return "harmless" if lost else self.action

    def what(self, *, few: bool = False) -> str:
        """How many rows, lines or cells were what; `few` keeps the number back."""
        noun = self.noun + ("" if self.n == 1 and not few else "s")
        return f"{'a few' if few else fmt.count(self.n)} {noun} {self.action}"


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """The account of one read.

    `over` gives tables that lost too large a share of rows to errors, `waiting` those of
    which too large a share waits for a decision.
    """

    name: str
    balance: pd.DataFrame
    files: pd.DataFrame
    issues: tuple[Issue, ...]
    over: dict[str, float]
    waiting: dict[str, float]

    @property
    def may_be_reported(self) -> bool:
        """Whether what remains may stand for the practice."""
        return not self.over and not self.waiting

    def lines(self) -> list[str]:
        """The account as lines of plain text, the most important reasons first."""
        found = [f"Read {self.name}", "", *_table_lines(self.balance), *self._file_lines()]
        for group, heading in HEADINGS.items():
            issues = [issue for issue in self.issues if issue.group == group]
            if issues:
                found += ["", heading, "-" * len(heading)]
            for issue in issues:
                found += [f"{issue.table}: {issue.what()}. {issue.title} ({issue.reason})"]
                found += [f"  where: {'; '.join(issue.places)}"]
                found += [f"  what to do: {issue.to_do}"]
        if not self.issues:
            found += ["", "Every row was used as it stands."]
        return [*found, "", self.judgement()]

    def judgement(self) -> str:
        """Whether this may be reported and by which limits, in plain sentences."""
        rules = report_policy()
        lost, waits = fmt.percent(rules.max_share_dropped), fmt.percent(rules.max_share_quarantined)
        if self.may_be_reported:
            return (
                f"May be reported: no table lost more than {lost} of its rows to errors, and of "
                f"none more than {waits} wait for a decision."
            )
        said = []
        if self.over:
            said.append(f"more than {lost} of the rows were dropped ({_shares(self.over)})")
        if self.waiting:
            said.append(f"more than {waits} wait for a decision ({_shares(self.waiting)})")
        return f"Mend this first: {'; '.join(said)}."

    def _file_lines(self) -> Iterator[str]:
        """Files that lost lines; the others are only counted."""
        if self.files.empty:
            return
        used = self.files["lines_read"] == self.files["lines_used"]
        yield ""
        if not used.all():
            yield from _table_lines(self.files[~used])
        if used.any():
            others = "" if used.all() else "other "
            yield (
                f"{fmt.count(int(used.sum()))} {others}file{'' if used.sum() == 1 else 's'}: "
                "every line was used"
            )


def intake(study: Study) -> Intake:
    """Judge a read by its ledger and the packaged limits."""
    log = study.ledger.to_frame()
    balance, rules = study.ledger.balance(), report_policy()
    kept = study.ledger
    files = kept.files() if isinstance(kept, Ledger) else pd.DataFrame(columns=FILES_COLUMNS)
    errors = log[~log["reason"].isin(rules.harmless)]
    return Intake(
        study.name,
        balance,
        files,
        tuple(_issues(log)),
        _above(errors, balance, Action.DROPPED, rules.max_share_dropped),
        _above(log, balance, Action.QUARANTINED, rules.max_share_quarantined),
    )


def _above(
    log: pd.DataFrame, balance: pd.DataFrame, action: Action, limit: float
) -> dict[str, float]:
    """Tables with more than `limit` of their rows lost by `action`, and the share."""
    rows = log[(log["action"] == str(action)) & (log["scope"] == "table")].groupby("table").size()
    shares = {
        str(row.table): int(rows.get(row.table, 0)) / int(row.rows_read)
        for row in balance.itertuples()
        if row.rows_read
    }
    return {table: share for table, share in shares.items() if share > limit}


def _shares(tables: dict[str, float]) -> str:
    return ", ".join(f"{table} {fmt.percent(share)}" for table, share in tables.items())


def _issues(log: pd.DataFrame) -> list[Issue]:
    found = []
    keys = ["scope", "table", "action", "reason"]
    for (scope, table, action, reason), rows in log.groupby(keys, dropna=False):
        known = reasons().get(str(reason))
        found.append(
            Issue(
                table="files" if pd.isna(table) or not table else str(table),
                action=str(action),
                reason=str(reason),
                title=known.title if known else str(reason),
                to_do=known.to_do if known else "see the ledger",
                n=int(rows["n"].sum()),
                places=_places(rows),
                noun=(known.counts if known else "") or _noun(str(scope), str(action)),
            )
        )
    order = list(HEADINGS)
    return sorted(found, key=lambda i: (order.index(i.group), -i.n, i.table, i.reason))


def _noun(scope: str, action: str) -> str:
    if action in (Action.EMPTIED, Action.CHANGED):
        return "cell"
    return "line" if scope == "file" else "row"


def _places(rows: pd.DataFrame) -> tuple[str, ...]:
    limit = report_policy().places
    # One line of a wide questionnaire gives a row for each item: name the line once.
    place = ["file", "sheet", "line", "column"]
    lines = rows.drop_duplicates(place).sort_values(place[:3], na_position="first")
    first = lines.head(limit)
    named = tuple(
        f"{row.file}"
        + ("" if pd.isna(row.sheet) else f"[{row.sheet}]")
        + (f" line {int(row.line)}" if pd.notna(row.line) and row.line else "")
        + ("" if pd.isna(row.column) else f" column {row.column}")
        for row in first.itertuples()
    )
    left = len(lines) - len(named)
    more = "place" if left == 1 else "places"
    return (*named, f"and {fmt.count(left)} more {more}") if left else named


def _table_lines(frame: pd.DataFrame) -> list[str]:
    """Name, read, kept (or used), dropped, waiting, in columns."""
    names, *counts = (str(name) for name in frame.columns)
    width = max(len(names), *(len(str(name)) for name in frame[names]), 5)
    heads = [name.split("_")[1] for name in counts]
    lines = [f"{names:<{width}} " + " ".join(f"{head:>11}" for head in heads)]
    for name, *numbers in frame.itertuples(index=False, name=None):
        lines.append(f"{name:<{width}} " + " ".join(f"{fmt.count(n):>11}" for n in numbers))
    return lines

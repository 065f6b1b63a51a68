"""What `outcomes check` says: what was read, what was not used and why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.cleaning import reasons
from outcomes.ledger import Action
from outcomes.reports.policy import report_policy
from outcomes.schema import Study
from outcomes.showing import format as fmt

# A lost row weighs more than a lost cell, and that more than a remark.
ORDER = [str(a) for a in (Action.DROPPED, Action.EMPTIED, Action.CHANGED, Action.FLAGGED)]
NOUNS = {"dropped": "row", "emptied": "cell", "changed": "cell", "flagged": "row"}


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


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """The account of one read. `over` gives tables that lost too large a share of rows."""

    name: str
    balance: pd.DataFrame
    issues: tuple[Issue, ...]
    over: dict[str, float]

    @property
    def may_be_reported(self) -> bool:
        """Whether what remains may stand for the practice."""
        return not self.over

    def lines(self) -> list[str]:
        """The account as lines of plain text, the most important reasons first."""
        found = [f"Read {self.name}", "", *_balance_lines(self.balance)]
        for issue in self.issues:
            noun = NOUNS[issue.action] + ("" if issue.n == 1 else "s")
            what = f"{fmt.count(issue.n)} {noun} {issue.action}"
            found += ["", f"{issue.table}: {what}. {issue.title} ({issue.reason})"]
            found += [f"  where: {'; '.join(issue.places)}"]
            found += [f"  what to do: {issue.to_do}"]
        if not self.issues:
            found += ["", "Every row was used as it stands."]
        return [*found, "", self.judgement()]

    def judgement(self) -> str:
        """Whether this may be reported, in one sentence."""
        limit = fmt.percent(report_policy().max_share_dropped)
        if self.may_be_reported:
            return f"May be reported: no table lost more than {limit} of its rows to errors."
        worst = ", ".join(f"{table} {fmt.percent(share)}" for table, share in self.over.items())
        return f"Mend this first: more than {limit} of the rows were dropped ({worst})."


def intake(study: Study) -> Intake:
    """Judge a read by its ledger and the packaged limits."""
    log = study.ledger.to_frame()
    balance = study.ledger.balance()
    return Intake(study.name, balance, tuple(_issues(log)), _over(log, balance))


def _over(log: pd.DataFrame, balance: pd.DataFrame) -> dict[str, float]:
    rules = report_policy()
    dropped = (log["action"] == str(Action.DROPPED)) & (log["scope"] == "table")
    serious = log[dropped & ~log["reason"].isin(rules.harmless)].groupby("table").size()
    shares = {
        str(row.table): int(serious.get(row.table, 0)) / int(row.rows_read)
        for row in balance.itertuples()
        if row.rows_read
    }
    return {table: share for table, share in shares.items() if share > rules.max_share_dropped}


def _issues(log: pd.DataFrame) -> list[Issue]:
    found = []
    for (table, action, reason), rows in log.groupby(["table", "action", "reason"], dropna=False):
        known = reasons().get(str(reason))
        found.append(
            Issue(
                table="files" if pd.isna(table) or not table else str(table),
                action=str(action),
                reason=str(reason),
                title=known.title if known else str(reason),
                to_do=known.to_do if known else "see ledger.csv",
                n=len(rows),
                places=_places(rows),
            )
        )
    return sorted(found, key=lambda i: (ORDER.index(i.action), -i.n, i.table, i.reason))


def _places(rows: pd.DataFrame) -> tuple[str, ...]:
    limit = report_policy().places
    # One line of a wide questionnaire gives a row for each item: name the line once.
    lines = rows.drop_duplicates(["file", "line", "column"]).sort_values(["file", "line"])
    first = lines.head(limit)
    named = tuple(
        f"{row.file}"
        + (f" line {int(row.line)}" if pd.notna(row.line) and row.line else "")
        + ("" if pd.isna(row.column) else f" column {row.column}")
        for row in first.itertuples()
    )
    left = len(lines) - len(named)
    return (*named, f"and {fmt.count(left)} more places") if left else named


def _balance_lines(balance: pd.DataFrame) -> list[str]:
    width = max([5, *(len(str(name)) for name in balance["table"])])
    lines = [f"{'table':<{width}} {'read':>9} {'kept':>9} {'dropped':>9}"]
    lines += [
        f"{row.table:<{width}} {fmt.count(row.rows_read):>9} "
        f"{fmt.count(row.rows_kept):>9} {fmt.count(row.rows_dropped):>9}"
        for row in balance.itertuples()
    ]
    return lines

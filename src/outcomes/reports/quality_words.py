"""The sentences of the report on data quality: verdicts, problems, and advice by rule.

Each sentence follows from numbers that may be shown; a hidden number gives no sentence.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outcomes.derive.completeness import EVERYBODY, PRACTICE
from outcomes.instruments import get
from outcomes.privacy import hidden
from outcomes.reports.policy import report_policy
from outcomes.reports.quality_numbers import Quality, quality_policy
from outcomes.schema import Verdict
from outcomes.showing import format as fmt
from outcomes.showing.disclosure import releasable

MAY = "Whether these files can stand for the practice, and what to mend first."
READ = (
    "Every row that was read is kept in a table, dropped with a reason, or put aside until "
    "somebody has decided about it. One line of a questionnaire gives a row for each answer."
)
UNUSED = (
    "What was left out, emptied, corrected or flagged, what that means, and what to do in the "
    "source, so that the next export needs less of it."
)
FILLED = (
    "Columns that may be empty. What is not recorded at the start cannot be adjusted for when "
    "groups are compared."
)
WAITS = (
    "A start score belongs before or close to the start, an end score close to the last session: "
    "between the two dates lies the help whose result is measured."
)
NEXT = (
    "Each sentence follows from a number above and a limit; the limits are given with their reason."
)


def lost(numbers: Quality) -> tuple[Verdict, str, str]:
    """Whether errors cost any table too many rows, or too many wait: verdict, sentence, claim."""
    limit = fmt.percent(report_policy().max_share_dropped)
    claim = f"Fewer than {limit} of the rows of every table were lost to errors"
    account = numbers.account
    if account.may_be_reported:
        return Verdict.SUPPORTED, f"No table lost more than {limit} of its rows to errors.", claim
    said = []
    if account.over:
        said.append(f"More than {limit} of the rows were lost in: {_names(account.over)}.")
    if account.waiting:
        waits = fmt.percent(report_policy().max_share_quarantined)
        said.append(f"More than {waits} wait for a decision in: {_names(account.waiting)}.")
    return Verdict.NOT_SUPPORTED, f"{' '.join(said)} Mend this before reporting.", claim


def _names(tables: dict[str, float]) -> str:
    return fmt.listed(sorted(tables))


def accounted(numbers: Quality) -> tuple[Verdict, str, str]:
    """Whether what was read equals what was kept, dropped and put aside."""
    claim = "Every row that was read is accounted for"
    if numbers.ledger.balanced():
        return Verdict.SUPPORTED, "In every table and file, read = kept + dropped + waiting.", claim
    return Verdict.NOT_SUPPORTED, "Rows are missing from the account; report this error.", claim


def measured(numbers: Quality, instrument: str) -> tuple[Verdict, str, str]:
    """Whether enough of those whose episode ended have an end score."""
    limit = quality_policy()["end_score"]["minimum"]
    name = get(instrument).name
    claim = f"{name}: at least {fmt.percent(limit)} of those who ended have an end score"
    row = _everybody(numbers, instrument)
    if pd.isna(row.end_rate):
        if row.ended == 0:
            return Verdict.CANNOT_TELL, "No episode ended.", claim
        return Verdict.SUPPRESSED, "The numbers are small enough to point at people.", claim
    said = (
        f"{fmt.n_of(row.with_end, row.ended)} ({fmt.percent(row.end_rate)}, "
        f"{fmt.level(numbers.policy.confidence)} interval "
        f"{fmt.percent_interval(row.end_low, row.end_high)})."
    )
    if row.end_low >= limit:
        return Verdict.SUPPORTED, said, claim
    return (Verdict.NOT_SUPPORTED if row.end_high < limit else Verdict.CANNOT_TELL), said, claim


def problems(numbers: Quality) -> tuple[str, ...]:
    """The most important reasons, the gravest first, each with what to do."""
    harmless = report_policy().harmless
    issues = [issue for issue in numbers.account.issues if issue.reason not in harmless]
    said = []
    for issue in issues[: quality_policy()["problems"]["shown"]]:
        what = issue.what(few=hidden(issue.n, numbers.policy))
        said.append(f"{issue.table}: {what}. {issue.title}: {issue.to_do}")
    return tuple(said) or ("No row was lost or altered because of an error.",)


def response_lead(numbers: Quality) -> str:
    """What counts as a response, for whom."""
    when = "at any time" if numbers.period.start is None else f"in {numbers.period.label}"
    where = "" if numbers.practice is None else f" in practice {numbers.practice}"
    return (
        f"Episodes that started {when}{where}, one count for each person in each episode. "
        "End scores are counted among episodes that ended. Measures of a relationship are counted "
        "for couples only. Intervals treat people as independent."
    )


def advice(numbers: Quality) -> tuple[str, ...]:
    """What to do next quarter: every rule whose limit is passed, in the order of gravity."""
    said = (*_scores(numbers), *_gaps(numbers), *_late(numbers), *_cells(numbers))
    return said or ("Keep on as now: no limit was passed.",)


def limits() -> tuple[str, ...]:
    """The limits behind the advice, with their reasons."""
    rules = quality_policy()
    named = {
        "end_score": f"End scores, at least {fmt.percent(rules['end_score']['minimum'])}",
        "start_score": f"Start scores, at least {fmt.percent(rules['start_score']['minimum'])}",
        "practices": f"Practices, at most {fmt.percent(rules['practices']['gap'])} apart",
        "start_wait": f"Start score, within {rules['start_wait']['days']} days",
        "end_wait": f"End score, within {rules['end_wait']['days']} days",
        "cells": f"Cells filled, at least {fmt.percent(rules['cells']['minimum'])}",
    }
    return tuple(
        f"{name}. {' '.join(rules[rule]['reason'].split())}" for rule, name in named.items()
    )


def _scores(numbers: Quality) -> Iterator[str]:
    rules = quality_policy()
    for share, when in (("end", "at or after the last session"), ("start", "before the first")):
        low = {}
        for name in numbers.instruments:
            rate = getattr(_everybody(numbers, name), f"{share}_rate")
            if not pd.isna(rate) and rate < rules[f"{share}_score"]["minimum"]:
                low[get(name).name] = fmt.percent(rate)
        if low:
            listed = fmt.listed([f"{name} {rate}" for name, rate in low.items()])
            yield (
                f"Ask for {share} scores {when}: the share with one is below "
                f"{fmt.percent(rules[f'{share}_score']['minimum'])} ({listed})."
            )


def _gaps(numbers: Quality) -> Iterator[str]:
    gap = quality_policy()["practices"]["gap"]
    for name in numbers.instruments:
        rows = numbers.rows(PRACTICE)
        rows = rows[rows["instrument"].eq(name) & rows["end_rate"].notna()]
        if len(rows) < 2:
            continue
        rows = rows.sort_values(["end_rate", "group"])
        low, high = rows.iloc[0], rows.iloc[-1]
        if high["end_rate"] - low["end_rate"] > gap:
            yield (
                f"Find out what {high['group']} does that {low['group']} does not: end scores of "
                f"the {get(name).name} came from {fmt.percent(high['end_rate'])} there and from "
                f"{fmt.percent(low['end_rate'])} here."
            )


def _late(numbers: Quality) -> Iterator[str]:
    advised = {
        "start": "Give the {name} before the help begins: a quarter of the start scores came "
        "more than {days} days after the start.",
        "end": "Give the {name} with the last session: a quarter of the end scores came more than "
        "{days} days after it.",
    }
    for row in numbers.waits.itertuples():
        few = numbers.policy.suppress and row.n < numbers.policy.minimum_plot
        days = quality_policy()[f"{row.measure}_wait"]["days"]
        if not few and row.q3 > days:
            yield advised[row.measure].format(name=get(row.instrument).name, days=days)


def _cells(numbers: Quality) -> Iterator[str]:
    rule = quality_policy()["cells"]
    for row in numbers.filled.itertuples():
        parts = (int(row.filled), int(row.rows - row.filled))
        seen = all(releasable(parts, ((True, True), (True, False), (False, True)), numbers.policy))
        share = row.filled / row.rows
        if not seen or row.column in rule["by_right"] or share >= rule["minimum"]:
            continue
        column = str(row.column).replace("_", " ")
        if row.filled:
            filled = fmt.percent(share)
            yield f"Fill in {column} in {row.table}: {filled} of the cells hold a value."
        else:
            yield f"Record {column} in {row.table}, or export it: no cell holds a value."


def _everybody(numbers: Quality, instrument: str) -> pd.Series:
    rows = numbers.rows(EVERYBODY[0])
    return rows[rows["instrument"] == instrument].iloc[0]

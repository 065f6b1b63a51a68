"""The TARGET checklist: what question and results fill in, and what the authors have to."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes._version import __version__
from outcomes.comparison.question.policy import question_words, target_items
from outcomes.comparison.question.protocol import elements
from outcomes.derive.flow import TOTAL
from outcomes.instruments.registry import get

if TYPE_CHECKING:
    from outcomes.comparison.question.question import Question
    from outcomes.derive import Cohort
    from outcomes.schema import Study

AUTHORS = "to be filled in by the authors"
NO_RESULT = "not known before the comparison has run"
NO_PEOPLE = "not known before the people have been selected"
SENSITIVITY = (
    "Other ways of adjusting, other populations, people without an end score (imputed, shifted, "
    "worst case), strength of unmeasured confounding (E-value)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Checklist:
    """`table`: item, section, asks, reported, filled_by ("outcomes", "authors", "later")."""

    table: pd.DataFrame
    source: str

    @property
    def to_do(self) -> list[str]:
        """Items the authors have to fill in."""
        return list(self.table.loc[self.table["filled_by"].eq("authors"), "item"])

    def to_frame(self) -> pd.DataFrame:
        """One row for each item."""
        return self.table.copy()

    def explain(self) -> str:
        """What the checklist is and what it does not tell."""
        counts = self.table["filled_by"].value_counts()
        return (
            f"{int(counts.get('outcomes', 0))} items are filled in from the question and the "
            f"results, {int(counts.get('authors', 0))} are left to the authors, "
            f"{int(counts.get('later', 0))} wait for results. A full checklist says that a study "
            f"is reported, not that it is right. Source: {self.source}."
        )

    def __repr__(self) -> str:
        lines = ["Checklist(TARGET)", self.explain()]
        lines += [f"{row.item:>6} {row.asks}\n       {row.reported}" for row in
                  self.table.itertuples()]  # fmt: skip
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"{self.table.to_html(index=False)}<p>{html.escape(self.explain())}</p>"


@dataclass(frozen=True, slots=True)
class _Known:
    question: Question
    result: Any
    study: Study | None
    cohort: Cohort | None


def checklist(
    question: Question,
    result: object = None,
    *,
    study: Study | None = None,
    cohort: Cohort | None = None,
) -> Checklist:
    """Fill in the items of the TARGET statement (Cashin and others 2025).

    Counts of people are not printed here but referred to: a report shows them with small
    ones hidden.
    """
    known = _Known(question, result, study, cohort)
    items, source = target_items()
    protocol = {row.key: row for row in elements(question)}
    rows = []
    for item in items:
        if item.origin == "authors":
            text: str | None = AUTHORS
        elif item.origin.startswith(("target.", "emulation.")):
            side, key = item.origin.split(".", 1)
            text = getattr(protocol[key], side)
        else:
            text = _FILLED[item.origin](known)
        by = "authors" if text == AUTHORS else "later" if text in (NO_RESULT, NO_PEOPLE) else ""
        rows.append((item.id, item.section, item.asks, text, by or "outcomes"))
    columns = ["item", "section", "asks", "reported", "filled_by"]
    return Checklist(pd.DataFrame(rows, columns=columns), source)


def _summary(known: _Known) -> str:
    question = known.question
    strategies = " against ".join(question.strategies)
    until = (
        "the last score in care"
        if question.follow_up_days is None
        else f"day {question.follow_up_days}"
    )
    what = question_words()["outcomes"][question.outcome]["label"]
    return (
        f"Emulation of a target trial with routine records: {strategies}, for "
        f"{get(question.instrument).name}, {what}, up to {until}"
    )


def _data(known: _Known) -> str:
    if known.study is None:
        return AUTHORS
    files = ", ".join(file.name for file in known.study.sources)
    return (
        f"Routine records of a practice ({known.study.name}); files: {files or 'not named'}. "
        "Place, setting and why they were collected: to be added by the authors"
    )


def _covariates(known: _Known) -> str:
    names = known.question.covariates
    if names is None and known.result is not None:
        names = getattr(known.result, "covariates", None)
    if names is None:
        return "the start score and every recorded characteristic that varies"
    return ", ".join(names)


def _effect(known: _Known) -> str:
    result = known.result
    if result is None:
        return NO_RESULT
    if math.isnan(result.estimate):
        return f"No effect is shown: {result.verdict} ({', '.join(result.reasons)})"
    return (
        f"{result.other} minus {result.reference}: {result.estimate:.2f} {result.unit}, "
        f"{result.confidence:.0%} interval {result.low:.2f} to {result.high:.2f}; verdict: "
        f"{result.verdict}"
    )


def _finding(known: _Known) -> str:
    if known.result is None:
        return NO_RESULT
    return f"{_effect(known)}; assumptions and methods as in items 7g and 7h"


def _limits(known: _Known) -> str:
    said = [
        "No randomisation: confounding by what was not recorded cannot be ruled out.",
        "People know what help they had when they answer.",
        "Intercurrent events that nobody declared a strategy for: "
        + (
            ", ".join(
                name.replace("_", " ")
                for name in known.question.intercurrent
                if name not in known.question.declared_events
            )
            or "none"
        )
        + ".",
    ]
    if known.result is not None:
        said += [f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in known.result.warnings]
    return " ".join(said)


def _selection(known: _Known) -> str:
    if known.cohort is None:
        return NO_PEOPLE
    steps = known.cohort.flow
    labels = steps.loc[steps["arm"].eq(TOTAL), "label"]
    return f"Flow diagram and table 'Who is in it': {'; '.join(labels)}"


def _interpretation(known: _Known) -> str:
    if known.result is None:
        return NO_RESULT
    stated = known.question.identification
    held = (
        f"an effect on the assumption that {stated.strip().rstrip('.')}"
        if stated
        else "nobody has stated that the assumptions are plausible, so no effect is claimed"
    )
    return f"Verdict: {known.result.verdict}; {held}. What it means in practice: the authors"


def _after_people(text: str) -> Callable[[_Known], str]:
    return lambda known: NO_PEOPLE if known.cohort is None else text


_FILLED: dict[str, Callable[[_Known], str]] = {
    "summary": _summary,
    "data": _data,
    "finding": _finding,
    "covariates": _covariates,
    "sensitivity": lambda _: SENSITIVITY,
    "selection": _selection,
    "baseline": _after_people("Table 'Who is in each arm at the start', with balance before and "
                              "after adjustment"),
    "length": _after_people("Days from start to end score and end reasons, by arm: to be read "
                            "with the report on leaving"),
    "missing": _after_people("Flow: people without start or end score, by arm; page 'What if "
                             "people who left did worse'"),
    "outcomes": _after_people("Page 'Change within each arm'"),
    "effect": _effect,
    "sensitivity_results": lambda known: NO_RESULT if known.result is None else (
        "Pages 'Fair comparison' and 'What if people who left did worse'"),
    "interpretation": _interpretation,
    "limits": _limits,
    "registration": lambda known: known.question.registered or AUTHORS,
    "code": lambda _: f"Code: outcomes {__version__}, open source; manifest.json of the run holds "
    "digests of the inputs, settings and versions. Access to the data: to be added by the authors",
}  # fmt: skip

"""The target trial and how these data emulate it, element by element, in words."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.comparison.question.policy import question_words
from outcomes.comparison.result import METHOD_NAMES
from outcomes.instruments.registry import get
from outcomes.models.weight_result import POPULATIONS
from outcomes.schema import label

if TYPE_CHECKING:
    from outcomes.comparison.question.question import Question

SOURCE = "Hernan and Robins 2016 (Am J Epidemiol 183:758); ICH E9(R1) 2019"
_ANALYSES = {
    "weighting": "propensity weights, then the weighted difference",
    "ancova": "regression of the outcome on strategy and covariates",
}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a protocol: in the trial that answers the question, and in these data."""

    key: str
    element: str
    target: str
    emulation: str


def elements(question: Question) -> tuple[Element, ...]:
    """The protocol in the order of the target trial framework."""
    return (
        _eligibility(question),
        _strategies(question),
        Element(
            "assignment",
            "Assignment",
            "At random; people and practitioners know the strategy",
            "Not at random: people are taken as assigned to the strategy their records show at "
            f"time zero, and made comparable in {_covariates(question)}",
        ),
        _follow_up(question),
        _outcome(question),
        _contrast(question),
        *_events(question),
        Element("assumptions", "Identifying assumptions",
                "Randomisation; no assumption on how people came to a strategy; people without an "
                "end score are like those with one, given what is known of them",
                " ".join(question_words()["assumptions"].values())),
        _analysis(question),
    )  # fmt: skip


def _eligibility(question: Question) -> Element:
    rules = question.eligibility
    applied = rules.applied()
    names = " or ".join(label("arm", arm).lower() for arm in question.strategies)
    trial = ["about to start " + names, *applied, *rules.others]
    read = [
        f"first episode of {names} in the data",
        *applied,
        "a start score",
        *(f"{text} (applied before the data came here)" for text in rules.others),
    ]
    if "both" not in question.strategies:
        trial.append("not in both kinds of care")
        read.append(f"no second kind of care within {question.grace} days of the start")
    return Element("eligibility", "Eligibility", _list(trial), _list(read))


def _strategies(question: Question) -> Element:
    target, found = [], []
    landmark = question.time_zero == "landmark"
    days = question.landmark_days if landmark else question.grace
    for arm in question.strategies:
        name = label("arm", arm)
        if arm == "both":
            target.append(f"{name}: have begun both within {days} days")
            found.append(f"{name}: an episode of the other kind is open within {days} days")
        else:
            target.append(f"{name}: start it, and nothing else within {days} days")
            found.append(f"{name}: the index episode, with no other kind within {days} days")
    target.append(f"reference: {label('arm', question.reference).lower()}")
    return Element("strategies", "Strategies", _list(target), _list(found))


def _follow_up(question: Question) -> Element:
    zero = question_words()["time_zero"][question.time_zero]
    if question.follow_up_days is None:
        until, read = "the end of help", "the last score at a session or at the end of the episode"
    else:
        until = f"{question.follow_up_days} days after the start of help"
        width = "the usual window" if question.follow_up_window is None else (
            f"{question.follow_up_window} days"
        )  # fmt: skip
        read = f"the score nearest to day {question.follow_up_days}, at most {width} away"
    days = question.landmark_days
    return Element(
        "follow_up",
        "Time zero and follow-up",
        f"{zero['target'].format(days=days)}; until {until}",
        f"{zero['emulation'].format(days=days)}; {read}",
    )


def _outcome(question: Question) -> Element:
    measure = get(question.instrument)
    what = question_words()["outcomes"][question.outcome]["label"]
    better = f"{measure.direction} is better"
    return Element(
        "outcome",
        "Outcome",
        f"{measure.name}, {what}; {better}; asked of everybody at fixed times",
        f"{measure.name}, {what}; {better}; as filled in, by people who know what help they had; "
        "chosen by key and date",
    )


def _contrast(question: Question) -> Element:
    words = question_words()["outcomes"][question.outcome]
    limit = question.margin
    margin = "" if limit is None else f"; margin {limit.points:.3g} {limit.unit} ({limit.basis})"
    contrast = "; ".join(f"{arm} minus {question.reference}" for arm in question.strategies[1:])
    population = POPULATIONS[question.estimand]
    text = f"{words['measure']}: {contrast}; {question.estimand}: for {population}{margin}"
    return Element(
        "contrast", "Causal contrast and population", text,
        f"{text}; {METHOD_NAMES[question.method]}",
    )  # fmt: skip


def _events(question: Question) -> list[Element]:
    body = question_words()
    found = []
    for event, way in question.intercurrent.items():
        row, strategy = body["events"][event], body["strategies"][way]
        chosen = "declared" if event in question.declared_events else "not declared: implied"
        done = body["carried_out"][way]["text"] if row["recorded"] else "nothing is done"
        if event == "dropout" and way == "while_on_treatment" and question.follow_up_days is None:
            done = "the last score in care is the end score"
        found.append(
            Element(
                f"event.{event}",
                f"Intercurrent event: {row['label'].lower()}",
                f"{strategy['label']} ({chosen}): {strategy['meaning']}",
                f"{row['found_by']}; {done}",
            )
        )
    return found


def _analysis(question: Question) -> Element:
    family = ", ".join(get(name).name for name in question.family) or "none"
    groups = ", ".join(question.subgroups) or "none"
    size = len(question.family) + len(question.subgroups) + 1
    declared = (
        f"further declared outcomes: {family}; declared subgroups: {groups}; adjusted by "
        f"{question.correction} over the declared family; everything else is exploratory"
        if size > 1
        else "one declared comparison; everything else is exploratory"
    )
    way = _ANALYSES.get(question.method, METHOD_NAMES[question.method])
    return Element(
        "analysis",
        "Analysis",
        f"Difference between the strategies as assigned, with {question.confidence:.0%} interval; "
        f"intercurrent events as above; {declared}",
        f"{way}, adjusted for {_covariates(question)}; intervals by "
        f"clusters of {question.cluster.replace('_', ' ')}; no effect is shown where overlap or "
        f"balance fail; {declared}",
    )


def _covariates(question: Question) -> str:
    if question.covariates is None:
        return "the start score and every recorded characteristic that varies"
    return ", ".join("the start score" if name == "pre" else name.replace("_", " ")
                     for name in question.covariates)  # fmt: skip


def _list(parts: list[str]) -> str:
    return "; ".join(parts)


def table(question: Question) -> pd.DataFrame:
    """element, target_trial, emulation."""
    rows = [(row.element, row.target, row.emulation) for row in elements(question)]
    return pd.DataFrame(rows, columns=["element", "target_trial", "emulation"])


def as_text(question: Question) -> str:
    """The protocol as indented text."""
    lines = [f"Question({question.name})"]
    for row in elements(question):
        lines += [row.element, f"  target trial: {row.target}", f"  these data:   {row.emulation}"]
    return "\n".join(lines)


def as_html(question: Question) -> str:
    """The protocol as a table."""
    head = "".join(
        f"<th scope='col'>{text}</th>" for text in ("Element", "Target trial", "With these data")
    )
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(row.element)}</th><td>{html.escape(row.target)}</td>"
        f"<td>{html.escape(row.emulation)}</td></tr>"
        for row in elements(question)
    )
    caption = f"<caption>{html.escape(question.name)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def explain(question: Question) -> str:
    """The protocol as sentences, the assumptions, and what a question does not tell."""
    stated = (
        f"The authors state on what assumption the difference is an effect: "
        f"{question.identification.strip().rstrip('.')}."
        if question.identification
        else "Nobody has stated that the assumptions are plausible, so that differences are told "
        "as differences, not as effects."
    )
    return "\n".join(
        [
            as_text(question),
            stated,
            "What this does not tell: whether the data can answer the question. ask() puts it to a "
            "study, and the comparison says not comparable where the strategies share too few "
            "people.",
            f"Source: {SOURCE}.",
        ]
    )

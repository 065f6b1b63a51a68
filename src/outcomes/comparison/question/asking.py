"""A question put to a study: the arguments of the comparison, and how to run it."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.comparison.arguments import contrast
from outcomes.comparison.compare import compare
from outcomes.comparison.question.people import People, outcome_column, people_of
from outcomes.comparison.question.policy import question_words
from outcomes.derive import Cohort
from outcomes.errors import UsageError
from outcomes.schema import Study

if TYPE_CHECKING:
    from outcomes.comparison.missing_result import MissingAnswers
    from outcomes.comparison.question.question import Question
    from outcomes.comparison.result import ComparisonResult


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Asked:
    """`arguments` of `oc.compare` for a question and a study; `people` they are about."""

    question: Question
    arguments: dict[str, Any]
    people: People

    @property
    def cohort(self) -> Cohort:
        """The eligible, with the outcome as declared: 'post', or a column of the outcome's name."""
        return self.people.cohort

    @property
    def events(self) -> pd.DataFrame:
        """event, strategy, arm, persons: what happened before the end score."""
        return self.people.events.copy()

    @property
    def left_out(self) -> dict[str, int]:
        """Persons of the cohort who are not asked about, by reason."""
        return dict(self.people.left_out)

    def run(self, **changed: Any) -> ComparisonResult:  # noqa: ANN401 - those of compare
        """The comparison; `changed` arguments make a sensitivity analysis."""
        given = {"identification": self.question.identification or None, **changed}
        return compare(**{**self.arguments, **given})

    def missing(self, **options: Any) -> MissingAnswers:  # noqa: ANN401 - of missing_answers
        """The comparison for several beliefs about people without the outcome.

        Yes and no are drawn as numbers around their share and not rounded, which keeps
        differences of shares unbiased (Horton, Lipsitz and Parzen 2003); their ends are 0 and 1.
        """
        from outcomes.comparison.missing_answers import missing_answers

        given, name = dict(self.arguments), self.arguments["outcome"]
        if pd.api.types.is_bool_dtype(given["frame"][name]):
            given["frame"] = given["frame"].astype({name: "Float64"}).astype({name: float})
            options = {"scale": (0.0, 1.0), **options}
        return missing_answers(**given, **options)

    def to_frame(self) -> pd.DataFrame:
        """The intercurrent events, one row for each event and strategy."""
        return self.events

    def explain(self) -> str:
        """The protocol, who was left out, what happened after time zero."""
        done = question_words()["carried_out"]
        lines = [self.question.explain()]
        lines += [
            f"Left out: {count} persons, {reason}." for reason, count in self.left_out.items()
        ]
        for (event, way), rows in self.events.groupby(["event", "strategy"], sort=False):
            counts = ", ".join(f"{row.arm} {row.persons}" for row in rows.itertuples())
            lines.append(f"{str(event).replace('_', ' ')}: {counts}; {done[str(way)]['text']}.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        other, reference = self.arguments["other"], self.arguments["reference"]
        frame = self.arguments["frame"]
        counts = ", ".join(f"{arm} {int(frame['arm'].eq(arm).sum())}" for arm in (reference, other))
        return (
            f"Asked({self.question.name}: {other} against {reference}; {counts}; run() gives the "
            f"comparison)\n{self.events.to_string(index=False)}"
        )

    def _repr_html_(self) -> str:
        head = html.escape(repr(self).split("\n", 1)[0])
        return f"<p>{head}</p>{self.events.to_html(index=False)}"


def ask(question: Question, source: Study | Cohort, other: str | None = None) -> Asked:
    """See `Question.ask`."""
    arm = question.strategies[1] if other is None else other
    if arm not in question.strategies[1:]:
        raise UsageError(
            f"{arm!r} is not a strategy this question compares with {question.reference!r}.",
            where="parameter other",
            fix=f"One of {', '.join(question.strategies[1:])}.",
        )
    found = people_of(question, source) if isinstance(source, Study) else _of(question, source)
    cohort = replace(found.cohort, arms=(question.reference, arm))
    margin = None if question.margin is None else question.margin.points
    given = contrast(cohort, covariates=question.covariates, margin=margin)
    binary = bool(question_words()["outcomes"][question.outcome]["binary"])
    given |= {
        "outcome": outcome_column(question),
        "cluster": question.cluster,
        "estimand": question.estimand,
        "method": question.method,
        "confidence": question.confidence,
        "unit": "share of people" if binary else "points",
        "direction": "higher" if binary else given["direction"],
    }
    return Asked(question, given, found)


def _of(question: Question, cohort: Cohort) -> People:
    """A ready cohort: it must be of the same measure, and events cannot be looked up."""
    if cohort.instrument.id != question.instrument or not set(question.strategies) <= set(
        cohort.arms
    ):
        raise UsageError(
            "The cohort is of another measure or has not all strategies.",
            where="Question.ask",
            fix="Give the study: the question makes its own cohort.",
        )
    asked = {name: way for name, way in question.intercurrent.items() if way != "treatment_policy"}
    if question.follow_up_days is None and asked.get("dropout") == "while_on_treatment":
        del asked["dropout"]
    if asked or question.time_zero == "landmark" or question.outcome != "score":
        raise UsageError(
            "What happened after time zero cannot be looked up in a cohort.",
            where="Question.ask",
            how_many=len(asked),
            fix="Give the study.",
        )
    keep = question.eligibility.keeps(cohort.frame)
    frame = cohort.frame[keep].reset_index(drop=True)
    gone = int((~keep).sum())
    none = pd.DataFrame(columns=["event", "strategy", "arm", "persons"])
    left = {"not eligible by unit or start score": gone} if gone else {}
    return People(replace(cohort, frame=frame), left, none)

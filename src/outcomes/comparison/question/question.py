"""`Question`: what is asked, of whom, written down before anybody looks at an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.comparison.margins import Margin
from outcomes.comparison.question import checking, protocol, reading
from outcomes.comparison.question.eligibility import Eligibility
from outcomes.derive.policy import derive_policy
from outcomes.errors import UsageError
from outcomes.instruments.registry import get

if TYPE_CHECKING:
    from outcomes.comparison.family import FamilyResult
    from outcomes.comparison.question.asking import Asked
    from outcomes.comparison.question.checklist import Checklist
    from outcomes.derive import Cohort
    from outcomes.schema import Study


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Question:
    """A question as a target trial (Hernan and Robins 2016), checked when it is made.

    `strategies` are two or three of coaching, therapy, both, other; the first is the
    reference. `outcome` is "score", "change", "reliable_improvement" or "recovery" on
    `instrument`. `time_zero` is "episode_start", or "landmark" with `landmark_days`: arms are
    then what had begun by that day, among people still in care. `grace_days` is how long after
    the start a second kind of care still means "both" (None: derive/policy.toml).
    `follow_up_days` places the end score at a fixed time; None takes the last one in care.
    `estimand` names the population: ATE, ATT, ATC, ATO or ATM. `intercurrent` maps each of
    dropout, switching, adding_other_service and separation to treatment_policy, hypothetical,
    while_on_treatment or composite (ICH E9(R1)); one that is not named gets the strategy that
    the follow-up implies, and the record says that it was not declared. `covariates` None:
    start score and all recorded characteristics that vary. `family` names the declared
    outcomes (instruments) beyond this one, `subgroups` the declared columns; everything else is
    exploratory. `identification` states in words on which assumption the difference is an effect
    (causal words need it). Raises UsageError naming the field for whatever does not fit.
    """

    strategies: tuple[str, ...]
    instrument: str
    title: str = ""
    outcome: str = "score"
    eligibility: Eligibility = field(default_factory=Eligibility)
    time_zero: str = "episode_start"
    landmark_days: int | None = None
    grace_days: int | None = None
    follow_up_days: int | None = None
    follow_up_window: int | None = None
    estimand: str = "ATO"
    method: str = "weighting"
    intercurrent: Mapping[str, str] = field(default_factory=dict)
    covariates: tuple[str, ...] | None = None
    cluster: str = "practitioner_or_couple"
    margin: Margin | None = None
    family: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    correction: str = "holm"
    confidence: float = 0.95
    identification: str = ""
    registered: str = ""
    declared_events: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("strategies", "family", "subgroups"):
            put(self, name, checking.words(getattr(self, name), name))
        if self.covariates is not None:
            put(self, "covariates", checking.words(self.covariates, "covariates"))
        put(self, "declared_events", tuple(self.intercurrent))
        put(self, "intercurrent", MappingProxyType(checking.events(self)))
        if self.margin is not None and not isinstance(self.margin, Margin):
            raise UsageError(
                "A question carries a margin with its source.",
                where="Question.margin",
                fix="Declare it with oc.margin(points=..., source=...).",
            )
        checking.check(self)

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Question:
        """A question from plain words, as TOML gives them; raises UsageError for what is unknown.

        Tables: question (the fields), eligibility, intercurrent, margin. Other rooms open no
        files: read a file with `oc.read_question`.
        """
        return cls(**reading.fields(body))

    @classmethod
    def from_text(cls, text: str) -> Question:
        """A question from the text of a TOML file."""
        return cls.from_dict(reading.parsed(text))

    def changed(self, **fields: Any) -> Question:  # noqa: ANN401 - any field
        """The same question with other fields, for a sensitivity analysis."""
        declared = {name: self.intercurrent[name] for name in self.declared_events}
        return replace(self, **{"intercurrent": declared, **fields})

    @property
    def reference(self) -> str:
        """The strategy the others are compared with."""
        return self.strategies[0]

    @property
    def grace(self) -> int:
        """Days after the start in which a second kind of care still means "both"."""
        return derive_policy().grace_days if self.grace_days is None else self.grace_days

    @property
    def name(self) -> str:
        """The title, or the question in one line."""
        if self.title:
            return self.title
        return f"{' or '.join(self.strategies)}: {get(self.instrument).name}"

    def to_frame(self) -> pd.DataFrame:
        """element, target_trial, emulation: one row for each element of the protocol."""
        return protocol.table(self)

    def checklist(
        self, result: object = None, *, study: Study | None = None, cohort: Cohort | None = None
    ) -> Checklist:
        """The TARGET checklist, filled in from the question and from what else is given."""
        from outcomes.comparison.question.checklist import checklist

        return checklist(self, result, study=study, cohort=cohort)

    def record(self) -> dict[str, Any]:
        """Plain words and numbers for a manifest; `from_dict` reads it back."""
        return reading.record(self)

    def cohort(self, study: Study) -> Cohort:
        """The people of a study who are eligible, by strategy."""
        from outcomes.comparison.question.people import people_of

        return people_of(self, study).cohort

    def ask(self, source: Study | Cohort, other: str | None = None) -> Asked:
        """The question put to a study (or a cohort made for it): arguments, and how to run them.

        With three strategies `other` names the one compared with the reference (None: the
        second). Intercurrent events are handled as declared; that needs a study. Raises
        UsageError where the data cannot carry what was declared.
        """
        from outcomes.comparison.question.asking import ask

        return ask(self, source, other)

    def as_family(self, results: Mapping[str, Any]) -> FamilyResult:
        """Results by the names declared here, read as one family: this instrument is primary.

        Names are the instrument, those of `family`, and declared subgroups; a result under
        another name is exploratory.
        """
        from outcomes.comparison.family import family

        declared = (self.instrument, *self.family, *self.subgroups)
        primary = self.instrument if self.instrument in results else None
        return family(
            results, primary=primary, declared=declared, method=self.correction,
            confidence=self.confidence,
        )  # fmt: skip

    def explain(self) -> str:
        """The protocol as sentences, the assumptions, and what a question does not tell."""
        return protocol.explain(self)

    def __repr__(self) -> str:
        return protocol.as_text(self)

    def _repr_html_(self) -> str:
        return protocol.as_html(self)

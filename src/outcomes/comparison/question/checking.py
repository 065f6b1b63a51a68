"""What makes a question refused, each with the field and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outcomes.comparison.family.adjusted import METHODS as CORRECTIONS
from outcomes.comparison.question.policy import question_words
from outcomes.comparison.result import METHOD_NAMES
from outcomes.errors import UsageError
from outcomes.instruments.registry import get
from outcomes.models.weighting import check_estimand
from outcomes.schema import vocabularies

if TYPE_CHECKING:
    from outcomes.comparison.question.question import Question


def words(given: Sequence[str] | str, field: str) -> tuple[str, ...]:
    """A tuple of distinct words."""
    found = (given,) if isinstance(given, str) else tuple(str(word) for word in given)
    if len(set(found)) < len(found):
        raise UsageError("A word is named twice.", where=f"Question.{field}")
    return found


def events(question: Question) -> dict[str, str]:
    """A strategy for each intercurrent event, in the order of the policy."""
    known = question_words()["events"]
    _known(list(question.intercurrent), list(known), "intercurrent", "intercurrent event")
    ways = question_words()["strategies"]
    _known(list(question.intercurrent.values()), list(ways), "intercurrent", "strategy")
    implied = dict.fromkeys(known, "treatment_policy")
    if question.follow_up_days is None:
        # A last score in care is, whatever it is called, an outcome up to leaving.
        implied["dropout"] = "while_on_treatment"
    return {**implied, **question.intercurrent}


def check(question: Question) -> None:
    """Raise UsageError for a field, or for fields that do not go together."""
    _strategies(question)
    get(question.instrument)
    for name in question.family:
        get(name)
    if question.instrument in question.family:
        raise UsageError(
            "The outcome asked about is in its own family.",
            where="Question.family",
            fix="Name only the other outcomes.",
        )
    _known([question.outcome], list(question_words()["outcomes"]), "outcome", "outcome")
    _known([question.method], list(METHOD_NAMES), "method", "method")
    _known([question.correction], list(CORRECTIONS), "correction", "correction")
    check_estimand(question.estimand)
    _times(question)
    _events(question)
    if not 0.5 < question.confidence < 1:
        raise UsageError("confidence lies between 0.5 and 1", where="Question.confidence")
    if question.covariates is not None and not question.covariates:
        raise UsageError(
            "A comparison needs covariates.",
            where="Question.covariates",
            fix="Name what was known at the start, at least 'pre', or leave it out.",
        )
    after = {"post", "change", "sessions_attended", "end_reason", "days", "ended_on", "status"}
    late = sorted(after & set(question.covariates or ()))
    if late:
        raise UsageError(
            f"{', '.join(late)} is not known at time zero.",
            where="Question.covariates",
            fix="Adjust for what was known at the start only.",
        )


def _strategies(question: Question) -> None:
    known = vocabularies()["arm"].words
    _known(list(question.strategies), known, "strategies", "strategy")
    if not 2 <= len(question.strategies) <= 3:
        raise UsageError(
            "A question compares two or three strategies.",
            where="Question.strategies",
            how_many=len(question.strategies),
            fix=f"Choose from {', '.join(known)}, the reference first.",
        )


def _times(question: Question) -> None:
    _known([question.time_zero], list(question_words()["time_zero"]), "time_zero", "time zero")
    for name in ("landmark_days", "grace_days", "follow_up_days", "follow_up_window"):
        value = getattr(question, name)
        if value is not None and (isinstance(value, bool) or value != int(value) or value < 0):
            raise UsageError("A time is a whole number of days.", where=f"Question.{name}")
    landmark = question.time_zero == "landmark"
    if landmark != (question.landmark_days is not None):
        raise UsageError(
            "A landmark needs its day, and a day needs a landmark.",
            where="Question.landmark_days",
            fix="Give time_zero='landmark' with landmark_days, or neither.",
        )
    if landmark and question.grace_days is not None:
        raise UsageError(
            "At a landmark the arm is what had begun by that day: there is no grace period.",
            where="Question.grace_days",
            fix="Leave grace_days out.",
        )
    first = question.landmark_days if landmark else question.grace
    until = question.follow_up_days
    if until is not None and first is not None and until <= first:
        raise UsageError(
            "Follow-up ends before the arms are known.",
            where="Question.follow_up_days",
            fix=f"Give more than {first} days.",
        )
    if question.follow_up_window is not None and question.follow_up_days is None:
        raise UsageError("A window needs a follow-up time.", where="Question.follow_up_window")


def _events(question: Question) -> None:
    body = question_words()
    binary = bool(body["outcomes"][question.outcome]["binary"])
    for event, way in question.intercurrent.items():
        if way == "composite" and not binary:
            raise UsageError(
                "Composite needs an outcome of yes or no, in which the event counts as no.",
                where=f"Question.intercurrent[{event!r}]",
                fix="Ask about reliable_improvement or recovery.",
            )
        if not body["events"][event]["recorded"] and way != "treatment_policy":
            raise UsageError(
                f"{body['events'][event]['label']} is not recorded in these tables, so that it "
                "cannot be handled.",
                where=f"Question.intercurrent[{event!r}]",
                fix="treatment_policy: the outcome counts whatever happened.",
            )
    if binary and question.margin is not None and question.margin.unit == "points":
        raise UsageError(
            "The outcome is a share, and the margin is in points.",
            where="Question.margin",
            fix="Declare it as a share: oc.margin(points=0.1, unit='share of people').",
        )
    if question.follow_up_days is None and question.intercurrent["dropout"] == "treatment_policy":
        raise UsageError(
            "The last score in care ends with dropping out: that is while_on_treatment.",
            where="Question.intercurrent['dropout']",
            fix="Give follow_up_days, or name while_on_treatment.",
        )
    if question.time_zero == "landmark" and "both" not in question.strategies:
        raise UsageError(
            "A landmark is for questions about having added the other service.",
            where="Question.time_zero",
            fix="Name 'both' among the strategies, or start at episode_start.",
        )


def _known(given: list[str], known: list[str], field: str, what: str) -> None:
    unknown = [word for word in given if word not in known]
    if unknown:
        raise UsageError(
            f"Unknown {what}: {', '.join(map(repr, unknown))}.",
            where=f"Question.{field}",
            fix=f"One of {', '.join(known)}.",
        )

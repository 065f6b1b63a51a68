"""A question from plain words and back: what a TOML file holds and what a manifest keeps."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from outcomes.comparison.margins import Margin, margin
from outcomes.comparison.question.eligibility import Eligibility
from outcomes.comparison.question.policy import question_words
from outcomes.errors import InputError, UsageError

if TYPE_CHECKING:
    from outcomes.comparison.question.question import Question

TABLES = ("question", "eligibility", "intercurrent", "margin")
_FIELDS = (
    "strategies", "instrument", "title", "outcome", "time_zero", "landmark_days", "grace_days",
    "follow_up_days", "follow_up_window", "estimand", "method", "covariates", "cluster", "family",
    "subgroups", "correction", "confidence", "identification", "registered",
)  # fmt: skip
_ELIGIBILITY = ("period", "practice", "unit", "start_at_least", "start_at_most", "others")
_MARGIN = (
    "instrument", "points", "fraction_of_reliable_change", "d", "sd", "reliability", "source",
    "unit",
)  # fmt: skip
# What a margin was made from, to the argument that makes it again.
_BASES = {
    "points": "points",
    "fraction of reliable change": "fraction_of_reliable_change",
    "standardised difference": "d",
}


def parsed(text: str) -> dict[str, Any]:
    """TOML as plain words; raises InputError where it cannot be read."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"The question is not TOML: {error}.", fix="See docs/comparison/question.md."
        ) from None


def fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `Question` from tables of plain words."""
    _only(body, TABLES, "question")
    own = _part(body, "question", _FIELDS)
    for name in ("strategies", "instrument"):
        if name not in own:
            raise UsageError(f"A question needs {name}.", where=f"[question] {name}")
    for name in ("strategies", "covariates", "family", "subgroups"):
        if name in own and not isinstance(own[name], (list, tuple)):
            raise UsageError(f"{name} is a list of words.", where=f"[question] {name}")
        if name in own:
            own[name] = tuple(own[name])
    limits = _part(body, "eligibility", _ELIGIBILITY)
    if "others" in limits:
        limits["others"] = tuple(limits["others"])
    declared = _part(body, "margin", (*_MARGIN, "basis", "amount", "scale", "sources"))
    return {
        **own,
        "eligibility": Eligibility(**limits),
        "intercurrent": _part(body, "intercurrent", tuple(question_words()["events"])),
        "margin": _margin(declared) if declared else None,
    }


def _margin(body: dict[str, Any]) -> Margin:
    if "basis" not in body:
        return margin(**body)
    # As recorded: the number stands, and is not worked out again.
    if body["basis"] not in _BASES:
        raise UsageError("Unknown basis of a margin.", where="[margin] basis")
    return Margin(
        float(body["points"]), body["basis"], float(body["amount"]), float(body["scale"]),
        body.get("unit", "points"), body.get("instrument"), tuple(body.get("sources", ())),
    )  # fmt: skip


def record(question: Question) -> dict[str, Any]:
    """Tables of plain words and numbers that `fields` reads back; what is None is left out."""
    own: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(question, name)
        if value is not None:
            own[name] = list(value) if isinstance(value, tuple) else value
    declared = {name: question.intercurrent[name] for name in question.declared_events}
    found: dict[str, Any] = {
        "question": own,
        "eligibility": question.eligibility.record(),
        "intercurrent": declared,
    }
    if question.margin is not None:
        body = question.margin.record()
        found["margin"] = {name: value for name, value in body.items() if value is not None}
    return found


def _part(body: Mapping[str, Any], name: str, known: tuple[str, ...]) -> dict[str, Any]:
    part = body.get(name, {})
    _only(part, known, f"[{name}]")
    return dict(part)


def _only(body: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    if not isinstance(body, Mapping):
        raise UsageError("This part of a question is a table.", where=where)
    unknown = [str(name) for name in body if name not in known]
    if unknown:
        raise UsageError(
            f"Unknown: {', '.join(unknown)}.",
            where=where,
            how_many=len(unknown),
            fix=f"Known are {', '.join(known)}.",
        )

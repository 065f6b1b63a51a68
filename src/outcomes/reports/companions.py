"""What stands beside a comparison: risk, unadjusted differences, couples, several methods.

The report on individual change has the same parts, made here once. A part that the data do
not allow (no couples, no norms) is kept as the reason why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from outcomes.change import ChangeResult, MethodsResult, change_methods
from outcomes.change.cutoff import CRITERIA
from outcomes.change.differences import RateDifferences, rate_differences
from outcomes.change.partners import CoupleResult, couples
from outcomes.comparison import MissingAnswers, missing_answers
from outcomes.derive import Cohort, only_episodes
from outcomes.errors import OutcomesError
from outcomes.instruments import RiskFlags, risk_flags
from outcomes.schema import Study

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Absent:
    """A part that could not be made, with the reason in words for a reader."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Companions:
    """Results about the people of one cohort that need no adjustment."""

    part: Study
    n_people: int
    risk: RiskFlags
    differences: RateDifferences | Absent
    couples: CoupleResult | Absent
    methods: MethodsResult | Absent


def companions(
    study: Study,
    cohort: Cohort,
    changes: ChangeResult,
    *,
    reliability: float | None = None,
) -> Companions:
    """Compute the parts for the people of a cohort; `changes` is their change by arm."""
    frame = cohort.frame
    part = only_episodes(study, frame["episode_id"].dropna().unique())
    return Companions(
        part=part,
        n_people=int(frame["client_id"].nunique()),
        risk=risk_flags(part),
        differences=tried(lambda: rate_differences(changes)),
        couples=tried(lambda: _couples(cohort, reliability, changes.confidence)),
        methods=tried(lambda: _methods(cohort, reliability, changes.confidence)),
    )


def leaving(
    question: dict[str, Any], cohort: Cohort, changes: ChangeResult, *, estimand: str, seed: int
) -> MissingAnswers | Absent:
    """The main comparison again for several beliefs about people without an end score.

    The scale's ends are the instrument's where it has them; without them there is no
    worst case.
    """
    ends = (cohort.instrument.total_min, cohort.instrument.total_max)
    scale = None if any(math.isnan(end) for end in ends) else ends
    size = changes.threshold if changes.threshold > 0 else None
    return tried(
        lambda: missing_answers(
            **question,
            method="weighting",
            estimand=estimand,
            scale=scale,
            reliable_change=size,
            seed=seed,
        )
    )


def tried(make: Callable[[], T]) -> T | Absent:
    """What `make` gives, or why the data do not allow it."""
    try:
        return make()
    except OutcomesError as error:
        return Absent(error.what)


def _couples(cohort: Cohort, reliability: float | None, confidence: float) -> CoupleResult | Absent:
    together = cohort.frame[cohort.frame["couple_id"].notna()]
    if together.empty:
        return Absent("No couple is among these people.")
    return couples(
        together, couple=["couple_id", "episode_id"], by="arm", instrument=cohort.instrument.id,
        reliability=reliability, confidence=confidence,
    )  # fmt: skip


def _methods(cohort: Cohort, reliability: float | None, confidence: float) -> MethodsResult:
    """By all criteria; where no functional norm is known, by the first, which needs none."""

    def by(criteria: tuple[str, ...]) -> MethodsResult:
        return change_methods(
            cohort.frame, instrument=cohort.instrument.id, reliability=reliability, by="arm",
            criteria=criteria, confidence=confidence,
        )  # fmt: skip

    every = tried(lambda: by(tuple(CRITERIA)))
    return by(tuple(CRITERIA)[:1]) if isinstance(every, Absent) else every

"""Everything the report on trajectories shows, made from one cohort in one place.

A part that the data do not allow (nobody with a third score, one practitioner) is kept as the
reason why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from outcomes.change import change
from outcomes.derive import Cohort, Visits, only_episodes, trajectories, visits
from outcomes.instruments import RiskFlags, risk_flags
from outcomes.models.dose import DoseResult, dose
from outcomes.models.growth import GrowthCourse, growth
from outcomes.models.leaving import LeavingResult, leaving
from outcomes.models.practitioners import PractitionersResult, practitioners
from outcomes.models.repeated import MmrmResult, mmrm
from outcomes.privacy import Policy
from outcomes.reports.companions import Absent, tried
from outcomes.schema import Study

SHARED = "practitioner_or_couple"
CASE_MIX = ("pre", "unit")


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The results of one report; a part is `Absent` where the data do not allow it."""

    study: Study
    cohort: Cohort
    risk: RiskFlags
    scores: pd.DataFrame
    placed: Visits | Absent
    growth: GrowthCourse | Absent
    visits: MmrmResult | Absent
    leaving: LeavingResult | Absent
    dose: DoseResult | Absent
    practitioners: PractitionersResult | Absent
    policy: Policy

    @property
    def n_people(self) -> int:
        """People of the cohort."""
        return int(self.cohort.frame["client_id"].nunique())


def course(
    study: Study,
    cohort: Cohort,
    *,
    policy: Policy,
    weeks: tuple[float, ...] = (4, 8, 12),
    shape: str = "linear",
    knot: float | None = None,
    horizon: float | None = None,
) -> Course:
    """Compute all parts for the people of a cohort; a part may be absent, with its reason.

    `weeks` are the visits at which people are compared, `shape` and `knot` the form of the
    growth model, `horizon` the weeks up to which change is told.
    """
    part = only_episodes(study, cohort.frame["episode_id"].dropna().unique())
    scores = _scores(part, cohort)
    sure = policy.confidence
    placed = tried(lambda: visits(scores, weeks))
    return Course(
        study=study,
        cohort=cohort,
        risk=risk_flags(part),
        scores=scores,
        placed=placed,
        growth=tried(
            lambda: growth(scores, shape_of_time=shape, knot=knot, horizon=horizon, level=sure)
        ),
        visits=placed if isinstance(placed, Absent) else tried(lambda: _visits(placed, sure)),
        leaving=tried(lambda: _leaving(study, cohort, sure)),
        dose=tried(lambda: _dose(cohort, scores, sure)),
        practitioners=tried(lambda: _practitioners(cohort, sure)),
        policy=policy,
    )


def _scores(study: Study, cohort: Cohort) -> pd.DataFrame:
    """The scores over time of the people of the cohort, with who is not independent."""
    rows = trajectories(study, cohort.instrument.id)
    mine = cohort.frame[["client_id", "episode_id", SHARED]]
    return rows.merge(mine, on=["client_id", "episode_id"], how="inner")


def _visits(placed: Visits, level: float) -> MmrmResult:
    """Change at each visit by arm, adjusted for the start score."""
    frame = placed.frame.assign(change=placed.frame["score"] - placed.frame["start"])
    return mmrm(
        "change ~ start * visit + arm * visit", frame, subject="client_id", visit="visit",
        level=level,
    )  # fmt: skip


def _leaving(study: Study, cohort: Cohort, level: float) -> LeavingResult:
    """Who leaves, of the episodes that began in the period.

    Chosen by their beginning: episodes chosen by when they ended would all have ended.
    """
    episodes = study.episodes[study.episodes["intervention"].isin(cohort.arms)]
    if cohort.practice is not None:
        episodes = episodes[episodes["practice_id"].eq(cohort.practice)]
    part = only_episodes(study, episodes["episode_id"].dropna().unique())
    begun = cohort.period if cohort.period.start is not None else "all"
    return leaving(part, by="intervention", cluster="practitioner_id", begun=begun, level=level)


def _dose(cohort: Cohort, scores: pd.DataFrame, level: float) -> DoseResult:
    """Reliable change by the number of sessions, with the course over the scores."""
    changed = change(
        cohort.frame, instrument=cohort.instrument.id, by="arm", cluster=SHARED, confidence=level
    )
    return dose(changed, scores, cluster=SHARED, level=level)


def _practitioners(cohort: Cohort, level: float) -> PractitionersResult:
    """How much practitioners differ in the end scores of those with both scores."""
    frame = cohort.frame.dropna(subset=["pre", "post", "practitioner_id"])
    return practitioners(
        frame.assign(change=frame["post"] - frame["pre"]), outcome="change",
        practitioner="practitioner_id", case_mix=CASE_MIX, intervention="arm",
        client="client_id", direction=_direction(cohort), level=level,
    )  # fmt: skip


def _direction(cohort: Cohort) -> Literal["higher", "lower"]:
    """Which change is better."""
    return "lower" if cohort.instrument.direction == "lower" else "higher"

"""The numbers of the report on trajectories as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.models.growth import GrowthCourse
from outcomes.models.practitioners import PractitionersResult
from outcomes.models.repeated import MmrmResult
from outcomes.reports.companions import Absent
from outcomes.reports.page_results import risk_records
from outcomes.reports.results import Result
from outcomes.reports.trajectory_numbers import Course
from outcomes.schema import Verdict
from outcomes.showing.growth import visible_courses, visible_differences


def collect_course(numbers: Course) -> tuple[Result, ...]:
    """All results of one report, in the order of its pages."""
    name = numbers.cohort.instrument.id
    people = int(numbers.cohort.frame["client_id"].nunique())
    found = [*risk_records(numbers.risk, people, numbers.policy)]
    if not isinstance(numbers.growth, Absent):
        found += _course(numbers.growth, numbers, name)
    if not isinstance(numbers.visits, Absent):
        found += _visits(numbers.visits, name)
    if not isinstance(numbers.practitioners, Absent):
        found.append(_share(numbers.practitioners, name))
    return tuple(found)


def _course(part: GrowthCourse, numbers: Course, name: str) -> Iterator[Result]:
    shown = visible_courses(part, numbers.policy)
    method = f"growth model, {part.shape.name}, change over {part.horizon:g} {part.unit}"
    for row in part.change.itertuples():
        known = row.group in shown
        yield Result(
            id=f"course.{name}.{row.group}.change",
            value=row.estimate if known else None,
            low=row.low if known else None,
            high=row.high if known else None,
            unit="points",
            n=part.n_people[row.group] if known else None,
            verdict=_verdict(part.usable, known),
            suppressed=part.usable and not known,
            method=method,
            source=part.fit.source,
        )
    for row in visible_differences(part, numbers.policy).itertuples():
        yield Result(
            id=f"course.{name}.{row.contrast.replace(' - ', '_minus_')}.change",
            value=row.estimate,
            low=row.low,
            high=row.high,
            unit="points",
            method=method,
            source=part.fit.source,
        )


def _visits(part: MmrmResult, name: str) -> Iterator[Result]:
    if not part.convergence.usable:
        return
    for row in part.contrasts("arm", by="visit").itertuples():
        visit, contrast = row.visit.replace(" ", ""), row.contrast.replace(" - ", "_minus_")
        yield Result(
            id=f"visits.{name}.{contrast}.{visit}",
            value=row.estimate,
            low=row.low,
            high=row.high,
            unit="points",
            method=f"mixed model for repeated measures, {part.method}",
            source=part.source,
        )


def _share(part: PractitionersResult, name: str) -> Result:
    known = part.converged and part.verdict is not Verdict.CANNOT_TELL
    return Result(
        id=f"practitioners.{name}.share",
        value=part.share if known else None,
        low=part.low if known else None,
        high=part.high if known else None,
        unit="proportion",
        verdict=part.verdict,
        method=part.method,
        source=part.source,
    )


def _verdict(usable: bool, known: bool) -> Verdict | None:
    if not usable:
        return Verdict.CANNOT_TELL
    return None if known else Verdict.SUPPRESSED

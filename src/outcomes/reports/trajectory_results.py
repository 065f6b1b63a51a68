"""The numbers of the report on trajectories as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.models.dose import DoseResult
from outcomes.models.growth import GrowthCourse
from outcomes.models.leaving import LeavingResult
from outcomes.models.practitioners import PractitionersResult
from outcomes.models.repeated import MmrmResult
from outcomes.privacy import Policy
from outcomes.reports.companions import Absent
from outcomes.reports.page_results import risk_records
from outcomes.reports.results import Result
from outcomes.reports.trajectory_numbers import Course
from outcomes.schema import Verdict
from outcomes.showing.dose import MEASURES, shown_strata
from outcomes.showing.growth import visible_courses, visible_differences
from outcomes.showing.leaving import visible_counts
from outcomes.showing.practitioners import enough_practitioners
from outcomes.showing.visits import visible_contrasts


def collect_course(numbers: Course) -> tuple[Result, ...]:
    """All results of one report, in the order of its pages."""
    name, policy = numbers.cohort.instrument.id, numbers.policy
    found = [*risk_records(numbers.risk, numbers.n_people, policy)]
    if not isinstance(numbers.growth, Absent):
        found += _course(numbers.growth, name, policy)
    if not isinstance(numbers.visits, Absent):
        found += _visits(numbers.visits, name, policy)
    if not isinstance(numbers.leaving, Absent):
        found += _leaving(numbers.leaving, policy)
    if not isinstance(numbers.dose, Absent):
        found += _dose(numbers.dose, name, policy)
    if not isinstance(numbers.practitioners, Absent):
        found.append(_share(numbers.practitioners, name))
    return tuple(found)


def _course(part: GrowthCourse, name: str, policy: Policy) -> Iterator[Result]:
    shown = visible_courses(part, policy)
    method = f"growth model, {part.shape.name}, change over {part.horizon:g} {part.unit}"
    source = part.fit.source
    for row in part.change.itertuples():
        name_of_row = f"course.{name}.{row.group}.change"
        if not part.usable:
            yield Result(
                id=name_of_row, verdict=Verdict.CANNOT_TELL, unit="points", method=method,
                source=source,
            )  # fmt: skip
            continue
        yield Result.told(
            name_of_row,
            (row.estimate, row.low, row.high),
            known=row.group in shown,
            n=part.n_people[row.group],
            unit="points",
            method=method,
            source=source,
        )
    for row in visible_differences(part, policy).itertuples():
        yield Result.told(
            f"course.{name}.{row.group}_minus_{row.reference}.change",
            (row.estimate, row.low, row.high),
            known=True,
            unit="points",
            method=method,
            source=source,
        )


def _visits(part: MmrmResult, name: str, policy: Policy) -> Iterator[Result]:
    for _, row in visible_contrasts(part, policy).iterrows():
        visit = str(row[part.visit]).replace(" ", "").replace(".", "_")
        yield Result.told(
            f"visits.{name}.{row['group']}_minus_{row['reference']}.{visit}",
            (row["estimate"], row["low"], row["high"]),
            known=bool(row["shown"]),
            unit="points",
            method=f"mixed model for repeated measures, {part.method}",
            source=part.source,
        )


def _leaving(part: LeavingResult, policy: Policy) -> Iterator[Result]:
    seen = visible_counts(part, policy)
    for row in part.definitions.itertuples():
        whole = seen[row.group, part.definition_id, ""]
        yield Result.told(
            f"leaving.{row.group}.{row.definition}",
            (row.share, row.low, row.high),
            known=whole and seen[row.group, row.definition, part.causes[0]],
            n_total=row.n,
            unit="proportion",
            method=f"{row.label}, by {part.horizon:g} {part.unit}",
            source=part.source,
        )


def _dose(part: DoseResult, name: str, policy: Policy) -> Iterator[Result]:
    seen = shown_strata(part, policy)
    strata = part.strata[part.strata["measure"].isin(list(MEASURES))]
    for row in strata.itertuples():
        stratum = str(row.stratum).replace(" ", "_")
        yield Result.told(
            f"dose.{name}.{row.group}.{row.measure}.{stratum}",
            (row.rate, row.low, row.high),
            known=seen[row.group, row.stratum, row.measure],
            n=row.n,
            n_total=row.n_total,
            unit="proportion",
            method=part.method,
            source=part.source,
        )


def _share(part: PractitionersResult, name: str) -> Result:
    """The share of the variance, told where the table tells it."""
    told = part.converged and enough_practitioners(part)
    return Result(
        id=f"practitioners.{name}.share",
        value=part.share if told else None,
        low=part.low if told else None,
        high=part.high if told else None,
        unit="proportion",
        verdict=part.verdict,
        method=part.method,
        source=part.source,
    )

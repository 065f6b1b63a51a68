"""The numbers of the report on couples as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.models.dyads import ApimResult, DyadicGrowthResult
from outcomes.privacy import Policy
from outcomes.reports.companions import Absent
from outcomes.reports.couples_numbers import Couples
from outcomes.reports.page_results import risk_records
from outcomes.reports.results import Result
from outcomes.schema import Verdict
from outcomes.showing.dyads import may_show
from outcomes.showing.share_rows import shown_couples


def collect_couples(numbers: Couples) -> tuple[Result, ...]:
    """All results of one report, in the order of its pages."""
    found = [*risk_records(numbers.risk, numbers.n_people, numbers.policy)]
    found += [*_means(numbers), *_rates(numbers), *_agreement(numbers)]
    if not isinstance(numbers.growth, Absent):
        found += _growth(numbers.growth, numbers.cohort.instrument.id, numbers.policy)
    if not isinstance(numbers.apim, Absent):
        found += _apim(numbers.apim, numbers)
    return tuple(found)


def _means(numbers: Couples) -> Iterator[Result]:
    name = numbers.cohort.instrument.id
    for part in numbers.means:
        for what, within in (("start", part.start), ("end", part.end), ("change", part.change)):
            small = within.verdict is Verdict.SUPPRESSED
            who = "partners" if part.role is None else part.role
            yield Result(
                id=f"couples.{name}.{within.arm}.{who}.{what}",
                value=None if small else within.estimate,
                low=None if small else within.low,
                high=None if small else within.high,
                unit=within.unit,
                verdict=within.verdict if small or what == "change" else None,
                suppressed=small,
                method=within.method,
                source=within.source,
            )


def _rates(numbers: Couples) -> Iterator[Result]:
    name = numbers.cohort.instrument.id
    rates = shown_couples(numbers.couples, numbers.policy)
    for row in rates[rates["unit"].ne("partner")].itertuples():
        known = bool(row.shown)
        among = str(row.denominator).replace(" ", "_")
        yield Result(
            id=f"couples.{name}.{row.group}.{row.unit}.{row.measure}.{among}",
            value=row.rate if known else None,
            low=row.low if known else None,
            high=row.high if known else None,
            unit="proportion",
            n=int(row.n) if known else None,
            n_total=int(row.n_total) if known else None,
            verdict=None if known else Verdict.SUPPRESSED,
            suppressed=not known,
            method=str(row.definition),
        )


def _agreement(numbers: Couples) -> Iterator[Result]:
    name = numbers.cohort.instrument.id
    for label, part in numbers.agreement.items():
        if isinstance(part, Absent):
            continue
        known = may_show(part, numbers.policy)
        yield Result(
            id=f"couples.{name}.agreement.{label.lower().replace(' ', '_')}",
            value=part.icc if known else None,
            low=part.low if known else None,
            high=part.high if known else None,
            unit="correlation",
            verdict=part.verdict if known else Verdict.SUPPRESSED,
            suppressed=not known,
            method="one-way intraclass correlation",
            source=part.source,
        )


def _growth(part: DyadicGrowthResult, name: str, policy: Policy) -> Iterator[Result]:
    known = may_show(part, policy) and part.converged
    for place, row in enumerate(part.slopes().to_dict("records")):
        cell = ".".join(str(row[key]) for key in ("role", "arm") if key in row)
        verdict = part.verdict(place)
        yield Result(
            id=f"couples.{name}.slope.{cell}",
            value=row["estimate"] if known else None,
            low=row["low"] if known else None,
            high=row["high"] if known else None,
            unit="points a week",
            verdict=verdict if known or not part.converged else Verdict.SUPPRESSED,
            suppressed=not known and part.converged,
            method=part.method,
            source=part.source,
        )


def _apim(part: ApimResult, numbers: Couples) -> Iterator[Result]:
    known = may_show(part, numbers.policy) and part.converged
    outcome, predictor = numbers.measures
    for row in part.effects.to_dict("records"):
        role = str(row["role"]) if part.distinguishable else None
        verdict = part.verdict(str(row["effect"]), role)
        yield Result(
            id=f"couples.{outcome}.{predictor}.{row['effect']}.{role or 'partners'}",
            value=row["estimate"] if known else None,
            low=row["low"] if known else None,
            high=row["high"] if known else None,
            unit="points for one point",
            verdict=verdict if known or not part.converged else Verdict.SUPPRESSED,
            suppressed=not known and part.converged,
            method=part.method,
            source=part.source,
        )

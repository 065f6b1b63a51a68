"""The numbers of the report on couples as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

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
            who = "partners" if part.role is None else part.role
            yield Result.told(
                f"couples.{name}.{within.arm}.{who}.{what}",
                (within.estimate, within.low, within.high),
                known=within.verdict is not Verdict.SUPPRESSED,
                verdict=within.verdict if what == "change" else None,
                unit=within.unit,
                method=within.method,
                source=within.source,
            )


def _rates(numbers: Couples) -> Iterator[Result]:
    name = numbers.cohort.instrument.id
    rates = shown_couples(numbers.couples, numbers.policy)
    for row in rates[rates["unit"].ne("partner")].itertuples():
        among = str(row.denominator).replace(" ", "_")
        yield Result.told(
            f"couples.{name}.{row.group}.{row.unit}.{row.measure}.{among}",
            (row.rate, row.low, row.high),
            known=bool(row.shown),
            n=row.n,
            n_total=row.n_total,
            unit="proportion",
            method=str(row.definition),
        )


def _agreement(numbers: Couples) -> Iterator[Result]:
    name = numbers.cohort.instrument.id
    for label, part in numbers.agreement.items():
        if isinstance(part, Absent):
            continue
        yield Result.told(
            f"couples.{name}.agreement.{label.lower().replace(' ', '_')}",
            (part.icc, part.low, part.high),
            known=may_show(part, numbers.policy),
            verdict=part.verdict,
            unit="correlation",
            method="one-way intraclass correlation",
            source=part.source,
        )


def _model_record(
    id: str,
    row: dict[Hashable, Any],
    part: DyadicGrowthResult | ApimResult,
    *,
    verdict: Verdict,
    policy: Policy,
    unit: str,
) -> Result:
    """An estimate of a model; a verdict without numbers where the model did not converge."""
    if not part.converged:
        return Result(id=id, unit=unit, verdict=verdict, method=part.method, source=part.source)
    return Result.told(
        id,
        (row["estimate"], row["low"], row["high"]),
        known=may_show(part, policy),
        verdict=verdict,
        unit=unit,
        method=part.method,
        source=part.source,
    )


def _growth(part: DyadicGrowthResult, name: str, policy: Policy) -> Iterator[Result]:
    for place, row in enumerate(part.slopes().to_dict("records")):
        cell = ".".join(str(row[key]) for key in ("role", "arm") if key in row)
        yield _model_record(
            f"couples.{name}.slope.{cell}", row, part,
            verdict=part.verdict(place), policy=policy, unit="points a week",
        )  # fmt: skip


def _apim(part: ApimResult, numbers: Couples) -> Iterator[Result]:
    outcome, predictor = numbers.measures
    for row in part.effects.to_dict("records"):
        role = str(row["role"]) if part.distinguishable else None
        yield _model_record(
            f"couples.{outcome}.{predictor}.{row['effect']}.{role or 'partners'}", row, part,
            verdict=part.verdict(str(row["effect"]), role), policy=numbers.policy,
            unit="points for one point",
        )  # fmt: skip

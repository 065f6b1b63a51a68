"""The numbers of the report on individual change as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.change.claims import ClaimResult
from outcomes.reports.companions import Absent
from outcomes.reports.individual_numbers import Individual
from outcomes.reports.page_results import difference_records, rate_records, risk_records
from outcomes.reports.results import Result
from outcomes.reports.shares import Shares
from outcomes.showing.sessions import visible_shares
from outcomes.showing.ways import shown_ways


def collect(numbers: Individual) -> tuple[Result, ...]:
    """All results of one report, in the order of its pages."""
    name = numbers.cohort.instrument.id
    shares = Shares.of(numbers.changes, numbers.policy)
    found = [*risk_records(numbers.risk, numbers.n_people, numbers.policy)]
    found += rate_records(shares, name, "; ".join(numbers.changes.sources))
    if not isinstance(numbers.differences, Absent):
        found += difference_records(numbers.differences, name, numbers.policy)
    if not isinstance(numbers.claim, Absent):
        found += _claim(numbers.claim, numbers)
    found += _over(numbers)
    return tuple(found)


def _claim(part: ClaimResult, numbers: Individual) -> Iterator[Result]:
    name = numbers.cohort.instrument.id
    for place, row in enumerate(shown_ways(part, numbers.policy).itertuples()):
        yield Result.told(
            f"claim.{name}.{'headline' if row.headline else place}",
            (row.rate, row.low, row.high),
            known=bool(row.shown),
            n=row.n,
            n_total=row.n_total,
            unit="proportion",
            method="; ".join((row.what, row.unit_word, row.among, row.absent)),
        )


def _over(numbers: Individual) -> Iterator[Result]:
    name = numbers.cohort.instrument.id
    for part in (numbers.track, *numbers.over):
        if isinstance(part, Absent):
            continue
        flags = visible_shares(part, numbers.policy, numbers.known())
        for row, flag in zip(part.rates.itertuples(), flags.itertuples(), strict=True):
            yield Result.told(
                f"sessions.{name}.{row.group}.{row.measure}",
                (row.rate, row.low, row.high),
                known=bool(flag.n and flag.n_total),
                n=row.n,
                n_total=row.n_total,
                unit="proportion",
                method=row.definition,
                source=part.source,
            )

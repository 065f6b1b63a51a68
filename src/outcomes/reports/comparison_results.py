"""The comparison report's numbers as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.comparison import ComparisonResult, WithinArm
from outcomes.derive import Cohort
from outcomes.privacy import Policy
from outcomes.reports import benefit_words, overturn_words
from outcomes.reports.beliefs_words import leaving_records
from outcomes.reports.companions import Absent
from outcomes.reports.comparison_numbers import Compared, Pair
from outcomes.reports.page_results import difference_records, rate_records, risk_records
from outcomes.reports.results import Result
from outcomes.reports.shares import Shares
from outcomes.schema import Verdict
from outcomes.showing.disclosure import visible_flow


def collect(numbers: Compared) -> tuple[Result, ...]:
    """All results of one comparison report, in the order of its pages."""
    instrument, policy, shares = numbers.cohort.instrument.id, numbers.policy, numbers.shares
    found = [*_flow(numbers.cohort, policy)]
    found += [_mean(part, instrument, shares) for part in numbers.within]
    found += [*rate_records(shares, instrument, "; ".join(numbers.changes.sources))]
    for pair in numbers.pairs:
        for effect in pair.effects:
            found += [*_effect(effect, f"comparison.{instrument}{_between(numbers, pair)}")]
    beside = numbers.beside
    found += [*risk_records(beside.risk, beside.n_people, policy)]
    if not isinstance(beside.differences, Absent) and not numbers.refused:
        found += difference_records(beside.differences, instrument, policy)
    for pair in numbers.pairs:
        if not isinstance(pair.leaving, Absent):
            name = f"{instrument}{_between(numbers, pair)}"
            found += [*leaving_records(pair.leaving, name, policy)]
    for pair in numbers.pairs:
        base = f"comparison.{instrument}{_between(numbers, pair)}"
        found += [*overturn_words.records(pair.overturn, base, policy)]
        if not isinstance(pair.benefit, Absent):
            found += [*benefit_words.benefit_records(pair.benefit, base)]
    return tuple(found)


def _between(numbers: Compared, pair: Pair) -> str:
    """The pair's part of an id; nothing where the report has a single pair."""
    return "" if len(numbers.pairs) == 1 else f".{pair.other}_{pair.reference}"


def _flow(cohort: Cohort, policy: Policy) -> Iterator[Result]:
    flow, instrument = cohort.flow, cohort.instrument.id
    seen = visible_flow(flow, cohort.arms, policy)["persons"]
    for row in flow[flow["arm"].isin(cohort.arms)].itertuples():
        shown = bool(seen[row.Index])
        yield Result(
            id=f"flow.{instrument}.{row.arm}.{row.step}",
            value=int(row.persons) if shown else None,
            unit="persons",
            n=int(row.persons) if shown else None,
            verdict=None if shown else Verdict.SUPPRESSED,
            suppressed=not shown,
            method="count",
        )


def _mean(part: WithinArm, instrument: str, shares: Shares) -> Result:
    counted = shares.get(part.arm, "reliable_improvement", "paired")
    started = shares.get(part.arm, "reliable_improvement", "started")
    small = part.verdict is Verdict.SUPPRESSED
    return Result(
        id=f"change.{instrument}.{part.arm}.mean",
        value=None if small else part.estimate,
        low=None if small else part.low,
        high=None if small else part.high,
        unit=part.unit,
        n=None if counted is None else counted.n_total,
        n_total=None if started is None else started.n_total,
        verdict=part.verdict,
        suppressed=small,
        method=part.method,
        source=part.source,
    )


def _effect(effect: ComparisonResult, base: str) -> Iterator[Result]:
    way = effect.estimand if effect.method == "weighting" else effect.method
    yield Result(
        id=f"{base}.{way.lower()}",
        value=effect.estimate,
        low=effect.low,
        high=effect.high,
        unit=effect.unit,
        n=effect.n_used,
        n_total=effect.n_in,
        verdict=effect.verdict,
        suppressed=False,
        method=f"{effect.method_name}; for {effect.population}",
        source="; ".join(effect.sources),
    )
    if effect.method != "weighting":
        return
    diagnostics = effect.diagnostics
    named = {
        "overlap": diagnostics.overlap,
        "outside_support": diagnostics.outside_support,
        "worst_smd": diagnostics.worst_smd,
        **{f"ess.{arm}": size for arm, size in diagnostics.ess.items()},
    }
    for name, value in named.items():
        yield Result(id=f"{base}.{way.lower()}.{name}", value=value, unit="", method="diagnostic")

"""The comparison report's numbers as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outcomes.change import ChangeResult
from outcomes.change.differences import RateDifferences
from outcomes.comparison import ComparisonResult, WithinArm
from outcomes.derive import Cohort
from outcomes.instruments import RiskFlags
from outcomes.privacy import Policy
from outcomes.reports.results import Result
from outcomes.reports.shares import Shares
from outcomes.schema import Verdict
from outcomes.showing.disclosure import visible_flow
from outcomes.showing.risk import shown_risk
from outcomes.showing.share_rows import shown_differences


def collect(
    cohort: Cohort,
    changes: ChangeResult,
    within: Iterable[WithinArm],
    effects: Iterable[ComparisonResult],
    policy: Policy,
) -> tuple[Result, ...]:
    """All results of one comparison report, in the order of its pages."""
    instrument = cohort.instrument.id
    shares = Shares.of(changes, policy)
    found = [*_flow(cohort, policy)]
    found += [_mean(part, instrument, shares) for part in within]
    found += [*rate_records(shares, instrument, "; ".join(changes.sources))]
    for effect in effects:
        found += [*_effect(effect, instrument)]
    return tuple(found)


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


def rate_records(shares: Shares, instrument: str, source: str) -> Iterator[Result]:
    """One record for each rate of a change result."""
    for share in shares:
        suffix = ".of_started" if share.denominator == "started" else ""
        yield Result(
            id=f"change.{instrument}.{share.group}.{share.measure}{suffix}",
            value=share.rate,
            low=share.low,
            high=share.high,
            unit="proportion",
            n=share.n,
            n_total=share.n_total,
            verdict=Verdict.SUPPRESSED if share.hidden else None,
            suppressed=share.hidden,
            method="" if share.hidden else share.definition,
            source=source,
        )


def risk_records(flags: RiskFlags, n_people: int, policy: Policy) -> Iterator[Result]:
    """People ever flagged and flagged on their latest form, as the risk sentence says them."""
    seen = shown_risk(flags, policy, n_people)
    for name, count in (("ever", seen.ever), ("latest", seen.latest)):
        yield Result(
            id=f"risk.{name}",
            value=count,
            unit="persons",
            n=count,
            n_total=seen.asked,
            verdict=Verdict.SUPPRESSED if count is None else None,
            suppressed=count is None,
            method="a risk item answered above its lowest code",
        )


def difference_records(
    result: RateDifferences, instrument: str, policy: Policy
) -> Iterator[Result]:
    """Differences of shares between arms, not adjusted."""
    for row in shown_differences(result, policy).itertuples():
        suffix = ".of_started" if row.denominator == "started" else ""
        yield Result.told(
            f"difference.{instrument}.{row.group}.{row.measure}{suffix}",
            (row.difference, row.low, row.high),
            known=bool(row.shown),
            unit="proportion",
            method=f"not adjusted; minus {row.reference}; {row.definition}",
            source="Newcombe 1998, method 10",
        )


def _effect(effect: ComparisonResult, instrument: str) -> Iterator[Result]:
    way = effect.estimand if effect.method == "weighting" else effect.method
    base = f"comparison.{instrument}"
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

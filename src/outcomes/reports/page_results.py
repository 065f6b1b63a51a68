"""The comparison report's numbers as records with readable, stable ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outcomes.change import ChangeResult
from outcomes.comparison import ComparisonResult, WithinArm
from outcomes.privacy import Policy, hidden, suppress_rate
from outcomes.reports.results import Result
from outcomes.schema import Verdict

if TYPE_CHECKING:
    from outcomes.reports.pages import ComparisonPages


def collect(pages: ComparisonPages) -> tuple[Result, ...]:
    """All results of one comparison report, in the order of its pages."""
    instrument = pages.cohort.instrument.id
    found = [*_flow(pages, instrument)]
    found += [_mean(part, instrument, pages.policy) for part in pages.within]
    found += [*_rates(pages.changes, instrument, pages.policy)]
    for effect in pages.effects:
        found += [*_effect(effect, instrument)]
    return tuple(found)


def _flow(pages: ComparisonPages, instrument: str) -> Iterator[Result]:
    flow = pages.cohort.flow
    for row in flow[flow["arm"].isin(pages.cohort.arms)].itertuples():
        n = int(row.persons)
        small = hidden(n, pages.policy)
        yield Result(
            id=f"flow.{instrument}.{row.arm}.{row.step}",
            value=None if small else n,
            unit="persons",
            n=None if small else n,
            verdict=Verdict.SUPPRESSED if small else None,
            suppressed=small,
            method="count",
        )


def _mean(part: WithinArm, instrument: str, policy: Policy) -> Result:
    small = part.verdict is Verdict.SUPPRESSED or hidden(part.n, policy)
    return Result(
        id=f"change.{instrument}.{part.arm}.mean",
        value=None if small else part.estimate,
        low=None if small else part.low,
        high=None if small else part.high,
        unit="points",
        n=None if small else part.n,
        n_total=None if small else part.n_in,
        verdict=part.verdict,
        suppressed=small,
        method=part.method,
        source=part.source,
    )


def _rates(changes: ChangeResult, instrument: str, policy: Policy) -> Iterator[Result]:
    suffix = {"paired": "", "started": ".of_started", "clinical at start": ""}
    for row in changes.rates.itertuples():
        n, total = int(row.n), int(row.n_total)
        small = suppress_rate(n, total, policy)
        yield Result(
            id=f"change.{instrument}.{row.group}.{row.measure}{suffix[row.denominator]}",
            value=None if small or not total else float(row.rate),
            low=None if small or not total else float(row.low),
            high=None if small or not total else float(row.high),
            unit="proportion",
            n=None if small else n,
            n_total=None if hidden(total, policy) else total,
            verdict=Verdict.SUPPRESSED if small else None,
            suppressed=small,
            method=row.definition,
            source="; ".join(changes.sources),
        )


def _effect(effect: ComparisonResult, instrument: str) -> Iterator[Result]:
    way = effect.estimand if effect.method == "weighting" else effect.method
    base = f"comparison.{instrument}.{effect.other}_minus_{effect.reference}"
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
        method=f"{effect.method} {effect.estimand}",
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
        yield Result(id=f"{base}.{name}", value=value, unit="", method="diagnostic")

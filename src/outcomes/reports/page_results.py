"""Records that several reports share: rates, risk, plain differences of shares."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.change.differences import RateDifferences
from outcomes.instruments import RiskFlags
from outcomes.privacy import Policy
from outcomes.reports.results import Result
from outcomes.reports.shares import Shares
from outcomes.schema import Verdict
from outcomes.showing.risk import shown_risk
from outcomes.showing.share_rows import shown_differences


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

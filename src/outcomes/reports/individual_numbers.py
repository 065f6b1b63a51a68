"""Everything the report on individual change shows, made from one cohort in one place.

A part that the data do not allow (no couples, no third score) is kept as the reason why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.change import ChangeResult, MethodsResult, ZonesResult, change, zones
from outcomes.change.claims import ClaimResult, claim
from outcomes.change.differences import RateDifferences
from outcomes.change.partners import CoupleResult
from outcomes.change.sessions import (
    EarlyResponse,
    FirstChange,
    OnTrack,
    Scale,
    Setbacks,
    SuddenGains,
    early_response,
    first_change,
    on_track,
    setbacks,
    sudden_gains,
)
from outcomes.derive import Cohort, trajectories
from outcomes.instruments import RiskFlags
from outcomes.privacy import Policy
from outcomes.process import (
    BenefitsResult,
    GoalsResult,
    ProcessResult,
    SatisfactionResult,
    benefits,
    goals,
    process,
    satisfaction,
)
from outcomes.reports.companions import Absent, companions, tried
from outcomes.schema import Study
from outcomes.showing.pooled import claim_beside_rates

SHARED = "practitioner_or_couple"


@dataclass(frozen=True, slots=True, eq=False)
class Individual:
    """The results of one report; a part is `Absent` where the data do not allow it."""

    study: Study
    cohort: Cohort
    n_people: int
    risk: RiskFlags
    changes: ChangeResult
    differences: RateDifferences | Absent
    methods: MethodsResult | Absent
    zones: ZonesResult | Absent
    couples: CoupleResult | Absent
    claim: ClaimResult | Absent
    first: FirstChange | Absent
    track: OnTrack | Absent
    over: tuple[SuddenGains | Setbacks | EarlyResponse | Absent, ...]
    process: ProcessResult | Absent
    satisfaction: SatisfactionResult | Absent
    goals: GoalsResult | Absent
    benefits: BenefitsResult | Absent
    policy: Policy
    seed: int

    def known(self) -> dict[str, tuple[int, int]]:
        """People with both scores and those reliably better, by group, as the rates tell."""
        rates = self.changes.rates
        better = rates["measure"].eq("reliable_improvement") & rates["denominator"].eq("paired")
        return {
            str(row.group): (int(row.n_total), int(row.n)) for row in rates[better].itertuples()
        }


def individual(
    study: Study,
    cohort: Cohort,
    *,
    policy: Policy,
    claimed: tuple[float, float],
    method: str = "jt",
    reliability: float | None = None,
    flourishing_limit: float | None = None,
    seed: int = 0,
) -> Individual:
    """Compute all parts for the people of a cohort.

    `claimed` is the rate or range of rates that the claim card tests, `flourishing_limit` the
    score from which people count as flourishing. Raises as `change`
    where the change itself cannot be classified; every other part may be absent.
    """
    frame, name = cohort.frame, cohort.instrument.id
    sure = policy.confidence
    changes = change(
        frame, instrument=name, by="arm", cluster=SHARED, method=method,
        reliability=reliability, confidence=sure,
    )  # fmt: skip
    beside = companions(study, cohort, changes, reliability=reliability)
    part = beside.part
    scores = _scores(part, cohort)
    known: Scale = {"instrument": name, "reliability": reliability, "confidence": sure}
    grouped: dict[str, Any] = {**known, "by": "arm", "cluster": SHARED}
    return Individual(
        study=study,
        cohort=cohort,
        n_people=beside.n_people,
        risk=beside.risk,
        changes=changes,
        differences=beside.differences,
        methods=beside.methods,
        zones=tried(lambda: zones(frame, flourishing_limit=flourishing_limit, **grouped)),
        couples=beside.couples,
        claim=_claim(cohort, changes, claimed, reliability, policy),
        first=tried(lambda: first_change(scores, by="arm", cluster=SHARED, seed=seed, **known)),
        track=tried(lambda: on_track(scores, by="arm", cluster=SHARED, seed=seed, **known)),
        over=(
            tried(lambda: early_response(scores, by="arm", cluster=SHARED, **known)),
            tried(lambda: setbacks(scores, by="arm", cluster=SHARED, **known)),
            tried(lambda: sudden_gains(scores, by="arm", cluster=SHARED, **known)),
        ),
        process=tried(lambda: process(part, confidence=sure)),
        satisfaction=tried(lambda: satisfaction(part, confidence=sure)),
        goals=tried(lambda: goals(part, confidence=sure)),
        benefits=tried(lambda: benefits(part, confidence=sure)),
        policy=policy,
        seed=seed,
    )


def _claim(
    cohort: Cohort,
    changes: ChangeResult,
    claimed: tuple[float, float],
    reliability: float | None,
    policy: Policy,
) -> ClaimResult | Absent:
    """The claim about everybody, as far as it gives no group's hidden number away."""
    found = tried(
        lambda: claim(
            cohort.frame,
            claimed,
            instrument=cohort.instrument.id,
            reliability=reliability,
            cluster=SHARED,
            confidence=policy.confidence,
        )
    )
    if isinstance(found, Absent):
        return found
    beside = claim_beside_rates(found, changes, policy)
    if beside is None:
        return Absent(
            "The claimed rate is hidden: with the table of rates it would give a small number away."
        )
    return beside


def _scores(study: Study, cohort: Cohort) -> pd.DataFrame:
    """The scores over the sessions of the people of the cohort, with who is not independent."""
    rows = trajectories(study, cohort.instrument.id)
    mine = cohort.frame[["client_id", "episode_id", SHARED]]
    return rows.merge(mine, on=["client_id", "episode_id"], how="inner")

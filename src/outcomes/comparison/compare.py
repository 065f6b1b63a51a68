"""Compare two arms fairly, or say why that cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from outcomes.comparison.diagnostics import Diagnostics, diagnose, unknown
from outcomes.comparison.estimators import Estimate
from outcomes.comparison.policy import ComparisonPolicy, comparison_policy
from outcomes.comparison.prepared import (
    NAN,
    NOTHING,
    Prepared,
    Request,
    estimate,
    prepare,
    too_few,
)
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.verdict import decide, equivalence_interval, t_interval
from outcomes.comparison.wording import sources, warnings
from outcomes.models.arms import two_arms
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import weigh
from outcomes.schema.verdicts import Verdict


def compare(
    frame: pd.DataFrame,
    *,
    outcome: str = "post",
    arm: str = "arm",
    reference: str | None = None,
    other: str | None = None,
    covariates: Sequence[str],
    cluster: str | None = None,
    estimand: str = "ATO",
    method: str = "weighting",
    margin: float | None = None,
    direction: str | None = None,
    unit: str = "points",
    confidence: float = 0.95,
    policy: ComparisonPolicy | None = None,
) -> ComparisonResult:
    """Estimate other − reference in the outcome, adjusted, with checks and a verdict.

    `frame` has a row for each person. Rows without an outcome or in a third arm are not
    used; a third arm must be set aside by naming `other`. `method`: "weighting" (weighted
    difference, by default among people who could have had either), "ancova" (outcome on
    arm and covariates) or "aipw". `cluster` names the practitioner or couple. `margin`
    (points) and `direction` ("lower" or "higher" is better) allow the verdicts equivalent
    and not supported. The verdict is decided as `comparison/verdict.py` says, by the
    limits of `policy`.

    Raises UsageError for unknown columns or options, NotEnoughData when an arm has nobody
    with an outcome. Arms without overlap give the verdict not comparable, not an error.
    """
    asked = Request(
        outcome,
        tuple(covariates),
        cluster,
        estimand,
        method,
        margin,
        direction,
        unit,
        confidence,
        policy or comparison_policy(),
    )
    ready = prepare(frame, two_arms(frame, arm, reference, other), asked)
    small = too_few(ready, asked)
    if small is not None:
        return _conclude(ready, asked, NOTHING, small, None)
    weights = weigh(ready.index, ready.arms, ready.rows, ready.covariates, estimand)
    columns = len(ready.covariates.kept)
    diagnostics = diagnose(
        weights, ready.clusters, method=method, columns=columns, policy=asked.policy
    )
    if diagnostics.failed:
        return _conclude(ready, asked, NOTHING, diagnostics, weights)
    found = estimate(ready, asked, weights)
    checked = diagnostics.with_df(found.df, asked.policy)
    return _conclude(ready, asked, found, checked, weights)


def _conclude(
    ready: Prepared,
    asked: Request,
    found: Estimate,
    diagnostics: Diagnostics,
    weights: WeightResult | None,
) -> ComparisonResult:
    converged = weights is None or weights.converged
    interval = t_interval(found.estimate, found.se, found.df, asked.confidence)
    equal = equivalence_interval(found.estimate, found.se, found.df, asked.confidence)
    verdict, reasons = decide(
        interval=interval,
        equivalence=equal,
        margin=asked.margin,
        direction=asked.direction,
        failed=diagnostics.failed,
        few=diagnostics.few,
        converged=converged,
    )
    shown = verdict is not Verdict.NOT_COMPARABLE and converged
    bounds = shown and asked.margin is not None
    left_out = _left_out(ready)
    clusters = ready.clusters
    return ComparisonResult(
        estimate=found.estimate if shown else NAN,
        se=found.se if shown else NAN,
        df=found.df if shown else NAN,
        low=interval.low if shown else NAN,
        high=interval.high if shown else NAN,
        p=interval.p if shown else NAN,
        equivalence_low=equal.low if bounds else NAN,
        equivalence_high=equal.high if bounds else NAN,
        verdict=verdict,
        reasons=reasons,
        diagnostics=diagnostics,
        method=asked.method,
        uncertainty=found.uncertainty,
        estimand=asked.estimand,
        reference=ready.arms.reference,
        other=ready.arms.other,
        outcome=asked.outcome,
        covariates=asked.covariates,
        cluster=asked.cluster,
        unit=asked.unit,
        direction=asked.direction,
        margin=asked.margin,
        confidence=asked.confidence,
        n_in=int(ready.arms.either.sum()),
        n_used=len(ready.y),
        left_out=left_out,
        n=ready.n,
        n_clusters=None if clusters is None else clusters.total,
        converged=converged,
        warnings=warnings(diagnostics, weights, clusters, left_out),
        sources=sources(asked.method, weights, clustered=clusters is not None),
        weights=weights,
    )


def _left_out(ready: Prepared) -> dict[str, int]:
    every = ready.arms.counts(ready.arms.either)
    used = ready.n
    counts = {f"{arm}: no outcome": every[arm] - used[arm] for arm in every}
    counts["no arm or a third arm"] = len(ready.index) - int(ready.arms.either.sum())
    return {reason: count for reason, count in counts.items() if count}


def not_measurable(
    *,
    reference: str,
    other: str,
    outcome: str,
    estimand: str = "ATO",
    method: str = "weighting",
    unit: str = "points",
    confidence: float = 0.95,
) -> ComparisonResult:
    """The result for two arms that share no measure: a verdict without numbers."""
    empty = unknown(ComparisonPolicy({}), {}, None, ())
    return ComparisonResult(
        NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
        verdict=Verdict.NOT_MEASURABLE,
        reasons=("no_shared_measure",),
        diagnostics=replace(empty),
        method=method, uncertainty="", estimand=estimand, reference=reference, other=other,
        outcome=outcome, covariates=(), cluster=None, unit=unit, direction=None, margin=None,
        confidence=confidence, n_in=0, n_used=0, left_out={}, n={reference: 0, other: 0},
        n_clusters=None, converged=True, warnings=(), sources=(), weights=None,
    )  # fmt: skip

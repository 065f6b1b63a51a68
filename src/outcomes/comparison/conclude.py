"""From an estimate and its checks to the result with its verdict."""

from __future__ import annotations

import math

from outcomes.comparison.diagnostics import Diagnostics
from outcomes.comparison.estimators import Estimate
from outcomes.comparison.estimators.intervals import interval
from outcomes.comparison.prepared import NAN, Prepared, Request
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.verdict import Interval, decide
from outcomes.comparison.wording import sources, warnings
from outcomes.models.weight_result import WeightResult
from outcomes.schema.verdicts import Verdict


def conclude(
    ready: Prepared,
    asked: Request,
    found: Estimate,
    diagnostics: Diagnostics,
    weights: WeightResult | None,
) -> ComparisonResult:
    """The result; where the checks forbid a comparison every number of the effect is nan."""
    converged = weights is None or weights.converged
    ratio = asked.how.effect == "ratio"
    margin = math.log(asked.margin) if ratio and asked.margin is not None else asked.margin
    span = interval(found, asked.confidence)
    equal = interval(found, 2 * asked.confidence - 1)
    verdict, reasons = decide(
        interval=span,
        equivalence=equal,
        margin=margin,
        direction=asked.direction,
        failed=diagnostics.failed,
        few=diagnostics.few,
        converged=converged,
    )
    shown = verdict is not Verdict.NOT_COMPARABLE and converged
    left_out = _left_out(ready)
    clusters = ready.clusters
    arms = (ready.arms.reference, ready.arms.other)
    numbers = _numbers(found, span, equal if asked.margin is not None else None, ratio=ratio)
    return ComparisonResult(
        **(numbers if shown else dict.fromkeys(numbers, NAN)),
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
        sources=sources(asked.method, weights, found.uncertainty),
        weights=weights,
        effect=asked.how.effect,
        means=dict(zip(arms, found.means, strict=True)) if shown else {},
        identification=asked.identification,
        binary=ready.binary,
    )


def _numbers(
    found: Estimate, span: Interval, equal: Interval | None, *, ratio: bool
) -> dict[str, float]:
    """The numbers of the effect on the scale on which it is told; se and df as estimated."""
    limits = Interval(NAN, NAN, NAN) if equal is None else equal
    told = {
        "estimate": found.estimate,
        "low": span.low,
        "high": span.high,
        "equivalence_low": limits.low,
        "equivalence_high": limits.high,
    }
    if ratio:
        told = {name: math.exp(value) for name, value in told.items()}
    return {**told, "se": found.se, "df": found.df, "p": span.p}


def _left_out(ready: Prepared) -> dict[str, int]:
    every = ready.arms.counts(ready.arms.either)
    aside = {arm: ready.set_aside.get(arm, 0) for arm in every}
    counts = {f"{arm}: no outcome": every[arm] - ready.n[arm] - aside[arm] for arm in every}
    counts |= {f"{arm}: set aside by the recipe": count for arm, count in aside.items()}
    counts["no arm or a third arm"] = len(ready.index) - int(ready.arms.either.sum())
    return {reason: count for reason, count in counts.items() if count}

"""Compare two arms fairly, or say why that cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import SupportsFloat, Unpack

import pandas as pd

from outcomes.comparison.conclude import conclude
from outcomes.comparison.diagnostics import diagnose, unknown
from outcomes.comparison.estimators import Estimation, options
from outcomes.comparison.policy import ComparisonPolicy, comparison_policy
from outcomes.comparison.prepared import (
    NAN,
    NOTHING,
    Prepared,
    Request,
    estimate,
    prepare,
    too_few,
    weighed,
)
from outcomes.comparison.result import ComparisonResult
from outcomes.models.arms import two_arms
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
    margin: SupportsFloat | None = None,
    direction: str | None = None,
    unit: str | None = None,
    confidence: float = 0.95,
    policy: ComparisonPolicy | None = None,
    **how: Unpack[Estimation],
) -> ComparisonResult:
    """Estimate other − reference in the outcome, adjusted, with checks and a verdict.

    `frame` has a row for each person. Rows without an outcome or in a third arm are not
    used; a third arm must be set aside by naming `other`. `outcome` is a number, or true and
    false (reliable improvement, recovery): then the difference is one of shares. `method`:
    "weighting" (weighted difference, by default among people who could have had either),
    "ancova" (outcome on arm and covariates), "ancova_interactions" (slopes by arm),
    "g_computation" (an outcome model in each arm, averaged over the population) or "aipw" (the
    two together). `cluster` names the practitioner or couple. `margin` (in the effect's unit, or
    an `oc.margin`) and `direction` ("lower" or "higher" is better) allow the verdicts equivalent
    and not supported. `how` takes the parts of `Estimation`: effect, uncertainty, cross_fit,
    repeats, draws, seed, identification, recipe. The verdict is decided as `comparison/verdict.py`
    says, by the limits of `policy`.

    Raises UsageError for unknown columns or options, NotEnoughData when an arm has nobody
    with an outcome. Arms without overlap give the verdict not comparable, not an error.
    """
    chosen = options(**how)
    asked = Request(
        outcome,
        tuple(covariates),
        cluster,
        estimand,
        method,
        None if margin is None else float(margin),
        direction,
        unit or _unit(frame, outcome, chosen.effect),
        confidence,
        policy or comparison_policy(),
        chosen,
        how.get("identification"),
        how.get("recipe"),
    )
    ready = prepare(frame, two_arms(frame, arm, reference, other), asked)
    return checked(ready, asked)


def checked(ready: Prepared, asked: Request) -> ComparisonResult:
    """Checks first, then the estimate if they allow one."""
    small = too_few(ready, asked)
    if small is not None:
        return conclude(ready, asked, NOTHING, small, None)
    ready, weights = weighed(ready, asked)
    diagnostics = diagnose(
        weights, ready.clusters, method=asked.method, policy=asked.policy
    ).with_outcome(ready.y, ready.in_other, asked.policy, binary=ready.binary)
    if diagnostics.failed:
        return conclude(ready, asked, NOTHING, diagnostics, weights)
    found = estimate(ready, asked, weights)
    return conclude(ready, asked, found, diagnostics.with_df(found.df, asked.policy), weights)


def _unit(frame: pd.DataFrame, outcome: str, effect: str) -> str:
    if effect == "ratio":
        return "times as many"
    known = outcome in frame.columns and pd.api.types.is_bool_dtype(frame[outcome])
    return "share of people" if known else "points"


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

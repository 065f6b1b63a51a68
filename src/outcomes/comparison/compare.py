"""Compare two arms fairly, or say why that cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison import estimators
from outcomes.comparison.diagnostics import Clusters, Diagnostics, diagnose, unknown
from outcomes.comparison.estimators import Estimate
from outcomes.comparison.policy import Broken, ComparisonPolicy, comparison_policy
from outcomes.comparison.result import METHOD_NAMES, ComparisonResult
from outcomes.comparison.verdict import decide, equivalence_interval, t_interval
from outcomes.comparison.wording import sources, warnings
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import Arms, require_columns, two_arms
from outcomes.models.design import Design, design
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import check_estimand, weigh
from outcomes.schema.verdicts import Verdict

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
NAN = float("nan")
NOTHING = Estimate(NAN, NAN, NAN, "")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, as given to `compare`."""

    outcome: str
    covariates: tuple[str, ...]
    cluster: str | None
    estimand: str
    method: str
    margin: float | None
    direction: str | None
    unit: str
    confidence: float
    policy: ComparisonPolicy

    def __post_init__(self) -> None:
        check_estimand(self.estimand)
        if self.method not in METHOD_NAMES:
            raise UsageError(
                f"unknown method {self.method!r}", where="method", fix=", ".join(METHOD_NAMES)
            )
        if not self.covariates:
            raise UsageError(
                "a comparison needs covariates",
                where="covariates",
                fix="name what was known at the start, at least the start score",
            )
        if self.direction not in (None, "lower", "higher"):
            raise UsageError("direction is 'lower', 'higher' or None", where="direction")
        if self.margin is not None and not self.margin > 0:
            raise UsageError("a margin is a positive number of points", where="margin")
        if not 0.5 < self.confidence < 1:
            raise UsageError("confidence lies between 0.5 and 1", where="confidence")


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """The rows that are used, as arrays; `rows` marks them in the frame."""

    index: pd.Index
    arms: Arms
    rows: BoolArray
    y: FloatArray
    in_other: BoolArray
    covariates: Design
    clusters: Clusters | None

    @property
    def n(self) -> dict[str, int]:
        return self.arms.counts(self.rows)


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
    ready = _prepare(frame, two_arms(frame, arm, reference, other), asked)
    too_few = _too_few(ready, asked)
    if too_few is not None:
        return _conclude(ready, asked, NOTHING, too_few, None)
    weights = weigh(ready.index, ready.arms, ready.rows, ready.covariates, estimand)
    columns = len(ready.covariates.kept)
    diagnostics = diagnose(
        weights, ready.clusters, method=method, columns=columns, policy=asked.policy
    )
    if diagnostics.failed:
        return _conclude(ready, asked, NOTHING, diagnostics, weights)
    found = _estimate(ready, asked, weights)
    checked = diagnostics.with_df(found.df, asked.policy)
    return _conclude(ready, asked, found, checked, weights)


def _prepare(frame: pd.DataFrame, arms: Arms, asked: Request) -> _Prepared:
    extra = [asked.cluster] if asked.cluster else []
    require_columns(frame, [asked.outcome, *asked.covariates, *extra])
    if {asked.outcome, arms.column} & set(asked.covariates):
        raise UsageError("the outcome and the arm cannot be covariates", where="covariates")
    if not pd.api.types.is_numeric_dtype(frame[asked.outcome]):
        raise UsageError("the outcome is not a number", where=f"column {asked.outcome!r}")
    y = frame[asked.outcome].to_numpy(dtype=float, na_value=np.nan)
    rows = arms.either & ~np.isnan(y)
    if np.isinf(y[rows]).any():
        raise UsageError(
            "the outcome holds infinite numbers",
            where=f"column {asked.outcome!r}",
            how_many=int(np.isinf(y[rows]).sum()),
        )
    for name, count in arms.counts(rows).items():
        if count == 0:
            raise NotEnoughData(
                f"nobody in arm {name!r} has an outcome",
                where=f"column {asked.outcome!r}",
                how_many=0,
                fix="choose an outcome that was measured in both arms",
            )
    in_other = arms.in_other[rows]
    clusters = None
    if asked.cluster:
        names = (arms.reference, arms.other)
        clusters = Clusters.of(frame.loc[rows, asked.cluster], in_other, names)
    covariates = design(frame.loc[rows], asked.covariates)
    return _Prepared(frame.index, arms, rows, y[rows], in_other, covariates, clusters)


def _too_few(ready: _Prepared, asked: Request) -> Diagnostics | None:
    """Diagnostics with the reason when nothing can be estimated, else None."""
    columns = len(ready.covariates.kept)
    n = ready.n
    more: list[Broken] = []
    # One more than the outcome model's columns; AIPW fits such a model in each arm.
    most = min(n.values()) - 1 if asked.method == "aipw" else len(ready.y) - 2
    if columns >= most:
        more.append(("columns", float(columns), float(max(most - 1, 0))))
    if ready.clusters is not None and ready.clusters.total < 2:
        more.append(("clusters", float(ready.clusters.total), asked.policy.limit("clusters")))
    if np.ptp(ready.y) == 0:
        more.append(("outcome_varies", 0.0, 0.0))
    small = any(asked.policy.check("n", size) for size in n.values())
    if not (small or more):
        return None
    return unknown(asked.policy, n, ready.clusters, tuple(more))


def _estimate(ready: _Prepared, asked: Request, weights: WeightResult) -> Estimate:
    """The estimate by the method asked for; nothing where the data cannot carry it."""
    try:
        return _by_method(ready, asked, weights)
    except NotEnoughData:
        # Weights can leave so few people that the columns of the model coincide.
        return NOTHING


def _by_method(ready: _Prepared, asked: Request, weights: WeightResult) -> Estimate:
    matrix = ready.covariates.matrix
    codes = None if ready.clusters is None else ready.clusters.codes
    if asked.method == "ancova":
        return estimators.ancova(ready.y, ready.in_other, matrix, codes)
    if not weights.converged:
        return NOTHING
    if asked.method == "aipw":
        chance = weights.propensity.to_numpy()[ready.rows]
        return estimators.aipw(
            ready.y, ready.in_other, matrix, chance, codes, estimand=asked.estimand
        )
    given = weights.weights.to_numpy()[ready.rows]
    adjust = asked.estimand == "ATO"
    return estimators.weighting(ready.y, ready.in_other, matrix, given, codes, adjust=adjust)


def _conclude(
    ready: _Prepared,
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


def _left_out(ready: _Prepared) -> dict[str, int]:
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

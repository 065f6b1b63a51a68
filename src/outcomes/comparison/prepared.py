"""What was asked of a comparison, the rows it uses as arrays, and the estimate from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.diagnostics import Clusters, Diagnostics, unknown
from outcomes.comparison.estimators import (
    Estimate,
    Given,
    Options,
    by_method,
)
from outcomes.comparison.policy import Broken, ComparisonPolicy
from outcomes.comparison.result import METHOD_NAMES
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import Arms, require_columns
from outcomes.models.design import Design, design, independent
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import Recipe, check_estimand, weigh

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
    how: Options = field(default_factory=Options)
    identification: str | None = None
    recipe: Recipe | None = None

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
        self._check_effect()

    def _check_effect(self) -> None:
        ratio = self.how.effect == "ratio"
        if ratio and self.method in ("ancova", "ancova_interactions"):
            raise UsageError(
                f"{METHOD_NAMES[self.method]} gives a difference, not a ratio",
                where="effect",
                fix="method 'weighting', 'g_computation' or 'aipw'",
            )
        if ratio and self.margin is not None and not self.margin > 1:
            raise UsageError("the margin of a ratio is above 1", where="margin")
        if self.how.folds and self.method != "aipw":
            raise UsageError(
                "only augmented weighting is cross-fitted", where="cross_fit", fix="method='aipw'"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The rows that are used, as arrays; `rows` marks them in the frame."""

    index: pd.Index
    arms: Arms
    rows: BoolArray
    y: FloatArray
    in_other: BoolArray
    covariates: Design
    clusters: Clusters | None
    binary: bool = False
    set_aside: dict[str, int] = field(default_factory=dict)

    @property
    def n(self) -> dict[str, int]:
        """Used rows by arm."""
        return self.arms.counts(self.rows)


def prepare(frame: pd.DataFrame, arms: Arms, asked: Request) -> Prepared:
    """Check the columns and take the rows that have an outcome and one of the two arms."""
    extra = [asked.cluster] if asked.cluster else []
    require_columns(frame, [asked.outcome, *asked.covariates, *extra])
    if {asked.outcome, arms.column} & set(asked.covariates):
        raise UsageError("the outcome and the arm cannot be covariates", where="covariates")
    if not pd.api.types.is_numeric_dtype(frame[asked.outcome]):
        raise UsageError("the outcome is not a number", where=f"column {asked.outcome!r}")
    y = frame[asked.outcome].to_numpy(dtype=float, na_value=np.nan)
    rows = arms.either & ~np.isnan(y)
    binary = pd.api.types.is_bool_dtype(frame[asked.outcome])
    if asked.how.effect == "ratio" and not binary:
        raise UsageError(
            "a ratio is of shares of people, so the outcome has to be true or false",
            where=f"column {asked.outcome!r}",
            fix="effect='difference', or an outcome such as reliable improvement as booleans",
        )
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
    return Prepared(frame.index, arms, rows, y[rows], in_other, covariates, clusters, binary)


def too_few(ready: Prepared, asked: Request) -> Diagnostics | None:
    """Diagnostics with the reason when nothing can be estimated, else None."""
    columns = len(ready.covariates.kept)
    n = ready.n
    more: list[Broken] = []
    # One more than the outcome model's columns; some methods fit such a model in each arm.
    by_arm = asked.method in ("aipw", "g_computation", "ancova_interactions")
    most = min(n.values()) - 1 if by_arm else len(ready.y) - 2
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


def estimate(ready: Prepared, asked: Request, weights: WeightResult) -> Estimate:
    """The estimate by the method asked for; nothing where the data cannot carry it."""
    try:
        return _by_method(ready, asked, weights)
    except NotEnoughData:
        # Weights can leave so few people that the columns of the model coincide.
        return NOTHING


def _by_method(ready: Prepared, asked: Request, weights: WeightResult) -> Estimate:
    if not (weights.converged or asked.method == "ancova"):
        return NOTHING
    return by_method(given(ready, asked, weights), asked.method, asked.how)


def given(ready: Prepared, asked: Request, weights: WeightResult) -> Given:
    """The arrays that the estimators work on."""
    model = weights.model
    if model is not None and not model.kept.all():
        # The rows of people who were set aside are gone from `ready` already.
        model = replace(
            model, basis=model.basis[model.kept], in_other=model.in_other[model.kept],
            probability=model.probability[model.kept], kept=model.kept[model.kept],
            weights=None if model.weights is None else model.weights[model.kept],
        )  # fmt: skip
    return Given(
        y=ready.y,
        in_other=ready.in_other,
        covariates=ready.covariates.matrix,
        clusters=None if ready.clusters is None else ready.clusters.codes,
        weights=weights.weights.to_numpy()[ready.rows],
        model=model,
        estimand=asked.estimand,
        binary=ready.binary,
    )


def weighed(ready: Prepared, asked: Request) -> tuple[Prepared, WeightResult]:
    """The rows without the people whom the recipe sets aside, and the weights."""
    recipe = asked.recipe
    if recipe is not None and recipe.missing == "impute":
        raise UsageError(
            "compare marks missing covariates; weights pooled over imputations are oc.weights'",
            where="recipe",
            fix="Recipe(missing='indicator')",
        )
    weights = weigh(
        ready.index, ready.arms, ready.rows, ready.covariates, asked.estimand, recipe=recipe
    )
    model = weights.model
    if model is None or model.kept.all():
        return ready, weights
    return without(ready, model.kept), weights


def without(ready: Prepared, kept: BoolArray) -> Prepared:
    """The rows without those set aside; columns and clusters that vanish with them go too."""
    rows = ready.rows.copy()
    rows[ready.rows] = kept
    columns = ready.covariates.candidates[kept]
    before = ready.covariates.kept
    inside = tuple(before[place] for place in independent(columns[:, list(before)]))
    covariates = replace(ready.covariates, candidates=columns, kept=inside)
    clusters = ready.clusters
    if clusters is not None:
        names = (ready.arms.reference, ready.arms.other)
        labels = pd.Series(clusters.codes[kept])
        clusters = replace(
            Clusters.of(labels, ready.in_other[kept], names), without=clusters.without
        )
    return replace(
        ready, rows=rows, y=ready.y[kept], in_other=ready.in_other[kept], covariates=covariates,
        clusters=clusters, set_aside=ready.arms.counts(ready.rows & ~rows),
    )  # fmt: skip

"""What was asked of a comparison, the rows it uses as arrays, and the estimate from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison import estimators
from outcomes.comparison.diagnostics import Clusters, Diagnostics, unknown
from outcomes.comparison.estimators import Estimate
from outcomes.comparison.policy import Broken, ComparisonPolicy
from outcomes.comparison.result import METHOD_NAMES
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import Arms, require_columns
from outcomes.models.design import Design, design
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import check_estimand

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
class Prepared:
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
    return Prepared(frame.index, arms, rows, y[rows], in_other, covariates, clusters)


def too_few(ready: Prepared, asked: Request) -> Diagnostics | None:
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


def estimate(ready: Prepared, asked: Request, weights: WeightResult) -> Estimate:
    """The estimate by the method asked for; nothing where the data cannot carry it."""
    try:
        return _by_method(ready, asked, weights)
    except NotEnoughData:
        # Weights can leave so few people that the columns of the model coincide.
        return NOTHING


def _by_method(ready: Prepared, asked: Request, weights: WeightResult) -> Estimate:
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

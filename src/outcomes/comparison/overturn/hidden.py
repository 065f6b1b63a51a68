"""`oc.hidden_confounding`: what something that was not measured could do to a comparison."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.comparison.overturn import partial_r2 as r2
from outcomes.comparison.overturn.hidden_result import Bound, HiddenConfounding
from outcomes.comparison.overturn.people import People, people_of
from outcomes.comparison.overturn.policy import OverturnPolicy, overturn_policy
from outcomes.comparison.overturn.strength import Strength, strengths
from outcomes.comparison.overturn.turning import SETTLED, answered, smallest_room, verdict_at
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import NotEnoughData
from outcomes.models.least_squares import least_squares

# A hidden variable is searched up to this many times as strong as a covariate.
MOST, HALVINGS = 50.0, 60


def hidden_confounding(
    comparison: ComparisonResult,
    frame: pd.DataFrame,
    *,
    arm: str = "arm",
    policy: OverturnPolicy | None = None,
) -> HiddenConfounding:
    """Omitted-variable bias of a comparison, beside what the measured covariates could do.

    `frame` is the one that was compared. The bias of a hidden variable that explains given
    shares of arm and outcome is that of the linear model of the outcome on arm and
    covariates, whatever the method of the comparison; it moves the comparison's estimate,
    and its interval keeps its own (cluster-robust) standard error. Raises UsageError when
    the frame is another one.

    Source: Cinelli and Hazlett 2020.
    """
    rules = overturn_policy() if policy is None else policy
    people = people_of(comparison, frame, arm)
    found = strengths(people.covariates, people.in_other, people.y, fewest=rules.fewest)
    empty = HiddenConfounding(
        comparison=comparison, slope=math.nan, error=math.nan, df=math.nan, r2=math.nan,
        robustness=math.nan, robustness_limit=math.nan, bounds=(), strengths=found,
        multiple=rules.multiple, flagged=False, sd=people.sd,
    )  # fmt: skip
    if not answered(comparison):
        return empty
    try:
        slope, error, df = _linear(people)
    except NotEnoughData:
        return empty
    reach = smallest_room(comparison)[0]
    unit = error * math.sqrt(df)
    bounds = tuple(_bound(comparison, one, error, df, rules.multiple) for one in found)
    return replace(
        empty, slope=slope, error=error, df=df, r2=r2.partial_r2(slope / error, df),
        robustness=r2.from_effect(abs(comparison.estimate) / unit),
        robustness_limit=r2.from_effect(reach / unit), bounds=bounds,
        flagged=_flagged(comparison, bounds),
    )  # fmt: skip


def _linear(people: People) -> tuple[float, float, float]:
    """Slope of the arm, its classical error and df, in the model of arm and covariates."""
    matrix = people.covariates.matrix
    X = np.column_stack([np.ones(len(people.y)), people.in_other.astype(float), matrix])
    fit = least_squares(people.y, X)
    return float(fit.coefficients[1]), float(np.sqrt(fit.covariance[1, 1])), float(fit.df)


def _bound(
    comparison: ComparisonResult, one: Strength, error: float, df: float, multiple: float
) -> Bound:
    reach, way = smallest_room(comparison)
    arm, outcome, size = _at(one, multiple, error, df)
    turns = math.isfinite(size) and size >= reach
    return Bound(
        covariate=one.covariate,
        r2_arm=one.r2_arm,
        r2_outcome=one.r2_outcome,
        bound_arm=arm,
        bound_outcome=outcome,
        bias=size,
        estimate=comparison.estimate + way * size,
        overturns=turns,
        after=verdict_at(comparison, way * size) if turns else comparison.verdict,
        times=_times(one, reach, error, df),
    )


def _at(one: Strength, k: float, error: float, df: float) -> tuple[float, float, float]:
    """R² with arm and outcome, and bias, of something k times as strong as a covariate."""
    arm, outcome = r2.bounds(one.r2_arm, one.r2_outcome, k)
    return arm, outcome, float(r2.bias(arm, outcome, error, df))


def _times(one: Strength, reach: float, error: float, df: float) -> float:
    """How many times as strong as the covariate it must be for so large a bias.

    The bias grows with the strength. inf where even `MOST` times, or the strongest that can
    be, is too weak.
    """

    def enough(k: float) -> bool:
        size = _at(one, k, error, df)[2]
        return math.isnan(size) or size >= reach

    low, high = 0.0, MOST
    if not enough(high):
        return math.inf
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high if math.isfinite(_at(one, high, error, df)[2]) else math.inf


def _flagged(comparison: ComparisonResult, bounds: tuple[Bound, ...]) -> bool:
    """An answer that a hidden variable as strong as a measured one would undo."""
    return comparison.verdict in SETTLED and any(one.overturns for one in bounds)

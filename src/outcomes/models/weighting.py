"""Weights for two arms: everybody, one arm, or the people who could have been in either."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import Arms, require_columns, two_arms
from outcomes.models.balance import balance, effective_size
from outcomes.models.design import Design, design
from outcomes.models.overlap import outside_support, overlap_coefficient
from outcomes.models.propensity import propensity
from outcomes.models.weight_result import FORMULAS, SEPARATED, WeightResult

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ESTIMANDS = tuple(FORMULAS)


def weights(
    frame: pd.DataFrame,
    arm: str,
    covariates: Sequence[str],
    estimand: str = "ATO",
    reference: str | None = None,
    *,
    other: str | None = None,
) -> WeightResult:
    """Propensity weights for two arms of a frame.

    `frame` has a row for each person; rows in neither arm get no weight. `estimand` is
    ATE, ATT, ATC, ATO or ATM; treated means the other arm. Missing covariates are handled
    as `models/design.py` says. Raises UsageError for unknown columns or estimands,
    NotEnoughData for an empty arm or more columns than rows.
    """
    check_estimand(estimand)
    require_columns(frame, [arm, *covariates])
    if not len(covariates):
        raise UsageError("weights need at least one covariate", where="covariates")
    arms = two_arms(frame, arm, reference, other)
    rows = arms.either
    return weigh(frame.index, arms, rows, design(frame.loc[rows], covariates), estimand)


def check_estimand(estimand: str) -> None:
    """Raise UsageError unless the estimand is one of those known."""
    if estimand not in ESTIMANDS:
        raise UsageError(
            f"unknown estimand {estimand!r}", where="estimand", fix=f"one of {', '.join(ESTIMANDS)}"
        )


def tilt(probability: FloatArray, estimand: str) -> FloatArray:
    """h(e): how much each propensity counts in the population of the estimand (Li 2018)."""
    e = probability
    if estimand == "ATT":
        return e
    if estimand == "ATC":
        return 1 - e
    if estimand == "ATO":
        return e * (1 - e)
    return np.minimum(e, 1 - e) if estimand == "ATM" else np.ones_like(e)


def balancing_weights(probability: FloatArray, in_other: BoolArray, estimand: str) -> FloatArray:
    """h(e) / e in the other arm, h(e) / (1 − e) in the reference arm, written without 0/0."""
    e = probability
    if estimand == "ATO":
        return np.where(in_other, 1 - e, e)
    if estimand == "ATT":
        return np.where(in_other, 1.0, _ratio(e, 1 - e))
    if estimand == "ATC":
        return np.where(in_other, _ratio(1 - e, e), 1.0)
    own = np.where(in_other, e, 1 - e)
    if estimand == "ATM":
        return np.minimum(1.0, _ratio(1 - own, own))
    return _ratio(np.ones_like(own), own)


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    # A propensity of exactly 0 or 1 is separation; the smallest number keeps weights finite.
    return np.asarray(top / np.maximum(bottom, np.finfo(float).tiny ** 0.5))


def weigh(
    index: pd.Index, arms: Arms, rows: BoolArray, covariates: Design, estimand: str
) -> WeightResult:
    """Weights from a ready design of the rows marked in `rows`; see `weights`."""
    matrix = covariates.matrix
    n_used = int(rows.sum())
    if n_used <= matrix.shape[1] + 1:
        raise NotEnoughData(
            f"{n_used} people are too few for {matrix.shape[1]} covariate columns",
            where="propensity model",
            how_many=n_used,
            fix="adjust for fewer covariates",
        )
    in_other = arms.in_other[rows]
    model = propensity(in_other.astype(float), matrix)
    found = balancing_weights(model.probability, in_other, estimand)
    by_arm = {arms.reference: found[~in_other], arms.other: found[in_other]}
    return WeightResult(
        weights=_aligned(found, index, rows),
        propensity=_aligned(model.probability, index, rows),
        arm=_labels(arms, index, rows),
        estimand=estimand,
        arms=(arms.reference, arms.other),
        n={name: len(values) for name, values in by_arm.items()},
        ess={name: effective_size(values) for name, values in by_arm.items()},
        max_share=max(_largest_share(values) for values in by_arm.values()),
        overlap=overlap_coefficient(model.probability, in_other),
        outside_support=outside_support(model.probability, in_other),
        balance=balance(covariates, in_other, found, estimand),
        converged=model.converged,
        separated=model.separated,
        warnings=(*_said(model.converged, model.separated), *covariates.notes()),
        n_in=len(index),
        n_used=n_used,
        formula=f"{arms.column} is {arms.other} ~ {' + '.join(covariates.columns) or '1'}",
    )


def _largest_share(values: FloatArray) -> float:
    total = float(values.sum())
    return float(values.max() / total) if total > 0 else float("nan")


def _said(converged: bool, separated: bool) -> list[str]:
    said = []
    if not converged:
        said.append("the propensity model did not converge")
    if separated:
        said.append(SEPARATED)
    return said


def _aligned(values: FloatArray, index: pd.Index, rows: BoolArray) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[rows] = values
    return pd.Series(full, index=index)


def _labels(arms: Arms, index: pd.Index, rows: BoolArray) -> pd.Series:
    known = np.where(arms.in_other, arms.other, arms.reference)
    return pd.Series(known, index=index, dtype="string").where(rows)

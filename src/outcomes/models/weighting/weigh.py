"""Weights for two arms: everybody, one arm, or the people who could have been in either."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.arms import Arms
from outcomes.models.balance import balance, effective_size
from outcomes.models.design import Design
from outcomes.models.overlap import outside_support, overlap_coefficient
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting.making import make
from outcomes.models.weighting.recipe import Recipe

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def weigh(
    index: pd.Index,
    arms: Arms,
    rows: BoolArray,
    covariates: Design,
    estimand: str,
    *,
    recipe: Recipe | None = None,
) -> WeightResult:
    """Weights from a ready design of the rows marked in `rows`; see `weights`."""
    asked = Recipe() if recipe is None else recipe
    in_other = arms.in_other[rows]
    made = make(covariates, in_other, (arms.reference, arms.other), estimand, asked)
    model = made.model
    kept, found = model.kept, made.weights
    by_arm = {
        arms.reference: found[kept & ~in_other],
        arms.other: found[kept & in_other],
    }
    chance, sides = model.probability[kept], in_other[kept]
    return WeightResult(
        weights=_aligned(found, index, rows),
        propensity=_aligned(model.probability, index, rows),
        arm=_labels(arms, index, rows),
        estimand=estimand,
        arms=(arms.reference, arms.other),
        n={name: len(values) for name, values in by_arm.items()},
        ess={name: effective_size(values) for name, values in by_arm.items()},
        max_share=max(largest_share(values) for values in by_arm.values()),
        overlap=overlap_coefficient(chance, sides),
        outside_support=outside_support(chance, sides),
        balance=balance(covariates, in_other, found, estimand),
        converged=made.converged,
        separated=made.separated,
        warnings=(*made.notes, *covariates.notes()),
        n_in=len(index),
        n_used=int(kept.sum()),
        formula=f"{arms.column} is {arms.other} ~ {' + '.join(made.names) or '1'}",
        recipe=asked,
        trimmed=made.trimmed,
        model=model,
        n_columns=len(made.names),
    )


def largest_share(values: FloatArray) -> float:
    """The largest share of an arm's weight on one row; nan without weight."""
    total = float(values.sum())
    return float(values.max() / total) if total > 0 else float("nan")


def _aligned(values: FloatArray, index: pd.Index, rows: BoolArray) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[rows] = values
    return pd.Series(full, index=index)


def _labels(arms: Arms, index: pd.Index, rows: BoolArray) -> pd.Series:
    known = np.where(arms.in_other, arms.other, arms.reference)
    return pd.Series(known, index=index, dtype="string").where(rows)

"""Weights where missing covariates are imputed: made in every imputation, then averaged.

The chances of the arm are averaged over imputations and weights follow from the average
("across"; Mitra and Reiter 2016); entropy weights are averaged themselves. The arm stands
in the imputation model, the outcome does not, so that weights can be made before it is seen.
For an estimate, analysing within each imputation and pooling is less biased (Leyrat and
others 2019); such weights carry no scores, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.arms import Arms
from outcomes.models.balance import BALANCE_COLUMNS, balance, effective_size
from outcomes.models.design import design
from outcomes.models.missing import impute
from outcomes.models.overlap import outside_support, overlap_coefficient
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting.estimands import balancing_weights
from outcomes.models.weighting.recipe import Recipe
from outcomes.models.weighting.weigh import largest_share, weigh

FloatArray = npt.NDArray[np.float64]


def weights_over_imputations(
    frame: pd.DataFrame, arms: Arms, covariates: Sequence[str], estimand: str, recipe: Recipe
) -> WeightResult:
    """Weights of the rows of both arms, averaged over `recipe.imputations` imputations.

    The balance is the mean of that of every imputation under the averaged weights. Raises
    UsageError together with trimming, which would set other people aside each time.
    """
    if recipe.trim is not None:
        raise UsageError(
            "trimming and imputed covariates do not go together",
            where="trim",
            fix="Recipe(missing='indicator') with trim, or 'impute' without",
        )
    rows = arms.either
    people = frame.loc[rows, [arms.column, *covariates]].reset_index(drop=True)
    filled = impute(
        people, variables=list(covariates), arm=arms.column, by_arm=False,
        m=recipe.imputations, seed=recipe.seed,
    )  # fmt: skip
    designs = [design(one, covariates) for one in filled.frames()]
    plain = replace(recipe, missing="indicator")
    each = [weigh(frame.index, arms, rows, known, estimand, recipe=plain) for known in designs]
    in_other = arms.in_other[rows]
    chance = np.mean([one.propensity.to_numpy()[rows] for one in each], axis=0)
    found = (
        np.mean([one.weights.to_numpy()[rows] for one in each], axis=0)
        if recipe.way == "entropy"
        else balancing_weights(chance, in_other, estimand)
    )
    tables = [balance(known, in_other, found, estimand) for known in designs]
    pooled = _pooled(each, tables, recipe)
    sides = dict(zip(pooled.arms, (found[~in_other], found[in_other]), strict=True))
    return replace(
        pooled,
        weights=_aligned(found, frame.index, rows),
        propensity=_aligned(chance, frame.index, rows),
        ess={name: effective_size(values) for name, values in sides.items()},
        max_share=max(largest_share(values) for values in sides.values()),
        overlap=overlap_coefficient(chance, in_other),
        outside_support=outside_support(chance, in_other),
    )


def _pooled(each: list[WeightResult], tables: list[pd.DataFrame], recipe: Recipe) -> WeightResult:
    """The first result with what is said of all, and the mean of their balance."""
    keys = ["covariate", "level"]
    table = pd.concat(tables).groupby(keys, sort=False, as_index=False).mean()[BALANCE_COLUMNS]
    notes = [text for one in each for text in one.warnings]
    said = (
        f"missing covariates are imputed {len(each)} times and the weights averaged; that they "
        "were imputed is in no interval made from these weights"
    )
    return replace(
        each[0],
        balance=table,
        converged=all(one.converged for one in each),
        separated=any(one.separated for one in each),
        warnings=tuple(dict.fromkeys([said, *notes])),
        recipe=recipe,
        model=None,
    )


def _aligned(values: FloatArray, index: pd.Index, rows: npt.NDArray[np.bool_]) -> pd.Series:
    full = np.full(len(index), np.nan)
    full[rows] = values
    return pd.Series(full, index=index)

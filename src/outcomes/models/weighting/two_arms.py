"""Weights for two arms of a frame: everybody, one arm, or those who could have been in either."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.arms import require_columns, two_arms
from outcomes.models.design import design
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting.estimands import check_estimand
from outcomes.models.weighting.imputed import weights_over_imputations
from outcomes.models.weighting.recipe import Recipe
from outcomes.models.weighting.weigh import weigh


def weights(
    frame: pd.DataFrame,
    arm: str,
    covariates: Sequence[str],
    estimand: str = "ATO",
    reference: str | None = None,
    *,
    other: str | None = None,
    recipe: Recipe | None = None,
) -> WeightResult:
    """Propensity weights for two arms of a frame.

    `frame` has a row for each person; rows in neither arm get no weight. `estimand` is
    ATE, ATT, ATC, ATO or ATM; treated means the other arm. `recipe` says how the weights
    are made (default: logistic, every covariate as it is). Missing covariates are handled
    as `models/design.py` says, or imputed where the recipe says so. Raises UsageError for
    unknown columns or estimands, NotEnoughData for an empty arm or more columns than rows.
    """
    check_estimand(estimand)
    require_columns(frame, [arm, *covariates])
    if not len(covariates):
        raise UsageError("weights need at least one covariate", where="covariates")
    arms = two_arms(frame, arm, reference, other)
    rows = arms.either
    if recipe is not None and recipe.missing == "impute":
        people = frame.loc[rows, list(covariates)]
        if people.isna().to_numpy().any():
            return weights_over_imputations(frame, arms, covariates, estimand, recipe)
    known = design(frame.loc[rows], covariates)
    return weigh(frame.index, arms, rows, known, estimand, recipe=recipe)

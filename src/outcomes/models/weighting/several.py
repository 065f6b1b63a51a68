"""Weights that make three or more arms comparable in one common population."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.arms import require_columns
from outcomes.models.balance import effective_size
from outcomes.models.design import Design, design
from outcomes.models.several_arms import SeveralArms, several_arms
from outcomes.models.weighting.generalised import check_several
from outcomes.models.weighting.recipe import Recipe
from outcomes.models.weighting.several_making import make_several, support
from outcomes.models.weighting.several_result import SeveralWeights, largest_share

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def weights_of_several(
    frame: pd.DataFrame,
    arm: str,
    covariates: Sequence[str],
    estimand: str = "ATO",
    *,
    arms: Sequence[str] | None = None,
    target: str | None = None,
    recipe: Recipe | None = None,
) -> SeveralWeights:
    """Weights for several arms of a frame; rows of other arms get none.

    `estimand`: ATE, ATT (people like those of the arm named by `target`), ATO or ATM.
    Raises UsageError for unknown columns or options, NotEnoughData for an empty arm or more
    columns than rows.
    """
    require_columns(frame, [arm, *covariates])
    if not len(covariates):
        raise UsageError("weights need at least one covariate", where="covariates")
    groups = several_arms(frame, arm, arms)
    known = design(frame.loc[groups.rows], covariates)
    return weigh_several(
        frame.index, groups, groups.rows, known, estimand, target=target, recipe=recipe
    )


def weigh_several(
    index: pd.Index,
    arms: SeveralArms,
    rows: BoolArray,
    covariates: Design,
    estimand: str,
    *,
    target: str | None = None,
    recipe: Recipe | None = None,
) -> SeveralWeights:
    """Weights from a ready design of the rows marked in `rows`; see `weights_of_several`."""
    asked = Recipe() if recipe is None else recipe
    check_several(estimand, target, arms.names)
    place = None if target is None else arms.names.index(target)
    codes = arms.codes[rows]
    made = make_several(covariates, codes, len(arms.names), estimand, target=place, recipe=asked)
    model, kept = made.model, made.model.kept
    by_arm = {name: model.weights[kept & (codes == place)] for place, name in enumerate(arms.names)}
    low, high = support(model.probability[kept], codes[kept])
    outside = (model.probability[kept] < low) | (model.probability[kept] > high)
    chances = np.full((len(index), len(arms.names)), np.nan)
    chances[rows] = model.probability
    found = np.full(len(index), np.nan)
    found[rows] = model.weights
    words = np.array([*arms.names, None], dtype=object)[arms.codes]
    return SeveralWeights(
        weights=pd.Series(found, index=index),
        propensity=pd.DataFrame(chances, index=index, columns=list(arms.names)),
        arm=pd.Series(words, index=index, dtype="string").where(rows),
        estimand=estimand,
        target=target,
        arms=arms.names,
        n={name: len(values) for name, values in by_arm.items()},
        ess={name: effective_size(values) for name, values in by_arm.items()},
        max_share={name: largest_share(values) for name, values in by_arm.items()},
        outside_support=float(outside.any(axis=1).mean()),
        converged=made.converged,
        separated=made.separated,
        warnings=(*made.notes, *covariates.notes()),
        n_in=len(index),
        n_used=int(kept.sum()),
        formula=f"{arms.column} ~ {' + '.join(made.names) or '1'}",
        recipe=asked,
        covariates=covariates,
        model=model,
    )

"""Intervals of the parameters of a mixed model: Wald, or by the profile of the likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.inference.effects import FixedEffects

if TYPE_CHECKING:
    from outcomes.models.mixed.result import MixedResult


METHODS = ("wald", "profile")


def confidence_intervals(result: MixedResult, method: str, level: float) -> pd.DataFrame:
    """One row for each parameter: parameter, estimate, low, high.

    "wald": fixed effects, t with the model's degrees of freedom. "profile": also standard
    deviations and correlations, from the likelihood (fitted by maximum likelihood, as R's
    lme4 does); a limit at a bound is the bound.
    """
    if method not in METHODS:
        raise UsageError(
            "There is no such interval.",
            where="parameter method",
            fix=f"Use one of {', '.join(METHODS)}.",
        )
    if method == "wald":
        effects = result.effects
        table = FixedEffects(effects.names, effects.estimate, effects.inference, level).table()
        return table.rename(columns={"term": "parameter"})[["parameter", "estimate", "low", "high"]]
    from outcomes.models.mixed.profile import profile_fixed, profile_variances

    model = result.refit(reml=False) if result.reml else result
    rows = [*profile_variances(model.fit, level)]
    for place, name in enumerate(result.effects.names):
        low, high = profile_fixed(model.fit, place, level)
        shift = 0.0 if model.data.constant is None else (
            model.data.origin * model.data.constant[place]
        )  # fmt: skip
        rows.append((name, model.effects.estimate[place], low + shift, high + shift))
    table = pd.DataFrame(rows, columns=["parameter", "estimate", "low", "high"])
    return table.astype({"parameter": "string"}).astype(
        dict.fromkeys(("estimate", "low", "high"), np.float64)
    )

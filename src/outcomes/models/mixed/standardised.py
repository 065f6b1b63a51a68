"""Differences in standard deviations of the model: d, with the uncertainty of both.

SD^2 is a sum of variances of the model: of a score at the rows' average (total), or where
all slopes are at zero (baseline: intercepts and residual). By the delta method
  Var(d) = Var(estimate) / SD^2 + d^2 Var(SD^2) / (4 SD^4).

Source: Feingold, A. (2009). Psychol. Methods 14:43-53; Feingold, A. (2015). Confidence interval
estimation for standardized effect sizes. J. Couns. Psychol. 62:322-330.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import UsageError
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.inference import component_covariance
from outcomes.models.mixed.stacks import Numbers

if TYPE_CHECKING:
    from outcomes.models.mixed.result import MixedResult

NEEDED = ("estimate", "se", "df")


def standardised(result: MixedResult, rows: pd.DataFrame, sd: str | float) -> pd.DataFrame:
    """`rows` of a table of estimates with d, d_se, d_low, d_high and the SD they are in.

    `sd` is "total", "baseline", or a number given from elsewhere (taken as known).
    """
    missing = [name for name in NEEDED if name not in rows.columns]
    if missing:
        raise UsageError(
            "A standardised effect is made of rows of estimates.",
            where=f"columns {', '.join(missing)}",
            fix="Give rows of coefficients, contrasts() or slopes().",
        )
    variance, spread = _variance(result, sd)
    d = rows["estimate"].to_numpy() / np.sqrt(variance)
    own = rows["se"].to_numpy() ** 2 / variance
    se = np.sqrt(own + d**2 * spread / (4 * variance**2))
    reach = stats.t.ppf(0.5 + result.level / 2, rows["df"].to_numpy()) * se
    label = [name for name in rows.columns if name not in
             {"estimate", "se", "df", "statistic", "p", "low", "high"}]  # fmt: skip
    return rows[label].assign(d=d, se=se, low=d - reach, high=d + reach, sd=np.sqrt(variance))


def _variance(result: MixedResult, sd: str | float) -> tuple[float, float]:
    """SD^2 in squared points, and the variance of its estimate."""
    if not isinstance(sd, str):
        if not sd > 0:
            raise UsageError(
                "A standard deviation is above zero.", where="parameter sd", fix="Give its size."
            )
        return float(sd) ** 2, 0.0
    if sd not in {"total", "baseline"}:
        raise UsageError(
            "There is no such standard deviation.",
            where="parameter sd",
            fix='Use "total", "baseline", or a number.',
        )
    weights = _weights(result, baseline=sd == "baseline")
    fit = result.fit
    value = fit.residual_variance + sum(
        float(np.sum(weight * covariance))
        for weight, covariance in zip(weights, fit.covariances, strict=True)
    )
    return value, _spread(fit, weights)


def _weights(result: MixedResult, *, baseline: bool) -> list[Numbers]:
    """For each factor the matrix A (q, q) with tr(A S) the variance it adds to a score."""
    by_name = {g.name: g for g in result.data.groupings}
    made = []
    for factor in result.fit.prepared.factors:
        grouping = by_name[factor.name]
        if baseline:
            own = np.array([name == "(intercept)" for name in factor.column_names], dtype=float)
            made.append(np.outer(own, own))
        else:
            Z = grouping.columns
            made.append(Z.T @ Z / len(Z))
    return made


def _spread(fit: Fit, weights: list[Numbers]) -> float:
    """Variance of the estimated SD^2, from that of all variances and covariances."""
    parameters, prepared = fit.objective.parameters, fit.prepared
    gradient = np.empty(parameters.n + 1)
    for k, (f, i, j) in enumerate(
        zip(parameters.factor, parameters.row, parameters.column, strict=True)
    ):
        scale = prepared.random_scale[f]
        both = weights[f][i, j] + weights[f][j, i] if i != j else weights[f][i, i]
        gradient[k] = both / (scale[i] * scale[j])
    gradient[-1] = 1.0
    return float(gradient @ component_covariance(fit) @ gradient) * prepared.outcome_scale**4

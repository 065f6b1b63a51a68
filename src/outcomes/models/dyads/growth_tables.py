"""Variances and correlations of partners' courses, with limits."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.dyads.fitting import DyadFit
from outcomes.models.dyads.growth_covariance import (
    CourseModel,
    random_elements,
    residual_elements,
)
from outcomes.models.dyads.quantiles import two_sided

FloatArray = npt.NDArray[np.float64]
# A variance below this (squared points) is zero, a correlation beyond this one.
_TINY, _ONE = 1e-12, 1 - 1e-6


def course_variances(
    fit: DyadFit, model: CourseModel, roles: tuple[str, str] | None, level: float
) -> pd.DataFrame:
    """Standard deviations and correlations of starts, slopes and residuals.

    Columns name, estimate, se, low, high. Standard deviations in points (slopes: points for one
    unit of time) with limits on the log scale; correlations with limits on Fisher's scale.
    Limits are NaN at a bound (a variance of zero, a correlation of one).
    """
    mixing = fit.structure.mixing
    tau = mixing @ fit.t
    spread = mixing @ fit.t_covariance @ mixing.T
    reach = two_sided(level)
    found = [
        (name, *_limits(kind, tau[list(places)], spread[np.ix_(places, places)], reach))
        for name, places, kind in _quantities(model, roles)
    ]
    return pd.DataFrame(found, columns=["name", "estimate", "se", "low", "high"])


def _quantities(
    model: CourseModel, roles: tuple[str, str] | None
) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, positions in τ (variance; or covariance and both variances), and kind."""
    random = {pair: place for place, pair in enumerate(random_elements(model))}
    first = len(random)
    residual = {pair: first + place for place, pair in enumerate(residual_elements(model))}
    each = model.each
    words = ["start", "slope"][:each]
    people = [(word, side) for side, word in enumerate(roles)] if roles else [("partner", 0)]
    if model.alone:
        people.append(("individual", 2))
    found: list[tuple[str, tuple[int, ...], str]] = []
    for who, side in people:
        at = [side * each + k for k in range(each)]
        found += [
            (f"SD of {w}: {who}", (random[(a, a)],), "sd") for w, a in zip(words, at, strict=True)
        ]
        if model.slopes:
            triple = (random[(at[1], at[0])], random[(at[0], at[0])], random[(at[1], at[1])])
            found.append((f"correlation of start and slope: {who}", triple, "correlation"))
    for place, word in enumerate(words):
        triple = (
            random[(each + place, place)],
            random[(place, place)],
            random[(each + place, each + place)],
        )
        found.append((f"correlation of partners' {word}s", triple, "correlation"))
    found += [(f"SD of residual: {who}", (residual[(side, side)],), "sd") for who, side in people]
    triple = (residual[(1, 0)], residual[(0, 0)], residual[(1, 1)])
    found.append(("correlation of partners' residuals at one occasion", triple, "correlation"))
    return found


def _limits(
    kind: str, values: FloatArray, within: FloatArray, reach: float
) -> tuple[float, float, float, float]:
    """Estimate, standard error and limits of one quantity from its elements of V."""
    if kind == "sd":
        variance = max(float(values[0]), 0.0)
        estimate = math.sqrt(variance)
        if variance <= _TINY or within[0, 0] <= 0:
            return estimate, math.nan, math.nan, math.nan
        se = math.sqrt(within[0, 0]) / (2 * estimate)
        factor = math.exp(reach * se / estimate)
        return estimate, se, estimate / factor, estimate * factor
    if min(values[1], values[2]) <= _TINY:
        return math.nan, math.nan, math.nan, math.nan
    scale = 1 / math.sqrt(values[1] * values[2])
    estimate = float(values[0] * scale)
    slope = np.array([scale, -estimate / (2 * values[1]), -estimate / (2 * values[2])])
    se = math.sqrt(max(float(slope @ within @ slope), 0.0))
    if abs(estimate) > _ONE or se == 0:
        return estimate, math.nan, math.nan, math.nan
    centre, half = math.atanh(estimate), reach * se / (1 - estimate**2)
    return estimate, se, math.tanh(centre - half), math.tanh(centre + half)

"""Predictions for rows of known or new clients, with intervals.

The error of x'beta + z'b has variance sigma^2 (z'Dz - v'V0^-1 v + g'(X'V0^-1 X)^-1 g), with
v = Z D z and g = x - X'V0^-1 v: the uncertainty of the fixed effects is in it, that of the
variances is not.

Source: Henderson 1975, Biometrics 31:423-447; McCulloch, Searle & Neuhaus 2008, chapter 13.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import UsageError
from outcomes.models.mixed.data import ModelData
from outcomes.models.mixed.directions import Direction, Weights, carried
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.modes import fixed_values, mode_values
from outcomes.models.mixed.stacks import Numbers, Places

CLIENTS = ("known", "new")
INTERVALS = ("none", "mean", "observation")
# Rows whose errors are found together: a compromise of memory and calls.
TOGETHER = 64


def predict(
    fit: Fit, data: ModelData, frame: pd.DataFrame, *, clients: str, interval: str, level: float
) -> pd.DataFrame:
    """One row for each row of the frame: estimate, se, low, high, in points."""
    for name, given, allowed in (
        ("clients", clients, CLIENTS),
        ("interval", interval, INTERVALS),
    ):
        if given not in allowed:
            raise UsageError(
                "There is no such prediction.",
                where=f"parameter {name}",
                fix=f"Use one of {', '.join(allowed)}.",
            )
    X = data.fixed.rows(frame)
    Z = _random_rows(data, frame, fit)
    codes = [_codes(data, frame, name, clients) for name in (f.name for f in fit.prepared.factors)]
    estimate = X @ fixed_values(fit, data)
    for mode, z, code in zip(mode_values(fit), Z, codes, strict=True):
        there = code >= 0
        estimate[there] += np.einsum("nq,nq->n", z[there], mode[code[there]])
    made = pd.DataFrame({"estimate": estimate}, index=frame.index)
    if interval == "none":
        return made
    variance = _error_variances(fit, X, Z, codes)
    for covariance, z, code in zip(fit.covariances, Z, codes, strict=True):
        new = code < 0
        if clients == "known" or interval == "observation":
            variance[new] += np.einsum("nq,qr,nr->n", z[new], covariance, z[new])
    if interval == "observation":
        variance += fit.residual_variance
    se = np.sqrt(np.maximum(variance, 0))
    reach = stats.norm.ppf(0.5 + level / 2) * se
    return made.assign(se=se, low=estimate - reach, high=estimate + reach)


def _random_rows(data: ModelData, frame: pd.DataFrame, fit: Fit) -> list[Numbers]:
    """Columns of the random effects of each factor for the rows."""
    by_name = {g.name: terms for g, terms in zip(data.groupings, data.random, strict=True)}
    return [
        np.hstack([term.rows(frame) for term in by_name[factor.name]])
        for factor in fit.prepared.factors
    ]


def _codes(data: ModelData, frame: pd.DataFrame, name: str, clients: str) -> Places:
    """The level of each row, -1 for one that the model has not seen (or for new clients)."""
    nobody = np.full(len(frame), -1, dtype=np.intp)
    if clients == "new":
        return nobody
    place = [g.name for g in data.groupings].index(name)
    group = data.random[place][0].group
    missing = [column for column in group if column not in frame.columns]
    if missing:
        raise UsageError(
            "Predictions for known clients need the columns that say who they are.",
            where=f"columns {', '.join(missing)}",
            fix='Add the columns, or use clients="new".',
        )
    levels = data.groupings[place].levels
    if len(group) == 1:
        return np.asarray(pd.Index(levels).get_indexer(frame[group[0]]), dtype=np.intp)
    known = {level: code for code, level in enumerate(levels)}
    rows = zip(*(frame[column] for column in group), strict=True)
    return np.array([known.get(row, -1) for row in rows], dtype=np.intp)


def _error_variances(fit: Fit, X: Numbers, Z: list[Numbers], codes: list[Places]) -> Numbers:
    """Error variances of x'beta + z'b over the known levels, in squared points."""
    prepared, swept = fit.prepared, fit.point.swept
    inverse = swept.fixed_inverse
    made = np.empty(len(X))
    for begin in range(0, len(X), TOGETHER):
        rows = np.arange(begin, min(begin + TOGETHER, len(X)))
        along = [_direction(fit, Z, codes, int(row)) for row in rows]
        total, final = carried(swept, along)
        g = X[rows] / prepared.fixed_scale - final.T
        made[rows] = np.einsum("np,pq,nq->n", g, inverse, g) - np.diagonal(total)
    for z, code, D, scale in zip(Z, codes, swept.D, prepared.random_scale, strict=True):
        known = code >= 0
        scaled = z[known] / scale
        made[known] += np.einsum("nq,qr,nr->n", scaled, D, scaled)
    return made * swept.r2 / fit.df * prepared.outcome_scale**2


def _direction(fit: Fit, Z: list[Numbers], codes: list[Places], row: int) -> Direction:
    """V = Z D z of one row."""
    prepared, D = fit.prepared, fit.point.swept.D
    chain = len(prepared.nests) + 1
    cross = prepared.crossed
    weights: list[Weights] = []
    crossed = None if cross is None else np.zeros(cross.n_columns)
    begin = 0
    for number, (z, code) in enumerate(zip(Z, codes, strict=True)):
        q, levels = z.shape[1], prepared.n_levels[number]
        if number >= chain:
            begin += (
                0 if number == chain else Z[number - 1].shape[1] * prepared.n_levels[number - 1]
            )
        if code[row] < 0:
            continue
        e = D[number] @ (z[row] / prepared.random_scale[number])
        if number >= chain:
            assert crossed is not None
            crossed[begin + code[row] * q : begin + (code[row] + 1) * q] = e
        else:
            values = np.zeros((q, levels))
            values[:, np.flatnonzero(prepared.order[number] == code[row])[0]] = e
            weights.append(Weights(number, values))
    return Direction(tuple(weights), crossed)

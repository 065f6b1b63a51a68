"""The estimators of `compare` for many outcomes of the same people at once.

Design, weights and clusters stay; only the outcome differs between imputations and
shifts. So everything that hangs on the first three is computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from outcomes.comparison.estimators import ARM
from outcomes.comparison.prepared import NAN, Prepared, Request, estimate, given
from outcomes.errors import NotEnoughData
from outcomes.models.cluster_robust import cluster_form
from outcomes.models.least_squares import orthonormal
from outcomes.models.weight_result import WeightResult

FloatArray = npt.NDArray[np.float64]
# Outcomes k × n to estimates (k), standard errors (k) and degrees of freedom.
Analysis = Callable[[FloatArray], tuple[FloatArray, FloatArray, float]]
# Numbers of outcomes looked at together: 4 million are 32 MB.
BATCH = 4_000_000
_CLOSED = ("fixed", "stacked")


def analysis(ready: Prepared, asked: Request, weights: WeightResult) -> Analysis:
    """The estimator asked for, as a function of outcomes k × n; nan where none exists."""
    batched = asked.method in ("weighting", "ancova") and asked.how.uncertainty in _CLOSED
    if not batched or not (weights.converged or asked.method == "ancova"):
        return _one_by_one(ready, asked, weights)
    try:
        return _in_batches(_least_squares(ready, asked, weights))
    except NotEnoughData:
        return nothing


def nothing(outcomes: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """The analysis of people too few for any."""
    empty = np.full(len(outcomes), NAN)
    return empty, empty, NAN


def _in_batches(analyse: Analysis) -> Analysis:
    def batched(outcomes: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        step = max(1, BATCH // outcomes.shape[1])
        parts = [analyse(outcomes[i : i + step]) for i in range(0, len(outcomes), step)]
        estimates, errors = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
        return estimates, errors, parts[0][2]

    return batched


def _one_by_one(ready: Prepared, asked: Request, weights: WeightResult) -> Analysis:
    def analyse(outcomes: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        found = [estimate(replace(ready, y=y), asked, weights) for y in outcomes]
        return (
            np.array([one.estimate for one in found]),
            np.array([one.se for one in found]),
            float(np.mean([one.df for one in found])),
        )

    return analyse


def _least_squares(ready: Prepared, asked: Request, weights: WeightResult) -> Analysis:
    """Ancova and weighting: a (weighted) regression on arm and covariates."""
    weighted = asked.method == "weighting"
    columns = [np.ones(len(ready.y)), ready.in_other.astype(float)]
    if not weighted or asked.estimand == "ATO":
        columns.append(ready.covariates.matrix)
    X = np.column_stack(columns)
    n, p = X.shape
    scaled, size = None, 1.0
    if weighted:
        found = weights.weights.to_numpy()[ready.rows]
        size = float(found.mean())
        scaled = found / size
    root = np.ones(n) if scaled is None else np.sqrt(scaled)
    if int((root > 0).sum()) <= p:
        return nothing
    basis, triangle = orthonormal(X, root)
    # Coefficients are solve (p × n) times the outcome.
    solve: FloatArray = np.asarray(np.linalg.solve(triangle, basis.T * root), dtype=np.float64)
    #  p × n, coefficients = solve @ y
    codes = None if ready.clusters is None else ready.clusters.codes
    if codes is None and not weighted:
        size = float(np.linalg.norm(np.linalg.inv(triangle)[ARM]))
        return _classical(X, solve, size, n - p)
    codes = np.arange(n) if codes is None else codes
    form, df = cluster_form(X, scaled, codes, np.eye(p)[ARM])
    stacked = weighted and asked.how.uncertainty == "stacked"
    moving = given(ready, asked, weights).moving if stacked else None
    # How the difference moves with each row's weight, for each unit of its residual.
    unit = np.linalg.solve(triangle, np.linalg.solve(triangle.T, X.T))[ARM]
    per_weight = unit / size
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    growth = np.sqrt(len(starts) / (len(starts) - 1))

    def clustered(outcomes: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        coefficients = outcomes @ solve.T
        residuals = outcomes - coefficients @ X.T
        scores = residuals * form
        if moving is not None:
            scores = scores + growth * moving.rest_of_many(residuals * per_weight)
        sums = np.add.reduceat(scores[:, order], starts, axis=1)
        return coefficients[:, ARM], np.sqrt((sums**2).sum(axis=1)), df

    return clustered


def _classical(X: FloatArray, solve: FloatArray, size: float, df: int) -> Analysis:
    def analyse(outcomes: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        coefficients = outcomes @ solve.T
        residuals = outcomes - coefficients @ X.T
        sigma = np.sqrt((residuals**2).sum(axis=1) / df)
        return coefficients[:, ARM], sigma * size, float(df)

    return analyse

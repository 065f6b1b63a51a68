"""The adjusted means of several arms from one weighted regression, and their contrasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.diagnostics import Clusters
from outcomes.comparison.estimators.estimate import Estimate, Expansion, conclude
from outcomes.comparison.estimators.regression import CR2, STACKED
from outcomes.comparison.prepared import Request
from outcomes.errors import NotEnoughData
from outcomes.models.least_squares import least_squares, orthonormal
from outcomes.models.weighting import SeveralWeights

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Everybody:
    """Rows of all arms with an outcome, as arrays of n; `codes` are their arms."""

    y: FloatArray
    codes: IntArray
    covariates: FloatArray
    clusters: IntArray | None
    weights: SeveralWeights

    @classmethod
    def of(
        cls, frame: pd.DataFrame, asked: Request, weights: SeveralWeights, rows: BoolArray
    ) -> Everybody:
        """The rows marked in `rows`, with the weights made for them."""
        clusters = None
        if asked.cluster:
            side = np.zeros(int(rows.sum()), dtype=bool)
            names = (weights.arms[0], weights.arms[1])
            clusters = Clusters.of(frame.loc[rows, asked.cluster], side, names).codes
        y = frame.loc[rows, asked.outcome].to_numpy(dtype=float)
        return cls(y, weights.model.codes, weights.covariates.matrix, clusters, weights)


def estimate_pairs(people: Everybody, asked: Request) -> dict[tuple[str, str], Estimate]:
    """The difference of every pair, other − reference; none where the columns coincide.

    One weighted regression on all arms; under overlap weights, whose means are equal, the
    covariates stand in it too and lower the standard error without moving a difference.
    """
    try:
        means, whole = _expansion(people, asked)
    except NotEnoughData:
        return {}
    words = STACKED if asked.how.uncertainty == "stacked" else CR2
    found = {}
    for pair in people.weights.pairs:
        places = [people.weights.arms.index(name) for name in pair]
        part = Expansion(
            (float(means[places[0]]), float(means[places[1]])),
            whole.design,
            whole.weights,
            whole.residuals,
            whole.form[places],
            None if whole.rest is None else whole.rest[places],
        )
        found[pair] = conclude(part, people.clusters, "difference", words)
    return found


def _expansion(people: Everybody, asked: Request) -> tuple[FloatArray, Expansion]:
    """Means of all arms (K), and their expansion with a line for each arm."""
    arms = len(people.weights.arms)
    weights = people.weights.model.weights
    # Only relative weights matter to the estimate; mean 1 keeps the arithmetic in scale.
    size = weights.mean()
    scaled = weights / size
    columns = (people.codes[:, None] == np.arange(arms)).astype(float)
    if asked.estimand == "ATO":
        centre = scaled @ people.covariates / scaled.sum()
        X = np.column_stack([columns, people.covariates - centre])
    else:
        X = columns
    fit = least_squares(people.y, X, scaled)
    triangle = orthonormal(X, np.sqrt(scaled))[1]
    solve = np.linalg.solve(triangle, np.linalg.solve(triangle.T, X.T))[:arms]
    rest = None
    if asked.how.uncertainty == "stacked":
        rest = people.weights.scores().correction((solve * (fit.residuals / size)).T).T
    whole = Expansion((0.0, 0.0), X, scaled, fit.residuals, solve * scaled, rest)
    return fit.coefficients[:arms], whole

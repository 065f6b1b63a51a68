"""Outcomes drawn from a fitted model: new random effects and new residuals."""

from __future__ import annotations

import numpy as np

from outcomes.models.mixed.data import ModelData
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.modes import fixed_values
from outcomes.models.mixed.stacks import Numbers


def simulate(fit: Fit, data: ModelData, generator: np.random.Generator, n: int = 1) -> Numbers:
    """Draw `n` outcomes (n, rows used), in points."""
    mean = data.fixed.times(fixed_values(fit, data))
    draw = drawer(fit, data)
    return np.array([mean + draw(generator) for _ in range(n)])


def drawer(fit: Fit, data: ModelData):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A function of a generator that gives random effects plus residuals of every row."""
    by_name = {g.name: g for g in data.groupings}
    parts = [
        (by_name[factor.name], by_name[factor.name].columns, square_root(covariance))
        for factor, covariance in zip(fit.prepared.factors, fit.covariances, strict=True)
    ]
    sigma = float(np.sqrt(fit.residual_variance))

    def draw(generator: np.random.Generator) -> Numbers:
        values = sigma * generator.standard_normal(data.n_used)
        for grouping, columns, root in parts:
            effects = generator.standard_normal((grouping.n_levels, len(root))) @ root.T
            values += np.einsum("nq,nq->n", columns, effects[grouping.codes])
        return values

    return draw


def square_root(covariance: Numbers) -> Numbers:
    """R with R R' = covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))

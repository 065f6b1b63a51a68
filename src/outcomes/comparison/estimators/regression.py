"""One (weighted) regression of the outcome: covariance analysis and weighted differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from outcomes.comparison.estimators.estimate import ARM, Estimate, Expansion, conclude
from outcomes.comparison.estimators.weight_scores import Moving
from outcomes.models.cluster_robust import cluster_inference
from outcomes.models.least_squares import least_squares, orthonormal

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

CR2 = "CR2 standard error, Satterthwaite degrees of freedom"
STACKED = f"{CR2}, the estimation of the weights included"


def ancova(
    y: FloatArray, in_other: BoolArray, covariates: FloatArray, clusters: Codes | None
) -> Estimate:
    """Arm coefficient of y ~ arm + covariates by ordinary least squares.

    Classical standard error without clusters, CR2 with Satterthwaite df with them.
    """
    X = np.column_stack([np.ones(len(y)), in_other.astype(float), covariates])
    fit = least_squares(y, X)
    estimate = float(fit.coefficients[ARM])
    # Means at the average of the covariates over everybody.
    reference = float(fit.coefficients[0] + covariates.mean(axis=0) @ fit.coefficients[2:])
    means = (reference, reference + estimate)
    if clusters is None:
        se = float(np.sqrt(fit.covariance[ARM, ARM]))
        words = "classical standard error, t with n − p df"
        return Estimate(estimate, se, float(fit.df), words, means)
    return replace(_clustered(estimate, X, fit.residuals, None, clusters), means=means)


def ancova_interactions(
    y: FloatArray,
    in_other: BoolArray,
    covariates: FloatArray,
    members: FloatArray,
    clusters: Codes | None,
) -> Estimate:
    """Arm coefficient of y ~ arm × (covariates − their mean in the population) (Lin 2013).

    `members` (n) says how much each row counts in the population that the difference is
    for; all 1 is Lin's estimator. CR2 by cluster or by row; the population's means count
    as known.
    """
    centred = covariates - members @ covariates / members.sum()
    side = in_other.astype(float)
    X = np.column_stack([np.ones(len(y)), side, centred, centred * side[:, None]])
    fit = least_squares(y, X)
    estimate = float(fit.coefficients[ARM])
    means = (float(fit.coefficients[0]), float(fit.coefficients[0]) + estimate)
    codes = np.arange(len(y)) if clusters is None else clusters
    return replace(_clustered(estimate, X, fit.residuals, None, codes), means=means)


def weighting(
    y: FloatArray,
    in_other: BoolArray,
    covariates: FloatArray,
    weights: FloatArray,
    clusters: Codes | None,
    *,
    adjust: bool,
    moving: Moving | None = None,
    effect: str = "difference",
    small_sample: bool = True,
) -> Estimate:
    """Weighted mean difference or log ratio, with CR2 by cluster or by row.

    `adjust` adds the covariates to the weighted regression, for a difference. Under overlap
    weights the means are exactly balanced, so the difference stays the same, while the
    standard error loses what the covariates explain. With `moving` the standard error
    includes that the weights were estimated; without it they count as known.
    """
    found = weighted_expansion(
        y, in_other, covariates, weights, moving, adjust=adjust and effect == "difference"
    )
    words = CR2 if moving is None else STACKED
    return conclude(found, clusters, effect, words, adjusted=small_sample)


def weighted_expansion(
    y: FloatArray,
    in_other: BoolArray,
    covariates: FloatArray,
    weights: FloatArray,
    moving: Moving | None,
    *,
    adjust: bool,
) -> Expansion:
    """The expansion of the two weighted means; with `adjust` only their difference is right."""
    side = in_other.astype(float)
    # Only relative weights matter to the estimate; mean 1 keeps the arithmetic in scale.
    size = weights.mean()
    scaled = weights / size
    columns = [1 - side, side]
    X = np.column_stack([*columns, covariates - covariates.mean(axis=0)] if adjust else columns)
    fit = least_squares(y, X, scaled)
    triangle = orthonormal(X, np.sqrt(scaled))[1]
    # Coefficient j moves by unit[j] · weight · residual of each row.
    solve = np.linalg.solve(triangle, np.linalg.solve(triangle.T, X.T))[:2]
    form = solve * scaled
    rest = None
    if moving is not None:
        rest = np.vstack([moving.rest(line * fit.residuals / size, None) for line in solve])
    means = tuple(
        float(np.average(y[rows], weights=weights[rows])) for rows in (~in_other, in_other)
    )
    if adjust:
        means = (means[0], means[0] + float(fit.coefficients[1] - fit.coefficients[0]))
    return Expansion((means[0], means[1]), X, scaled, fit.residuals, form, rest)


def _clustered(
    estimate: float,
    X: FloatArray,
    residuals: FloatArray,
    weights: FloatArray | None,
    clusters: Codes,
) -> Estimate:
    line = np.zeros((1, X.shape[1]))
    line[0, ARM] = 1.0
    robust = cluster_inference(X, residuals, weights, clusters, line)
    return Estimate(estimate, float(robust.se[0]), float(robust.df[0]), CR2)

"""Three ways to an adjusted difference between two arms; each a function of arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.cluster_robust import cluster_inference
from outcomes.models.least_squares import least_squares
from outcomes.models.weighting import balancing_weights, tilt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

ARM = 1  # position of the arm's coefficient: after the intercept


@dataclass(frozen=True, slots=True)
class Estimate:
    """other − reference in the outcome's units, with standard error and df."""

    estimate: float
    se: float
    df: float
    uncertainty: str


def ancova(
    y: FloatArray, in_other: BoolArray, covariates: FloatArray, clusters: Codes | None
) -> Estimate:
    """Arm coefficient of y ~ arm + covariates by ordinary least squares.

    Classical standard error without clusters, CR2 with Satterthwaite df with them.
    """
    X = np.column_stack([np.ones(len(y)), in_other.astype(float), covariates])
    fit = least_squares(y, X)
    estimate = float(fit.coefficients[ARM])
    if clusters is None:
        se = float(np.sqrt(fit.covariance[ARM, ARM]))
        return Estimate(estimate, se, float(fit.df), "classical standard error, t with n − p df")
    return _clustered(estimate, X, fit.residuals, None, clusters)


def weighting(
    y: FloatArray,
    in_other: BoolArray,
    covariates: FloatArray,
    weights: FloatArray,
    clusters: Codes | None,
    *,
    adjust: bool,
) -> Estimate:
    """Weighted mean difference, with CR2 by cluster or by row.

    `adjust` adds the covariates to the weighted regression. Under overlap weights the
    means are exactly balanced, so the difference stays the same, while the standard
    error loses what the covariates explain.
    """
    columns = [np.ones(len(y)), in_other.astype(float)]
    X = np.column_stack([*columns, covariates] if adjust else columns)
    # Only relative weights matter to the estimate; mean 1 keeps the arithmetic in scale.
    scaled = weights / weights.mean()
    fit = least_squares(y, X, scaled)
    codes = np.arange(len(y)) if clusters is None else clusters
    return _clustered(float(fit.coefficients[ARM]), X, fit.residuals, scaled, codes)


def _clustered(
    estimate: float,
    X: FloatArray,
    residuals: FloatArray,
    weights: FloatArray | None,
    clusters: Codes,
) -> Estimate:
    contrast = np.zeros((1, X.shape[1]))
    contrast[0, ARM] = 1.0
    robust = cluster_inference(X, residuals, weights, clusters, contrast)
    words = "CR2 standard error, Satterthwaite degrees of freedom"
    return Estimate(estimate, float(robust.se[0]), float(robust.df[0]), words)


def aipw(
    y: FloatArray,
    in_other: BoolArray,
    covariates: FloatArray,
    probability: FloatArray,
    clusters: Codes | None,
    *,
    estimand: str,
) -> Estimate:
    """Augmented inverse-probability weighting (Robins, Rotnitzky and Zhao 1994).

    A linear outcome model in each arm, corrected by its weighted residuals, over the
    population h(e) of the estimand (Mao, Li and Greene 2019). The standard error is that
    of the influence function summed by cluster, with clusters − 1 df; propensity and
    outcome models count as known.
    """
    h = tilt(probability, estimand)
    fitted = [_fit_arm(y, in_other == side, covariates) for side in (True, False)]
    own = np.where(in_other, fitted[0], fitted[1])
    signed = np.where(in_other, 1.0, -1.0) * balancing_weights(probability, in_other, estimand)
    # ATT and ATC average over the people of one arm, not over their fitted chances of it.
    members = {"ATT": in_other.astype(float), "ATC": (~in_other).astype(float)}.get(estimand, h)
    parts = members * (fitted[0] - fitted[1]) + signed * (y - own)
    estimate = float(parts.sum() / members.sum())
    influence = (parts - members * estimate) / members.mean()
    codes = np.arange(len(y)) if clusters is None else clusters
    sums = np.bincount(codes, weights=influence)
    count = len(sums)
    se = float(np.sqrt((sums**2).sum() * count / (count - 1)) / len(y)) if count > 1 else np.nan
    words = "influence-function standard error, t with clusters − 1 df"
    return Estimate(estimate, se, float(count - 1), words)


def _fit_arm(y: FloatArray, rows: BoolArray, covariates: FloatArray) -> FloatArray:
    """Predictions for everybody from one arm's linear model.

    Columns are centred in the arm, so that one that is constant there has slope 0.
    """
    centre = covariates[rows].mean(axis=0)
    spread = covariates[rows].std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    centred = (covariates - centre) / spread
    mean = float(y[rows].mean())
    slopes = np.linalg.lstsq(centred[rows], y[rows] - mean, rcond=None)[0]
    return np.asarray(mean + centred @ slopes, dtype=np.float64)

"""The difference between the arms by subgroup and along a scale; functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from outcomes.comparison.modification.wald import Wald, wald_test
from outcomes.models.cluster_robust import cluster_inference
from outcomes.models.least_squares import least_squares
from outcomes.models.practitioners.case_mix import varying

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """other − reference in each subgroup (k): estimates, CR2 covariance, df; test of equality."""

    estimate: FloatArray
    covariance: FloatArray
    df: FloatArray
    test: Wald

    def limits(self, confidence: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Standard errors and t limits of each subgroup."""
        se = np.sqrt(np.diag(self.covariance))
        reach = stdtrit(self.df, (1 + confidence) / 2) * se
        return se, self.estimate - reach, self.estimate + reach


@dataclass(frozen=True, slots=True)
class Contrast:
    """One contrast with its t test."""

    estimate: float
    se: float
    df: float
    p: float

    def limits(self, confidence: float) -> tuple[float, float]:
        """Two-sided t limits."""
        reach = float(stdtrit(self.df, (1 + confidence) / 2)) * self.se
        return self.estimate - reach, self.estimate + reach


def by_subgroup(
    y: FloatArray,
    in_other: BoolArray,
    codes: IntArray,
    *,
    covariates: FloatArray,
    weights: FloatArray,
    clusters: IntArray,
) -> Differences:
    """Difference in each subgroup from y ~ subgroup + arm in subgroup + covariates.

    `codes` are 0 to k − 1 for n rows, `covariates` n × c (may be empty), `weights` n. Where
    the weights balance the covariates exactly inside a subgroup its estimate is the
    difference of weighted means there, whatever the shared slopes. CR2 by `clusters`,
    Satterthwaite df; equality by the approximate Hotelling test. Raises NotEnoughData.
    """
    k = int(codes.max()) + 1
    groups = np.eye(k)[codes]
    centred = _centred(covariates, codes, weights)
    X = np.column_stack([groups, groups * in_other[:, None], centred])
    scaled = weights / weights.mean()
    fit = least_squares(y, X, scaled)
    pick = np.zeros((k, X.shape[1]))
    pick[np.arange(k), k + np.arange(k)] = 1.0
    robust = cluster_inference(X, fit.residuals, scaled, clusters, pick)
    against = pick[1:] - pick[0]
    test = Wald(float("nan"), 0, float("nan"), float("nan"))
    if k > 1:
        fitted = (fit.coefficients, robust.covariance)
        test = wald_test(X, scaled, clusters, against, fitted)
    return Differences(
        fit.coefficients[k : 2 * k], robust.covariance[k : 2 * k, k : 2 * k], robust.df, test
    )


def along_scale(
    y: FloatArray,
    in_other: BoolArray,
    values: FloatArray,
    *,
    covariates: FloatArray,
    weights: FloatArray,
    clusters: IntArray,
) -> Contrast:
    """How much the difference grows with each unit of `values` (n): a straight line.

    y ~ arm + value + value² + arm × value + covariates. The square is there so that a curve
    in how people fare is not taken for a difference between the arms (value 0 is the mean).
    """
    away = values - np.average(values, weights=weights)
    arm = in_other.astype(float)
    lead = np.column_stack([np.ones(len(y)), arm, arm * away, away])
    more = varying(np.column_stack([away**2, covariates]))
    X = np.column_stack([lead, more])
    scaled = weights / weights.mean()
    fit = least_squares(y, X, scaled)
    pick = np.zeros((1, X.shape[1]))
    pick[0, 2] = 1.0
    robust = cluster_inference(X, fit.residuals, scaled, clusters, pick)
    estimate, se, df = float(fit.coefficients[2]), float(robust.se[0]), float(robust.df[0])
    return Contrast(estimate, se, df, float(2 * stdtr(df, -abs(estimate) / se)))


def _centred(covariates: FloatArray, codes: IntArray, weights: FloatArray) -> FloatArray:
    """Covariates less their weighted mean in the subgroup; columns left without spread go."""
    total = np.bincount(codes, weights=weights)
    columns = [
        column - (np.bincount(codes, weights=weights * column) / total)[codes]
        for column in covariates.T
    ]
    if not columns:
        return np.empty((len(codes), 0))
    return varying(np.column_stack(columns))


def holm(p: FloatArray) -> FloatArray:
    """Holm's adjusted p values (1979); missing ones stay missing and are not counted."""
    known = ~np.isnan(p)
    found = np.full(len(p), np.nan)
    order = np.argsort(p[known], kind="stable")
    m = int(known.sum())
    scaled = p[known][order] * np.arange(m, 0, -1)
    values = np.empty(m)
    values[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    found[known] = values
    return found


def fdr(p: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's adjusted p values (1995); missing ones are not counted."""
    known = ~np.isnan(p)
    found = np.full(len(p), np.nan)
    order = np.argsort(p[known], kind="stable")[::-1]
    m = int(known.sum())
    scaled = p[known][order] * m / np.arange(m, 0, -1)
    values = np.empty(m)
    values[order] = np.minimum(np.minimum.accumulate(scaled), 1)
    found[known] = values
    return found

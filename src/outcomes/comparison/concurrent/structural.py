"""The weighted regression of a marginal structural model, with cluster-robust uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.comparison.concurrent.history import full_rank
from outcomes.errors import NotEnoughData
from outcomes.models.cluster_robust import cluster_inference
from outcomes.models.least_squares import least_squares, orthonormal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
MAX_STEPS = 60
# The score of a weighted logit in orthonormal columns, relative to the root of the weights' sum.
SCORE_TOLERANCE = 1e-10
# Coefficients beyond this in orthonormal columns mean chances of 0 or 1: separation.
SEPARATED = 1e4


@dataclass(frozen=True, slots=True)
class Structural:
    """The coefficient of the exposure, its standard error, degrees of freedom, clusters."""

    estimate: float
    se: float
    df: float
    n_clusters: int
    converged: bool


def of_scores(
    y: FloatArray, exposed: FloatArray, others: FloatArray, weights: FloatArray, cluster: IntArray
) -> Structural:
    """Weighted least squares of a score, with CR2 and Satterthwaite degrees of freedom.

    Independence as working model: another one would bring back what the weights took out
    (Vansteelandt 2007, J Nonparametr Stat 19:109).
    """
    X = _design(exposed, others)
    scaled = weights / weights.mean()
    fit = least_squares(y, X, scaled)
    target = np.eye(X.shape[1])[-1:]
    found = cluster_inference(X, y - X @ fit.coefficients, scaled, cluster, target)
    return Structural(
        float(fit.coefficients[-1]), float(found.se[0]), float(found.df[0]), found.n_clusters, True
    )


def of_events(
    y: FloatArray, exposed: FloatArray, others: FloatArray, weights: FloatArray, cluster: IntArray
) -> Structural:
    """Weighted pooled logistic regression: the log odds ratio of an event in a period.

    Sandwich over clusters, each left out by one step (CR3, Bell & McCaffrey 2002) up to 200
    of them, else with G / (G − 1); t with G − 1 degrees of freedom.
    """
    X = _design(exposed, others)
    scaled = weights / weights.mean()
    basis, triangle = orthonormal(X, np.sqrt(scaled))
    basis = basis / np.sqrt(scaled)[:, None]
    gamma, converged = _newton(y, basis, scaled)
    mean = expit(basis @ gamma)
    curvature = scaled * mean * (1 - mean)
    information = (basis * curvature[:, None]).T @ basis
    scores = basis * (scaled * (y - mean))[:, None]
    groups = np.unique(cluster, return_inverse=True)[1].ravel()
    count = int(groups.max()) + 1
    moved = _moves(basis, curvature, information, scores, groups)
    inverse = np.linalg.inv(triangle)
    beta, turned = inverse @ gamma, moved @ inverse.T
    return Structural(
        float(beta[-1]), float(np.sqrt((turned[:, -1] ** 2).sum())), float(count - 1), count,
        converged and bool(np.abs(gamma).max() < SEPARATED),
    )  # fmt: skip


def _design(exposed: FloatArray, others: FloatArray) -> FloatArray:
    """The other columns and the exposure last; raises NotEnoughData where it follows from them."""
    X = full_rank(np.column_stack([others, exposed]))
    if not np.array_equal(X[:, -1], exposed):
        raise NotEnoughData(
            "Who added the other service follows from period and start.", where="exposed"
        )
    return X


def _newton(y: FloatArray, basis: FloatArray, weights: FloatArray) -> tuple[FloatArray, bool]:
    share = float((weights * y).sum() / weights.sum())
    start = np.log(share / (1 - share))
    gamma = basis.T @ (weights * start)
    limit = SCORE_TOLERANCE * float(np.sqrt(weights.sum()))
    for _ in range(MAX_STEPS):
        mean = expit(basis @ gamma)
        score = basis.T @ (weights * (y - mean))
        if np.abs(score).max() <= limit:
            return gamma, True
        information = (basis * (weights * mean * (1 - mean))[:, None]).T @ basis
        gamma = gamma + np.linalg.lstsq(information, score, rcond=None)[0]
    return gamma, False


def _moves(
    basis: FloatArray,
    curvature: FloatArray,
    information: FloatArray,
    scores: FloatArray,
    groups: IntArray,
) -> FloatArray:
    """By how much the coefficients move when a cluster is left out (G × p)."""
    count = int(groups.max()) + 1
    sums = np.zeros((count, scores.shape[1]))
    np.add.at(sums, groups, scores)
    if count > 200:
        return np.asarray(np.linalg.solve(information, sums.T).T * np.sqrt(count / (count - 1)))
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(groups[order]) > 0])
    outer = (basis * curvature[:, None])[order][:, :, None] * basis[order][:, None, :]
    own = np.add.reduceat(outer, starts, axis=0)
    moved = np.linalg.solve(information - own, sums[:, :, None])[:, :, 0]
    return np.asarray((moved - moved.mean(axis=0)) * np.sqrt((count - 1) / count))

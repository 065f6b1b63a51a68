"""Uncertainty of Cox's coefficients where people of one practitioner or couple belong together.

CR0: Σ over clusters of squared sums of I⁻¹ times score residuals (Lin & Wei 1989, JASA
84:1074; R's `cluster`). CR1: CR0 times G / (G − 1). CR3: the jackknife over clusters,
(G − 1) / G Σ (β_(g) − mean)², β_(g) without cluster g by one Newton step from β with the exact
score and Hessian of the others (Lipsitz, Dear & Zhao 1994, Biometrics 50:842). Degrees of
freedom: G − 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.leaving.cox_fit import CoxFit
from outcomes.models.leaving.partial import evaluate, ordered, score_residuals
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.risk import FloatArray, IntArray

Kind = Literal["CR0", "CR1", "CR3"]


@dataclass(frozen=True, slots=True, eq=False)
class Robust:
    """Clustered covariance (p × p), its kind, the number of clusters and degrees of freedom."""

    covariance: FloatArray
    kind: str
    n_clusters: int
    df: float


def robust(fit: CoxFit, cluster: npt.ArrayLike, kind: Kind | None = None) -> Robust:
    """Clustered covariance of a fit, with `cluster` (n) in the order of its people.

    `kind` None: CR3 up to the number of clusters in policy.toml, else CR1. Raises UsageError
    for exact ties, whose score has no part for each person, NotEnoughData with fewer than two
    clusters, or where one of them holds everybody with the event.
    """
    if fit.partial is None:
        raise UsageError(
            "Exact ties have no clustered covariance.",
            where="parameters ties and cluster",
            fix="Use ties='efron', or the discrete-time model.",
        )
    labels, codes = np.unique(np.asarray(cluster), return_inverse=True)
    count = len(labels)
    if count < 2:
        raise NotEnoughData(
            "Uncertainty between clusters needs at least two of them.",
            where="cluster",
            how_many=count,
        )
    few = count <= int(leaving_policy("clusters")["jackknife_most"])
    chosen = kind if kind is not None else ("CR3" if few else "CR1")
    make = _jackknife if chosen == "CR3" else _sandwich
    covariance = make(fit, codes.ravel().astype(np.intp), count) / np.outer(fit.scale, fit.scale)
    if chosen == "CR1":
        covariance = covariance * count / (count - 1)
    return Robust(covariance, chosen, count, float(count - 1))


def _sandwich(fit: CoxFit, codes: IntArray, count: int) -> FloatArray:
    if fit.partial is None:
        raise UsageError("the fit keeps no residuals")
    residuals = score_residuals(fit.rows, fit.partial)
    sums = np.column_stack(
        [np.bincount(codes, weights=column, minlength=count) for column in residuals.T]
    )
    moved = np.linalg.solve(fit.partial.information, sums.T)
    return np.asarray(moved @ moved.T)


def _jackknife(fit: CoxFit, codes: IntArray, count: int) -> FloatArray:
    rows = fit.rows
    beta = fit.scaled_beta
    # Back to the caller's order, so that codes and rows meet.
    back = np.empty(len(rows.order), dtype=np.intp)
    back[rows.order] = np.arange(len(rows.order))
    X, event, time, layer = rows.X[back], rows.event[back], rows.time[back], rows.layer[back]
    moves = np.zeros((count, len(beta)))
    for one in range(count):
        kept = codes != one
        if not event[kept].any():
            raise NotEnoughData(
                "All who have the event are in one cluster.", where="cluster", how_many=count
            )
        part = ordered(
            time[kept], event[kept].astype(np.intp), X[kept], layer[kept],
            efron=fit.ties == "efron",
        )  # fmt: skip
        found = evaluate(part, beta)
        moves[one] = np.linalg.lstsq(found.information, found.score, rcond=None)[0]
    moves -= moves.mean(axis=0)
    return np.asarray((count - 1) / count * (moves.T @ moves))

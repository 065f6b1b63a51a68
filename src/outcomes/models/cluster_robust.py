"""Cluster-robust covariance (CR0, CR1, CR2) and Satterthwaite degrees of freedom.

CR2 is the bias-reduced linearisation of Bell and McCaffrey (2002) in the form of
Pustejovsky and Tipton (2018, J. Bus. Econ. Stat. 36:672), with an identity working
model: variances equal, rows independent, whatever the weights are for. That is what
clubSandwich does for `lm` with weights, and right for propensity weights, which are not
inverse variances.

With X = Q R (Q'WQ = I) the adjustment of cluster i inverts a square root of
B_i = I − Q_i Q_i'W_i − W_i Q_i Q_i' + Q_i S Q_i', S = Q'W²Q. B_i differs from I by a
matrix of rank 2p at most, so a large cluster costs n_i p² and no n_i × n_i matrix is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.least_squares import orthonormal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Kind = Literal["CR0", "CR1", "CR2"]

# Eigenvalues of B_i lie between 0 and about 1; rounding leaves 1e-15 where the fit absorbs a
# whole cluster, and such a direction gets weight 0 (the Moore-Penrose root).
SINGULAR = 1e-10
# Numbers in one batch of small clusters: 2 million (16 MB) keeps memory flat.
BATCH = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ClusterInference:
    """Cluster-robust covariance (p × p), with standard error and df by contrast."""

    covariance: FloatArray
    se: FloatArray
    df: FloatArray
    kind: str
    n_clusters: int


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """Rows in cluster order: Q, weights, and where each cluster starts and how long it is."""

    order: IntArray
    basis: FloatArray
    triangle: FloatArray
    weights: FloatArray
    weighted: bool
    starts: IntArray
    sizes: IntArray


def cluster_covariance(
    X: FloatArray,
    residuals: FloatArray,
    weights: FloatArray | None,
    clusters: npt.ArrayLike,
    kind: Kind = "CR2",
) -> FloatArray:
    """Covariance (p × p) of the coefficients of a (weighted) least-squares fit.

    X is n × p, residuals n (unweighted), clusters n labels. One row in each cluster
    with CR2 and no weights is HC2. Raises NotEnoughData with fewer than two clusters.
    """
    none = np.zeros((0, X.shape[1]))
    return cluster_inference(X, residuals, weights, clusters, none, kind=kind).covariance


def cluster_inference(
    X: FloatArray,
    residuals: FloatArray,
    weights: FloatArray | None,
    clusters: npt.ArrayLike,
    contrasts: FloatArray,
    *,
    kind: Kind = "CR2",
) -> ClusterInference:
    """Covariance, and for each row of `contrasts` (q × p) the standard error and df.

    df is Satterthwaite's for CR2 and clusters − 1 for CR0 and CR1, as in clubSandwich.
    """
    if kind not in ("CR0", "CR1", "CR2"):
        raise UsageError(f"unknown kind {kind!r}", where="kind", fix="CR0, CR1 or CR2")
    blocks = _blocks(X, weights, clusters)
    count = len(blocks.starts)
    inverse = np.linalg.inv(blocks.triangle)
    turned = np.atleast_2d(contrasts) @ inverse
    weighted_basis = blocks.basis * blocks.weights[:, None]
    targets = np.column_stack([residuals[blocks.order], weighted_basis @ turned.T])
    adjusted = _adjust(blocks, targets) if kind == "CR2" else targets
    scores = np.add.reduceat(weighted_basis * adjusted[:, :1], blocks.starts, axis=0)
    meat = scores.T @ scores
    if kind == "CR1":
        meat *= count / (count - 1)
    covariance = inverse @ meat @ inverse.T
    se = np.sqrt(np.einsum("qi,ij,qj->q", contrasts, covariance, contrasts))
    if kind == "CR2":
        df = _satterthwaite(blocks, weighted_basis, adjusted[:, 1:])
    else:
        df = np.full(len(contrasts), float(count - 1))
    return ClusterInference(covariance, se, df, kind, count)


def cluster_form(
    X: FloatArray, weights: FloatArray | None, clusters: npt.ArrayLike, contrast: FloatArray
) -> tuple[FloatArray, float]:
    """The CR2 variance of one contrast (p) as a form in the residuals, and its df.

    The variance is the sum over clusters of (sum over the cluster's rows of form times
    residual)². The form (n) hangs on X, weights and clusters only, so that one serves
    every outcome.
    """
    blocks = _blocks(X, weights, clusters)
    turned = np.linalg.inv(blocks.triangle).T @ contrast
    return _form(blocks, blocks.weights * (blocks.basis @ turned))


def adjusted_form(
    X: FloatArray, weights: FloatArray | None, clusters: npt.ArrayLike, rows: FloatArray
) -> tuple[FloatArray, float]:
    """CR2 for any linear function Σ rows · residual (n) of a fit's residuals.

    Returns the adjusted function (n), to be summed over each cluster and squared, and its
    Satterthwaite df. A coefficient is one such function; a mean that a model predicts for
    a population, or a residual correction with weights of its own, is another.
    """
    blocks = _blocks(X, weights, clusters)
    return _form(blocks, rows[blocks.order])


def _form(blocks: _Blocks, ordered: FloatArray) -> tuple[FloatArray, float]:
    adjusted = _adjust(blocks, ordered[:, None])
    form = np.empty(len(ordered))
    form[blocks.order] = adjusted[:, 0]
    weighted_basis = blocks.basis * blocks.weights[:, None]
    return form, float(_satterthwaite(blocks, weighted_basis, adjusted)[0])


def _blocks(X: FloatArray, weights: FloatArray | None, clusters: npt.ArrayLike) -> _Blocks:
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    if len(codes) != len(X):
        raise UsageError("X and clusters have different lengths", where="clusters")
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    if len(starts) < 2:
        raise NotEnoughData(
            "cluster-robust uncertainty needs at least two clusters",
            where="clusters",
            how_many=len(starts),
        )
    sizes = np.diff(np.r_[starts, len(codes)])
    root = None if weights is None else np.sqrt(weights)
    triangle = orthonormal(X, root)[1]
    basis = np.asarray(np.linalg.solve(triangle.T, X[order].T).T, dtype=np.float64)
    ordered = np.ones(len(X)) if weights is None else weights[order]
    return _Blocks(order, basis, triangle, ordered, weights is not None, starts, sizes)


def _adjust(blocks: _Blocks, targets: FloatArray) -> FloatArray:
    """B_i^(−1/2) times the rows of `targets` (n × t) of each cluster i."""
    low_rank, core = _low_rank(blocks)
    width = low_rank.shape[1]
    adjusted = np.empty_like(targets)
    for size in np.unique(blocks.sizes[blocks.sizes <= width]):
        starts = blocks.starts[blocks.sizes == size]
        step = max(1, BATCH // int(size * (size + width)))
        for first in range(0, len(starts), step):
            rows = starts[first : first + step, None] + np.arange(size)
            adjusted[rows] = _small(low_rank[rows], core, targets[rows])
    for start, size in zip(blocks.starts, blocks.sizes, strict=True):
        if size > width:
            rows = slice(start, start + size)
            adjusted[rows] = _large(low_rank[rows], core, targets[rows])
    return adjusted


def _low_rank(blocks: _Blocks) -> tuple[FloatArray, FloatArray]:
    """U (n × 2p, or n × p without weights) and K with B_i = I + U_i K U_i'."""
    p = blocks.basis.shape[1]
    if not blocks.weighted:
        return blocks.basis, -np.eye(p)
    weighted_basis = blocks.basis * blocks.weights[:, None]
    middle = weighted_basis.T @ weighted_basis
    core = np.block([[middle, -np.eye(p)], [-np.eye(p), np.zeros((p, p))]])
    return np.column_stack([blocks.basis, weighted_basis]), core


def _root(values: FloatArray) -> FloatArray:
    safe = np.where(values > SINGULAR, values, 1.0)
    return np.where(values > SINGULAR, 1 / np.sqrt(safe), 0.0)


def _small(low_rank: FloatArray, core: FloatArray, targets: FloatArray) -> FloatArray:
    """Adjust a batch of clusters of one size: arrays k × size × (2p or t)."""
    inner = low_rank @ core @ np.swapaxes(low_rank, 1, 2)
    if inner.shape[1] == 1:
        return np.asarray(targets * _root(1 + inner))
    values, vectors = np.linalg.eigh(np.eye(inner.shape[1]) + inner)
    turned = np.swapaxes(vectors, 1, 2) @ targets
    return np.asarray(vectors @ (_root(values)[:, :, None] * turned))


def _large(low_rank: FloatArray, core: FloatArray, targets: FloatArray) -> FloatArray:
    """One cluster larger than the rank: only the 2p directions of U_i are changed."""
    basis, triangle = np.linalg.qr(low_rank)
    values, vectors = np.linalg.eigh(np.eye(len(core)) + triangle @ core @ triangle.T)
    directions = basis @ vectors
    change = _root(values) - 1
    return np.asarray(targets + directions @ (change[:, None] * (directions.T @ targets)))


def _satterthwaite(blocks: _Blocks, weighted_basis: FloatArray, adjusted: FloatArray) -> FloatArray:
    """2 E(V)² / Var(V) under the working model, for each contrast.

    V is a sum of squares of m linear forms in the errors whose m × m matrix of inner
    products is diag(d) + Z K Z' with Z of 2p columns; it is never formed.
    """
    _, core = _low_rank(blocks)
    if not blocks.weighted:
        p = blocks.basis.shape[1]
        core = np.block([[np.eye(p), -np.eye(p)], [-np.eye(p), np.zeros((p, p))]])
    df = np.empty(adjusted.shape[1])
    for position in range(adjusted.shape[1]):
        form = adjusted[:, position : position + 1]
        own = np.add.reduceat(form[:, 0] ** 2, blocks.starts)
        plain = np.add.reduceat(blocks.basis * form, blocks.starts, axis=0)
        weighted = np.add.reduceat(weighted_basis * form, blocks.starts, axis=0)
        low_rank = np.column_stack([plain, weighted])
        shared = np.einsum("mi,ij,mj->m", low_rank, core, low_rank)
        inner = core @ (low_rank.T @ low_rank)
        squares = (own**2).sum() + 2 * (own * shared).sum() + np.trace(inner @ inner)
        df[position] = (own + shared).sum() ** 2 / squares if squares > 0 else np.nan
    return df

"""Minus twice the (restricted) log-likelihood by pattern, with exact gradient and curvature.

With V the covariance over the grid and W the inverse of its part for a pattern,

    -2 l = n* log 2π + Σ log|V_i| + Σ e_i' W_i e_i (+ log|Σ X_i' W_i X_i|),

n* = n, or n - p with the last term, which makes it restricted (Patterson and Thompson
1971). With T = Σ_i (Q_i A⁻¹ Q_i' + e_i e_i') of a pattern, the gradient is
⟨Σ N W - W T W, ∂V/∂θ⟩: one matrix over the grid for all parameters. The curvature needs
besides only Q'W ∂V W Q for each parameter (Lindstrom and Bates 1988; Jennrich and
Schluchter 1986 for the scoring form).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.repeated.patterns import (
    CHUNK,
    FloatArray,
    Group,
    IntArray,
    Patterns,
    lower,
    upper,
)
from outcomes.models.repeated.structures import Structure

# A number of which a unit changes V by less than this share of its largest variance is at a
# bound: the log-likelihood still to be won there is below 1e-12 a row.
NOTHING = 1e-12
_LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """The objective at theta with the coefficients that go with it (orthonormal columns)."""

    theta: FloatArray
    matrix: FloatArray
    deviance: float
    gamma: FloatArray
    A: FloatArray
    A_inverse: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """Gradient (r), observed and expected second derivatives (r × r) of the deviance.

    `products` (r × p × p) are X'V⁻¹ ∂V V⁻¹X in the orthonormal columns. `free` (r) is false
    where a number no longer changes V: it has run to a bound, as the log of a variance of 0.
    """

    gradient: FloatArray
    observed: FloatArray
    expected: FloatArray
    products: FloatArray
    free: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Some patterns of one length: places, counts, W (B × k × k), and their data."""

    places: IntArray
    counts: FloatArray
    W: FloatArray
    group: Group
    first: int
    last: int


def value(data: Patterns, structure: Structure, theta: FloatArray, *, reml: bool) -> Value | None:
    """The objective; None where the matrix is not positive definite."""
    matrix = structure.matrix(theta)
    if not np.isfinite(matrix).all():
        return None
    try:
        np.linalg.cholesky(matrix)
        width = data.p + 1
        H = np.zeros((width, width))
        log_det = 0.0
        for block in blocks(data, matrix, 1):
            H += weigh(block, block.W[:, None])[0]
            log_det -= float(block.counts @ np.linalg.slogdet(block.W)[1])
        A, c = H[:-1, :-1], H[:-1, -1]
        factor = np.linalg.cholesky(A)
    except np.linalg.LinAlgError:
        return None
    half = np.linalg.inv(factor)
    A_inverse = half.T @ half
    gamma = A_inverse @ c
    degrees = data.n - data.p if reml else data.n
    deviance = degrees * _LOG_2PI + log_det + float(H[-1, -1] - c @ gamma)
    if reml:
        turned = np.log(np.abs(np.diag(data.triangle))).sum()
        deviance += 2 * float(np.log(np.diag(factor)).sum() + turned)
    return Value(theta, matrix, deviance, gamma, A, A_inverse) if np.isfinite(deviance) else None


def curvature(data: Patterns, structure: Structure, at: Value, *, reml: bool) -> Curvature:
    """Exact first and second derivatives at a point where `value` gave something."""
    first = structure.derivative(at.theta)
    r, width = len(first), data.p + 1
    total = np.zeros((data.size, data.size))
    observed = np.zeros((r, r))
    expected = np.zeros((r, r))
    turned = np.zeros((r, width, width))
    shares = _shares(at, reml=reml)
    for block in blocks(data, at.matrix, r):
        W, N = block.W, block.counts[:, None, None]
        D = restrict(first, block.places)
        fixed, residual = contract(block, shares)
        NW = N * W
        WTW = W @ (fixed + residual) @ W
        _scatter(total, block.places, NW - WTW)
        WD = W[:, None] @ D
        turned += weigh(block, WD @ W[:, None])
        observed += _traces(2 * WTW - NW, D, WD)
        expected += _traces(NW - 2 * (W @ fixed @ W), D, WD)
    P = turned[:, :-1, :-1]
    observed += np.einsum("ab,jlab->jl", total, structure.second(at.theta))
    g = turned[:, :-1, -1] - P @ at.gamma
    observed -= 2 * (g @ at.A_inverse @ g.T)
    if reml:
        AP = (at.A_inverse @ P).reshape(r, -1)
        PA = (at.A_inverse @ P).swapaxes(1, 2).reshape(r, -1)
        both = AP @ PA.T
        observed -= both
        expected += both
    gradient = np.einsum("ab,jab->j", total, first)
    observed, expected = (observed + observed.T) / 2, (expected + expected.T) / 2
    free = np.abs(first).max(axis=(1, 2), initial=0.0) > NOTHING * np.diag(at.matrix).max()
    return Curvature(gradient, observed, expected, P, free)


def blocks(data: Patterns, matrix: FloatArray, n_matrices: int) -> Iterator[_Block]:
    """Patterns in pieces small enough for `n_matrices` matrices each, with their W."""
    for group in data.groups:
        number, k = group.places.shape
        step = max(1, CHUNK // (n_matrices * k * k))
        for first in range(0, number, step):
            last = min(number, first + step)
            places = group.places[first:last]
            part = matrix[places[:, :, None], places[:, None, :]]
            half = np.linalg.inv(np.linalg.cholesky(part))
            W = half.swapaxes(1, 2) @ half
            yield _Block(places, group.counts[first:last], W, group, first, last)


def weigh(block: _Block, M: FloatArray) -> FloatArray:
    """Σ_i Z_i' M_j Z_i for symmetric M (B × r × k × k): r × P × P."""
    r, k = M.shape[1], M.shape[2]
    if block.group.cross is None:
        return _weigh_rows(block, M)
    a, c = upper(k)
    cross = block.group.cross[block.first : block.last]
    flat = M[:, :, a, c].swapaxes(0, 1).reshape(r, -1)
    triangles = flat @ cross.reshape(-1, cross.shape[-1])
    width = int((np.sqrt(8 * cross.shape[-1] + 1) - 1) / 2 + 0.5)
    i, j = lower(width)
    out = np.empty((r, width, width))
    out[:, i, j] = triangles
    out[:, j, i] = triangles
    return out


def contract(block: _Block, shares: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Σ_i Z_i S Z_i' (B × k × k) of each symmetric S (P × P) in `shares`."""
    k = block.places.shape[1]
    if block.group.cross is None:
        first, second = (_contract_rows(block, S) for S in shares)
        return first, second
    cross = block.group.cross[block.first : block.last]
    i, j = lower(len(shares[0]))
    weights = np.where(i == j, 1.0, 2.0)
    vectors = np.stack([S[i, j] * weights for S in shares], axis=1)
    halves = cross.reshape(-1, len(i)) @ vectors
    a, c = upper(k)
    halves = halves.reshape(len(cross), len(a), len(shares)) / np.where(a == c, 1.0, 2.0)[:, None]
    out = np.empty((len(shares), len(cross), k, k))
    out[:, :, a, c] = halves.transpose(2, 0, 1)
    out[:, :, c, a] = halves.transpose(2, 0, 1)
    return out[0], out[1]


def _weigh_rows(block: _Block, M: FloatArray) -> FloatArray:
    Z, owner = _rows(block)
    flat = Z.reshape(-1, Z.shape[-1])
    return np.stack([flat.T @ (M[owner, j] @ Z).reshape(flat.shape) for j in range(M.shape[1])])


def _contract_rows(block: _Block, S: FloatArray) -> FloatArray:
    Z, owner = _rows(block)
    starts = np.searchsorted(owner, np.arange(len(block.counts)))
    return np.asarray(np.add.reduceat((Z @ S) @ Z.swapaxes(1, 2), starts, axis=0))


def _rows(block: _Block) -> tuple[FloatArray, IntArray]:
    owner, rows = block.group.owner, block.group.rows
    if owner is None or rows is None:
        raise AssertionError("a group has sums or rows")
    first, last = np.searchsorted(owner, [block.first, block.last])
    return rows[first:last], owner[first:last] - block.first


def _shares(at: Value, *, reml: bool) -> tuple[FloatArray, FloatArray]:
    """What a pattern's rows are contracted with: A⁻¹ for the fixed effects, and e e'."""
    width = len(at.gamma) + 1
    fixed = np.zeros((width, width))
    if reml:
        fixed[:-1, :-1] = at.A_inverse
    residual = np.append(-at.gamma, 1.0)
    return fixed, np.outer(residual, residual)


def restrict(matrices: FloatArray, places: IntArray) -> FloatArray:
    """The parts (B × r × k × k) of r matrices over the grid."""
    part = matrices[:, places[:, :, None], places[:, None, :]]
    return np.asarray(part.swapaxes(0, 1))


def _scatter(total: FloatArray, places: IntArray, parts: FloatArray) -> None:
    np.add.at(total, (places[:, :, None], places[:, None, :]), parts)


def _traces(K: FloatArray, D: FloatArray, WD: FloatArray) -> FloatArray:
    """Σ_B tr(K D_j W D_l), r × r, for symmetric K and D (B × r × k × k)."""
    r = D.shape[1]
    left = (K[:, None] @ D).swapaxes(0, 1).reshape(r, -1)
    right = WD.swapaxes(2, 3).swapaxes(0, 1).reshape(r, -1)
    return np.asarray(left @ right.T)

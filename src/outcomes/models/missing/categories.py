"""Draws of words: logistic and multinomial regression, for many chains at once.

Coefficients are drawn from N(b, H⁻¹) (Rubin 1987, p. 169). A few rows of small weight are
added for each predictor and level, so that a predictor that foretells a level perfectly
does not send its coefficient to infinity (White, Daniel and Royston 2010); their total
weight is p + 1 rows, as in R's mice.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.models.missing.normal import REPEATED

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

ROUNDS = 40
STEP = 3.0  # a longer step on the logit scale overshoots
CONVERGED = 1e-8


def draw_levels(
    Z: FloatArray,
    codes: Codes,
    wanted: FloatArray,
    levels: int,
    *,
    m: int,
    rng: np.random.Generator,
) -> Codes:
    """Draw levels (m × r) for rows `wanted` (c × r × p), given Z (c × n × p) and codes (n).

    The first column is the intercept; c is 1 where the chains share their predictors.
    """
    rows, answers, weights = _augmented(Z, codes, levels)
    fitted, root = _fit(rows, answers, weights)
    noise = rng.standard_normal((m, root.shape[1]))
    spread = np.matmul(np.broadcast_to(root, (m, *root.shape[1:])), noise[:, :, None])[:, :, 0]
    drawn = (np.broadcast_to(fitted, spread.shape) + spread).reshape(m, levels - 1, Z.shape[2])
    chances = _chances(np.broadcast_to(wanted, (m, *wanted.shape[1:])), drawn)
    uniform = rng.random((m, wanted.shape[1], 1))
    return np.asarray((uniform > np.cumsum(chances, axis=2)[:, :, :-1]).sum(axis=2))


def _chances(Z: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Probabilities (c × n × L) at coefficients c × (L − 1) × p; the first level is the base."""
    eta = np.matmul(Z, np.swapaxes(coefficients, 1, 2))
    full = np.concatenate([np.zeros((*eta.shape[:2], 1)), eta], axis=2)
    full -= full.max(axis=2, keepdims=True)
    odds = np.exp(full)
    return np.asarray(odds / odds.sum(axis=2, keepdims=True))


def _augmented(
    Z: FloatArray, codes: Codes, levels: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows with the added ones, their levels as indicators, their weights."""
    _, n, p = Z.shape
    centre, spread = Z.mean(axis=1), Z.std(axis=1)
    added = np.repeat(centre[:, None, :], 2 * (p - 1) * levels, axis=1)
    place = 0
    for column in range(1, p):
        for side in (-1.0, 1.0):
            rows = slice(place, place + levels)
            added[:, rows, column] += side * spread[:, column : column + 1]
            place += levels
    kinds = np.r_[codes, np.tile(np.arange(levels), 2 * (p - 1))]
    share = p / added.shape[1] if added.shape[1] else 0.0
    weights = np.r_[np.ones(n), np.full(added.shape[1], share)]
    return np.concatenate([Z, added], axis=1), np.eye(levels)[kinds], weights


def _fit(Z: FloatArray, answers: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Maximum likelihood by Newton's method: coefficients c × (L−1)p and H^(−1/2)."""
    c, _, p = Z.shape
    free = answers.shape[1] - 1
    found = np.zeros((c, free, p))
    for _ in range(ROUNDS):
        chances = _chances(Z, found)[:, :, 1:]
        left = weights[:, None] * (answers[:, 1:] - chances)
        gradient = np.matmul(np.swapaxes(left, 1, 2), Z).reshape(c, free * p)
        values, vectors = np.linalg.eigh(_curvature(Z, chances, weights))
        kept = values > REPEATED * values[:, -1:]
        inverse = np.where(kept, 1 / np.where(kept, values, 1.0), 0.0)
        step = np.einsum("cik,ck,cjk,cj->ci", vectors, inverse, vectors, gradient)
        size = np.abs(step).max()
        found = found + (step * min(1.0, STEP / max(size, 1e-300))).reshape(found.shape)
        if size < CONVERGED:
            break
    root = np.einsum("cik,ck,cjk->cij", vectors, np.sqrt(inverse), vectors)
    return found.reshape(c, free * p), root


def _curvature(Z: FloatArray, chances: FloatArray, weights: FloatArray) -> FloatArray:
    c, _, p = Z.shape
    free = chances.shape[2]
    whole = np.empty((c, free * p, free * p))
    for a in range(free):
        for b in range(a + 1):
            own = chances[:, :, a] * ((a == b) - chances[:, :, b]) * weights
            block = np.matmul(np.swapaxes(Z * own[:, :, None], 1, 2), Z)
            whole[:, a * p : (a + 1) * p, b * p : (b + 1) * p] = block
            whole[:, b * p : (b + 1) * p, a * p : (a + 1) * p] = np.swapaxes(block, 1, 2)
    return whole

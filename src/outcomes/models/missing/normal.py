"""Draws from the posterior of a linear regression, for many chains at once.

With flat priors on the coefficients and on log sigma: sigma² = RSS / chi²(n − p), then
coefficients from N(b, sigma² (Z'Z)⁻¹) (Rubin 1987, p. 167; van Buuren 2018, algorithm
3.1). Shapes: c chains that differ in their predictors (1 where all share them), m chains
that are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Directions with less than this share of the largest eigenvalue of scaled cross-products are
# repeats of other columns; they get coefficient 0 instead of a wild one.
REPEATED = 1e-8
# A perfect fit leaves rounding; the residual variance stays positive.
LEAST_RSS = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """T (c × p × p) with T'Z'ZT = I on the `rank` (c) directions that carry something."""

    turn: FloatArray
    rank: npt.NDArray[np.intp]


def basis(cross: FloatArray) -> Basis:
    """The basis of cross-products Z'Z (c × p × p)."""
    size = np.sqrt(np.einsum("cpp->cp", cross))
    inverse = np.where(size > 0, 1 / np.where(size > 0, size, 1.0), 0.0)
    values, vectors = np.linalg.eigh(cross * inverse[:, :, None] * inverse[:, None, :])
    kept = values > REPEATED * values[:, -1:]
    root = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    # Symmetric, so that the sign of an eigenvector changes no draw.
    turn = np.einsum("cik,ck,cjk->cij", vectors, root, vectors) * inverse[:, :, None]
    return Basis(turn, kept.sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Least-squares coefficients (c × p), drawn ones (m × p), drawn sigma (m)."""

    fitted: FloatArray
    drawn: FloatArray
    sigma: FloatArray


def draw_regression(Z: FloatArray, y: FloatArray, m: int, rng: np.random.Generator) -> Drawn:
    """Draw m sets of coefficients and sigma, given Z (c × n × p) and y (n)."""
    across = np.swapaxes(Z, 1, 2)
    turned = basis(np.matmul(across, Z))
    moments = np.matmul(across, y)
    inner = np.einsum("cpk,cp->ck", turned.turn, moments)
    fitted = np.einsum("cpk,ck->cp", turned.turn, inner)
    rss = np.maximum(float(y @ y) - (inner**2).sum(axis=1), LEAST_RSS)
    df = np.maximum(len(y) - turned.rank, 1)
    sigma = np.sqrt(rss / rng.chisquare(np.broadcast_to(df, (m,))))
    noise = rng.standard_normal((m, Z.shape[2]))
    turn = np.broadcast_to(turned.turn, (m, *turned.turn.shape[1:]))
    drawn = fitted + sigma[:, None] * np.einsum("mpk,mk->mp", turn, noise)
    return Drawn(fitted, drawn, sigma)


def predict(Z: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Z (c × n × p) times coefficients (m × p): m × n, whichever of c and m is 1."""
    if Z.shape[0] == 1:
        return np.asarray(coefficients @ Z[0].T)
    return np.asarray(np.matmul(Z, coefficients[:, :, None])[:, :, 0])

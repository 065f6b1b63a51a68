"""Draws from a regression with a random intercept by cluster, for many chains at once.

y = Zb + u_j + e with u_j ~ N(0, tau²), e ~ N(0, sigma²). The intraclass correlation
rho = tau² / (tau² + sigma²) has a uniform prior, b and log sigma are flat. Given rho
everything else is conjugate, and the posterior of rho itself needs sums by cluster only
(Searle, Casella and McCulloch 1992, chapter 9), so rho is drawn from a fine grid and the
rest exactly: independent draws, where a Gibbs sampler (Schafer and Yucel 2002) would
give dependent ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.missing.normal import LEAST_RSS, basis

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

COARSE = np.linspace(0.0, 0.99, 45)
FINE = 81
# exp(-16) of the highest density: what lies below is not drawn in any run of ours.
NEGLIGIBLE = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums of observed rows: Z'y in the turned basis, and by cluster (J)."""

    turn: FloatArray  # c × p × p
    rank: Codes  # c
    inner: FloatArray  # c × p
    square: float
    sizes: FloatArray  # J
    z: FloatArray  # c × J × p
    y: FloatArray  # J
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class TwoLevel:
    """Fitted coefficients and cluster effects, and drawn ones with sigma.

    `fitted` m × p, `effects` m × J (predictions at the fitted coefficients), `drawn` m × p,
    `drawn_effects` m × J, `sigma` m, `icc` m.
    """

    fitted: FloatArray
    effects: FloatArray
    drawn: FloatArray
    drawn_effects: FloatArray
    sigma: FloatArray
    icc: FloatArray


def draw_two_level(
    Z: FloatArray,
    y: FloatArray,
    codes: Codes,
    clusters: int,
    *,
    m: int,
    rng: np.random.Generator,
) -> TwoLevel:
    """Draw m sets, given Z (c × n × p), y (n) and codes (n, rising) of `clusters` clusters.

    A cluster without an observed row gets an effect drawn from N(0, tau²).
    """
    sums = _sums(Z, y, codes, clusters)
    icc = _draw_icc(sums, m, rng)
    ratio = icc / (1 - icc)
    weight = ratio[:, None] / (1 + sums.sizes * ratio[:, None])
    precision, moment, rss = _given(sums, weight[:, None, :])
    values, vectors = np.linalg.eigh(precision[:, 0])
    root = np.einsum("mik,mk,mjk->mij", vectors, 1 / np.sqrt(values), vectors)
    centre = np.einsum("mij,mkj,mk->mi", root, root, moment[:, 0])
    degrees = np.broadcast_to(np.maximum(sums.n - sums.rank, 1), (m,))
    sigma = np.sqrt(rss[:, 0] / rng.chisquare(degrees))
    noise = rng.standard_normal((m, Z.shape[2]))
    inside = centre + sigma[:, None] * np.einsum("mij,mj->mi", root, noise)
    turn = np.broadcast_to(sums.turn, (m, *sums.turn.shape[1:]))
    effects = weight * (sums.y - _times(sums.z, centre))
    spread = sigma[:, None] * np.sqrt(weight) * rng.standard_normal((m, clusters))
    return TwoLevel(
        fitted=np.einsum("mpk,mk->mp", turn, centre),
        effects=effects,
        drawn=np.einsum("mpk,mk->mp", turn, inside),
        drawn_effects=weight * (sums.y - _times(sums.z, inside)) + spread,
        sigma=sigma,
        icc=icc,
    )


def _times(z: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Cluster sums (c × J × p) times coefficients (m × p): m × J."""
    return np.asarray(np.matmul(z, coefficients[:, :, None])[:, :, 0])


def _sums(Z: FloatArray, y: FloatArray, codes: Codes, clusters: int) -> _Sums:
    turned = basis(np.matmul(np.swapaxes(Z, 1, 2), Z))
    starts = np.flatnonzero(np.r_[True, np.diff(codes) > 0])
    there = codes[starts]
    sizes, by_cluster = np.zeros(clusters), np.zeros(clusters)
    sizes[there] = np.diff(np.r_[starts, len(codes)])
    by_cluster[there] = np.add.reduceat(y, starts)
    z = np.zeros((Z.shape[0], clusters, Z.shape[2]))
    z[:, there] = np.matmul(np.add.reduceat(Z, starts, axis=1), turned.turn)
    inner = np.einsum("cpk,cp->ck", turned.turn, np.matmul(np.swapaxes(Z, 1, 2), y))
    return _Sums(turned.turn, turned.rank, inner, float(y @ y), sizes, z, by_cluster, len(y))


def _given(sums: _Sums, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Z'V⁻¹Z, Z'V⁻¹y and the residual sum of squares at weights (c or m × G × J) of clusters.

    In the turned basis; V = I + ratio · ZZ' of the clusters, in units of sigma².
    """
    c, clusters, p = sums.z.shape
    outer = (sums.z[:, :, :, None] * sums.z[:, :, None, :]).reshape(c, clusters, p * p)
    shared = np.matmul(weight, outer).reshape(*weight.shape[:2], p, p)
    precision = np.eye(p) - shared
    moment = sums.inner[:, None, :] - np.matmul(weight, sums.z * sums.y[:, None])
    solved = np.linalg.solve(precision, moment[..., None])[..., 0]
    square = sums.square - weight @ sums.y**2
    rss = np.maximum(square - (moment * solved).sum(axis=-1), LEAST_RSS)
    return precision, moment, rss


def _log_density(sums: _Sums, icc: FloatArray) -> FloatArray:
    """Log posterior density of the intraclass correlation at `icc` (c × G)."""
    ratio = icc / (1 - icc)
    growth = 1 + sums.sizes * ratio[..., None]
    precision, _, rss = _given(sums, ratio[..., None] / growth)
    df = (sums.n - sums.rank)[:, None]
    determinant = np.log(growth).sum(axis=-1) + np.linalg.slogdet(precision)[1]
    return np.asarray(-0.5 * determinant - 0.5 * df * np.log(rss))


def _draw_icc(sums: _Sums, m: int, rng: np.random.Generator) -> FloatArray:
    """M draws: where the density is found by a coarse grid, then drawn from a fine one."""
    c = len(sums.z)
    coarse = np.broadcast_to(COARSE, (c, len(COARSE)))
    density = _log_density(sums, coarse)
    there = density > density.max(axis=1, keepdims=True) - NEGLIGIBLE
    first = np.maximum(there.argmax(axis=1) - 1, 0)
    last = np.minimum(len(COARSE) - there[:, ::-1].argmax(axis=1), len(COARSE) - 1)
    low, high = COARSE[first], COARSE[last]
    fine = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, FINE)
    density = _log_density(sums, fine)
    mass = np.exp(density - density.max(axis=1, keepdims=True))
    steps = np.cumsum((mass[:, 1:] + mass[:, :-1]) / 2, axis=1)
    share = np.concatenate([np.zeros((c, 1)), steps / steps[:, -1:]], axis=1)
    uniform = rng.random(m)
    rows = np.zeros(m, dtype=int) if c == 1 else np.arange(m)
    return np.array([np.interp(u, share[r], fine[r]) for u, r in zip(uniform, rows, strict=True)])

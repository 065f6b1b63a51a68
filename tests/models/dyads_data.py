"""Couples for the tests: real ones, made-up ones, and likelihoods written out at full size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.dyads.units import Rows


def full_covariance(rows: Rows, structure, t) -> np.ndarray:
    """V of all rows at once, n × n, row by row from the elements' meaning."""
    tau = structure.mixing @ t
    random = dict(zip(structure.random, tau, strict=False))
    residual = dict(zip(structure.residual, tau[len(structure.random) :], strict=True))
    n = len(rows.y)
    V = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if rows.unit[i] != rows.unit[j]:
                continue
            for (a, b), value in random.items():
                V[i, j] += value * rows.Z[i, a] * rows.Z[j, b]
                if a != b:
                    V[i, j] += value * rows.Z[i, b] * rows.Z[j, a]
            high, low = max(rows.role[i], rows.role[j]), min(rows.role[i], rows.role[j])
            if i == j or (high != low and rows.occasion[i] == rows.occasion[j]):
                V[i, j] += residual.get((high, low), 0.0)
    return V


def full_loglik(rows: Rows, V: np.ndarray, *, reml: bool) -> float:
    """Log likelihood of all rows by the normal density, restricted by its textbook constant."""
    X, y = rows.X, rows.y
    inverse = np.linalg.inv(V)
    inside = X.T @ inverse @ X
    beta = np.linalg.solve(inside, X.T @ inverse @ y)
    found = stats.multivariate_normal(X @ beta, V).logpdf(y)
    if reml:
        found += X.shape[1] / 2 * np.log(2 * np.pi) - np.linalg.slogdet(inside)[1] / 2
    return float(found)


def kenward_roger_by_hand(rows: Rows, structure, t) -> tuple[np.ndarray, np.ndarray]:
    """Adjusted covariance and df of each coefficient, from n × n matrices."""
    X = rows.X
    r, p = len(t), X.shape[1]
    V = full_covariance(rows, structure, t)
    B = [full_covariance(rows, structure, unit) for unit in np.eye(r)]
    Vi = np.linalg.inv(V)
    phi = np.linalg.inv(X.T @ Vi @ X)
    proj = Vi - Vi @ X @ phi @ X.T @ Vi
    info = np.array([[np.trace(proj @ a @ proj @ b) / 2 for b in B] for a in B])
    W = np.linalg.inv(info)
    P = [-X.T @ Vi @ b @ Vi @ X for b in B]
    inner = np.zeros((p, p))
    for i in range(r):
        for j in range(r):
            Q = X.T @ Vi @ B[i] @ Vi @ B[j] @ Vi @ X
            inner += W[i, j] * (Q - P[i] @ phi @ P[j])
    adjusted = phi + 2 * phi @ inner @ phi
    df = []
    for place in range(p):
        slope = np.array([(phi @ one @ phi)[place, place] for one in P])
        df.append(2 * phi[place, place] ** 2 / (slope @ W @ slope))
    return adjusted, np.array(df)


def couples(n: int, rho: float, seed: int, *, lost: float = 0.0) -> pd.DataFrame:
    """n couples with x, y and partners' residual correlation rho; `lost` outcomes are missing."""
    rng = np.random.default_rng(seed)
    x = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], n)
    e = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)
    y = 1 + 0.5 * x + 0.3 * x[:, ::-1] + e
    table = pd.DataFrame(
        {
            "couple": np.repeat([f"c{k}" for k in range(n)], 2),
            "role": np.tile(["a", "b"], n),
            "x": x.ravel(),
            "y": y.ravel(),
        }
    )
    return table.assign(y=table["y"].where(rng.random(2 * n) >= lost))

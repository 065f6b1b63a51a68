"""Tests of several coefficients at once over imputations: D1 and D2.

D1 pools the Wald test (Li, Raghunathan and Rubin 1991) with the small-sample degrees of
freedom of Reiter (2007); D2 pools the test statistics themselves (Li, Meng, Raghunathan
and Rubin 1991) and is for models that give nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from outcomes.errors import NotEnoughData, UsageError


@dataclass(frozen=True, slots=True)
class JointTest:
    """F with its degrees of freedom; `riv` is the average relative increase in variance."""

    method: str
    f: float
    df1: float
    df2: float
    p: float
    riv: float
    m: int

    def __repr__(self) -> str:
        return f"{self.method}: F({self.df1:g}, {self.df2:.2f}) = {self.f:.4f}, p {self.p:.4f}"


def pool_wald(
    estimates: npt.ArrayLike, covariances: npt.ArrayLike, df_complete: float = np.inf
) -> JointTest:
    """D1: are all k coefficients 0? `estimates` m × k, `covariances` m × k × k.

    Raises UsageError for unlike shapes, NotEnoughData with fewer than two imputations.
    """
    q, u = np.atleast_2d(np.asarray(estimates, float)), np.asarray(covariances, float)
    m, k = q.shape
    if u.shape != (m, k, k):
        raise UsageError("covariances are m × k × k for estimates m × k", where="covariances")
    _enough(m)
    mean, within = q.mean(axis=0), u.mean(axis=0)
    between = np.atleast_2d(np.cov(q, rowvar=False, ddof=1))
    riv = float((1 + 1 / m) * np.trace(np.linalg.solve(within, between)) / k)
    f = float(mean @ np.linalg.solve(within, mean)) / k / (1 + riv)
    df2 = _df_wald(k, m, riv, df_complete)
    return JointTest("D1", f, float(k), df2, float(fdtrc(k, df2, f)), riv, m)


def pool_statistics(statistics: npt.ArrayLike, k: int) -> JointTest:
    """D2: pool m chi-square statistics, each with k degrees of freedom."""
    d = np.asarray(statistics, dtype=float)
    m = len(d)
    _enough(m)
    riv = float((1 + 1 / m) * np.sqrt(d).var(ddof=1))
    f = float((d.mean() / k - (m + 1) / (m - 1) * riv) / (1 + riv))
    df2 = float("inf") if riv == 0 else float(k ** (-3 / m) * (m - 1) * (1 + 1 / riv) ** 2)
    p = float(fdtrc(k, min(df2, 1e10), max(f, 0.0)))
    return JointTest("D2", f, float(k), df2, p, riv, m)


def _enough(m: int) -> None:
    if m < 2:
        raise NotEnoughData("pooling needs at least two imputations", how_many=m)


def _df_wald(k: int, m: int, riv: float, df_complete: float) -> float:
    """Li, Raghunathan and Rubin 1991 for infinite, Reiter 2007 for finite complete df."""
    t = k * (m - 1)
    if riv == 0:
        return df_complete if np.isfinite(df_complete) else 1e10
    if np.isinf(df_complete) or t <= 4:
        if t > 4:
            return float(4 + (t - 4) * (1 + (1 - 2 / t) / riv) ** 2)
        return float(t * (1 + 1 / k) * (1 + 1 / riv) ** 2 / 2)
    a = riv * t / (t - 2)
    star = (df_complete + 1) / (df_complete + 3) * df_complete
    c0, c1, c2 = 1 / (t - 4), star - 2 * (1 + a), star - 4 * (1 + a)
    z = 1 / c2 + c0 * (
        a**2 * c1 / ((1 + a) ** 2 * c2)
        + 8 * a**2 * c1 / ((1 + a) * c2**2)
        + 4 * a**2 / ((1 + a) * c2)
        + 4 * a**2 / (c2 * c1)
        + 16 * a**2 * c1 / c2**3
        + 8 * a**2 / c2**2
    )
    return float(4 + 1 / z)

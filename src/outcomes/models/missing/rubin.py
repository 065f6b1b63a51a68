"""Rubin's rules as functions of arrays: one number per imputation in, one pooled number out.

With m imputations, estimates q and variances u: mean q, within-variance ū, between-variance
b, total t = ū + (1 + 1/m) b (Rubin 1987, equations 3.1.2 to 3.1.5).

Degrees of freedom are of Barnard and Rubin (1999) where people are independent: who is missing
takes a degree of freedom along. Where they count clusters (practitioners), missing people take
none along, and what is between imputations rests on many people: then those of a sum of two
independent mean squares (Satterthwaite 1946, Biometrics Bull. 2:110, equation 17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData, UsageError

FloatArray = npt.NDArray[np.float64]
DfMethod = Literal["barnard-rubin", "satterthwaite"]

# Variation between imputations below this share of the variance within is rounding: nothing
# of the estimate was imputed.
NO_VARIATION = 1e-20


@dataclass(frozen=True, slots=True, eq=False)
class Rubin:
    """Pooled numbers of k terms, each array of length k.

    `riv` is the relative increase in variance (r), `share` the share of variance due to
    missing data (lambda), `fmi` the fraction of missing information, `mc_error` the
    Monte Carlo error of the estimate, sqrt(b / m).
    """

    m: int
    estimate: FloatArray
    within: FloatArray
    between: FloatArray
    total: FloatArray
    df_complete: FloatArray
    df: FloatArray
    riv: FloatArray
    share: FloatArray
    fmi: FloatArray
    df_method: DfMethod = "barnard-rubin"

    @property
    def se(self) -> FloatArray:
        """Standard errors."""
        return np.asarray(np.sqrt(self.total))

    @property
    def mc_error(self) -> FloatArray:
        """What another set of m imputations would move the estimate by (a standard error)."""
        return np.asarray(np.sqrt(self.between / self.m))


def rubin(
    estimates: npt.ArrayLike,
    variances: npt.ArrayLike,
    df_complete: npt.ArrayLike = np.inf,
    df_method: DfMethod = "barnard-rubin",
) -> Rubin:
    """Pool estimates and variances, m or m × k, by Rubin's rules.

    `df_complete` are the degrees of freedom of the analysis without missing data, one or
    k; `df_method` "satterthwaite" is for those that count clusters. Raises UsageError for
    unlike shapes or another method, NotEnoughData with fewer than two imputations.
    """
    if df_method not in get_args(DfMethod):
        raise UsageError(
            "these degrees of freedom are not known",
            where="df_method",
            fix=f"choose from {', '.join(get_args(DfMethod))}",
        )
    q, u = _columns(estimates), _columns(variances)
    if q.shape != u.shape:
        raise UsageError("estimates and their variances have different shapes", where="ses")
    m = len(q)
    if m < 2:
        raise NotEnoughData(
            "pooling needs at least two imputations", how_many=m, fix="impute with m=20 or more"
        )
    if not (np.isfinite(q).all() and np.isfinite(u).all() and (u >= 0).all()):
        raise UsageError(
            "an imputation gave no estimate or no standard error",
            how_many=int((~(np.isfinite(q) & np.isfinite(u))).any(axis=1).sum()),
            fix="look at the model in the imputation that failed",
        )
    within = u.mean(axis=0)
    between = q.var(axis=0, ddof=1)
    between = np.where(between <= NO_VARIATION * within, 0.0, between)
    total = within + (1 + 1 / m) * between
    complete = np.broadcast_to(np.asarray(df_complete, dtype=float), within.shape).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        riv = (1 + 1 / m) * between / within
        share = np.where(total > 0, (1 + 1 / m) * between / total, 0.0)
    counted = barnard_rubin if df_method == "barnard-rubin" else two_part_df
    df = counted(m, share, complete)
    with np.errstate(invalid="ignore"):
        fmi = np.where(between > 0, (riv + 2 / (df + 3)) / (riv + 1), 0.0)
    return Rubin(
        m, q.mean(axis=0), within, between, total, complete, df, riv, share, fmi, df_method
    )  # fmt: skip


def barnard_rubin(m: int, share: npt.ArrayLike, df_complete: npt.ArrayLike) -> FloatArray:
    """Degrees of freedom of Barnard and Rubin (1999), equation 3.

    `share` is lambda, the part of the total variance that is between imputations. With
    infinite `df_complete` it is Rubin's (1987) (m − 1) / lambda².
    """
    part = np.asarray(share, dtype=float)
    complete = np.asarray(df_complete, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        old = (m - 1) / part**2
        observed = np.where(
            np.isinf(complete), np.inf, (complete + 1) / (complete + 3) * complete * (1 - part)
        )
        both = 1 / (1 / old + 1 / observed)
    return np.asarray(np.where(part > 0, both, np.where(np.isinf(complete), np.inf, observed)))


def two_part_df(m: int, share: npt.ArrayLike, df_complete: npt.ArrayLike) -> FloatArray:
    """Degrees of freedom of ū + (1 + 1/m) b, ū on `df_complete` and b on m − 1.

    1 / ((1 − lambda)² / df_complete + lambda² / (m − 1)), Satterthwaite (1946), equation 17;
    with infinite `df_complete` Rubin's (1987) (m − 1) / lambda². May exceed `df_complete`: of
    the total only a part rests on few clusters.
    """
    part = np.asarray(share, dtype=float)
    complete = np.asarray(df_complete, dtype=float)
    with np.errstate(divide="ignore"):
        return np.asarray(1 / ((1 - part) ** 2 / complete + part**2 / (m - 1)))


def _columns(values: npt.ArrayLike) -> FloatArray:
    found = np.asarray(values, dtype=float)
    return found[:, None] if found.ndim == 1 else found

"""The share still in care over time: Kaplan-Meier, its intervals, its median, restricted mean.

Sources: Kaplan & Meier 1958 (JASA 53:457); Greenwood 1926; intervals after Kalbfleisch &
Prentice 2002, section 1.4; median limits after Brookmeyer & Crowley 1982 (Biometrics 38:29);
restricted mean after Irwin 1949 and Klein & Moeschberger 2003, eq. 4.5.2, as in R's survfit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import ndtri, stdtrit

from outcomes.errors import UsageError
from outcomes.models.leaving.influence import Members, area_moves, survival_squares
from outcomes.models.leaving.risk import FloatArray, RiskTable

Transform = Literal["log", "log-log", "plain"]


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """Share still there after each time of a risk table, with standard error and limits.

    `share`, `se`, `low`, `high` (m). Limits are missing where the share is 0, and for
    log-log also where it is 1. `df` is infinite unless clusters are counted.
    """

    time: FloatArray
    share: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    df: float


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean time in care up to the horizon: the area under the curve.

    `se` is R's; `wide_se` is for limits: times √(D / (D − 1)) for D endings (Kaplan & Meier
    1958, section 6.2), the same as `se` with clusters. `df`: people less one; with
    clusters those of `degrees.py`, with the `moves` of each cluster.
    """

    horizon: float
    mean: float
    se: float
    wide_se: float
    df: float
    moves: FloatArray | None = None


def quantile(level: float, df: float) -> float:
    """Two-sided quantile of t with `df`; of the normal distribution where df is infinite."""
    if not 0 < level < 1:
        raise UsageError("The level is not between 0 and 1.", where="parameter level")
    upper = 0.5 + level / 2
    return float(ndtri(upper) if np.isinf(df) else stdtrit(df, upper))


def kaplan_meier(
    table: RiskTable,
    transform: Transform = "log-log",
    level: float = 0.95,
    members: Members | None = None,
) -> SurvivalCurve:
    """Share without any ending after each time.

    The variance is Greenwood's; with `members` in clusters it is that between clusters, see
    `influence.py`, with t on the degrees of freedom of `degrees.py`.
    """
    share = np.asarray(np.cumprod(1 - table.ended / table.at_risk), dtype=np.float64)
    if members is None:
        with np.errstate(invalid="ignore"):
            se = share * np.sqrt(np.cumsum(_greenwood(table)))
        df = np.inf
    else:
        se = np.sqrt(survival_squares(table, members, share) * members.correction)
        df = members.df
    low, high = limits(share, se, transform, quantile(level, df))
    return SurvivalCurve(table.time, share, np.where(share > 0, se, np.nan), low, high, df)


def _greenwood(table: RiskTable) -> FloatArray:
    left = table.at_risk - table.ended
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(table.ended / (table.at_risk * left))


def limits(
    share: FloatArray, se: FloatArray, transform: Transform, reach: float
) -> tuple[FloatArray, FloatArray]:
    """Limits of a share still there; missing where the transform is not defined.

    "log": S exp(± z se / S), cut at 1; "log-log": S ** exp(± z se / (S log S));
    "plain": S ± z se, cut at 0 and 1.
    """
    if transform not in get_args(Transform):
        raise UsageError(
            f"unknown transform {transform!r}",
            where="parameter transform",
            fix=f"Choose from {', '.join(get_args(Transform))}.",
        )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if transform == "log":
            step = reach * se / share
            low, high = share * np.exp(-step), np.minimum(share * np.exp(step), 1)
        elif transform == "log-log":
            step = reach * se / (share * np.log(share))
            low, high = share ** np.exp(-step), share ** np.exp(step)
        else:
            low, high = np.maximum(share - reach * se, 0), np.minimum(share + reach * se, 1)
    # Before the first ending nothing varies in the sample: the share is 1 with no limits.
    known = (share > 0) & ((transform != "log-log") | (share < 1))
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def median(curve: SurvivalCurve, share: float = 0.5) -> tuple[float, float, float]:
    """Time by which half had left, with limits; NaN where the curve does not fall so far.

    Where the curve is flat at exactly one half, the middle of that stretch, as in R.
    """
    return (
        _crossing(curve.time, curve.share, share),
        _crossing(curve.time, curve.low, share),
        _crossing(curve.time, curve.high, share),
    )


def _crossing(time: FloatArray, values: FloatArray, share: float) -> float:
    values = np.where(np.isnan(values), np.inf, values)
    there = np.flatnonzero(values <= share + 1e-12)
    if len(there) == 0:
        return float("nan")
    first = there[0]
    below = np.flatnonzero(values < share - 1e-12)
    if abs(values[first] - share) <= 1e-12 and len(below):
        return float((time[first] + time[below[0]]) / 2)
    return float(time[first])


def nelson_aalen(table: RiskTable) -> tuple[FloatArray, FloatArray]:
    """Cumulative hazard Σ d / n and its standard error √Σ d / n² (Aalen 1978)."""
    hazard = np.cumsum(table.ended / table.at_risk)
    return hazard, np.sqrt(np.cumsum(table.ended / table.at_risk**2))


def restricted_mean(
    table: RiskTable, horizon: float, members: Members | None = None
) -> RestrictedMean:
    """Area under the Kaplan-Meier curve from 0 to `horizon`, and its standard error.

    Var = Σ A_j² d_j / (n_j (n_j − d_j)), A_j the area from time j to the horizon; with
    clusters, of how they move the area, as in `kaplan_meier`. Beyond the last time seen the
    curve goes on flat only if everybody had left by then: else raises UsageError.
    """
    share = np.cumprod(1 - table.ended / table.at_risk)
    if horizon > table.time[-1] and share[-1] > 0:
        raise UsageError(
            "The horizon lies after the last time anybody was seen.",
            where="parameter horizon",
            fix="Choose a horizon within the time observed.",
        )
    m = table.until(horizon)
    edges = np.concatenate([[0.0], table.time[:m], [horizon]])
    area = np.concatenate([[1.0], share[:m]]) * np.diff(edges)
    rest = np.append(area[1:][::-1].cumsum()[::-1], 0.0)[:m]
    mean = float(area.sum())
    if members is None:
        terms = np.where(rest > 0, rest**2 * np.nan_to_num(_greenwood(table)[:m], posinf=0), 0)
        se, count = float(np.sqrt(terms.sum())), float(table.ended[:m].sum())
        wide = se * float(np.sqrt(count / (count - 1))) if count > 1 else se
        return RestrictedMean(horizon, mean, se, wide, max(float(table.at_risk[0]) - 1, 1.0))
    widths = np.asarray(np.diff(edges)[1:], dtype=np.float64)
    moves = area_moves(table, members, np.asarray(share, dtype=np.float64), widths)
    se = float(np.sqrt((moves**2).sum() * members.correction))
    return RestrictedMean(horizon, mean, se, se, members.df, moves)

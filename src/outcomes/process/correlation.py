"""Correlations with intervals, and the agreement of two raters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import fdtri

from outcomes.proportions import critical_value
from outcomes.schema.verdicts import Verdict

CorrelationKind = Literal["pearson", "spearman"]


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation of n pairs with its limits; NaN where it cannot be computed."""

    n: int
    r: float
    low: float
    high: float


def correlation(
    x: npt.ArrayLike, y: npt.ArrayLike, kind: CorrelationKind = "pearson", confidence: float = 0.95
) -> Correlation:
    """Correlation of complete pairs with Fisher's z interval.

    tanh(atanh(r) -+ z * se): se^2 = 1 / (n - 3) for Pearson's r (Fisher 1921), and
    (1 + r^2 / 2) / (n - 3) for Spearman's (Bonett & Wright 2000, Psychometrika 65:23-28). NaN
    below four pairs or where one side does not vary; a correlation of exactly 1 has no limits.
    """
    a, b = np.asarray(x, "float64"), np.asarray(y, "float64")
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    n, nan = len(a), math.nan
    if kind == "spearman" and n:
        a, b = pd.Series(a).rank().to_numpy(), pd.Series(b).rank().to_numpy()
    if n < 4 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Correlation(n, nan, nan, nan)
    r = float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))
    if abs(r) >= 1 - 1e-12:
        return Correlation(n, r, nan, nan)
    spread = (1 + r**2 / 2 if kind == "spearman" else 1.0) / (n - 3)
    half = critical_value(confidence) * math.sqrt(spread)
    centre = math.atanh(r)
    return Correlation(n, r, math.tanh(centre - half), math.tanh(centre + half))


def association_verdict(found: Correlation, minimum: int) -> Verdict:
    """What the interval says of "more goes with better": an association, never an effect.

    supported: all of it above 0; not supported: all of it below 0; else cannot tell, as with
    fewer than `minimum` pairs or without an interval.
    """
    if found.n < minimum or math.isnan(found.low):
        return Verdict.CANNOT_TELL
    if found.low > 0:
        return Verdict.SUPPORTED
    return Verdict.NOT_SUPPORTED if found.high < 0 else Verdict.CANNOT_TELL


@dataclass(frozen=True, slots=True)
class Agreement:
    """Absolute agreement of single ratings, ICC(A,1), with its limits."""

    n: int
    raters: int
    icc: float
    low: float
    high: float


def icc_agreement(ratings: npt.ArrayLike, confidence: float = 0.95) -> Agreement:
    """ICC(A,1) of an array with a row for each thing rated and a column for each rater.

    (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n), two-way random effects, with the F
    limits whose degrees of freedom are Satterthwaite's (Shrout & Fleiss 1979, Psychol Bull
    86:420-428, case 2; McGraw & Wong 1996, Psychol Methods 1:30-46, table 7). Rows with a missing
    rating are left out. NaN below three rows, or where nothing varies.
    """
    x = np.asarray(ratings, dtype="float64")
    x = x[~np.isnan(x).any(axis=1)]
    n, k, nan = x.shape[0], x.shape[1], math.nan
    if n < 3 or k < 2 or np.ptp(x) == 0:
        return Agreement(n, k, nan, nan, nan)
    rows, columns, all_ = x.mean(axis=1), x.mean(axis=0), x.mean()
    msr = k * float(((rows - all_) ** 2).sum()) / (n - 1)
    msc = n * float(((columns - all_) ** 2).sum()) / (k - 1)
    rest = x - rows[:, None] - columns[None, :] + all_
    mse = float((rest**2).sum()) / ((n - 1) * (k - 1))
    icc = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    if mse <= 1e-12 * msr and msc <= 1e-12 * msr:
        return Agreement(n, k, 1.0, nan, nan)
    low, high = _limits(icc, (msr, msc, mse), n, k, confidence)
    return Agreement(n, k, icc, low, high)


def _limits(
    icc: float, squares: tuple[float, float, float], n: int, k: int, confidence: float
) -> tuple[float, float]:
    msr, msc, mse = squares
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    parts = (a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1))
    df = (a * msc + b * mse) ** 2 / parts
    share = 0.5 + confidence / 2
    lower, upper = float(fdtri(n - 1, df, share)), float(fdtri(df, n - 1, share))
    pooled = k * msc + (k * n - k - n) * mse
    low = n * (msr - lower * mse) / (lower * pooled + n * msr)
    high = n * (upper * msr - mse) / (pooled + n * upper * msr)
    return float(low), float(high)

"""Omitted-variable bias by partial R²: from an estimate, its classical error and its df alone.

Source: Cinelli and Hazlett 2020, J. R. Stat. Soc. B 82:39. R² are shares from 0 to 1:
`arm` is how much of what the covariates leave of the arm a hidden variable explains,
`outcome` how much of what arm and covariates leave of the outcome.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

FloatArray = npt.NDArray[np.float64]


def partial_r2(t: float, df: float) -> float:
    """Share of what is left of the outcome that the arm explains, t² / (t² + df)."""
    return t * t / (t * t + df)


def robustness_value(t: float, df: float, *, confidence: float | None = None) -> float:
    """The R² with both arm and outcome that brings the estimate to 0 (equation 18).

    With `confidence`, the R² that brings the limit of its interval to 0; 0 where the
    interval holds 0 already.
    """
    effect = abs(t) / math.sqrt(df)
    if confidence is not None:
        effect -= float(stdtrit(df - 1, (1 + confidence) / 2)) / math.sqrt(df - 1)
    return from_effect(effect)


def from_effect(effect: float) -> float:
    """½ (√(f⁴ + 4 f²) − f²): the equal R² whose bias is f, in units of se √df."""
    if not effect > 0:
        return 0.0 if effect <= 0 else float("nan")
    square = effect * effect
    return 0.5 * (math.sqrt(square * square + 4 * square) - square)


def bias(arm: npt.ArrayLike, outcome: npt.ArrayLike, se: float, df: float) -> FloatArray:
    """Size of the bias, se √df √(R²_outcome R²_arm / (1 − R²_arm)) (equation 8)."""
    a, o = np.asarray(arm, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(se * math.sqrt(df) * np.sqrt(o * a / (1 - a)))


def bounds(r2_arm: float, r2_outcome: float, multiple: float = 1.0) -> tuple[float, float]:
    """R² with arm and outcome of a hidden variable `multiple` times as strong as a covariate.

    `r2_arm` and `r2_outcome` are the covariate's own partial R². Gives (nan, nan) for a
    strength that cannot be (more than everything of the arm); the second is at most 1
    (section 4.4 and footnote 10).
    """
    arm = multiple * r2_arm / (1 - r2_arm) if r2_arm < 1 else math.inf
    shared = (1 - multiple * r2_arm) * (1 - r2_arm)
    with_covariate = multiple * r2_arm**2 / shared if shared > 0 else math.inf
    if arm >= 1 or with_covariate >= 1 or r2_outcome >= 1:
        return math.nan, math.nan
    root = (math.sqrt(multiple) + math.sqrt(with_covariate)) / math.sqrt(1 - with_covariate)
    return arm, min(root**2 * r2_outcome / (1 - r2_outcome), 1.0)

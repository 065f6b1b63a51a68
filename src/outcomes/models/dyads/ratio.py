"""The ratio of two coefficients with limits: k = partner effect / actor effect."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from outcomes.models.dyads.quantiles import two_sided

FloatArray = npt.NDArray[np.float64]
RatioMethod = Literal["fieller", "delta", "bootstrap"]
RATIO_SOURCES = {
    "fieller": "Fieller, E. C. (1954). J. R. Stat. Soc. B 16:175-185",
    "delta": "Kenny, D. A. & Ledermann, T. (2010). J. Fam. Psychol. 24:359-366 (delta method)",
    "bootstrap": "Kenny, D. A. & Ledermann, T. (2010). J. Fam. Psychol. 24:359-366",
}


def delta(
    top: float, bottom: float, covariance: FloatArray, df: float, level: float
) -> tuple[float, float, float]:
    """Standard error and limits of top / bottom by the first-order approximation.

    `covariance` (2 × 2) of (top, bottom).
    """
    ratio = top / bottom
    slope = np.array([1 / bottom, -top / bottom**2])
    se = math.sqrt(max(float(slope @ covariance @ slope), 0.0))
    reach = two_sided(level, df) * se
    return se, ratio - reach, ratio + reach


def fieller(
    top: float, bottom: float, covariance: FloatArray, df: float, level: float
) -> tuple[float, float]:
    """Limits of top / bottom; infinite where the denominator cannot be told from zero.

    All k with (top − k bottom)² <= t² Var(top − k bottom): a quadratic in k.
    """
    t2 = two_sided(level, df) ** 2
    a = bottom**2 - t2 * covariance[1, 1]
    b = top * bottom - t2 * covariance[0, 1]
    c = top**2 - t2 * covariance[0, 0]
    if a <= 0:
        return -math.inf, math.inf
    # Positive in exact arithmetic: (top, bottom) itself solves the inequality.
    half = math.sqrt(max(b**2 - a * c, 0.0))
    return float((b - half) / a), float((b + half) / a)


def percentiles(draws: FloatArray, level: float) -> tuple[float, float]:
    """The middle `level` of bootstrap draws."""
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)

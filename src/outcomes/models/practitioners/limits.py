"""Control limits of a funnel of means: observed less expected, against the number of clients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from outcomes.models.practitioners.random_intercept import RandomIntercept, residuals

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Observed less expected of each practitioner (k), with the limits of two levels.

    `difference` is in units of the outcome. A limit is nan where no value is far enough out to
    lie beyond it (a share cannot fall below 0).
    """

    difference: FloatArray
    inner_low: FloatArray
    inner_high: FloatArray
    outer_low: FloatArray
    outer_high: FloatArray

    def ends(self) -> dict[str, FloatArray]:
        """The four limits by name."""
        names = ("inner_low", "inner_high", "outer_low", "outer_high")
        return {name: getattr(self, name) for name in names}

    def beyond(self) -> tuple[FloatArray, FloatArray]:
        """−1, 0 or 1 for each practitioner: below, within or above the inner, and the outer."""
        return (
            _side(self.difference, self.inner_low, self.inner_high),
            _side(self.difference, self.outer_low, self.outer_high),
        )


def _side(value: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.where(value < low, -1.0, np.where(value > high, 1.0, 0.0))


def mean_limits(fit: RandomIntercept, levels: tuple[float, float], *, spread: bool) -> Limits:
    """Limits of ȳ − x̄β̂ at two levels, around 0.

    spread: the practitioners' own variance is added (Spiegelhalter 2005, additive random
    effects), so that only those who do not fit the usual spread lie outside. Var = τ² + σ²/n −
    x̄ Cov(β̂) x̄', since Cov(ȳ, x̄β̂) = Var(x̄β̂). A practitioner's own deviation is part of the
    estimated variance, hence Thompson's (1935) distribution of a deviation over its own
    sample's spread instead of the normal one.

    Otherwise chance alone: this practitioner has no deviation of their own, others may; σ² comes
    from within practitioners and is independent of the difference, so that t holds exactly
    where there is no spread.
    """
    sums, solved = fit.sums, fit.solved
    fixed = np.einsum("ij,jk,ik->i", sums.x, solved.inverse, sums.x)
    difference = residuals(sums, solved)
    return _around(fit, _Places(sums.n, fixed, difference), levels, spread=spread)


def mean_curve(
    fit: RandomIntercept, n: FloatArray, levels: tuple[float, float], *, spread: bool
) -> Limits:
    """Limits at numbers of clients `n` for a practitioner with the average case mix."""
    fixed = np.full(len(n), fit.solved.inverse[0, 0])
    return _around(fit, _Places(n, fixed, np.zeros(len(n))), levels, spread=spread)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where limits are wanted: clients, x̄ (X'V⁻¹X)⁻¹ x̄', and the difference there (k each)."""

    n: FloatArray
    fixed: FloatArray
    difference: FloatArray


def _around(
    fit: RandomIntercept, places: _Places, levels: tuple[float, float], *, spread: bool
) -> Limits:
    sums, ratio, n, fixed = fit.sums, fit.solved.ratio, places.n, places.fixed
    if spread:
        variance = fit.error * (ratio + 1 / n - fixed)
    else:
        weight = n / (1 + ratio * n)
        own = 1 / n - 2 * fixed * weight / n + fixed
        within = sums.sse_within / sums.df_within
        variance = within * (own - ratio * (weight * fixed) ** 2)
    se = np.sqrt(np.maximum(variance, 0.0))
    inner, outer = (
        thompson(level, sums.df_between)
        if spread and fit.practitioner > 0
        else float(stdtrit(sums.df_within, 0.5 + level / 2))
        for level in levels
    )
    return Limits(places.difference, -inner * se, inner * se, -outer * se, outer * se)


def thompson(level: float, df: float) -> float:
    """Quantile of a deviation over the spread of the sample it belongs to, with `df` = k − 1.

    t √(df / (df − 1 + t²)) with t on df − 1 degrees of freedom (Thompson 1935, Ann Math Stat
    6:214-219); 1.96 where df is large. Below three practitioners nothing can lie outside.
    """
    if df < 2:
        return float("inf")
    t = float(stdtrit(df - 1, 0.5 + level / 2))
    return float(t * np.sqrt(df / (df - 1 + t**2)))

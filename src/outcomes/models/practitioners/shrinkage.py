"""What can be said of one practitioner: the shrunken estimate and its intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from outcomes.models.practitioners.random_intercept import (
    GRID,
    RandomIntercept,
    Solved,
    residuals,
    solve,
)
from outcomes.models.practitioners.share import ALL
from outcomes.models.practitioners.sums import Sums

FloatArray = npt.NDArray[np.float64]

# Points of the average over the share, and the loss of −2 log-likelihood at which it stops:
# beyond 24 lies less than a hundred-thousandth of the weight.
POINTS = 32
LOST = 24.0
# From this many degrees of freedom a t is a normal to four digits of its quantiles.
NORMAL_DF = 2000.0
STEPS = 60
# Quantiles are searched to this share of a standard deviation.
FOUND = 1e-7
# Points of the average that weigh less are left out.
NEGLIGIBLE = 1e-8
# Classes of standard errors over which pairs are averaged where practitioners are many.
CLASSES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Shrunken:
    """Deviation of each practitioner (k) from what the case mix lets expect, in units of y.

    `estimate` the best linear unbiased prediction, `se` its standard error of prediction with
    the variances taken as known, `low` and `high` the interval that does not. `weight` is n·ICC /
    (1 + (n − 1)·ICC), the part of the practitioner's own clients in the estimate.
    """

    estimate: FloatArray
    se: FloatArray
    weight: FloatArray
    low: FloatArray
    high: FloatArray


def prediction(sums: Sums, solved: Solved) -> tuple[FloatArray, FloatArray, FloatArray]:
    """û, var(û − u) / var(e) and the weight, at one λ (Henderson 1975, Biometrics 31:423).

    û = w (ȳ − x̄β̂) with w = λn / (1 + λn); var(û − u) = λ / (1 + λn) + w² x̄ (X'V⁻¹X)⁻¹ x̄', the
    second part for the uncertainty of β̂.
    """
    inside = 1 + solved.ratio * sums.n
    weight = solved.ratio * sums.n / inside
    spread = np.einsum("ij,jk,ik->i", sums.x, solved.inverse, sums.x)
    return weight * residuals(sums, solved), solved.ratio / inside + weight**2 * spread, weight


def shrunken(fit: RandomIntercept, level: float = 0.95) -> Shrunken:
    """Shrunken estimates with intervals at `level`.

    The interval averages the t distributions of u over the share of variance, weighted by the
    restricted likelihood with every share equally likely beforehand.
    """
    estimate, variance, weight = prediction(fit.sums, fit.solved)
    shares, masses = _weights(fit)
    centres = np.empty((len(shares), len(estimate)))
    scales = np.empty_like(centres)
    df = fit.sums.total - fit.sums.p
    for place, share in enumerate(shares):
        solved = solve(fit.sums, fit.sums.ratio(float(share)))
        centres[place], spread, _ = prediction(fit.sums, solved)
        scales[place] = np.sqrt(spread * solved.rss / df)
    tail = (1 - level) / 2
    return Shrunken(
        estimate=estimate,
        se=np.sqrt(variance * fit.error),
        weight=weight,
        low=_quantile(centres, scales, masses, df, tail),
        high=_quantile(centres, scales, masses, df, 1 - tail),
    )


def _weights(fit: RandomIntercept) -> tuple[FloatArray, FloatArray]:
    """Shares of variance and what each of them weighs: Gauss-Legendre where the weight lies."""
    sums, best = fit.sums, fit.solved.deviance

    def gap(share: float) -> float:
        return solve(sums, sums.ratio(share)).deviance - best - LOST

    middle = fit.share
    low = 0.0 if gap(0.0) <= 0 else float(brentq(gap, 0.0, middle, xtol=1e-9))
    if gap(ALL) <= 0:
        high = ALL
    else:
        beyond = next(float(s) for s in (*GRID[middle < GRID], ALL) if gap(float(s)) > 0)
        high = float(brentq(gap, middle, beyond, xtol=1e-9))
    x, w = np.polynomial.legendre.leggauss(POINTS)
    shares = low + (high - low) * (x + 1) / 2
    lost = np.array([solve(sums, sums.ratio(s)).deviance for s in shares])
    # The restricted likelihood integrates β and log var(e) out, at λ and so at the share.
    masses = w * np.exp(-(lost - lost.min()) / 2)
    masses /= masses.sum()
    kept = masses > NEGLIGIBLE
    return shares[kept], masses[kept] / masses[kept].sum()


def _quantile(
    centres: FloatArray, scales: FloatArray, masses: FloatArray, df: float, probability: float
) -> FloatArray:
    """Quantiles of mixtures of t, one for each column: Newton inside a bracket."""
    normal = df >= NORMAL_DF
    reach = ndtri(probability) if normal else stdtrit(df, probability)
    each = centres + reach * scales
    low, high = each.min(axis=0), each.max(axis=0)
    # Of a density that is about normal the quantile is where mean and variance put it.
    mean = masses @ centres
    sd = np.sqrt(masses @ (scales**2 + (centres - mean) ** 2))
    x = np.clip(mean + reach * sd, low, high)
    for _ in range(STEPS):
        standard = (x - centres) / scales
        excess = masses @ (ndtr(standard) if normal else stdtr(df, standard)) - probability
        density = masses @ (np.exp(-(standard**2) / 2) / (scales * np.sqrt(2 * np.pi)))
        low, high = np.where(excess < 0, x, low), np.where(excess < 0, high, x)
        step = x - excess / np.maximum(density, 1e-300)
        # Where Newton leaves the bracket, halve it instead.
        moved = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        done = np.abs(moved - x) <= FOUND * sd
        x = moved
        if done.all():
            break
    return np.asarray(x)


def comparison_reach(se: FloatArray, level: float = 0.95) -> float:
    """How many standard errors make intervals whose overlap compares two practitioners.

    Over all pairs, two independent estimates without true difference fail to overlap in 1 −
    `level` of samples on average: 2(1 − Φ(z (sᵢ + sⱼ) / √(sᵢ² + sⱼ²))) (Goldstein & Healy 1995,
    equation 3). 1.386 where all standard errors are equal. nan below two estimates.
    """
    found = np.sort(se[np.isfinite(se) & (se > 0)])
    if len(found) < 2:
        return float("nan")
    values, counts = np.unique(found, return_counts=True)
    if len(values) > CLASSES:
        parts = np.array_split(found, CLASSES)
        values = np.array([part.mean() for part in parts])
        counts = np.array([len(part) for part in parts])
    factor = (values[:, None] + values) / np.hypot(values[:, None], values)
    pairs = np.outer(counts, counts).astype(np.float64) - np.diag(counts)
    pairs /= pairs.sum()

    def gap(reach: float) -> float:
        return float((pairs * 2 * ndtr(-reach * factor)).sum()) - (1 - level)

    return float(brentq(gap, 0.0, 10.0, xtol=1e-10))

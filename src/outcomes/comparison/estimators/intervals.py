"""From an estimate to its interval: t with its df, or the bootstrap's own percentiles."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from outcomes.comparison.estimators.estimate import Estimate, FloatArray, Resampled
from outcomes.comparison.verdict import Interval, t_interval


def interval(found: Estimate, confidence: float) -> Interval:
    """Two-sided interval of `confidence` with p of the test against 0, on the estimate's scale."""
    drawn = found.resampled
    if drawn is None:
        return t_interval(found.estimate, found.se, found.df, confidence)
    if np.isnan(drawn.bias):
        return _percentile_t(found.estimate, drawn.roots, confidence)
    return _bca(drawn, confidence)


def _percentile_t(estimate: float, roots: FloatArray, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    upper, lower = np.quantile(roots, [1 - tail, tail])
    # Against 0 the root would be the estimate itself.
    beyond = min(float((roots >= estimate).mean()), float((roots <= estimate).mean()))
    p = max(2 * beyond, 1 / len(roots))
    return Interval(float(estimate - upper), float(estimate - lower), min(p, 1.0))


def _bca(drawn: Resampled, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    z = drawn.bias + ndtri(np.array([tail, 1 - tail]))
    shares = ndtr(drawn.bias + z / (1 - drawn.acceleration * z))
    low, high = np.quantile(drawn.draws, shares)
    edge = 0.5 / len(drawn.draws)
    at_zero = float(np.clip((drawn.draws < 0).mean(), edge, 1 - edge))
    moved = float(ndtri(at_zero)) - drawn.bias
    level = float(ndtr(moved / (1 + drawn.acceleration * moved) - drawn.bias))
    p = max(2 * min(level, 1 - level), 1 / len(drawn.draws))
    return Interval(float(low), float(high), min(p, 1.0))

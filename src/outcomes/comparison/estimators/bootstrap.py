"""Whole clusters drawn again, weights and models estimated anew in every draw.

Clusters are drawn with replacement within their arm pattern (reference only, other only,
both), so that each draw has as many of each. Percentile-t (Efron 1979; Davison and Hinkley
1997, section 5.2.1) uses each draw's own standard error; BCa (Efron 1987) corrects the
percentiles of the draws for bias and skew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from outcomes.comparison.estimators.estimate import NAN, Codes, Estimate, FloatArray, Resampled
from outcomes.comparison.estimators.folds import patterns
from outcomes.comparison.estimators.given import Given
from outcomes.errors import NotEnoughData

# Draws in which a model could not be fitted are left out; with more than this share of them
# the rest tells of other data than these.
MOST_FAILED = 0.1


def bootstrap(
    given: Given,
    estimator: Callable[[Given], Estimate],
    *,
    draws: int,
    seed: int,
    kind: str = "t",
) -> Estimate:
    """The estimator's estimate with bootstrap draws; `kind` is "t" or "bca".

    se is the standard deviation of the draws, df that of the estimator. Raises NotEnoughData
    when more than a tenth of the draws cannot be estimated.
    """
    first = estimator(given)
    values, errors = _draw(given, estimator, draws, np.random.default_rng(seed))
    kept = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    failed = 1 - float(kept.mean())
    if failed > MOST_FAILED:
        raise NotEnoughData(
            "the models cannot be fitted in many of the bootstrap draws",
            where="bootstrap",
            how_many=int((~kept).sum()),
            fix="adjust for fewer covariates",
        )
    values, errors = values[kept], errors[kept]
    bias, acceleration = NAN, NAN
    if kind == "bca":
        bias = float(ndtri(_below(values, first.estimate)))
        acceleration = _acceleration(first.moves)
    name = "BCa" if kind == "bca" else "percentile-t"
    words = (
        f"bootstrap of whole clusters within their arm pattern, {len(values)} draws, {name}; "
        "weights and models estimated in every draw"
    )
    roots = (values - first.estimate) / errors * first.se
    resampled = Resampled(values, roots, bias, acceleration)
    return replace(first, se=float(values.std(ddof=1)), uncertainty=words, resampled=resampled)


def _draw(
    given: Given, estimator: Callable[[Given], Estimate], draws: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    codes = given.codes
    kinds = patterns(given.in_other, codes)
    members = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    values, errors = np.full(draws, NAN), np.full(draws, NAN)
    for draw in range(draws):
        drawn = np.concatenate([rng.choice(kind, len(kind)) for kind in members])
        rows, fresh = _rows(order, starts[drawn], sizes[drawn])
        try:
            found = estimator(given.take(rows, fresh))
        except NotEnoughData:
            continue
        values[draw], errors[draw] = found.estimate, found.se
    return values, errors


def _rows(order: Codes, starts: Codes, sizes: Codes) -> tuple[Codes, Codes]:
    """Rows of the drawn clusters, and a fresh number for each drawn cluster."""
    ends = np.cumsum(sizes)
    within = np.arange(int(ends[-1])) - np.repeat(ends - sizes, sizes)
    rows = order[np.repeat(starts, sizes) + within]
    return rows, np.repeat(np.arange(len(sizes)), sizes)


def _below(values: FloatArray, estimate: float) -> float:
    share = float(((values < estimate) + 0.5 * (values == estimate)).mean())
    edge = 0.5 / len(values)
    return min(max(share, edge), 1 - edge)


def _acceleration(moves: FloatArray | None) -> float:
    """Skewness of what the clusters add, over 6 (Efron 1987, eq. 4.4)."""
    if moves is None:
        return 0.0
    square = float((moves**2).sum())
    return float((moves**3).sum() / (6 * square**1.5)) if square > 0 else 0.0

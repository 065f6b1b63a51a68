"""One counted share with its interval, whether or not people belong together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.proportions.clustering import effective_size
from outcomes.proportions.intervals import wilson


@dataclass(frozen=True, slots=True)
class CountedShare:
    """`n` of `total`, with Wilson limits at the effective size, and the design effect."""

    n: int
    total: int
    rate: float
    low: float
    high: float
    n_effective: float
    effect: float


def counted_share(
    hits: npt.NDArray[np.bool_],
    clusters: npt.NDArray[np.intp] | None = None,
    confidence: float = 0.95,
) -> CountedShare:
    """Share of True among `hits`, with its Wilson interval.

    `clusters` are codes from 0, as long as `hits`; the interval then rests on
    `effective_size`. Rate and limits are NaN where there is nobody.
    """
    n, total = int(hits.sum()), len(hits)
    worth, effect = float(total), 1.0
    if clusters is not None:
        worth, effect = effective_size(hits, clusters, confidence)
    # n * worth / total can exceed worth by the last binary digit.
    cases = min(n * worth / total, worth) if total else 0.0
    low, high = wilson(cases, worth, confidence)
    return CountedShare(n, total, n / total if total else math.nan, low, high, worth, effect)

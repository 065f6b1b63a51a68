"""Intervals for shares and for their difference, and the price of clustering."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from outcomes.change.jacobson_truax import critical_value
from outcomes.errors import UsageError


def wilson(n: float, total: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a share n / total (Wilson 1927, JASA 22:209-212).

    Both numbers may be effective sizes, so they need not be whole. Within 0 and 1, and
    not empty at 0 or at `total`. (nan, nan) where total is 0. Raises UsageError unless
    0 <= n <= total.
    """
    if not 0 <= n <= total:
        raise UsageError("A count is negative or larger than its total.", where="wilson(n, total)")
    z = critical_value(confidence)
    if total == 0:
        return math.nan, math.nan
    share = n / total
    centre = share + z**2 / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    # At the ends the formula is exact; floating point would leave a limit of 1e-18.
    low = 0.0 if n == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if n == total else min(1.0, (centre + half) / scale)
    return low, high


def newcombe(
    n1: float, total1: float, n2: float, total2: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Hybrid score interval of n1 / total1 - n2 / total2 for independent groups.

    Newcombe 1998, Stat Med 17:873-890, method 10: the Wilson limits of both shares are
    combined by their distances from the shares. (nan, nan) where a total is 0.
    """
    low1, high1 = wilson(n1, total1, confidence)
    low2, high2 = wilson(n2, total2, confidence)
    if total1 == 0 or total2 == 0:
        return math.nan, math.nan
    share1, share2 = n1 / total1, n2 / total2
    difference = share1 - share2
    low = difference - math.hypot(share1 - low1, high2 - share2)
    high = difference + math.hypot(high1 - share1, share2 - low2)
    return low, high


def intraclass(hits: npt.NDArray[np.bool_], clusters: npt.NDArray[np.intp]) -> float:
    """Intraclass correlation of an indicator by analysis of variance (Fleiss 1981).

    `clusters` are codes from 0. Negative where members of a cluster differ more than
    strangers. 0.0 where it cannot be estimated: one cluster, no cluster with two
    members, or an indicator that is the same for everybody.
    """
    sizes = np.bincount(clusters)
    sizes_there = sizes[sizes > 0]
    k, n = len(sizes_there), len(hits)
    if k < 2 or n == k:
        return 0.0
    sums = np.bincount(clusters, weights=hits)[sizes > 0]
    means = sums / sizes_there
    between = float((sizes_there * (means - hits.mean()) ** 2).sum()) / (k - 1)
    within = float((sums * (1 - means)).sum()) / (n - k)
    typical = (n - float((sizes_there**2).sum()) / n) / (k - 1)
    spread = between + (typical - 1) * within
    return (between - within) / spread if spread > 0 else 0.0


def design_effect(hits: npt.NDArray[np.bool_], clusters: npt.NDArray[np.intp]) -> float:
    """Return how many times fewer independent people the sample is worth, at least 1.

    1 + (m - 1) * ICC with m = sum(size^2) / sum(size), the cluster size that a member
    sees (Kish 1965; Donner & Klar 2000). A negative ICC is not used to claim precision.
    """
    if len(hits) == 0:
        return 1.0
    sizes = np.bincount(clusters).astype(np.float64)
    seen = float((sizes**2).sum() / sizes.sum())
    return max(1.0, 1 + (seen - 1) * intraclass(hits, clusters))

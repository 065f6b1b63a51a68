"""What a share loses in precision where people belong together: a couple, a practitioner."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.proportions.intervals import critical_value


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


def effective_size(
    hits: npt.NDArray[np.bool_], clusters: npt.NDArray[np.intp], confidence: float = 0.95
) -> tuple[float, float]:
    """How many independent people the sample is worth for an interval, and the design effect.

    n / design effect, times (z / t)^2 with t on (clusters - 1) degrees of freedom, since the
    spread between few clusters is itself uncertain (Korn & Graubard 1998, Survey
    Methodology 24:193-201). Without the t, eight unequal clusters cover 90 % instead of 95.
    Nobody repeats: n. One cluster: n, since it shows no spread between clusters.
    """
    n = len(hits)
    there = np.unique(clusters).size
    if n == 0 or there in (1, n):
        return float(n), 1.0
    effect = design_effect(hits, clusters)
    shrink = (critical_value(confidence) / float(stdtrit(there - 1, 0.5 + confidence / 2))) ** 2
    return n / effect * shrink, effect


def cluster_codes(clusters: pd.Series) -> npt.NDArray[np.intp]:
    """Codes from 0; everybody without a cluster is a cluster of one."""
    codes, values = pd.factorize(clusters)
    alone = codes == -1
    found: npt.NDArray[np.intp] = codes.astype(np.intp)
    found[alone] = len(values) + np.arange(int(alone.sum()))
    return found

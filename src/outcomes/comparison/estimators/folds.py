"""Which clusters go together: by whether they have people in one arm or in both."""

from __future__ import annotations

import numpy as np

from outcomes.comparison.estimators.estimate import BoolArray, Codes

REFERENCE_ONLY, OTHER_ONLY, BOTH = 1, 2, 3


def patterns(in_other: BoolArray, codes: Codes) -> Codes:
    """1, 2 or 3 by cluster: people in the reference arm, in the other, in both."""
    count = int(codes.max()) + 1
    seen = [np.bincount(codes[rows], minlength=count) > 0 for rows in (~in_other, in_other)]
    return np.asarray(seen[0] * REFERENCE_ONLY + seen[1] * OTHER_ONLY, dtype=np.intp)


def folds(in_other: BoolArray, codes: Codes, number: int, rng: np.random.Generator) -> Codes:
    """The fold of each row (n): whole clusters, dealt out within their arm pattern.

    Clusters of a pattern are shuffled, larger ones are not favoured; the deal goes on from
    one pattern to the next, so that folds have almost equally many clusters.
    """
    kinds = patterns(in_other, codes)
    order = rng.permutation(len(kinds))
    order = order[np.argsort(kinds[order], kind="stable")]
    fold = np.empty(len(kinds), dtype=np.intp)
    fold[order] = np.arange(len(kinds)) % number
    return np.asarray(fold[codes], dtype=np.intp)

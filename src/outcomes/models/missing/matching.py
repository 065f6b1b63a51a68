"""Predictive mean matching: a missing value becomes the value of a person predicted alike.

Type 1 (Little 1988; van Buuren 2018, section 3.4): donors by their fitted, recipients by
their drawn prediction. Observed values are copied, so bounds and steps of a scale hold.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def donors(fitted: FloatArray, wanted: FloatArray, k: int, rng: np.random.Generator) -> Places:
    """Positions (r) of one of the k donors nearest to each of r recipients, at random.

    `fitted` (d) are the donors' predictions, `wanted` (r) the recipients'. Donors with
    equal predictions come in random order, so that none is preferred.
    """
    k = min(k, len(fitted))
    shuffled = rng.permutation(len(fitted))
    order = shuffled[np.argsort(fitted[shuffled], kind="stable")]
    ranked = fitted[order]
    window = np.searchsorted(ranked, wanted)[:, None] + np.arange(-k, k)
    outside = (window < 0) | (window >= len(ranked))
    distance = np.abs(ranked[np.where(outside, 0, window)] - wanted[:, None])
    distance[outside] = np.inf
    nearest = np.argpartition(distance, k - 1, axis=1)[:, :k]
    rows = np.arange(len(wanted))
    chosen = nearest[rows, rng.integers(k, size=len(wanted))]
    return np.asarray(order[window[rows, chosen]])


def match(
    fitted: FloatArray, wanted: FloatArray, values: FloatArray, k: int, rng: np.random.Generator
) -> FloatArray:
    """Values (m × r) of donors for m chains; `fitted` is c × d with c 1 or m, `wanted` m × r."""
    rows = np.broadcast_to(fitted, (len(wanted), fitted.shape[1]))
    found = [donors(own, want, k, rng) for own, want in zip(rows, wanted, strict=True)]
    return np.asarray(values[np.array(found, dtype=np.intp).reshape(wanted.shape)])

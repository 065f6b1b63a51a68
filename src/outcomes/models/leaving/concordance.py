"""How often the one who leaves first had the higher predicted hazard (Harrell's concordance).

Harrell et al. 1982 (JAMA 247:2543). A pair counts where one has left and the other was seen
for longer, or was last seen at that time; equal predictions count half. Standard error: squares
of the derivative by each person's weight (Therneau & Atkinson, R survival), over clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.leaving.risk import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Concordance:
    """Share of pairs in the right order, its standard error, and how many pairs there are."""

    share: float
    se: float
    pairs: float


def concordance(
    time: FloatArray,
    event: IntArray,
    risk: FloatArray,
    *,
    strata: IntArray | None = None,
    cluster: npt.ArrayLike | None = None,
) -> Concordance:
    """Concordance of `risk` (higher: leaves sooner) with the times, within strata."""
    layers = np.zeros(len(time), dtype=np.intp) if strata is None else strata
    right, pairs = _pair_counts(time, event > 0, risk, layers)
    total = pairs.sum() / 2
    if total == 0:
        return Concordance(float("nan"), float("nan"), 0.0)
    share = right.sum() / 2 / total
    influence = (right - share * pairs) / total
    if cluster is not None:
        codes = np.unique(np.asarray(cluster), return_inverse=True)[1].ravel()
        influence = np.bincount(codes, weights=influence)
    return Concordance(float(share), float(np.sqrt((influence**2).sum())), float(total))


def _pair_counts(
    time: FloatArray, event: np.ndarray, risk: FloatArray, layers: IntArray
) -> tuple[FloatArray, FloatArray]:
    """For each person: pairs in the right order (ties half), and comparable pairs.

    The earlier of a pair has the smaller key; who ends at a time comes before who is last
    seen there. Two different keys part at one binary digit: at each digit those with 0
    there are compared with those with 1 whose higher digits are the same, by sorting.
    """
    times = np.unique(time, return_inverse=True)[1].ravel()
    key = 2 * times + np.where(event, 0, 1)
    rank = np.unique(risk, return_inverse=True)[1].ravel()
    width = int(rank.max()) + 1
    right, pairs = np.zeros(len(time)), np.zeros(len(time))
    for digit in range(int(key.max()).bit_length()):
        node = (layers * (2 * int(times.max()) + 2) + (key >> (digit + 1))) * width
        late = (key >> digit) & 1 == 1
        early = ~late & event
        for mine, others, sign in ((early, late, 1), (late, early, -1)):
            known = np.sort((node + rank)[others])
            asked = node[mine]
            below = np.searchsorted(known, (node + rank)[mine], side="left")
            up_to = np.searchsorted(known, (node + rank)[mine], side="right")
            first = np.searchsorted(known, asked, side="left")
            end = np.searchsorted(known, asked + width, side="left")
            same = up_to - below
            # Right order: the earlier one has the higher risk.
            better = below - first if sign == 1 else end - up_to
            right[mine] += better + same / 2
            pairs[mine] += end - first
    return right, pairs

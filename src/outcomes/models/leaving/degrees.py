"""Degrees of freedom of a variance between clusters of unequal size.

Σ moves² over clusters is a sum of squares whose terms do not weigh alike where one practitioner
sees 40 people and another three, so that clusters less one are too many. With people independent
and equally variable as a working model, a cluster of n_g of n people moves a mean by the sum of
its people's deviations over n − n_g (left out in turn, CR3) or n (CR1). The covariance of the
moves is Ω = F (diag(n_g) − n_g n_h / n) F with F the diagonal of 1 / (n − n_g) or 1 / n, and the
degrees of freedom are tr(Ω)² / tr(Ω²) (Bell & McCaffrey 2002, Survey Methodology 28:169, for the
mean). With clusters of one size they are clusters less one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from outcomes.models.leaving.risk import FloatArray

Kind = Literal["CR1", "CR3"]


@dataclass(frozen=True, slots=True, eq=False)
class Working:
    """Ω = diag(own) − shared shared' of one group over all clusters (G), with trace 1."""

    own: FloatArray
    shared: FloatArray


def working(sizes: npt.ArrayLike, kind: Kind) -> Working:
    """The working covariance of moves for a group with so many people in each cluster (0 too)."""
    n = np.asarray(sizes, dtype=np.float64)
    total = n.sum()
    rest = total - n if kind == "CR3" else np.full_like(n, total)
    factor = np.divide(1.0, rest, out=np.zeros_like(n), where=rest > 0)
    own, shared = factor**2 * n, factor * n / np.sqrt(total)
    trace = own.sum() - (shared**2).sum()
    if trace <= 0:
        return Working(np.zeros_like(n), np.zeros_like(n))
    return Working(own / trace, shared / np.sqrt(trace))


def satterthwaite(groups: Sequence[Working], variances: Sequence[float]) -> float:
    """Degrees of freedom of the sum of groups' variances, each with its share of the whole.

    Groups may share clusters; where they share none this is Welch's formula. NaN without
    variance.
    """
    total = float(sum(variances))
    squares = sum(
        one * other * _product(first, second)
        for first, one in zip(groups, variances, strict=True)
        for second, other in zip(groups, variances, strict=True)
    )
    return total**2 / squares if squares > 0 else float("nan")


def _product(first: Working, second: Working) -> float:
    """tr(Ω_1 Ω_2)."""
    return float(
        first.own @ second.own
        - first.shared**2 @ second.own
        - second.shared**2 @ first.own
        + (first.shared @ second.shared) ** 2
    )

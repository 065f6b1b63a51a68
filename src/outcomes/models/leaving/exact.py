"""The exact partial likelihood for tied times as a discrete logistic model (Cox 1972).

At each time the d who end are compared with all sets of d among those at risk. The sum over
sets is an elementary symmetric function, built up person by person with its derivatives
(Gail, Lubin & Rubinstein 1981, Biometrika 68:703). Work grows with people at risk times d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.leaving.partial import Ordered
from outcomes.models.leaving.risk import FloatArray

# Sums of products are divided by their largest member above this, so that they stay finite.
_LARGE = 1e120


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """Value, gradient (p) and minus the Hessian (p × p) at one β."""

    loglik: float
    score: FloatArray
    information: FloatArray


def work(rows: Ordered) -> float:
    """How many steps one evaluation takes: Σ over times of people at risk times endings."""
    at_risk = rows.last[rows.hit] - rows.base[rows.hit]
    return float((at_risk * rows.deaths).sum())


def evaluate_exact(rows: Ordered, beta: FloatArray) -> Exact:
    """Log likelihood with derivatives; one pass over the people at risk for each time."""
    linear = rows.X @ beta
    linear = linear - linear.max(initial=0.0)
    p = rows.X.shape[1]
    loglik = float(linear[rows.event].sum())
    score = rows.X[rows.event].sum(axis=0)
    information = np.zeros((p, p))
    risk = np.exp(linear)
    for hit, deaths in zip(rows.hit, rows.deaths, strict=True):
        people = slice(rows.base[hit] + 1, rows.last[hit] + 1)
        log_sum, first, second = _symmetric(risk[people], rows.X[people], int(deaths))
        loglik -= log_sum
        score = score - first
        information += second - np.outer(first, first)
    return Exact(loglik, score, information)


def _symmetric(risk: FloatArray, X: FloatArray, d: int) -> tuple[float, FloatArray, FloatArray]:
    """Log of the sum over all sets of d, and mean and second moment of Σ x over the sets."""
    p = X.shape[1]
    if d == len(risk):
        whole = X.sum(axis=0)
        return float(np.log(risk).sum()), whole, np.outer(whole, whole)
    zero, one = np.zeros(d + 1), np.zeros((d + 1, p))
    two = np.zeros((d + 1, p, p))
    zero[0], scale = 1.0, 0.0
    for e, x in zip(risk, X, strict=True):
        outer = np.outer(x, x)
        cross = one[:-1, :, None] * x
        two[1:] += e * (two[:-1] + cross + cross.transpose(0, 2, 1) + outer * zero[:-1, None, None])
        one[1:] += e * (one[:-1] + x * zero[:-1, None])
        zero[1:] += e * zero[:-1]
        top = float(zero.max())
        if top > _LARGE:
            zero, one, two = zero / top, one / top, two / top
            scale += float(np.log(top))
    return float(np.log(zero[d])) + scale, one[d] / zero[d], two[d] / zero[d]

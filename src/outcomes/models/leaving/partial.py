"""The partial likelihood of Cox with tied times, its gradient and its exact Hessian.

Efron 1977 (JASA 72:557) and Breslow 1974 (Biometrics 30:89). With S0, S1 the sums of exp(xβ)
and x exp(xβ) over those at risk, and D0, D1 the same over the d who end at a time, the l-th
of them (l = 0 .. d − 1) meets the denominator S0 − r D0 with r = l / d for Efron and r = 0
for Breslow. The second moments are never formed by time: Σ S2 a = Σ_i e_i A_i x_i x_i' with
A_i the running sum of a = Σ_l 1 / (S0 − r D0) up to the person's own time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.leaving.risk import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """Rows by stratum and falling time, with their groups of equal time.

    `order` (n) takes the caller's rows to this order; `X` (n × p), `event` (n). `group` (n)
    numbers the groups of one stratum and time in this order; `last` is the last row of each
    group, `base` the last row before the stratum of each group (−1: none). `hit` are the
    groups with an ending, `deaths` how many; `owner` and `share` (one for each ending) give
    its place among `hit` and its r.
    """

    order: IntArray
    X: FloatArray
    event: npt.NDArray[np.bool_]
    group: IntArray
    last: IntArray
    base: IntArray
    layer: IntArray
    time: FloatArray
    hit: IntArray
    deaths: IntArray
    owner: IntArray
    share: FloatArray


def ordered(
    time: FloatArray, event: IntArray, X: FloatArray, strata: IntArray, *, efron: bool
) -> Ordered:
    """Sort people and number the groups of tied times."""
    order = np.lexsort((-time, strata))
    t, layer = time[order], strata[order]
    new_layer = np.r_[True, layer[1:] != layer[:-1]]
    new = new_layer | np.r_[True, t[1:] != t[:-1]]
    group = np.cumsum(new) - 1
    last = np.append(np.flatnonzero(new)[1:] - 1, len(t) - 1)
    layer_start = np.flatnonzero(new_layer)
    base = layer_start[np.cumsum(new_layer) - 1][new] - 1
    happened = event[order] > 0
    count = np.bincount(group, weights=happened, minlength=len(last)).astype(np.intp)
    hit = np.flatnonzero(count)
    deaths = count[hit]
    owner = np.repeat(np.arange(len(hit)), deaths)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(deaths) - deaths, deaths)
    share = rank / deaths[owner] if efron else np.zeros(len(owner))
    return Ordered(
        order=order.astype(np.intp),
        X=np.ascontiguousarray(X[order]),
        event=happened,
        group=group.astype(np.intp),
        last=last.astype(np.intp),
        base=base.astype(np.intp),
        layer=layer.astype(np.intp),
        time=t,
        hit=hit.astype(np.intp),
        deaths=deaths,
        owner=owner.astype(np.intp),
        share=share,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """Value and derivatives at one β, with what residuals and tests need.

    `risk` (n) is exp(xβ − its mean); `mean` (one row for each ending) the weighted mean of x
    that the ending met, `weight` 1 / (S0 − r D0).
    """

    loglik: float
    score: FloatArray
    information: FloatArray
    risk: FloatArray
    weight: FloatArray
    mean: FloatArray


def evaluate(rows: Ordered, beta: FloatArray) -> Partial:
    """Log partial likelihood, gradient (p) and minus its Hessian (p × p)."""
    linear = rows.X @ beta
    # A shift of all xβ leaves the likelihood alone and keeps exp in range.
    linear = linear - linear.max(initial=0.0)
    risk = np.exp(linear)
    s0, d0 = _sums(rows, risk)
    s1, d1 = _sums(rows, risk[:, None] * rows.X)
    denominator = s0[rows.owner] - rows.share * d0[rows.owner]
    mean = (s1[rows.owner] - rows.share[:, None] * d1[rows.owner]) / denominator[:, None]
    weight = 1 / denominator
    loglik = float(linear[rows.event].sum() - np.log(denominator).sum())
    score = rows.X[rows.event].sum(axis=0) - mean.sum(axis=0)
    information = weighted_information(rows, risk, weight, mean, np.ones(len(rows.hit)))
    return Partial(loglik, score, information, risk, weight, mean)


def weighted_information(
    rows: Ordered, risk: FloatArray, weight: FloatArray, mean: FloatArray, by_group: FloatArray
) -> FloatArray:
    """Σ over endings of g V, V the variance of x that each met and g one number by time."""
    g = by_group[rows.owner]
    everywhere, own = _exposure(rows, weight * g)
    each = risk * (everywhere - np.where(rows.event, own, 0.0))
    second = (rows.X * each[:, None]).T @ rows.X
    found: FloatArray = np.asarray(second - (mean * g[:, None]).T @ mean, dtype=np.float64)
    return found


def _sums(rows: Ordered, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sums over those at risk, and over those who end, at each time with an ending."""
    running = np.cumsum(values, axis=0)
    at, before = rows.last[rows.hit], rows.base[rows.hit]
    earlier = running[np.maximum(before, 0)]
    shape = (-1,) + (1,) * (values.ndim - 1)
    total = running[at] - np.where((before >= 0).reshape(shape), earlier, 0.0)
    ended = values[rows.event]
    starts = np.cumsum(rows.deaths) - rows.deaths
    return total, np.add.reduceat(ended, starts, axis=0)


def _exposure(rows: Ordered, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each row: Σ of `values` of endings up to its time, and Σ r of those at its time."""
    total = np.zeros((len(rows.last), *values.shape[1:]))
    shared = np.zeros_like(total)
    share = rows.share.reshape((-1,) + (1,) * (values.ndim - 1))
    starts = np.cumsum(rows.deaths) - rows.deaths
    total[rows.hit] = np.add.reduceat(values, starts, axis=0)
    shared[rows.hit] = np.add.reduceat(share * values, starts, axis=0)
    # Later groups of a stratum are earlier in time: sum from the end of the stratum.
    running = np.concatenate([total[::-1].cumsum(axis=0)[::-1], np.zeros((1, *total.shape[1:]))])
    first = np.r_[True, rows.base[1:] != rows.base[:-1]]
    ends = np.append(np.flatnonzero(first)[1:], len(first))[np.cumsum(first) - 1]
    return (running[: len(total)] - running[ends])[rows.group], shared[rows.group]


def score_residuals(rows: Ordered, found: Partial) -> FloatArray:
    """Each person's part of the gradient (n × p), in the caller's order; they add up to it.

    Therneau & Grambsch 2000, section 4.6: (x − mean) dM, with Efron's mean over the ties.
    """
    weighted = found.weight[:, None] * found.mean
    a, b = _exposure(rows, found.weight)
    m, k = _exposure(rows, weighted)
    event = rows.event
    hazard = a - np.where(event, b, 0.0)
    centre = m - np.where(event[:, None], k, 0.0)
    residual = -found.risk[:, None] * (rows.X * hazard[:, None] - centre)
    starts = np.cumsum(rows.deaths) - rows.deaths
    typical = np.add.reduceat(found.mean, starts, axis=0) / rows.deaths[:, None]
    place = np.repeat(np.arange(len(rows.hit)), rows.deaths)
    residual[event] += rows.X[event] - typical[place]
    back = np.empty_like(residual)
    back[rows.order] = residual
    return back

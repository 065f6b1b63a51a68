"""Stabilised weights: as if adding, staying and answering had hung on nothing that changes.

Robins, Hernan & Brumback 2000 (Epidemiology 11:550): each row is weighted by the chance of what
happened given the start, over its chance given what was known just before. In the weighted
person-periods what changes over time no longer says who adds the other service.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.comparison.concurrent import weak_prior
from outcomes.comparison.concurrent.history import EVENT, History, full_rank
from outcomes.comparison.concurrent.policy import concurrent_policy
from outcomes.errors import NotEnoughData
from outcomes.models.leaving.hazard import hazard_fit

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """`weights` (n) by row, truncated; what they were before, and whether all models converged.

    `parts` were weighted for; `weak` of them needed a weakly informative prior (separation).
    """

    weights: FloatArray
    mean: float
    largest: float
    n_truncated: int
    converged: bool
    parts: tuple[str, ...]
    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Ratio:
    values: FloatArray
    converged: bool
    used: bool
    weak: bool = False


def row_weights(rows: History, kind: str, *, truncate: bool = True) -> RowWeights:
    """Weights for adding the service, for staying, and for having an outcome.

    Adding: among rows of people without it before. Staying: the chance of not having left in
    earlier periods. Outcome seen: the chance within the row. A part where nothing happened is 1.
    """
    start = np.column_stack([rows.time, rows.fixed])
    now = np.column_stack([start, rows.changing])
    with_arm, now_arm = (np.column_stack([X, rows.exposed.astype(float)]) for X in (start, now))
    adding = _ratio(_at_risk(rows, ~rows.before, rows.exposed), rows.exposed, start, now)
    everybody = np.ones(len(rows.y), dtype=bool)
    here = ~(rows.y == 1) if kind == EVENT else everybody
    staying = _ratio(_at_risk(rows, here, rows.left), rows.left, with_arm, now_arm)
    known = ~np.isnan(rows.y)
    seen = _ratio(_at_risk(rows, everybody, known), known, with_arm, now_arm)
    stayed = np.where(rows.left, 1.0, staying.values)
    earlier = np.r_[1.0, stayed[:-1]]
    earlier[rows.new] = 1.0
    whole = _running(rows, adding.values * earlier) * seen.values
    mean, largest = float(whole[known].mean()), float(whole[known].max())
    low, high = concurrent_policy()["weights"]["truncate_at"]
    cut = whole
    if truncate:
        ends = np.quantile(whole[known], [low, high])
        cut = np.clip(whole, *ends)
    named = {"adding": adding, "staying": staying, "outcome seen": seen}
    return RowWeights(
        cut, mean, largest, int((cut != whole)[known].sum()),
        all(part.converged for part in named.values()),
        tuple(name for name, part in named.items() if part.used),
        tuple(name for name, part in named.items() if part.weak),
    )  # fmt: skip


def _at_risk(rows: History, risk: BoolArray, happened: BoolArray) -> BoolArray:
    """`risk` without the first and the last periods in which it happened to nobody, or to all.

    There the chance is 0 or 1 by design (a service is added after the start, not in the last
    month): the same given the start and given what changes, so that its factor is 1.
    """
    periods, place = np.unique(rows.period, return_inverse=True)
    total = np.bincount(place[risk], minlength=len(periods))
    hits = np.bincount(place[risk & happened], minlength=len(periods))
    open_ones = np.flatnonzero((hits > 0) & (hits < total))
    if not len(open_ones):
        return np.zeros_like(risk)
    inside = (place >= open_ones[0]) & (place <= open_ones[-1])
    return np.asarray(risk & inside)


def _running(rows: History, factors: FloatArray) -> FloatArray:
    """Product over a person's rows up to each one."""
    logs = np.cumsum(np.log(factors))
    starts = np.flatnonzero(rows.new)
    base = np.where(starts > 0, logs[starts - 1], 0.0)
    return np.asarray(np.exp(logs - np.repeat(base, np.diff(np.r_[starts, len(logs)]))))


def _ratio(at_risk: BoolArray, happened: BoolArray, start: FloatArray, now: FloatArray) -> _Ratio:
    """P(what happened | start) / P(what happened | now) where at risk, else 1."""
    values = np.ones(len(happened))
    event = happened[at_risk].astype(np.intp)
    if not len(event) or not 0 < event.mean() < 1:
        return _Ratio(values, True, False)
    designs = [full_rank(X[at_risk]) for X in (start, now)]
    fits = [_likeliest(event, X) for X in designs]
    known = [fit for fit in fits if fit is not None]
    weak, converged = len(known) < len(fits), True
    if weak:
        # Both by the same rule, or the ratio would compare two ways of fitting.
        again = [weak_prior.chances(event.astype(float), X) for X in designs]
        known, converged = [fitted for fitted, _ in again], all(reached for _, reached in again)
    own = [np.where(event == 1, fitted, 1 - fitted) for fitted in known]
    values[at_risk] = own[0] / np.maximum(own[1], 1e-12)
    return _Ratio(values, converged, True, weak)


def _likeliest(event: npt.NDArray[np.intp], X: FloatArray) -> FloatArray | None:
    """Chances of maximum likelihood; None where it has no end."""
    try:
        fit = hazard_fit(event, X)
    except NotEnoughData:
        return None
    return fit.fitted if fit.converged else None

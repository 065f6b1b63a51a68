"""Weighted share that has reached an event, and mean time until it, with leaving as a rival.

Aalen-Johansen with weights: who has left cannot reach the event any more, and is not treated as
if still on the way. What a person's weight does to the estimate (the infinitesimal
jackknife) is turned into a pseudo-value, estimate + influence times the arm's total weight;
their weighted mean is the estimate, so every tool for weighted means applies (Andersen,
Klein and Rosthøj 2003; Overgaard, Parner and Pedersen 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

REACHED = 1


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Weighted shares of one arm after each time (m): reached, left, and people still there."""

    time: FloatArray
    reached: FloatArray
    left: FloatArray
    at_risk: IntArray


def curve(time: FloatArray, cause: IntArray, weights: FloatArray) -> Curve:
    """The two cumulative incidences at every time somebody reached the event or left.

    `cause` (n) is 0 for still open, 1 for the event, above for leaving.
    """
    table = _table(time, cause, weights)
    shares = [
        np.cumsum(table.before * part / table.at_risk) for part in (table.reached, table.left)
    ]
    people = len(time) - np.searchsorted(np.sort(time), table.time, side="left")
    return Curve(table.time, shares[0], shares[1], people.astype(np.intp))


def share_reached(
    time: FloatArray, cause: IntArray, weights: FloatArray, horizon: float
) -> tuple[float, FloatArray]:
    """Share that has reached the event by the horizon, and pseudo-values (n)."""
    table = _table(time, cause, weights)
    return _linearised(table, time, cause, (table.time <= horizon).astype(float), horizon)


def mean_time(
    time: FloatArray, cause: IntArray, weights: FloatArray, horizon: float
) -> tuple[float, FloatArray]:
    """Mean time without the event up to the horizon, and pseudo-values (n).

    The area above the cumulative incidence: who leaves without it counts up to the horizon.
    """
    table = _table(time, cause, weights)
    gain = np.maximum(horizon - table.time, 0.0)
    lost, pseudo = _linearised(table, time, cause, gain, horizon)
    return horizon - lost, horizon - pseudo


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Weighted counts at each time with an ending (m); `before` is the share still there."""

    time: FloatArray
    at_risk: FloatArray
    reached: FloatArray
    left: FloatArray
    before: FloatArray
    total: float


def _table(time: FloatArray, cause: IntArray, weights: FloatArray) -> _Table:
    ended = (cause > 0) & (weights > 0)
    times, place = np.unique(time[ended], return_inverse=True)
    own, mine = weights[ended], cause[ended] == REACHED
    counts = [
        np.asarray(np.bincount(place, np.where(rows, own, 0.0), len(times)), dtype=np.float64)
        for rows in (mine, ~mine)
    ]
    order = np.argsort(time, kind="stable")
    # Weight from each position to the end: still there just before that time.
    after = np.concatenate([np.cumsum(weights[order][::-1])[::-1], [0.0]])
    at_risk = after[np.searchsorted(time[order], times, side="left")]
    stay = np.clip(1 - (counts[0] + counts[1]) / at_risk, 0.0, 1.0)
    before = np.concatenate([[1.0], np.cumprod(stay)[:-1]]) if len(times) else np.zeros(0)
    return _Table(times, at_risk, counts[0], counts[1], before, float(weights.sum()))


def _linearised(
    table: _Table, time: FloatArray, cause: IntArray, gain: FloatArray, horizon: float
) -> tuple[float, FloatArray]:
    """Σ gain · dF, and its pseudo-values.

    Person i moves it by gain (dN₁ − Y dΛ₁) S₋ / Y at each time, and through who is still there
    by −(dN − Y dΛ) (total − running) / (Y − d).
    """
    steps = gain * table.before * table.reached / table.at_risk
    running = np.cumsum(steps)
    value = float(running[-1]) if len(running) else 0.0
    ended = table.reached + table.left
    stays = table.at_risk - ended
    rest = value - running
    through = np.divide(
        rest, stays, out=np.zeros_like(rest), where=stays > 1e-12 * table.at_risk
    ) * (table.time <= horizon)
    own = gain * table.before / table.at_risk
    drift = np.cumsum(through * ended / table.at_risk - own * table.reached / table.at_risk)
    until = np.searchsorted(table.time, time, side="right") - 1
    influence = np.where(until >= 0, drift[until], 0.0) if len(drift) else np.zeros(len(time))
    at = np.searchsorted(table.time, time, side="left")
    known = (cause > 0) & (at < len(table.time))
    at = np.minimum(at, max(len(table.time) - 1, 0))
    if len(table.time):
        known &= table.time[at] == time
        influence = influence + np.where(known & (cause == REACHED), own[at], 0.0)
        influence = influence - np.where(known, through[at], 0.0)
    return value, np.asarray(value + influence * table.total, dtype=np.float64)

"""How many were there at each time, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData, UsageError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Cause 0 means that nothing had happened when the person was last seen.
OPEN = 0


@dataclass(frozen=True, slots=True, eq=False)
class RiskTable:
    """Counts at the m distinct times, in order.

    `at_risk` (m) are under observation just before each time, `events` (m × k) end there by
    cause 1 to k, `censored` (m) are last seen there with nothing having happened; who is
    censored at a time of an event was at risk for it. `place` (n) is the position of each
    person's time. Counts are sums of weights where people are weighted.
    """

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray
    place: IntArray

    @property
    def ended(self) -> FloatArray:
        """How many end at each time, by any cause (m)."""
        return np.asarray(self.events.sum(axis=1))

    def until(self, horizon: float) -> int:
        """How many of the times are not after `horizon`."""
        return int(np.searchsorted(self.time, horizon, side="right"))


def risk_table(
    time: FloatArray, cause: IntArray, causes: int = 1, weights: FloatArray | None = None
) -> RiskTable:
    """Count people at risk and endings; `cause` is 0 (open) to `causes`.

    Raises NotEnoughData without people, UsageError for a time that is negative or missing
    or a cause out of range.
    """
    if len(time) == 0:
        raise NotEnoughData("Nobody has a time.", where="time", how_many=0)
    wrong = ~np.isfinite(time) | (time < 0)
    if wrong.any():
        raise UsageError(
            "A time is negative or not a number.", where="time", how_many=int(wrong.sum())
        )
    if len(cause) != len(time) or cause.min() < 0 or cause.max() > causes:
        raise UsageError("A cause is none of those named.", where="cause")
    times, place = np.unique(time, return_inverse=True)
    place = place.ravel().astype(np.intp)
    m = len(times)
    each = np.ones(len(time)) if weights is None else np.asarray(weights, dtype=np.float64)
    flat = np.bincount(place * (causes + 1) + cause, weights=each, minlength=m * (causes + 1))
    counts = flat.reshape(m, causes + 1).astype(np.float64)
    at_risk = counts.sum(axis=1)[::-1].cumsum()[::-1]
    return RiskTable(times, at_risk, counts[:, 1:].copy(), counts[:, 0].copy(), place)


def after(time: FloatArray, values: FloatArray, asked: FloatArray, before: float) -> FloatArray:
    """Values of a step function at the times asked; `before` the first step it is `before`."""
    place = np.searchsorted(time, asked, side="right")
    return np.asarray(np.concatenate([[before], values])[place])

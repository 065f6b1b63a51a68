"""Cumulative incidence of an interval-censored event beside one that competes with it.

Source: the self-consistent estimator of Turnbull 1976 (JRSS B 38:290-295), with competing
causes as in Hudgens, Satten & Longini 2001 (Biometrics 57:74-80).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
EVENT, COMPETING, OPEN = 0, 1, 2
TOLERANCE = 1e-9
MOST_STEPS = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What is known of each person, in whole steps of time (weeks).

    `cause` EVENT: it happened in (left, right]; COMPETING: the other end came in the same
    kind of interval; OPEN: neither had happened by `left`. Steps count from 0.
    """

    left: Counts
    right: Counts
    cause: Counts


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """Cumulative incidence at the end of each step 1, 2, ...: of the event, and of the other.

    `last` is the last step at which somebody was seen; beyond it nothing is known.
    """

    step: Counts
    event: Weights
    competing: Weights
    converged: bool


def incidence(observed: Observed, weights: Weights | None = None) -> Incidence:
    """Maximise the likelihood over the share that falls in each step, by cause.

    `weights` count each person (1 by default). With intervals of one step the result is
    the Aalen-Johansen estimate. Not identified inside an interval that nobody's end
    divides: the share is then spread as the start of the iteration has it, evenly.
    """
    steps = int(max(observed.right.max(initial=0), observed.left.max(initial=0) + 1))
    patterns, inverse = np.unique(
        np.column_stack([observed.left, observed.right, observed.cause]),
        axis=0,
        return_inverse=True,
    )
    each = np.ones(len(observed.left)) if weights is None else weights
    count = np.bincount(inverse.ravel(), weights=each, minlength=len(patterns))
    possible = _possible(patterns, steps)
    share, converged = _fit(possible, np.asarray(count, dtype=np.float64))
    shares = share.reshape(2, steps + 1)[:, :steps]
    return Incidence(np.arange(1, steps + 1), shares[0].cumsum(), shares[1].cumsum(), converged)


def _possible(patterns: Counts, steps: int) -> npt.NDArray[np.float64]:
    """Which cells (cause by step, and later than all steps) each pattern may lie in."""
    step = np.arange(1, steps + 2)[None, :]
    left, right, cause = (patterns[:, [place]] for place in range(3))
    inside = (step > left) & (step <= right)
    after = step > left
    # Beyond the last step the cause does not matter: one cell would do, two are harmless.
    blocks = [np.where(cause == OPEN, after, inside & (cause == kind)) for kind in (0, 1)]
    return np.hstack(blocks).astype(np.float64)


def _fit(possible: npt.NDArray[np.float64], count: Weights) -> tuple[Weights, bool]:
    used = count > 0
    possible, count = possible[used], count[used]
    start = possible.any(axis=0).astype(np.float64)
    share = start / start.sum()
    total = count.sum()
    for _ in range(MOST_STEPS):
        within = possible @ share
        update = share * (possible.T @ (count / within)) / total
        moved = float(np.abs(update - share).max())
        share = update
        if moved < TOLERANCE:
            return share, True
    return share, False

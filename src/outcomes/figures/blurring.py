"""Moving points so that a picture keeps its shape and no person's scores can be read off."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Shifts, as shares of the reliable-change threshold: what lies within measurement error says
# little about a person, and is the least that hides a score.
ACROSS, ALONG = 0.5, 1.0
# A moved point is at least this share of the threshold from where it was.
AT_LEAST = 0.15
# Draws for a point in a narrow corner of its zone; with a chance of one in ten to stay inside
# a point is left without a place less than once in a million million.
DRAWS = 300


def moved(
    start: Numbers,
    end: Numbers,
    bands: npt.NDArray[np.int8],
    *,
    free: Collection[int],
    threshold: float,
    limits: tuple[float, float],
    seed: int,
) -> tuple[Numbers, Numbers, Flags]:
    """Points moved along and across the diagonal, and which of them found a place.

    `bands` is -1, 0 or 1 for each point: end - start below minus `threshold`, between, or
    above. A point stays in its band; the bands in `free` are one. Points also stay within
    `limits`, but they may cross the cut-off: else one could count who recovered where that
    number is hidden. The random numbers come from `seed` and the scores together, so that
    whoever knows only the seed cannot repeat them. Row order does not matter to the set of
    points.
    """
    order = np.lexsort((end, start))
    key = np.concatenate([start[order], end[order]]).astype("<f8").tobytes()
    digest = hashlib.sha256(key).digest()
    rng = np.random.default_rng([seed, *np.frombuffer(digest, dtype="<u4").tolist()])
    x, y, zone = start[order], end[order], _joined(bands[order], free)
    new_x, new_y = x.copy(), y.copy()
    left = np.ones(len(x), dtype=bool)
    for _ in range(DRAWS):
        along = rng.uniform(-ALONG, ALONG, len(x)) * threshold
        across = rng.uniform(-ACROSS, ACROSS, len(x)) * threshold
        # Along moves both scores alike, across changes their difference.
        try_x, try_y = x + along - across / 2, y + along + across / 2
        allowed = _inside(try_x, limits) & _inside(try_y, limits)
        allowed &= np.hypot(try_x - x, try_y - y) >= AT_LEAST * threshold
        allowed &= _joined(_band(try_y - try_x, threshold), free) == zone
        take = left & allowed
        new_x[take], new_y[take] = try_x[take], try_y[take]
        left &= ~take
        if not left.any():
            break
    back = np.empty(len(order), dtype=int)
    back[order] = np.arange(len(order))
    return new_x[back], new_y[back], ~left[back]


def _band(difference: Numbers, threshold: float) -> npt.NDArray[np.int8]:
    """-1 below the band of measurement error, 0 in it, 1 above."""
    return np.asarray(
        np.where(difference <= -threshold, -1, np.where(difference >= threshold, 1, 0)),
        dtype=np.int8,
    )


def _joined(bands: npt.NDArray[np.int8], free: Collection[int]) -> npt.NDArray[np.int8]:
    """The bands, with those that points may cross between given one number."""
    return np.where(np.isin(bands, list(free)), np.int8(9), bands)


def _inside(values: Numbers, limits: tuple[float, float]) -> Flags:
    return np.asarray((values >= limits[0]) & (values <= limits[1]))

"""Expected course by start score, and alerts that are judged on people not used to draw it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.change.sessions.grid import Matrix
from outcomes.change.sessions.rule import Rule

Flags = npt.NDArray[np.bool_]


def expected_band(
    scores: Matrix, rule: Rule, *, learn: Flags, percentile: float, minimum: int
) -> tuple[Matrix, Matrix]:
    """Expected score and alert limit of everybody at each occasion, from the people in `learn`.

    At each occasion a straight line on the start score (least squares), and the residual
    quantile on the worse side: a score beyond `limit` is worse than all but `percentile`
    of people who started alike. NaN at occasions that fewer than `minimum` people of
    `learn` reached, where the start scores do not differ, and at the start.
    """
    start = scores[:, 0]
    expected = np.full(scores.shape, np.nan)
    limit = np.full(scores.shape, np.nan)
    for k in range(1, scores.shape[1]):
        rows = learn & ~np.isnan(scores[:, k]) & ~np.isnan(start)
        x, y = start[rows], scores[rows, k]
        if rows.sum() < minimum or np.ptp(x) == 0:
            continue
        slope, level = np.polynomial.polynomial.polyfit(x, y, 1)[::-1]
        line = level + slope * start
        # A percentile on the worse side: high where lower is better.
        share = 1 - percentile if rule.direction == "lower" else percentile
        expected[:, k] = line
        limit[:, k] = line + np.quantile(y - (level + slope * x), share)
    return expected, limit


def alerts(scores: Matrix, limit: Matrix, rule: Rule) -> Flags:
    """Scores that call for a look: beyond the limit, or reliably worse than at the start."""
    with np.errstate(invalid="ignore"):
        beyond = rule.gain(limit, scores) < 0
    return (beyond & ~np.isnan(scores)) | rule.worse(rule.gain(scores[:, :1], scores))


def folds(clusters: npt.NDArray[np.intp], count: int, seed: int) -> npt.NDArray[np.int64]:
    """A fold for everybody, the same for people who belong together."""
    names, codes = np.unique(clusters, return_inverse=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(names))
    found: npt.NDArray[np.int64] = (order % count)[codes].astype(np.int64)
    return found

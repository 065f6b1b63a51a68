"""Sudden gains and losses between two neighbouring scores, as pure functions of a matrix.

Source: Tang, T. Z. & DeRubeis, R. J. (1999). Sudden gains and critical sessions in
cognitive-behavioral therapy for depression. J Consult Clin Psychol 67:894-904. Critical
values by the number of available scores: Lutz et al. 2013, J Consult Clin Psychol 81.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from outcomes.change.sessions.grid import Matrix
from outcomes.change.sessions.rule import Rule

Flags = npt.NDArray[np.bool_]
# A share of a score and a mean of three are not exact; below this is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Criteria:
    """`share` of the score before (criterion 2), `alpha` and `window` of criterion 3."""

    share: float
    alpha: float
    window: int


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Each interval between neighbouring scores: n people by K - 1 intervals.

    `size` is the gain in points (negative for a loss); `judged` says where there were
    enough scores to tell, `gain` and `loss` where all three criteria hold.
    """

    size: Matrix
    judged: Flags
    gain: Flags
    loss: Flags


def find_intervals(scores: Matrix, rule: Rule, criteria: Criteria) -> Intervals:
    """Test every interval of every person.

    Judged where the scores on both sides are there and at least one more on either side
    within the window of three. Criterion 2 takes a share of the distance to the best
    score, which for a scale from 0 with lower better is the score itself. A loss mirrors a
    gain: all three criteria with the sign turned.
    """
    before, after = scores[:, :-1], scores[:, 1:]
    size = rule.gain(before, after)
    room = np.abs(before - rule.best)
    mean_difference, critical, judged = _means(scores, criteria)
    steady = rule.gain(np.zeros_like(mean_difference), mean_difference)
    judged &= ~np.isnan(size)
    with np.errstate(invalid="ignore"):
        large = np.abs(size) >= criteria.share * room - ROUNDING
        lasting = np.abs(steady) > critical + ROUNDING
    gain = judged & rule.better(size) & large & lasting & (steady > 0)
    loss = judged & rule.worse(size) & large & lasting & (steady < 0)
    return Intervals(size, judged, gain, loss)


def reversed_later(scores: Matrix, rule: Rule, gain: Flags, share: float) -> Flags:
    """Where a later score gives back at least `share` of the gain; n by K - 1."""
    worst_after = _worst_after(scores, rule)
    # Right after the gain is column j + 1; what counts as later starts at j + 2.
    later = np.full(gain.shape, np.nan)
    later[:, :-1] = worst_after[:, 2:]
    size = rule.gain(scores[:, :-1], scores[:, 1:])
    kept = rule.gain(scores[:, :-1], later)
    with np.errstate(invalid="ignore"):
        lost: Flags = gain & (kept <= (1 - share) * size + ROUNDING)
    return lost


def _means(scores: Matrix, criteria: Criteria) -> tuple[Matrix, Matrix, Flags]:
    """Mean after less mean before, t * pooled SD, and where both sides have two scores."""
    n_before, sum_before, squares_before = _windows(scores, criteria.window, before=True)
    n_after, sum_after, squares_after = _windows(scores, criteria.window, before=False)
    judged = (n_before >= 2) & (n_after >= 2)
    freedom = n_before + n_after - 2
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = sum_after / n_after - sum_before / n_before
        within = squares_before - sum_before**2 / n_before
        within += squares_after - sum_after**2 / n_after
        pooled = np.sqrt(np.maximum(within, 0.0) / freedom)
        critical = stdtrit(freedom, 1 - criteria.alpha / 2) * pooled
    return difference, critical, judged


def _windows(scores: Matrix, window: int, *, before: bool) -> tuple[Matrix, Matrix, Matrix]:
    """Count, sum and sum of squares of up to `window` scores on one side of each interval."""
    n, k = scores.shape
    padded = np.full((n, k + 2 * (window - 1)), np.nan)
    padded[:, window - 1 : window - 1 + k] = scores
    # Centred, so that squares of large scores lose no digits.
    padded -= np.nanmean(scores)
    start = 0 if before else window
    views = [padded[:, start + shift : start + shift + k - 1] for shift in range(window)]
    stack = np.stack(views)
    there = ~np.isnan(stack)
    filled = np.where(there, stack, 0.0)
    return there.sum(axis=0).astype(float), filled.sum(axis=0), (filled**2).sum(axis=0)


def _worst_after(scores: Matrix, rule: Rule) -> Matrix:
    """For each column the worst score from there on; NaN where there is none."""
    sign = -1.0 if rule.direction == "lower" else 1.0
    turned = sign * scores
    found = np.fmin.accumulate(turned[:, ::-1], axis=1)[:, ::-1]
    result: Matrix = sign * found
    return result

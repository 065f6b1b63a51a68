"""Control limits of a funnel of shares: mid-P limits of a count, with or without spread.

The count O of a practitioner has the mean E = Σ p and, by chance alone, the variance Σ p (1 − p).
Where all p are equal that is the binomial, and the limits are its exact mid-P limits. Where
they differ (case mix) the binomial with the same mean and variance stands for the sum of
unequal yes-or-no outcomes (Ehm 1991, Stat Probab Lett 11:7-16). With spread between
practitioners the beta-binomial with the same mean and variance does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv, betaln, gammaln

from outcomes.models.practitioners.limits import Limits

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# From this many clients with spread the count is so fine that the share itself, a beta
# distribution with the same mean and variance, stands for it: a step is below 1/200.
FINE = 200


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """`observed` events, clients `n`, `expected` events E and `chance` Σ p (1 − p), k each."""

    observed: FloatArray
    n: FloatArray
    expected: FloatArray
    chance: FloatArray

    def others(self) -> Counts:
        """The same for those without the event."""
        return Counts(self.n - self.observed, self.n, self.n - self.expected, self.chance)

    def take(self, at: BoolArray) -> Counts:
        """Some of the practitioners."""
        return Counts(self.observed[at], self.n[at], self.expected[at], self.chance[at])

    def alike(self) -> bool:
        """Whether chance alone varies more than a binomial: clients of a couple are alike."""
        most = self.n * self.share * (1 - self.share)
        return bool((self.chance > most * (1 + 1e-9)).any())

    @property
    def share(self) -> FloatArray:
        """E / n, kept off 0 and 1."""
        return np.asarray(np.clip(self.expected / self.n, 1e-9, 1 - 1e-9))

    def variance(self, spread: float) -> FloatArray:
        """Of the count, where practitioners' own shares have the variance `spread`."""
        return np.asarray(self.chance + self.n * (self.n - 1) * spread)


def count_limits(counts: Counts, spread: float, levels: tuple[float, float]) -> Limits:
    """Limits of O/n − E/n of each practitioner (k), in shares, at two levels.

    `spread` is the variance of practitioners' own shares, 0 for chance alone. A limit is where
    the mid-P value P(X < x) + P(X = x)/2, drawn as a line between counts, is (1 − level)/2: half
    of what lies exactly there counts as beyond, so that on average a practitioner lies outside as
    often as the level says (Lancaster 1961; Spiegelhalter 2005 interpolates in the same way).
    """
    tails = [(1 - level) / 2 for level in levels]
    low = _lower(counts, spread, tails)
    # The upper limit is the lower one of those without the event.
    high = [counts.n - found for found in _lower(counts.others(), spread, tails)]
    ends = [
        (end - counts.expected) / counts.n for pair in zip(low, high, strict=True) for end in pair
    ]
    return Limits((counts.observed - counts.expected) / counts.n, *ends)


def _lower(counts: Counts, spread: float, tails: list[float]) -> list[FloatArray]:
    """The lower limits of each count; nan where even 0 is not unlikely enough."""
    n = counts.n
    if spread <= 0 and not counts.alike():
        below = _matched_binomial(counts)
        return [_solved(n, below, tail) for tail in tails]
    fine = n > FINE
    large, small = counts.take(fine), counts.take(~fine)
    table = _beta_binomial(small, spread)
    limits = []
    for tail in tails:
        found = np.full(len(n), np.nan)
        found[fine] = _beta(large, spread, tail)
        found[~fine] = _solved(small.n, table, tail)
        limits.append(found)
    return limits


def _matched_binomial(counts: Counts) -> Callable[[FloatArray], FloatArray]:
    """P(X ≤ x) of the binomial with the mean and variance given; its size need not be whole."""
    miss = np.clip(counts.chance / np.maximum(counts.expected, 1e-300), 1e-12, 1 - 1e-12)
    size = counts.expected / (1 - miss)

    def below(x: FloatArray) -> FloatArray:
        inside = (x >= 0) & (x < size)
        value = betainc(np.where(inside, size - x, 1.0), np.where(inside, x + 1, 1.0), miss)
        return np.where(x < 0, 0.0, np.where(inside, value, 1.0))

    return below


def _beta(counts: Counts, spread: float, tail: float) -> FloatArray:
    """The limit where counts are fine: the beta with the mean and variance of the share."""
    n, share = counts.n, counts.share
    total = np.maximum(share * (1 - share) / (counts.variance(spread) / n**2) - 1, 1e-6)
    return np.asarray(n * betaincinv(share * total, (1 - share) * total, tail))


def _beta_binomial(counts: Counts, spread: float) -> Callable[[FloatArray], FloatArray]:
    """P(X ≤ x) of the beta-binomial by a table of all counts of each practitioner."""
    n, share = counts.n, counts.share
    extra = counts.variance(spread) / (n * share * (1 - share)) - 1
    total = 1 / np.clip(extra / np.maximum(n - 1, 1), 1e-9, 1 - 1e-9) - 1
    values = np.arange(int(n.max(initial=0)) + 1, dtype=np.float64)
    size, a, b = n[:, None], (share * total)[:, None], ((1 - share) * total)[:, None]
    possible = values <= size
    x = np.where(possible, values, 0.0)
    log = (
        gammaln(size + 1) - gammaln(x + 1) - gammaln(size - x + 1)
        + betaln(x + a, size - x + b) - betaln(a, b)
    )  # fmt: skip
    table = np.cumsum(np.where(possible, np.exp(log), 0.0), axis=1)
    rows = np.arange(len(n))

    def below(x: FloatArray) -> FloatArray:
        place = np.clip(x, 0, table.shape[1] - 1).astype(np.intp)
        return np.where(x < 0, 0.0, table[rows, place])

    return below


def _solved(n: FloatArray, below: Callable[[FloatArray], FloatArray], tail: float) -> FloatArray:
    """Where the mid-P value, linear between counts, reaches `tail`: bisection over counts."""

    def middle(x: FloatArray) -> FloatArray:
        return np.asarray((below(x) + below(x - 1)) / 2)

    low, high = np.zeros(len(n)), np.ceil(n)
    open_: BoolArray = middle(low) <= tail
    while (high - low > 1).any():
        half = np.floor((low + high) / 2)
        under = middle(half) <= tail
        low, high = np.where(under, half, low), np.where(under, high, half)
    at_low, at_high = middle(low), middle(high)
    step = (tail - at_low) / np.maximum(at_high - at_low, 1e-300)
    return np.where(open_, low + np.clip(step, 0, 1) * (high - low), np.nan)

"""Hiding small numbers, and the numbers that would give them away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.privacy.policy import Policy


def hidden(n: float, policy: Policy) -> bool:
    """Whether a count of people is too small to show. Zero is shown."""
    return bool(policy.suppress and 0 < n < policy.minimum_count)


def suppress_rate(n: float, n_total: float, policy: Policy) -> bool:
    """Whether a rate `n` of `n_total` must be hidden.

    It must when the numerator, the denominator or the rest (n_total - n) is small, since
    the rest is as good as shown once the other two are.
    """
    return any(hidden(count, policy) for count in (n, n_total, n_total - n))


def suppress_counts(counts: pd.Series, policy: Policy) -> pd.Series:
    """Which of the counts that add up to a shown total must be hidden.

    Returns booleans with the index of `counts`. Primary: counts from 1 to the minimum
    minus one. Complementary: the hidden counts together must not be deducible from the
    total as a small number, so while they add up to less than the minimum, or only one is
    hidden, the smallest shown count above zero is hidden as well (or a zero, where
    nothing else is left).
    """
    values = counts.to_numpy(dtype="float64", na_value=0.0)
    mask = np.array([hidden(value, policy) for value in values], dtype=bool)
    while mask.any() and not mask.all():
        enough = mask.sum() > 1 and values[mask].sum() >= policy.minimum_count
        if enough:
            break
        shown = np.flatnonzero(~mask)
        positive = shown[values[shown] > 0]
        candidates = positive if len(positive) else shown
        mask[candidates[np.argmin(values[candidates])]] = True
    return pd.Series(mask, index=counts.index)

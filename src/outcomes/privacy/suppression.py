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

    Returns booleans with the index of `counts`. Primary: counts from 1 to the minimum minus
    one. Complementary: a reader subtracts what is shown from the total, and knows that zero
    would have been shown, so of k hidden cells with sum S none is above S - k + 1. While only
    one is hidden, or that bound is below the minimum, the smallest shown count above zero is
    hidden as well (or a zero, where nothing else is left); of equal counts the one whose
    label comes first, so that row order does not matter. Where all come out hidden, the
    total should be hidden too. A missing count counts as zero.
    """
    values = counts.to_numpy(dtype="float64", na_value=0.0)
    labels = [str(label) for label in counts.index]
    mask = np.array([hidden(value, policy) for value in values], dtype=bool)
    # Zeros last: they are hidden only where nothing else is left.
    order = sorted(range(len(values)), key=lambda i: (values[i] == 0, values[i], labels[i]))
    waiting = [i for i in order if not mask[i]]
    while waiting and mask.any() and not _safe(values[mask], policy):
        mask[waiting.pop(0)] = True
    return pd.Series(mask, index=counts.index)


def _safe(concealed: np.ndarray, policy: Policy) -> bool:
    """Whether each hidden cell could still be as large as the minimum, for all a reader knows."""
    cells = len(concealed)
    return cells > 1 and bool(concealed.sum() - cells + 1 >= policy.minimum_count)

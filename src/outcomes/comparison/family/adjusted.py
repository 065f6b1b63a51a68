"""Adjusted p values and intervals for a family of tests of a declared size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError

FloatArray = npt.NDArray[np.float64]
METHODS = ("holm", "bh")


def adjust(p: npt.ArrayLike, method: str) -> FloatArray:
    """Adjusted p (n), nan where p is nan; an untested member still counts in the size.

    "holm": step-down Bonferroni, any dependence (Holm 1979, Scand J Stat 6:65).
    "bh": false discovery rate under independence or positive dependence (Benjamini and
    Hochberg 1995, JRSS B 57:289). As R's `p.adjust` with n = the size of the family.
    Raises UsageError for another method or a p outside 0 to 1.
    """
    values = np.asarray(p, dtype=np.float64)
    known = ~np.isnan(values)
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}", where="method", fix=", ".join(METHODS))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise UsageError("A p value lies between 0 and 1.", where="p")
    size = len(values)
    order = np.argsort(values[known], kind="stable")
    ranked = values[known][order]
    rank = np.arange(1, len(ranked) + 1)
    if method == "holm":
        stepped = np.maximum.accumulate(ranked * (size - rank + 1))
    else:
        stepped = np.minimum.accumulate((ranked * size / rank)[::-1])[::-1]
    found = np.full(size, np.nan)
    places = np.flatnonzero(known)[order]
    found[places] = np.minimum(stepped, 1.0)
    return found


def simultaneous_level(size: int, confidence: float) -> float:
    """Confidence of each of `size` intervals that hold all at once (Bonferroni)."""
    return 1 - (1 - confidence) / max(size, 1)


def selected_level(selected: int, size: int, confidence: float) -> float:
    """Confidence of the intervals of those selected out of `size` with a false coverage rate.

    1 − R α / m: of the intervals shown for the R selected, at most α miss on average
    (Benjamini and Yekutieli 2005, JASA 100:71). nan when nothing is selected.
    """
    return 1 - selected * (1 - confidence) / size if selected else float("nan")

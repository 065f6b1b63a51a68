"""The order of rows by several keys, each as whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def order_by(keys: Sequence[np.ndarray]) -> np.ndarray:
    """Stable order by whole numbers, the first key first."""
    lows = [int(key.min(initial=0)) for key in keys]
    sizes = [int(key.max(initial=0)) - low + 1 for key, low in zip(keys, lows, strict=True)]
    if math.prod(sizes) >= np.iinfo(np.int64).max:
        return np.lexsort(keys[::-1])
    # One number for all keys costs less to sort than several keys.
    whole = np.zeros(len(keys[0]), dtype=np.int64)
    for key, low, size in zip(keys, lows, sizes, strict=True):
        if size > 1:
            whole = whole * size + (key - low)
    order: np.ndarray = np.argsort(whole, kind="stable")
    return order

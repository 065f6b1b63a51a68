"""Rows that say the same in some columns get the same number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def numbered(columns: Sequence[pd.Series | np.ndarray]) -> np.ndarray:
    """A number for each row, equal where all columns are; numbers count up by first rows.

    Missing cells equal each other.
    """
    found: np.ndarray | None = None
    for column in columns:
        codes, distinct = pd.factorize(column)
        if not len(distinct) or (len(distinct) == 1 and codes.min(initial=0) == 0):
            continue  # says the same in every row
        whole = codes if found is None else found * (len(distinct) + 1) + codes
        found = pd.factorize(whole)[0].astype(np.int64)
    return np.zeros(len(columns[0]), dtype=np.int64) if found is None else found

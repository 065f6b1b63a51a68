"""Tables of a fit: variances, the covariance by visit, and who was seen when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.repeated.fit import PatternFit
from outcomes.models.repeated.patterns import Patterns
from outcomes.models.repeated.structures import natural_values

VARIANCE_COLUMNS = ["component", "parameter", "first", "second", "estimate", "se"]


def variance_table(fit: PatternFit, visits: tuple[Any, ...]) -> pd.DataFrame:
    """Standard deviations and correlations with standard errors (delta method).

    `first` and `second` name the visits, or number the effects of a component; "all" where one
    number holds for all. An autoregressive or Toeplitz correlation is that of the pair named,
    and of every other pair as far apart.
    """
    items = fit.structure.natural()
    if fit.optimum is None:
        values, se = np.full(len(items), np.nan), np.full(len(items), np.nan)
    else:
        values, slopes = natural_values(fit.structure, fit.theta)
        variance = np.einsum("qr,rs,qs->q", slopes, fit.theta_covariance, slopes)
        se = np.sqrt(np.maximum(variance, 0.0))
    sizes = {name: len(part[0]) for name, part in fit.structure.parts(fit.theta).items()}
    rows = []
    for item, value, error in zip(items, values, se, strict=True):
        labels = visits if sizes[item.part] == len(visits) else range(1, sizes[item.part] + 1)
        first, second = str(labels[item.first]), str(labels[item.second])
        if item.shared:
            first = second = "all"
        rows.append((item.part, item.kind, first, second, value, error))
    return pd.DataFrame(rows, columns=VARIANCE_COLUMNS)


def covariance_table(fit: PatternFit, visits: tuple[Any, ...]) -> pd.DataFrame:
    """V with visits as rows and columns, in squared points of the outcome."""
    return pd.DataFrame(fit.covariance, index=list(visits), columns=list(visits))


def pattern_table(data: Patterns, visits: tuple[Any, ...]) -> pd.DataFrame:
    """One row for each missingness pattern, the most frequent first.

    A column for each visit says whether there is a score, then `n_subjects` and their `share`.
    """
    table = pd.DataFrame(data.masks, columns=list(visits))
    table["n_subjects"] = data.mask_counts
    table["share"] = data.mask_counts / data.n_subjects
    order = np.lexsort((*(~data.masks).T[::-1], -data.mask_counts))
    return table.iloc[order].reset_index(drop=True)

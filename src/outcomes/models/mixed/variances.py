"""Variances and correlations of the random effects as a table, and as parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.stacks import Numbers

RESIDUAL = "residual"
COLUMNS = ["group", "name1", "name2", "estimate", "sd_or_correlation"]


def _pairs_of_terms(fit: Fit) -> Iterator[tuple[int, int, int | None]]:
    """(factor, place, None) for each variance, then (factor, place, place) for each pair."""
    for number, factor in enumerate(fit.prepared.factors):
        for places in factor.blocks:
            for place in places:
                yield number, place, None
            for at, one in enumerate(places):
                for two in places[at + 1 :]:
                    yield number, one, two


def _entry(S: Numbers, one: int, two: int | None) -> tuple[float, float]:
    """Variance and standard deviation, or covariance and correlation (NaN beside a zero)."""
    if two is None:
        return float(S[one, one]), float(np.sqrt(S[one, one]))
    size = float(np.sqrt(S[one, one] * S[two, two]))
    correlation = float(np.clip(S[one, two] / size, -1, 1)) if size > 0 else np.nan
    return float(S[one, two]), correlation


def variance_table(fit: Fit) -> pd.DataFrame:
    """One row for each variance and covariance of each group, and the residual.

    Columns: group, name1, name2 (missing for a variance), estimate (variance or covariance
    in squared points), sd_or_correlation (standard deviation, or correlation for a pair;
    missing where a variance is zero).
    """
    covariances, factors = fit.covariances, fit.prepared.factors
    rows: list[tuple[object, ...]] = []
    for number, one, two in _pairs_of_terms(fit):
        names = factors[number].column_names
        second = None if two is None else names[two]
        found = _entry(covariances[number], one, two)
        rows.append((factors[number].name, names[one], second, *found))
    rows.append((RESIDUAL, None, None, fit.residual_variance, np.sqrt(fit.residual_variance)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    text = {"group": "string", "name1": "string", "name2": "string"}
    return table.astype({**text, "estimate": "float64", "sd_or_correlation": "float64"})


def parameter_names(fit: Fit) -> list[str]:
    """Fixed effects by number, then names of standard deviations and correlations."""
    factors = fit.prepared.factors
    names = [str(place) for place in range(fit.prepared.n_fixed)]
    for number, one, two in _pairs_of_terms(fit):
        columns, name = factors[number].column_names, factors[number].name
        if two is None:
            names.append(f"sd {columns[one]} | {name}")
        else:
            names.append(f"correlation {columns[one]}, {columns[two]} | {name}")
    return [*names, f"sd {RESIDUAL}"]


def parameter_values(fit: Fit, D: Sequence[Numbers], sigma2: float) -> list[float]:
    """Standard deviations and correlations, then the residual SD, in points."""
    covariances = [
        one * sigma2 / np.outer(scale, scale)
        for one, scale in zip(D, fit.prepared.random_scale, strict=True)
    ]
    found = [_entry(covariances[number], one, two)[1] for number, one, two in _pairs_of_terms(fit)]
    return [*found, float(np.sqrt(sigma2))]

"""Tables of population-averaged probabilities and of their differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit, stdtr

from outcomes.errors import UsageError
from outcomes.models.binary.marginal import Average

FloatArray = npt.NDArray[np.float64]


class Averaging(Protocol):
    """A fit that can average its probabilities over people."""

    @property
    def levels(self) -> Mapping[str, Sequence[Any]]:
        """Levels of each column of words, the reference first."""
        ...

    @property
    def known(self) -> tuple[str, ...]:
        """Columns that the model uses."""
        ...

    def averages(
        self, variable: str, values: Sequence[Any], at: Mapping[str, Any]
    ) -> list[Average]:
        """The mean probability with `variable` at each value for everybody."""
        ...

    def spread_of(self, gradient: FloatArray) -> tuple[float, float]:
        """Standard error and df of something with this gradient in the parameters."""
        ...

    def reach(self, df: float) -> float:
        """The t quantile of the level."""
        ...


def values_of(
    fitted: Averaging, variable: str, values: Sequence[Any] | None, at: Mapping[str, Any]
) -> list[Any]:
    """The levels of a column of words, or the values asked for."""
    unknown = [name for name in (variable, *at) if name not in fitted.known]
    if unknown:
        raise UsageError(
            "The model does not use a column that is asked for.",
            where=f"columns {', '.join(unknown)}",
            fix=f"It uses {', '.join(fitted.known) or 'none'}.",
        )
    if values is not None:
        return list(values)
    levels = fitted.levels.get(variable)
    if levels is None:
        raise UsageError(
            "A column of numbers has no levels to compare.",
            where=f"column {variable}",
            fix="Give values=, for example values=[0, 10], or name a column of words.",
        )
    return list(levels)


def probability_table(
    fitted: Averaging, variable: str, values: Sequence[Any] | None, at: Mapping[str, Any]
) -> pd.DataFrame:
    """A row for each value: probability, se, df, low, high (logit scale), typical."""
    chosen = values_of(fitted, variable, values, at)
    rows = []
    for value, found in zip(chosen, fitted.averages(variable, chosen, at), strict=True):
        se, df = fitted.spread_of(found.gradient)
        half = fitted.reach(df) * se / (found.value * (1 - found.value))
        centre = logit(found.value)
        rows.append(
            (value, found.value, se, df, expit(centre - half), expit(centre + half), found.typical)
        )
    columns = [variable, "probability", "se", "df", "low", "high", "typical"]
    return pd.DataFrame(rows, columns=columns)


def difference_table(
    fitted: Averaging,
    variable: str,
    values: Sequence[Any] | None,
    reference: object,
    at: Mapping[str, Any],
) -> pd.DataFrame:
    """A row for each value but the reference: difference, ratio and odds ratio with limits."""
    chosen = values_of(fitted, variable, values, at)
    first = chosen[0] if reference is None else reference
    if first not in chosen or len(chosen) < 2:
        raise UsageError(
            "There is nothing to compare: the reference is no value, or the only one.",
            where="parameter reference",
            fix=f"Values are {', '.join(map(str, chosen))}.",
        )
    found = dict(zip(chosen, fitted.averages(variable, chosen, at), strict=True))
    rows = [
        _difference(fitted, f"{value} - {first}", found[value], found[first])
        for value in chosen
        if value != first
    ]
    return pd.DataFrame(rows)


def _difference(fitted: Averaging, label: str, one: Average, two: Average) -> dict[str, object]:
    """Difference on the probability scale; ratio and odds ratio on their log scales."""
    se, df = fitted.spread_of(one.gradient - two.gradient)
    gap = one.value - two.value
    half = fitted.reach(df) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.float64(gap) / se
    row: dict[str, object] = {
        "contrast": label,
        "difference": gap,
        "se": se,
        "df": df,
        "statistic": float(statistic),
        "p": float(2 * stdtr(df, -abs(statistic))),
        "low": max(gap - half, -1.0),
        "high": min(gap + half, 1.0),
    }
    scales = {
        "ratio": (
            np.log(one.value / two.value),
            one.gradient / one.value - two.gradient / two.value,
        ),
        "odds_ratio": (
            logit(one.value) - logit(two.value),
            one.gradient / (one.value * (1 - one.value))
            - two.gradient / (two.value * (1 - two.value)),
        ),
    }
    for name, (centre, gradient) in scales.items():
        half = fitted.reach(df) * fitted.spread_of(gradient)[0]
        row |= {
            name: float(np.exp(centre)),
            f"{name}_low": float(np.exp(centre - half)),
            f"{name}_high": float(np.exp(centre + half)),
        }
    return row

"""What would be expected of each person: from a model of the reference, or published rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns
from outcomes.models.design import design
from outcomes.models.practitioners.case_mix import chances

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """The chance of each row (n), where it comes from, and notes on the case mix."""

    chance: FloatArray
    origin: str
    notes: tuple[str, ...]


def by_model(frame: pd.DataFrame, y: FloatArray, case_mix: Sequence[str]) -> Expected:
    """Logistic regression on the case mix of everybody: expected events add up to those observed.

    Raises NotEnoughData where the event happened to all or nobody, or the case mix separates it.
    """
    parts = design(frame, case_mix)
    fit = chances(y, np.ones(len(y)), parts.matrix)
    if not fit.converged:
        raise NotEnoughData(
            f"nothing can be expected: {fit.message}",
            where="case_mix",
            how_many=len(y),
            fix="use fewer or coarser columns, or more people",
        )
    return Expected(fit.probability, "logistic regression on the case mix", parts.notes())


def by_stratum(
    frame: pd.DataFrame, strata: Sequence[str], rates: pd.DataFrame | pd.Series
) -> Expected:
    """Published rates by stratum: a frame of the strata's columns and `rate`, or a series.

    Raises UsageError for rates that are no shares, a stratum named twice, or people whose
    stratum has no rate (without a rate nothing is expected, and that is not zero).
    """
    names = list(strata)
    require_columns(frame, names)
    table = rates
    if isinstance(rates, pd.Series):
        table = rates.rename("rate").rename_axis(names).reset_index()
    missing = [name for name in (*names, "rate") if name not in table.columns]
    if missing:
        raise UsageError("the rates lack columns", where="rates", fix=f"add {', '.join(missing)}")
    values = table["rate"].to_numpy(dtype=float, na_value=np.nan)
    if not ((values > 0) & (values < 1)).all():
        raise UsageError("a rate lies strictly between 0 and 1", where="rates")
    keys = table[names].astype("string")
    if keys.duplicated().any():
        raise UsageError("a stratum has two rates", where="rates")
    wanted = frame[names].astype("string").reset_index(drop=True)
    found = wanted.merge(keys.assign(rate=values), on=names, how="left")["rate"].to_numpy(float)
    if np.isnan(found).any():
        raise UsageError(
            "some people are in a stratum without a rate",
            where=f"columns {', '.join(names)}",
            how_many=int(np.isnan(found).sum()),
            fix="give a rate for each stratum, or leave these people out and say so",
        )
    return Expected(found, "published rates by stratum", ())

"""Predictors over sessions: within and between clients, of the session before, kinds of time.

Pure functions of a frame that return a column of the same index; missing stays missing.

Source: Curran, P. J. & Bauer, D. J. (2011). Annu. Rev. Psychol. 62:583-619 (within and
between); Singer, J. D. & Willett, J. B. (2003). Applied Longitudinal Data Analysis, chapter 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from outcomes.errors import UsageError

DAYS_IN_WEEK = 7.0


def between(frame: pd.DataFrame, column: str, client: str) -> pd.Series:
    """Each client's mean of a column over the rows where it is known, on each of its rows."""
    _need(frame, column, client)
    return (
        frame.groupby(client, observed=True)[column].transform("mean").rename(f"{column}_between")
    )


def within(frame: pd.DataFrame, column: str, client: str) -> pd.Series:
    """Departure of each row from its client's mean."""
    return (frame[column] - between(frame, column, client)).rename(f"{column}_within")


def grand_centred(frame: pd.DataFrame, column: str, client: str) -> pd.Series:
    """Each client's mean minus the mean over clients: every client counts once."""
    own = between(frame, column, client)
    centre = frame.groupby(client, observed=True)[column].mean().mean()
    return (own - centre).rename(f"{column}_between")


def lagged(
    frame: pd.DataFrame, column: str, client: str, order: str, *, step: float | None = 1.0
) -> pd.Series:
    """The value of the row before, of the same client, in the order of a column of numbers.

    With `step` the row before must lie exactly that far back (a missed session leaves a
    gap); None takes whichever row came before. Raises UsageError where two rows of a client
    have the same place.
    """
    _need(frame, column, client, order)
    if frame.duplicated([client, order]).any():
        raise UsageError(
            "A client has two rows at the same place in the order.",
            where=f"columns {client}, {order}",
            how_many=int(frame.duplicated([client, order]).sum()),
            fix="Keep one row for each session.",
        )
    ordered = frame[[client, order, column]].sort_values(order, kind="stable")
    groups = ordered.groupby(client, observed=True, sort=False)
    before = groups[column].shift()
    if step is not None:
        gap = ordered[order] - groups[order].shift()
        before = before.where(np.isclose(gap.to_numpy(dtype="float64", na_value=np.nan), step))
    return before.reindex(frame.index).rename(f"{column}_lagged")


def weeks(frame: pd.DataFrame, date: str, client: str) -> pd.Series:
    """Weeks since the client's first date, with fractions."""
    _need(frame, date, client)
    first = frame.groupby(client, observed=True)[date].transform("min")
    return ((frame[date] - first) / pd.Timedelta(days=DAYS_IN_WEEK)).rename("week")


def session_numbers(frame: pd.DataFrame, date: str, client: str) -> pd.Series:
    """0, 1, 2, ... in the order of the client's dates; rows of one date keep their order."""
    _need(frame, date, client)
    ordered = frame.sort_values(date, kind="stable")
    number = ordered.groupby(client, observed=True, sort=False).cumcount()
    return number.reindex(frame.index).where(frame[date].notna()).rename("session")


def log_time(time: pd.Series) -> pd.Series:
    """log(1 + time): fast change first. Raises UsageError for a time below zero."""
    if (time < 0).any():
        raise UsageError(
            "The logarithm needs times from zero on.",
            where=f"column {time.name}",
            how_many=int((time < 0).sum()),
            fix="Count time from the first session.",
        )
    return np.log1p(time).rename(f"log_{time.name}")


def piecewise(time: pd.Series, knots: Sequence[float]) -> pd.DataFrame:
    """Columns whose coefficients are the slopes before, between and after the knots."""
    ends = [-np.inf, *sorted(knots), np.inf]
    if len(ends) < 3 or len(set(ends)) < len(ends):
        raise UsageError(
            "Piecewise time needs one or more knots, each once.",
            where="parameter knots",
            fix="Give times at which the slope may change.",
        )
    made = {}
    for number, (begin, end) in enumerate(pairwise(ends), start=1):
        low = 0.0 if np.isneginf(begin) else begin
        made[f"{time.name}_{number}"] = time.clip(upper=end) - low if number == 1 else (
            time.clip(lower=low, upper=end) - low
        )  # fmt: skip
    return pd.DataFrame(made, index=time.index)


def _need(frame: pd.DataFrame, *columns: str) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise UsageError(
            "The frame lacks a column.",
            where=f"columns {', '.join(missing)}",
            fix=f"Columns are {', '.join(map(str, frame.columns))}.",
        )

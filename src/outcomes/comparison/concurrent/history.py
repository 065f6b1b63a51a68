"""Person-periods: who was in care in which period, with what, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.concurrent.policy import concurrent_policy
from outcomes.errors import UsageError
from outcomes.models.arms import require_columns
from outcomes.models.design import design

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]
SCORE, EVENT = "score", "event"


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns of a frame of person-periods."""

    person: str
    period: str
    exposed: str
    outcome: str
    left: str | None
    cluster: str | None
    baseline: tuple[str, ...]
    varying: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Rows in order of person and period, as arrays of length n.

    `new` marks a person's first row. `y` is nan where the outcome was not seen. `left` marks
    rows in which the person left. `time`, `fixed` and `changing` are design columns.
    """

    person: IntArray
    cluster: IntArray
    period: FloatArray
    new: BoolArray
    exposed: BoolArray
    y: FloatArray
    left: BoolArray
    time: FloatArray
    fixed: FloatArray
    changing: FloatArray
    notes: tuple[str, ...]

    @property
    def before(self) -> BoolArray:
        """Whether the person had already added the service in the period before."""
        lagged = np.r_[False, self.exposed[:-1]]
        return np.asarray(lagged & ~self.new)

    @property
    def n_people(self) -> int:
        """How many persons."""
        return int(self.new.sum())


def history(frame: pd.DataFrame, names: Columns, kind: str) -> History:
    """Check and sort the person-periods.

    Rows after a person's first event are left out. Raises UsageError where the exposure is
    taken back, a person has two rows for a period or rows after leaving, or a column is not
    what it should be.
    """
    wanted = [names.person, names.period, names.exposed, names.outcome]
    wanted += [name for name in (names.left, names.cluster) if name]
    require_columns(frame, [*wanted, *names.baseline, *names.varying])
    for name in (names.person, names.period, names.exposed):
        if frame[name].isna().any():
            raise UsageError(
                "A person-period lacks a value.",
                where=f"column {name!r}",
                how_many=int(frame[name].isna().sum()),
            )
    codes = pd.factorize(frame[names.person], sort=True)[0]
    period = frame[names.period].to_numpy(dtype=float)
    order = np.lexsort((period, codes))
    rows = frame.iloc[order]
    person, period = codes[order].astype(np.intp), period[order]
    new = np.r_[True, person[1:] != person[:-1]]
    left = np.zeros(len(rows), dtype=bool)
    if names.left is not None:
        left = rows[names.left].fillna(False).to_numpy(dtype=bool)
    exposed = rows[names.exposed].to_numpy(dtype=float) > 0
    y = rows[names.outcome].to_numpy(dtype=float, na_value=np.nan)
    if kind == EVENT and (later := _after_event(y, person)).any():
        return history(rows[~later], names, kind)
    _check(new, np.diff(period) == 0, exposed, left)
    fixed, changing = (_columns(rows, chosen) for chosen in (names.baseline, names.varying))
    groups = person
    if names.cluster is not None:
        groups = pd.factorize(rows[names.cluster])[0].astype(np.intp)
        alone = groups < 0
        groups[alone] = groups.max(initial=-1) + 1 + person[alone]
    return History(
        person, groups, period, new, exposed, y, left, _time(period, new), fixed[0], changing[0],
        (*fixed[1], *changing[1]),
    )  # fmt: skip


def _columns(rows: pd.DataFrame, names: Sequence[str]) -> tuple[FloatArray, tuple[str, ...]]:
    if not names:
        return np.zeros((len(rows), 0)), ()
    found = design(rows, tuple(names))
    return np.asarray(found.matrix, dtype=np.float64), tuple(found.notes())


def _time(period: FloatArray, new: BoolArray) -> FloatArray:
    """Powers of the period on 0 to 1, and a constant of its own for the first."""
    span = np.ptp(period) or 1.0
    scaled = (period - period.min()) / span
    degree = min(int(concurrent_policy()["time"]["degree"]), len(np.unique(period)) - 1)
    columns = [np.ones(len(period)), *(scaled**power for power in range(1, degree + 1))]
    return np.column_stack([*columns, new.astype(float)])


def _check(new: BoolArray, tied: BoolArray, exposed: BoolArray, left: BoolArray) -> None:
    again = ~new[1:]
    back = again & exposed[:-1] & ~exposed[1:]
    _refuse("A person has two rows for one period.", again & tied)
    _refuse("The other service is taken back; once added it counts as had.", back)
    _refuse("A person has rows after having left.", again & left[:-1])


def _after_event(y: FloatArray, person: IntArray) -> BoolArray:
    """Rows after a person's first event, which tell nothing of it. Rows are in order."""
    if not np.isin(y[~np.isnan(y)], (0.0, 1.0)).all():
        raise UsageError("An event is 0 or 1.", where="parameter outcome")
    before = pd.Series(y == 1).groupby(person).cumsum() - (y == 1)
    return np.asarray(before > 0)


def _refuse(what: str, rows: BoolArray) -> None:
    if rows.any():
        raise UsageError(what, where="person-periods", how_many=int(rows.sum()))


def full_rank(X: FloatArray) -> FloatArray:
    """Columns that follow from others left out; the first ones stay."""
    kept: list[int] = []
    basis = np.zeros((len(X), 0))
    for place, column in enumerate(X.T):
        size = np.linalg.norm(column)
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        if size > 0 and np.linalg.norm(rest) > 1e-8 * size:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
            kept.append(place)
    return X[:, kept]

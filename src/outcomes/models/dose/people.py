"""Who ended after how many sessions, and how, from frames in which change is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.proportions import cluster_codes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

BETTER = ("recovered", "improved")
NOT_STATED = "not stated"
EVERYBODY = "all"
PLANNED = "completed"


class Changed(Protocol):
    """What this needs of a result of `oc.change`."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each person with `category`."""
        ...

    @property
    def direction(self) -> str:
        """Which score is better."""
        ...

    @property
    def unit(self) -> str:
        """Unit of the scores."""
        ...

    @property
    def instrument(self) -> str | None:
        """The questionnaire."""
        ...

    @property
    def by(self) -> str | None:
        """Column of the groups."""
        ...

    @property
    def pre(self) -> str:
        """Column of the start scores."""
        ...

    @property
    def post(self) -> str:
        """Column of the end scores."""
        ...

    @property
    def cutoff(self) -> float | None:
        """The clinical cut-off."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """People whose episode has ended and whose sessions are counted; arrays of one length.

    `gain` is the improvement in points (nan without both scores). `clinical` is False for all
    where there is no cut-off. `planned` is None where nobody says how episodes ended.
    """

    frame: pd.DataFrame
    groups: npt.NDArray[np.object_]
    sessions: IntArray
    paired: BoolArray
    better: BoolArray
    recovered: BoolArray
    clinical: BoolArray
    planned: BoolArray | None
    gain: FloatArray
    clusters: IntArray | None

    def __len__(self) -> int:
        return len(self.sessions)


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Rows that were not used, by reason, and by group for what may be shown."""

    reasons: dict[str, int]
    by_group: dict[str, int]


def ended_people(
    changed: Changed, sessions: str, by: str | None, cluster: str | None
) -> tuple[Ended, LeftOut, tuple[str, ...]]:
    """The people used, who was left out and why, and what a reader must know.

    Raises UsageError for a missing column, NotEnoughData where nobody is left.
    """
    frame = changed.frame
    named = [sessions, "category", *(name for name in (by, cluster) if name is not None)]
    absent = [name for name in named if name not in frame.columns]
    if absent:
        raise UsageError(
            "The frame lacks columns that are needed.",
            where=f"columns {', '.join(absent)}",
            fix="Give the result of oc.change(oc.pairs(study, instrument), instrument=...).",
        )
    count = pd.to_numeric(frame[sessions], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    uncounted = np.isnan(count) | (count < 1)
    warnings: list[str] = []
    still_open = np.zeros(len(frame), dtype=bool)
    if "ended_on" in frame.columns:
        still_open = frame["ended_on"].isna().to_numpy() & ~uncounted
    else:
        warnings.append("The data do not say who has ended: everybody is counted as ended.")
    groups = np.full(len(frame), EVERYBODY, dtype=object)
    if by is not None:
        groups = frame[by].astype("string").fillna(NOT_STATED).to_numpy(dtype=object)
    used = ~(uncounted | still_open)
    if not used.any():
        raise NotEnoughData(
            "Nobody has ended with a number of sessions.",
            where=f"columns {sessions} and ended_on",
            how_many=len(frame),
            fix="Read the sessions of the episodes, or a period with ended episodes.",
        )
    reasons = {
        "no number of sessions": int(uncounted.sum()),
        "still open": int(still_open.sum()),
    }
    lost = pd.Series(groups[~used]).value_counts().to_dict()
    left = LeftOut(
        {reason: n for reason, n in reasons.items() if n},
        {str(group): int(n) for group, n in lost.items()},
    )
    taken = frame[used].reset_index(drop=True)
    return (
        _ended(changed, taken, groups[used], count[used].astype(np.intp), cluster),
        left,
        tuple(warnings),
    )


def _ended(
    changed: Changed,
    taken: pd.DataFrame,
    groups: npt.NDArray[np.object_],
    sessions: IntArray,
    cluster: str | None,
) -> Ended:
    category = taken["category"].astype("string").fillna("missing")
    paired = category.ne("missing").to_numpy(dtype=bool)
    toward = -1.0 if changed.direction == "lower" else 1.0
    before, after = (
        taken[name].to_numpy(dtype=float, na_value=np.nan) for name in (changed.pre, changed.post)
    )
    clinical = np.zeros(len(taken), dtype=bool)
    if changed.cutoff is not None and "healthy_at_start" in taken.columns:
        clinical = taken["healthy_at_start"].eq(False).fillna(False).to_numpy(dtype=bool)
    planned = None
    if "end_reason" in taken.columns and taken["end_reason"].notna().any():
        planned = taken["end_reason"].eq(PLANNED).fillna(value=False).to_numpy(dtype=bool)
    return Ended(
        frame=taken,
        groups=groups,
        sessions=sessions,
        paired=paired,
        better=category.isin(BETTER).to_numpy(dtype=bool),
        recovered=category.eq("recovered").to_numpy(dtype=bool),
        clinical=clinical & paired,
        planned=planned,
        gain=np.where(paired, toward * (after - before), np.nan),
        clusters=None if cluster is None else cluster_codes(taken[cluster]),
    )


@dataclass(frozen=True, slots=True)
class Stratum:
    """Totals of sessions from `first` to `last`, both counted; `last` is None without end."""

    first: int
    last: int | None

    @property
    def label(self) -> str:
        """'1 session', '2 to 4 sessions', '21 or more sessions'."""
        if self.last is None:
            return f"{self.first} or more sessions"
        if self.first == self.last:
            return f"{self.first} session{'' if self.first == 1 else 's'}"
        return f"{self.first} to {self.last} sessions"

    def holds(self, sessions: IntArray) -> BoolArray:
        """Who belongs to it."""
        last = np.inf if self.last is None else self.last
        return np.asarray((sessions >= self.first) & (sessions <= last))


def strata_of(starts: Sequence[Any]) -> tuple[Stratum, ...]:
    """Strata that begin at `starts`, the last without end. Raises UsageError unless rising."""
    whole = [int(start) for start in starts]
    rising = all(one < two for one, two in pairwise(whole))
    if not whole or whole[0] < 1 or not rising or whole != list(starts):
        raise UsageError(
            "Strata are no rising whole numbers from 1 upwards.",
            where="parameter strata",
            fix="Give where each begins, for example (1, 2, 5, 9).",
        )
    ends: list[int | None] = [following - 1 for following in whole[1:]]
    return tuple(Stratum(one, two) for one, two in zip(whole, [*ends, None], strict=True))

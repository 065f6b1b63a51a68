"""Scores of people at planned visits as matrices, with when each person was last seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns
from outcomes.models.leaving.risk import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class VisitGrid:
    """n people by m visits after the start.

    `score` (n × m), NaN where there is none; `before` (n × m) the last score known before
    each visit; `last` (n) the position of the last visit with a score, −1 for none; `row`
    (n × m) positions in the frame, −1 where it has no row; `people` has one row for each
    person; `start` (n).
    """

    visits: tuple[object, ...]
    score: FloatArray
    before: FloatArray
    start: FloatArray
    last: IntArray
    row: IntArray
    people: pd.DataFrame
    dropped: dict[str, int]

    @property
    def at_risk(self) -> BoolArray:
        """Who was seen at the visit before, or later (n × m): could still leave."""
        return np.asarray(self.last[:, None] >= np.arange(self.score.shape[1]) - 1)

    @property
    def stays(self) -> BoolArray:
        """Who is seen at a visit or a later one (n × m)."""
        return np.asarray(self.last[:, None] >= np.arange(self.score.shape[1]))

    @property
    def n_gaps(self) -> int:
        """Scores missing at a visit of somebody who was seen later."""
        return int((self.stays & np.isnan(self.score)).sum())


def visit_grid(
    frame: pd.DataFrame,
    *,
    person: Sequence[str],
    visit: str,
    outcome: str,
    start: str | None,
    known: list[str],
    cluster: str | None = None,
) -> VisitGrid:
    """Put one row for each person and visit in a matrix; `known` are columns of the start.

    `cluster` is carried along and may be missing.

    Without `start` the first visit is the start. People without a start score or a value in
    `known` are left out and counted. Raises UsageError where somebody has a visit twice or
    two values in a column of the start, NotEnoughData without a visit after the start.
    """
    of_start = list(dict.fromkeys([name for name in (start, *known, cluster) if name]))
    needed = list(dict.fromkeys([*person, visit, outcome, *of_start]))
    require_columns(frame, needed)
    placed = frame[needed].reset_index(drop=True)
    placed = placed[placed[[*person, visit]].notna().all(axis=1)]
    codes = _people(placed, person, visit)
    visits = pd.unique(placed[visit].sort_values())
    count = int(codes.max()) + 1 if len(codes) else 0
    score = np.full((count, len(visits)), np.nan)
    row = np.full(score.shape, -1, dtype=np.intp)
    column = pd.Index(visits).get_indexer(placed[visit])
    score[codes, column] = placed[outcome].to_numpy(dtype="float64", na_value=np.nan)
    row[codes, column] = placed.index.to_numpy()
    people = _of_the_start(placed, codes, of_start)
    if start is None:
        first, score, row, visits = score[:, 0], score[:, 1:], row[:, 1:], visits[1:]
    else:
        first = people[start].to_numpy(dtype="float64", na_value=np.nan)
    if score.shape[1] == 0:
        raise NotEnoughData("There is no visit after the start.", where=f"column {visit}")
    lacking = {start or f"{outcome} at the start": np.isnan(first)}
    lacking |= {name: people[name].isna().to_numpy() for name in known}
    kept = ~np.logical_or.reduce(list(lacking.values()))
    if not kept.any():
        raise NotEnoughData("Nobody has a start score.", where=f"column {start or outcome}")
    score, row, first = score[kept], row[kept], first[kept]
    there = ~np.isnan(score)
    m = score.shape[1]
    last = np.where(there.any(axis=1), m - 1 - there[:, ::-1].argmax(axis=1), -1)
    return VisitGrid(
        visits=tuple(visits),
        score=score,
        before=_carried(first, score),
        start=first,
        last=last.astype(np.intp),
        row=row,
        people=people[kept].reset_index(drop=True),
        dropped={name: int(gaps.sum()) for name, gaps in lacking.items() if gaps.any()},
    )


def _people(placed: pd.DataFrame, person: Sequence[str], visit: str) -> IntArray:
    """A code for each row's person, after making sure that no visit is there twice."""
    number = placed.groupby(list(person), sort=True).ngroup()
    codes: IntArray = np.asarray(number, dtype=np.intp)
    twice = int(placed.assign(_who=codes).duplicated(["_who", visit]).sum())
    if twice:
        raise UsageError(
            "Somebody has a visit twice.",
            where=f"columns {', '.join([*person, visit])}",
            how_many=twice,
            fix="Keep one row for each person and visit.",
        )
    return codes


def _of_the_start(placed: pd.DataFrame, codes: IntArray, names: list[str]) -> pd.DataFrame:
    """One row for each person, in the order of codes, with the columns of the start."""
    grouped = placed.groupby(codes, sort=True)
    for name in names:
        known = placed[[name]].assign(_who=codes).dropna().drop_duplicates()
        differing = int(known["_who"].duplicated().sum())
        if differing:
            raise UsageError(
                "Somebody has two values in a column of the start.",
                where=f"column {name}",
                how_many=differing,
                fix="Give what was known before the first visit.",
            )
    return grouped[names].first().reset_index() if names else grouped.size().reset_index()


def _carried(start: FloatArray, score: FloatArray) -> FloatArray:
    """The last score known before each visit."""
    whole = np.column_stack([start, score[:, :-1]])
    place = np.where(np.isnan(whole), 0, np.arange(whole.shape[1]))
    latest = np.maximum.accumulate(place, axis=1)
    return np.asarray(np.take_along_axis(whole, latest, axis=1))

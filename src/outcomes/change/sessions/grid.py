"""Scores of each person over the sessions as a matrix, from one row for each score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError

NEEDED = ("client_id", "episode_id", "number", "day", "score")
PERSON = ["client_id", "episode_id"]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """`scores` and `days` have one row for each person in an episode, one column for each score.

    Column 0 is the start score; NaN where a person has no score of that number. `people`
    has the other columns of the frame, one row for each row of the matrices.
    """

    people: pd.DataFrame
    scores: Matrix
    days: Matrix

    @property
    def n_scores(self) -> npt.NDArray[np.int64]:
        """How many scores each person has."""
        found: npt.NDArray[np.int64] = (~np.isnan(self.scores)).sum(axis=1)
        return found


def grid(frame: pd.DataFrame) -> Grid:
    """The matrices of a frame with one row for each score, as from `oc.trajectories`.

    Scores are put in the order of `day` within client and episode; `number` is not
    needed to be without gaps, since it is counted anew over the scores there are.
    Raises UsageError where columns are missing or a person has two scores on one day,
    NotEnoughData where there is no score.
    """
    absent = [name for name in NEEDED if name not in frame.columns]
    if absent:
        raise UsageError(
            f"The frame has no column {', '.join(absent)}.",
            where="trajectories",
            fix="Give the result of oc.trajectories(study, instrument).",
        )
    there = frame[frame["score"].notna() & frame["day"].notna()]
    if there.empty:
        raise NotEnoughData(
            "There is no score.", where="trajectories", fix="Choose another instrument or period."
        )
    ordered = there.sort_values([*PERSON, "day"], kind="stable")
    twice = int(ordered.duplicated([*PERSON, "day"]).sum())
    if twice:
        raise UsageError(
            "A person has two scores on one day.",
            where="columns client_id, episode_id, day",
            how_many=twice,
            fix="Keep one score for each day; oc.trajectories does.",
        )
    row = ordered.groupby(PERSON, sort=False, dropna=False).ngroup().to_numpy()
    number = ordered.groupby(PERSON, sort=False, dropna=False).cumcount().to_numpy()
    shape = (int(row.max()) + 1, int(number.max()) + 1)
    scores, days = np.full(shape, np.nan), np.full(shape, np.nan)
    scores[row, number] = ordered["score"].to_numpy(dtype="float64")
    days[row, number] = ordered["day"].to_numpy(dtype="float64")
    first = ordered[number == 0].reset_index(drop=True)
    return Grid(first.drop(columns=["number", "day", "score"]), scores, days - days[:, :1])


def last_of(values: Matrix) -> npt.NDArray[np.float64]:
    """The last value of each row that is not missing; NaN where there is none."""
    there = ~np.isnan(values)
    place = values.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    found: npt.NDArray[np.float64] = values[np.arange(len(values)), place]
    return found

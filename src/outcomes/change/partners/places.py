"""Where the partners of each couple stand in a frame of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Rows of the partners: `rows` is couples x 2, -1 where the second row is not there.

    `keys` names each couple; `without` counts rows of people who belong to no couple.
    """

    rows: npt.NDArray[np.intp]
    keys: pd.DataFrame
    without: int

    def take(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Values of both partners, couples x 2; NaN where a partner has no row."""
        found = np.asarray(values, dtype=np.float64)[self.rows]
        found[self.rows < 0] = np.nan
        return found

    def shared(self, column: pd.Series) -> pd.Series:
        """The value that both partners have, one for each couple.

        Raises UsageError where partners differ, since the couple then has no one value.
        """
        codes, values = pd.factorize(column, use_na_sentinel=False)
        first = codes[self.rows[:, 0]]
        second = np.where(self.rows[:, 1] < 0, first, codes[self.rows[:, 1]])
        apart = int((first != second).sum())
        if apart:
            raise UsageError(
                f"The partners of a couple differ in {column.name!r}, so couples cannot be "
                "grouped by it.",
                where=f"column {column.name}",
                how_many=apart,
                fix="Choose a column that both partners share, such as the arm.",
            )
        return pd.Series(np.asarray(values)[first], name=column.name)


def find_places(frame: pd.DataFrame, couple: Sequence[str]) -> Places:
    """Find both rows of each couple, couples in the order of their keys.

    Raises UsageError for a missing column or a couple with more than two rows, and
    NotEnoughData where nobody belongs to a couple.
    """
    absent = [name for name in couple if name not in frame.columns]
    if absent:
        raise UsageError(
            f"The frame has no column {', '.join(map(repr, absent))}.",
            where="parameter couple",
            fix=f"Its columns are {', '.join(map(str, frame.columns))}.",
        )
    known = frame[list(couple)].notna().all(axis=1).to_numpy(dtype=bool)
    if not known.any():
        raise NotEnoughData(
            "Nobody belongs to a couple.",
            where=f"column {', '.join(couple)}",
            how_many=len(frame),
            fix="Give the column that says who is a couple.",
        )
    inside = frame.loc[known, list(couple)].reset_index(drop=True)
    groups = inside.groupby(list(couple), sort=True)
    codes, turns = groups.ngroup().to_numpy(), groups.cumcount().to_numpy()
    crowded = int(np.unique(codes[turns > 1]).size)
    if crowded:
        raise UsageError(
            "A couple has more than two rows, so it is not known which belong together.",
            where=f"column {', '.join(couple)}",
            how_many=crowded,
            fix="Keep one episode of each couple, or give couple=['couple_id', 'episode_id'].",
        )
    rows = np.full((int(codes.max()) + 1, 2), -1, dtype=np.intp)
    rows[codes, turns] = np.flatnonzero(known)
    keys = inside.iloc[np.flatnonzero(turns == 0)].sort_values(list(couple), kind="stable")
    return Places(rows, keys.reset_index(drop=True), int((~known).sum()))

"""Which rows belong to which of several arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import require_columns

IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SeveralArms:
    """K arms of a frame; `codes` gives each row's place among `names`, −1 for no arm asked for."""

    column: str
    names: tuple[str, ...]
    codes: IntArray

    @property
    def rows(self) -> BoolArray:
        """Rows of one of the arms."""
        return np.asarray(self.codes >= 0)

    def pairs(self) -> list[tuple[str, str]]:
        """(reference, other) of every pair, in the order of the names."""
        return list(combinations(self.names, 2))


def several_arms(frame: pd.DataFrame, arm: str, arms: Sequence[str] | None = None) -> SeveralArms:
    """Find the arms by their words; all of the column, in sorted order, when none are named.

    Raises UsageError for fewer than two or a name given twice, NotEnoughData for an empty arm.
    """
    require_columns(frame, [arm])
    words = frame[arm].astype("string")
    found = sorted(words.dropna().unique().tolist())
    names = tuple(found) if arms is None else tuple(str(name) for name in arms)
    if len(names) < 2 or len(set(names)) != len(names):
        raise UsageError(
            "a comparison needs two or more arms, each named once",
            where=f"column {arm!r}",
            how_many=len(names),
            fix=f"arms with people are: {', '.join(found) or 'none'}",
        )
    for name in names:
        if name not in found:
            raise NotEnoughData(
                f"arm {name!r} is empty",
                where=f"column {arm!r}",
                how_many=0,
                fix=f"arms with people are: {', '.join(found) or 'none'}",
            )
    codes = pd.Index(names).get_indexer(words).astype(np.intp)
    return SeveralArms(arm, names, codes)

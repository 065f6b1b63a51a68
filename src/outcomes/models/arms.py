"""Which rows belong to which of the two arms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError


@dataclass(frozen=True, slots=True, eq=False)
class Arms:
    """Two arms of a frame. Estimates are `other` minus `reference`.

    `in_reference` and `in_other` mark the rows (length n, position by position);
    rows in neither are of a third arm or of no known arm.
    """

    column: str
    reference: str
    other: str
    in_reference: npt.NDArray[np.bool_]
    in_other: npt.NDArray[np.bool_]

    @property
    def either(self) -> npt.NDArray[np.bool_]:
        """Rows in one of the two arms."""
        return np.asarray(self.in_reference | self.in_other)

    def counts(self, rows: npt.NDArray[np.bool_]) -> dict[str, int]:
        """Rows by arm among `rows`, the reference first."""
        return {
            self.reference: int((self.in_reference & rows).sum()),
            self.other: int((self.in_other & rows).sum()),
        }


def require_columns(frame: pd.DataFrame, columns: list[str]) -> None:
    """Raise UsageError naming the columns that the frame does not have."""
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise UsageError(
            f"the frame has no column {', '.join(map(repr, absent))}",
            how_many=len(absent),
            fix=f"columns are: {', '.join(map(str, frame.columns))}",
        )


def two_arms(
    frame: pd.DataFrame, arm: str, reference: str | None = None, other: str | None = None
) -> Arms:
    """Find the two arms by their words; numbers and booleans are compared as text.

    Without `reference` the first word in sorted order is the reference. Rows of a third
    arm are ignored only when `other` names the second one. Raises UsageError for an
    ambiguous choice, NotEnoughData when an arm has no row.
    """
    require_columns(frame, [arm])
    words = frame[arm].astype("string")
    found = sorted(words.dropna().unique().tolist())
    reference = _first(found, arm) if reference is None else str(reference)
    if other is None:
        rest = [word for word in found if word != reference]
        if len(rest) > 1:
            raise UsageError(
                f"{arm!r} has {len(found)} arms; a comparison is between two",
                where=f"column {arm!r}: {', '.join(found)}",
                fix="name the second one with other=",
            )
        if not rest:
            raise NotEnoughData(
                f"{arm!r} has no arm beside {reference!r}",
                where=f"column {arm!r}",
                fix="compare two arms that both have people",
            )
        other = rest[0]
    other = str(other)
    if other == reference:
        raise UsageError(f"reference and other are the same arm: {other!r}")
    for name in (reference, other):
        if name not in found:
            raise NotEnoughData(
                f"arm {name!r} is empty",
                where=f"column {arm!r}",
                how_many=0,
                fix=f"arms with people are: {', '.join(found) or 'none'}",
            )
    return Arms(
        arm,
        reference,
        other,
        words.eq(reference).fillna(False).to_numpy(dtype=bool),
        words.eq(other).fillna(False).to_numpy(dtype=bool),
    )


def _first(found: list[str], arm: str) -> str:
    if not found:
        raise NotEnoughData(f"{arm!r} is missing in every row", where=f"column {arm!r}", how_many=0)
    return found[0]

"""The rows of a comparison as arrays, and the subgroups of one modifier in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.modification.policy import ModificationPolicy
from outcomes.comparison.modification.splits import Split
from outcomes.models.arms import Arms
from outcomes.proportions import cluster_codes

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """People of both arms with an outcome: the frame, outcome y, arm and cluster (n each)."""

    frame: pd.DataFrame
    y: FloatArray
    in_other: BoolArray
    clusters: IntArray
    covariates: tuple[str, ...]
    sd: float

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        arms: Arms,
        outcome: str,
        cluster: str | None,
        covariates: Sequence[str],
    ) -> Compared:
        """Take the rows that have an outcome and one of the two arms."""
        y = frame[outcome].to_numpy(dtype=float, na_value=np.nan)
        rows = arms.either & ~np.isnan(y)
        kept = frame.loc[rows].reset_index(drop=True)
        codes = (
            np.arange(len(kept), dtype=np.intp) if cluster is None else cluster_codes(kept[cluster])
        )
        in_other = arms.in_other[rows]
        sides = [y[rows][side] for side in (in_other, ~in_other)]
        squares = sum(float(((part - part.mean()) ** 2).sum()) for part in sides)
        sd = float(np.sqrt(squares / max(len(kept) - 2, 1)))
        return cls(kept, y[rows], in_other, codes, tuple(covariates), sd)

    def take(self, rows: BoolArray) -> Compared:
        """Some of the people."""
        return Compared(
            self.frame.loc[rows].reset_index(drop=True),
            self.y[rows],
            self.in_other[rows],
            self.clusters[rows],
            self.covariates,
            self.sd,
        )

    def without(self, name: str) -> list[str]:
        """The covariates less the modifier itself, which does not vary inside its subgroups."""
        return [covariate for covariate in self.covariates if covariate != name]


def counted(rows: Compared, parts: Split) -> IntArray:
    """People by subgroup and arm, k × 2: reference, other."""
    k = len(parts.names)
    known = parts.codes >= 0
    return np.column_stack(
        [
            np.bincount(parts.codes[known & side], minlength=k)
            for side in (~rows.in_other, rows.in_other)
        ]
    ).astype(np.intp)


def states(counts: IntArray, rules: ModificationPolicy) -> list[str]:
    """For each subgroup "enough", "one arm only" or "too few"."""
    return [
        "one arm only" if (row == 0).any() else "too few" if row.min() < rules.minimum else "enough"
        for row in counts
    ]

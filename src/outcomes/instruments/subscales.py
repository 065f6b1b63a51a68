"""Parts of a questionnaire that are scored for themselves, and tables from raw to metric scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
# What the mean of the answered items is multiplied by, for n items.
FACTORS = ("sum", "mean", "mean_x10", "percent_x4")


@dataclass(frozen=True, slots=True)
class Subscale:
    """Some items scored together, by the same words as a questionnaire.

    `items` counts from 1; it is empty where nobody has verified which items belong to it,
    and then only ready scores can be used. `missing` is how many of its items may be
    replaced by the mean of the others.
    """

    id: str
    direction: str
    rule: str
    minimum: float
    maximum: float
    items: tuple[int, ...]
    source: str
    verified: bool
    n: int | None = None
    missing: int = 0

    @property
    def n_items(self) -> int:
        """How many items it has, known or not."""
        return self.n if self.n is not None else len(self.items)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A published table from the sum of all items to the score, such as SWEMWBS has."""

    scores: Mapping[int, float]
    source: str
    verified: bool

    def convert(self, sums: Matrix) -> Matrix:
        """The score of each sum; NaN stays, and so does a sum the table does not have."""
        lowest, highest = min(self.scores), max(self.scores)
        table = np.full(highest - lowest + 2, np.nan)
        for raw, metric in self.scores.items():
            table[raw - lowest] = metric
        whole = np.rint(sums)
        fits = ~np.isnan(sums) & (whole >= lowest) & (whole <= highest)
        place = np.where(fits, whole - lowest, len(table) - 1).astype(np.int64)
        found: Matrix = table[place]
        return found


def scaled(rule: str, means: Matrix, n_items: int) -> Matrix:
    """The score by a rule of `FACTORS` from the mean of the items.

    Rounded to ten decimals: the sum of complete forms is exact, and rounding only removes
    the error of the mean.
    """
    factor = {"sum": n_items, "mean": 1.0, "mean_x10": 10.0, "percent_x4": 4.0 * n_items}
    found: Matrix = np.round(means * factor.get(rule, np.nan), 10)
    return found


def score_subscale(part: Subscale, oriented: Matrix) -> tuple[Matrix, npt.NDArray[np.int64]]:
    """Score and number of answered items of each form, from all items after reversal.

    Missing where more items are unanswered than `part.missing` allows, and where none is
    answered.
    """
    mine = oriented[:, [item - 1 for item in part.items]]
    n_answered = (~np.isnan(mine)).sum(axis=1)
    usable = (n_answered >= len(part.items) - part.missing) & (n_answered > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.nansum(mine, axis=1) / n_answered
    return np.where(usable, scaled(part.rule, means, len(part.items)), np.nan), n_answered

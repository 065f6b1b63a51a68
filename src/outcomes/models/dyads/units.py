"""Rows of couples and individuals as arrays: one unit is a couple, or a person alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Roles: the two partners of a couple, and a person who is seen alone.
FIRST, SECOND, ALONE = 0, 1, 2
# Numbers that the matrices of one batch may hold, for each of which there are some copies.
_MOST = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """All rows of an analysis, complete: n rows.

    `unit` (n) numbers the couples and individuals from 0, `role` (n) is 0 or 1 for partners
    and 2 for a person alone, `occasion` (n) numbers what was answered at the same time,
    `y` (n) the outcome, `X` (n × p) the fixed part, `Z` (n × q) the columns whose coefficients
    differ between units (q may be 0).
    """

    unit: IntArray
    role: IntArray
    occasion: IntArray
    y: FloatArray
    X: FloatArray
    Z: FloatArray

    @property
    def n_units(self) -> int:
        """Couples and individuals."""
        return int(self.unit.max()) + 1 if len(self.unit) else 0

    def with_outcome(self, y: FloatArray) -> Rows:
        """The same rows with another outcome."""
        return Rows(self.unit, self.role, self.occasion, y, self.X, self.Z)

    def with_columns(self, Z: FloatArray) -> Rows:
        """The same rows with other columns of Z."""
        return Rows(self.unit, self.role, self.occasion, self.y, self.X, Z)

    def drawn(self, units: IntArray) -> Rows:
        """The rows of the units drawn (with repetition), each draw a unit of its own."""
        order = np.argsort(self.unit, kind="stable")
        sizes = np.bincount(self.unit, minlength=self.n_units)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        taken = np.concatenate([order[starts[u] : starts[u] + sizes[u]] for u in units])
        fresh = np.repeat(np.arange(len(units)), sizes[units])
        return Rows(
            fresh,
            self.role[taken],
            self.occasion[taken],
            self.y[taken],
            self.X[taken],
            self.Z[taken],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Units with the same number of rows: y (b × n), X (b × n × p), Z (b × n × q).

    `role` and `occasion` are b × n.
    """

    y: FloatArray
    X: FloatArray
    Z: FloatArray
    role: IntArray
    occasion: IntArray

    def residual_mask(self, first: int, second: int) -> FloatArray:
        """1 where two rows share a residual variance or covariance: b × n × n.

        The diagonal for one role; for two roles the rows of both at the same occasion.
        """
        mine, theirs = self.role == first, self.role == second
        if first == second:
            return np.asarray(np.eye(self.role.shape[1]) * mine[:, :, None], dtype=np.float64)
        together = self.occasion[:, :, None] == self.occasion[:, None, :]
        across = mine[:, :, None] & theirs[:, None, :]
        return np.asarray(together & (across | across.transpose(0, 2, 1)), dtype=np.float64)


def batches(rows: Rows, copies: int) -> tuple[Batch, ...]:
    """The units sorted by their number of rows; `copies` matrices of a batch fit in memory."""
    sizes = np.bincount(rows.unit, minlength=rows.n_units)
    order = np.lexsort((rows.occasion, rows.role, rows.unit))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    found = []
    for size in np.unique(sizes[sizes > 0]):
        units = np.flatnonzero(sizes == size)
        step = max(1, _MOST // (int(size) ** 2 * max(copies, 1)))
        for part in _parts(units, step):
            taken = order[starts[part][:, None] + np.arange(size)[None, :]]
            found.append(
                Batch(
                    rows.y[taken],
                    rows.X[taken],
                    rows.Z[taken],
                    rows.role[taken],
                    rows.occasion[taken],
                )
            )
    return tuple(found)


def _parts(units: IntArray, step: int) -> Sequence[IntArray]:
    return [units[start : start + step] for start in range(0, len(units), step)]

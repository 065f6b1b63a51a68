"""Columns of a model as few columns that vary within a client, times numbers of the client.

The column arm x week is week times a number that a client has once. Cross-products are
needed only of the columns that vary within a client (the base), so that a client with any
number of sessions is a handful of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from outcomes.models.mixed.stacks import Numbers, Places

# A column is a multiple of another if it differs by no more than rounding, relative.
ROUNDING = 8 * np.finfo(float).eps
# Most columns that vary otherwise are told from these few rows.
FIRST = 4096


@dataclass(frozen=True, slots=True)
class Column:
    """A column: base column `base` times the client's number `factor`, or times 1 (None)."""

    base: int
    factor: int | None = None


@dataclass(slots=True)
class Base:
    """Base columns (each n), and the numbers of the clients (each N), found so far."""

    codes: Places
    n_blocks: int
    columns: list[Numbers] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    factors: list[Numbers] = field(default_factory=list)

    def add(self, name: str, values: Numbers) -> Column:
        """Take a column in as it is."""
        self.columns.append(np.ascontiguousarray(values, dtype="float64"))
        self.names.append(name)
        return Column(len(self.columns) - 1)

    def express(self, name: str, values: Numbers, *, alone: bool = False) -> Column:
        """Find a column among what is there, or take it in; `alone` with numbers of its own."""
        values = np.ascontiguousarray(values, dtype="float64")
        for place, column in enumerate(self.columns):
            found = self._multiple(place, column, values, alone=alone)
            if found is not None:
                return found
        return self.add(name, values)

    def _multiple(
        self, place: int, column: Numbers, values: Numbers, *, alone: bool
    ) -> Column | None:
        """`values` as a multiple of one base column, with a constant for each client."""
        size = ROUNDING * max(float(np.abs(values).max()), np.finfo(float).tiny)
        if not alone:
            if np.array_equal(column[:FIRST], values[:FIRST]) and np.array_equal(column, values):
                return Column(place)
            for number, factor in enumerate(self.factors):
                if self.fits(column, factor, values, size, self.codes):
                    return Column(place, number)
        factor = self._factor(column[:FIRST], values[:FIRST], self.codes[:FIRST])
        if not self.fits(column[:FIRST], factor, values[:FIRST], size, self.codes[:FIRST]):
            return None
        factor = self._factor(column, values, self.codes)
        if not self.fits(column, factor, values, size, self.codes):
            return None
        self.factors.append(factor)
        return Column(place, len(self.factors) - 1)

    def _factor(self, column: Numbers, values: Numbers, codes: Places) -> Numbers:
        """The number of each client, from its last row where the base column is not zero."""
        factor = np.zeros(self.n_blocks)
        there = column != 0
        if there.all():
            factor[codes] = values / column
        else:
            factor[codes[there]] = values[there] / column[there]
        return factor

    def fits(
        self, column: Numbers, factor: Numbers, values: Numbers, size: float, codes: Places
    ) -> bool:
        """Whether `values` are the column times the clients' numbers, but for `size`."""
        first = len(column) > FIRST
        if first and not self.fits(column[:FIRST], factor, values[:FIRST], size, codes[:FIRST]):
            return False
        difference = factor[codes]
        difference *= column
        difference -= values
        return bool(max(difference.max(), -difference.min()) <= size)


def add_products(made: Numbers, columns: Sequence[Numbers], codes: Places) -> None:
    """Add sums of products of each two columns within each block to `made` (b, b, N).

    Rows that stand together by block touch few blocks: only these are added to.
    """
    low, high = int(codes.min()), int(codes.max()) + 1
    codes = codes - low if low else codes
    for i, left in enumerate(columns):
        constant = bool((left == 1).all())
        for j in range(i, len(columns)):
            values = columns[j] if constant else left * columns[j]
            made[i, j, low:high] += np.bincount(codes, weights=values, minlength=high - low)
            made[j, i, low:high] = made[i, j, low:high]

"""Rows read piece by piece: cross-products summed, and columns as numbers of the clients.

The first piece tells which columns are multiples of others within every client (`Base`); the
next ones confirm it and add the numbers of further clients. A column that fails is read
again by itself, from the first piece on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.formula import FixedDesign, pieces
from outcomes.models.mixed.columns import ROUNDING, Base, Column, add_products
from outcomes.models.mixed.stacks import Numbers, Places
from outcomes.models.mixed.structure import Grouping, Structure, columns_between


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Rows of a model: outcome less origin is read with them unless `outcome` is None."""

    outcome: Numbers | None
    origin: float
    fixed: FixedDesign | Numbers
    fixed_names: tuple[str, ...]
    groupings: tuple[Grouping, ...]
    found: Structure

    @property
    def leaf(self) -> Grouping:
        """The finest factor."""
        return self.groupings[self.found.chain[0]]

    @property
    def chain(self) -> list[Grouping]:
        """The nested factors, finest first."""
        return [self.groupings[place] for place in self.found.chain]

    @property
    def names(self) -> list[str]:
        """Names of all columns: the chain's, then the fixed part's."""
        return [*(name for one in self.chain for name in one.column_names), *self.fixed_names]

    def columns(self, rows: slice) -> list[Numbers]:
        """All columns of some rows."""
        parts = [one.between(rows) for one in self.chain]
        parts.append(columns_between(self.fixed, rows))
        return [np.ascontiguousarray(column) for part in parts for column in part.T]


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Base columns by name (b), the clients' numbers (f, N), and how columns follow.

    `columns` are all columns of the chain and the fixed part; `products` (b, b, N) as in
    Summary; `rows` the base columns of all rows (each n), where they were asked for.
    """

    names: list[str]
    factors: Numbers
    columns: list[Column]
    products: Numbers
    rows: list[Numbers]


def read(given: Given, *, keep: bool) -> Read:
    """Read all rows; `keep` the base columns of the rows as well."""
    effort = [0] * len(given.names)
    while True:
        made = _one_pass(given, effort, keep=keep)
        if isinstance(made, Read):
            return made
        effort[made] += 1


def _one_pass(given: Given, effort: list[int], *, keep: bool) -> Read | int:
    """What was read, or the number of a column that is not what the first rows told."""
    parts = pieces(len(given.leaf.codes))
    first = _First.of(given, effort, parts[0], more=len(parts) > 1)
    outcome = given.outcome is not None
    size = len(first.sources) + outcome
    products = np.zeros((size, size, given.leaf.n_levels))
    kept: list[list[Numbers]] = []
    for number, rows in enumerate(parts):
        columns = first.given if number == 0 else given.columns(rows)
        codes = given.leaf.codes[rows].astype(np.intp)
        if number:
            failed = first.follow(columns, codes)
            if failed is not None:
                return failed
        own = [columns[source] for source in first.sources]
        if outcome:
            assert given.outcome is not None
            own.append(given.outcome[rows] - given.origin)
            add_products(products, own, codes)
        if keep:
            kept.append(own)
        first.given = []
    return Read(
        names=[*first.base.names, *(["outcome"] if outcome else [])],
        factors=np.array(first.base.factors).reshape(-1, given.leaf.n_levels),
        columns=first.placed,
        products=products,
        rows=[one[0] if len(one) == 1 else np.concatenate(one) for one in zip(*kept, strict=True)],
    )


@dataclass(slots=True, eq=False)
class _First:
    """What the first piece told, and what the next ones added.

    `placed` are all columns, `sources` the numbers of those that are base columns, `makers`
    of those that first needed each factor; `told` (N) for each factor whose number is known.
    """

    base: Base
    placed: list[Column]
    sources: list[int]
    makers: list[int]
    given: list[Numbers]
    told: list[np.typing.NDArray[np.bool_]]
    largest: list[float]

    @classmethod
    def of(cls, given: Given, effort: list[int], rows: slice, *, more: bool) -> _First:
        """Express the columns of the first piece; `effort` says for which that has failed."""
        columns, n = given.columns(rows), given.leaf.n_levels
        base = Base(given.leaf.codes[rows].astype(np.intp), n)
        made = cls(base, [], [], [], columns, [], [])
        width = len(given.leaf.column_names)
        for number, (name, values) in enumerate(zip(given.names, columns, strict=True)):
            if number < width or effort[number] > 1:
                made.placed.append(base.add(name, values))
            else:
                made.placed.append(base.express(name, values, alone=effort[number] == 1))
            made.sources += [number] * (len(base.columns) - len(made.sources))
            made.makers += [number] * (len(base.factors) - len(made.makers))
        if more:
            made.largest = [float(np.abs(values).max()) for values in columns]
            for maker in made.makers:
                column = base.columns[made.placed[maker].base]
                told = np.zeros(n, dtype=bool)
                told[base.codes[column != 0]] = True
                made.told.append(told)
        base.columns.clear()
        return made

    def follow(self, columns: list[Numbers], codes: Places) -> int | None:
        """Take in a further piece; the number of a column that is not what it was, if any."""
        for number, (placed, values) in enumerate(zip(self.placed, columns, strict=True)):
            if number in self.sources:
                continue
            own = columns[self.sources[placed.base]]
            if placed.factor is None:
                if not np.array_equal(own, values):
                    return number
                continue
            if self.makers[placed.factor] == number:
                self._extend(placed.factor, own, values, codes)
            self.largest[number] = max(self.largest[number], float(np.abs(values).max()))
            size = ROUNDING * max(self.largest[number], float(np.finfo(float).tiny))
            if not self.base.fits(own, self.base.factors[placed.factor], values, size, codes):
                return number
        return None

    def _extend(self, factor: int, own: Numbers, values: Numbers, codes: Places) -> None:
        """Numbers of the clients that have none yet."""
        told = self.told[factor]
        new = np.flatnonzero((own != 0) & ~told[codes])
        at = codes[new]
        self.base.factors[factor][at] = values[new] / own[new]
        told[at] = True

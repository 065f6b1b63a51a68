"""Everything a linear mixed model needs to know of the data, one small record a client.

A summary is additive: that of two parts of the data is the sum of the parts' summaries, so
that a model is fitted to many practices without moving a row (`join`).

Source: Bates et al. 2015 (section 3: the penalised least squares problem needs only
cross-products); Gałecki & Burzykowski 2013, chapter 13, for per-client cross-products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from outcomes.models.formula import FixedDesign
from outcomes.models.mixed.columns import Column
from outcomes.models.mixed.reading import Given, read
from outcomes.models.mixed.stacks import Numbers, Places
from outcomes.models.mixed.structure import Grouping, Structure, structure


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """What is known of a grouping factor without its rows."""

    name: str
    levels: np.typing.NDArray[np.object_]
    column_names: tuple[str, ...]
    blocks: tuple[tuple[int, ...], ...]

    @property
    def n_columns(self) -> int:
        """Columns that vary over the levels."""
        return len(self.column_names)


@dataclass(frozen=True, slots=True, eq=False)
class CrossedPart:
    """How the crossed factors meet the clients and each other.

    A crossed column is one column of one level of one factor; they are numbered through.
    `products` (b, m) are sums of base column times crossed column over the rows of pair m,
    of client `block` (m) and crossed column `column` (m). `entries` (e) are the sums of
    products of crossed columns `first` (e) and `second` (e), first <= second.
    """

    factors: tuple[Factor, ...]
    block: Places
    column: Places
    products: Numbers
    first: Places
    second: Places
    entries: Numbers

    @property
    def n_columns(self) -> int:
        """Number of crossed columns."""
        return sum(len(factor.levels) * factor.n_columns for factor in self.factors)

    @property
    def offsets(self) -> list[int]:
        """Number of the first crossed column of each factor."""
        sizes = [len(factor.levels) * factor.n_columns for factor in self.factors]
        return [0, *np.cumsum(sizes).tolist()][:-1]


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """Cross-products of the base columns for each client, and how columns are made of them.

    `products` (b, b, N): the first columns are the client's random effects, the last is the
    outcome minus `origin`. `factors` (f, N) are the clients' numbers; `upper` and `fixed`
    say how the columns of the chain's other factors and of the fixed part follow.
    `chain` holds the nested factors, finest first; `parents` as in Structure.
    """

    products: Numbers
    base_names: tuple[str, ...]
    factors: Numbers
    upper: tuple[tuple[Column, ...], ...]
    fixed: tuple[Column, ...]
    fixed_names: tuple[str, ...]
    chain: tuple[Factor, ...]
    parents: tuple[Places, ...]
    crossed: CrossedPart | None
    origin: float
    n_rows: int

    @property
    def n_blocks(self) -> int:
        """Number of levels of the finest factor."""
        return int(self.products.shape[2])

    @property
    def all_factors(self) -> tuple[Factor, ...]:
        """The chain's factors, then the crossed ones."""
        return self.chain if self.crossed is None else (*self.chain, *self.crossed.factors)


def summarise(
    outcome: Numbers,
    fixed: FixedDesign | Numbers,
    fixed_names: Sequence[str],
    groupings: Sequence[Grouping],
    *,
    origin: float = 0.0,
    nested: Sequence[str] | None = None,
) -> Summary:
    """Summarise rows: outcome (n), fixed columns (n, p) or their design, and the groupings.

    `origin` is taken off the outcome first, so that an outcome far from zero loses no
    digits; it must be 0 unless a constant lies in the fixed part, and the same in all parts
    that are to be joined. `nested` names the groups, finest first, where one part of the
    data cannot tell the order.
    """
    found = structure(groupings, nested)
    given = Given(outcome, origin, fixed, tuple(fixed_names), tuple(groupings), found)
    made = read(given, keep=bool(found.crossed))
    crossed = None
    if found.crossed:
        crossed = _crossed(made.rows, given.leaf, [groupings[place] for place in found.crossed])
    ends = np.cumsum([0, *(len(one.column_names) for one in given.chain)])
    return Summary(
        products=made.products,
        base_names=tuple(made.names),
        factors=made.factors,
        upper=tuple(tuple(made.columns[a:z]) for a, z in pairwise(ends[1:])),
        fixed=tuple(made.columns[ends[-1] :]),
        fixed_names=tuple(fixed_names),
        chain=tuple(_described(one) for one in given.chain),
        parents=found.parents,
        crossed=crossed,
        origin=origin,
        n_rows=len(outcome),
    )


def base_of(
    fixed: FixedDesign | Numbers, fixed_names: Sequence[str], groupings: Sequence[Grouping]
) -> tuple[list[Numbers], Structure]:
    """The base columns of the rows (without the outcome), and which factor is nested in which."""
    found = structure(groupings)
    given = Given(None, 0.0, fixed, tuple(fixed_names), tuple(groupings), found)
    return read(given, keep=True).rows, found


def _described(grouping: Grouping) -> Factor:
    return Factor(grouping.name, grouping.levels, grouping.column_names, grouping.blocks)


def _crossed(base: list[Numbers], leaf: Grouping, groupings: Sequence[Grouping]) -> CrossedPart:
    """Sum products of base and crossed columns by pair, and of crossed columns."""
    columns, values, offset = [], [], 0
    blocks = leaf.codes.astype(np.intp)
    for grouping in groupings:
        own, size = grouping.columns, len(grouping.column_names)
        for place in range(size):
            columns.append(offset + grouping.codes.astype(np.intp) * size + place)
            values.append(np.ascontiguousarray(own[:, place]))
        offset += grouping.n_levels * size
    keys, pairs = [], []
    for column, value in zip(columns, values, strict=True):
        number, unique = pd.factorize(blocks * offset + column)
        keys.append(unique)
        pairs.append(
            np.array([np.bincount(number, left * value, minlength=len(unique)) for left in base])
        )
    key, products = merged_sums(np.concatenate(keys), np.concatenate(pairs, axis=1))
    entry_keys, entries = [], []
    for i, left in enumerate(columns):
        for j in range(i, len(columns)):
            low, high = np.minimum(left, columns[j]), np.maximum(left, columns[j])
            number, unique = pd.factorize(low * offset + high)
            entry_keys.append(unique)
            entries.append(np.bincount(number, values[i] * values[j], minlength=len(unique)))
    entry, sums = merged_sums(
        np.concatenate(entry_keys), np.concatenate(entries, dtype="float64")[None]
    )
    return CrossedPart(
        factors=tuple(_described(grouping) for grouping in groupings),
        block=key // offset,
        column=key % offset,
        products=products,
        first=entry // offset,
        second=entry % offset,
        entries=sums[0],
    )


def merged_sums(keys: Places, values: Numbers) -> tuple[Places, Numbers]:
    """Sorted unique keys and the sums of the values (b, m) that share one."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return ordered[starts], np.add.reduceat(values[:, order], starts, axis=1)

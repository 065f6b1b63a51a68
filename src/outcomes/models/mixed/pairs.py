"""Blocks of a nested level and the crossed columns they meet.

A client who saw two practitioners makes two pairs. Taking the client out of the model ties
the two practitioners together: every two pairs of a block (twins) add to one entry of the
crossed matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed.stacks import Numbers, Places


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs (m) of `block` and crossed `column`, sorted; `up` is the pair of the block's parent.

    Twins are pairs `first` <= `second` of one block; `slot` is the crossed entry they add to.
    """

    block: Places
    column: Places
    up: Places | None
    n_up: int
    first: Places
    second: Places
    slot: Places

    def entries(self, left: Numbers, right: Numbers, n_slots: int) -> Numbers:
        """Sums over the twins of left[:, first]' right[:, second], by entry."""
        values = np.einsum("zn,zn->n", left[:, self.first], right[:, self.second])
        return np.asarray(np.bincount(self.slot, values, minlength=n_slots), dtype="float64")

    def by_column(self, values: Numbers, n_columns: int) -> Numbers:
        """Sums of values (k, m) over the pairs of each crossed column: (n_columns, k)."""
        return np.array(
            [np.bincount(self.column, row, minlength=n_columns) for row in values]
        ).reshape(len(values), n_columns).T  # fmt: skip

    def by_parent(self, values: Numbers) -> Numbers:
        """Sums of values (k, m) over the pairs that share a pair above: (k, n_up)."""
        if self.up is None:
            return np.zeros((len(values), 0))
        return np.array(
            [np.bincount(self.up, row, minlength=self.n_up) for row in values]
        ).reshape(len(values), self.n_up)  # fmt: skip

    def by_block(self, values: Numbers, n_blocks: int) -> Numbers:
        """Sums of values (k, m) over the pairs of each block: (k, n_blocks)."""
        return np.array(
            [np.bincount(self.block, row, minlength=n_blocks) for row in values]
        ).reshape(len(values), n_blocks)  # fmt: skip

    def across(self, corner: Numbers, values: Numbers) -> Numbers:
        """For each pair, the sum over its block's pairs of corner (twins) times values (k, m)."""
        made = np.empty_like(values)
        other = self.first != self.second
        for place, row in enumerate(values):
            total = np.bincount(self.first, corner * row[self.second], minlength=len(row))
            total += np.bincount(
                self.second[other], (corner * row[self.first])[other], minlength=len(row)
            )
            made[place] = total
        return made


def twins(block: Places) -> tuple[Places, Places]:
    """All first <= second with the same block, where `block` is sorted."""
    starts = np.flatnonzero(np.r_[True, block[1:] != block[:-1]])
    ends = np.r_[starts[1:], len(block)]
    size = ends - starts
    # A pair at place k of its block of s pairs begins s - k twins.
    begun = np.repeat(ends, size) - np.arange(len(block))
    first = np.repeat(np.arange(len(block)), begun)
    restart = np.repeat(np.cumsum(begun) - begun, begun)
    second = first + (np.arange(len(first)) - restart)
    return first, second


def pair_levels(
    block: Places, column: Places, parents: list[Places], known: Places, n_columns: int
) -> tuple[list[Pairs], Places, Places]:
    """Pairs of every level of the chain, and the keys of the crossed entries.

    `block` and `column` are the leaf's pairs, sorted by both; `known` are keys of entries
    (first * n_columns + second) that there are anyway. Gives the pairs, all keys sorted, and
    the places of `known` among them.
    """
    levels, keys = [], [known]
    for level in range(len(parents) + 1):
        first, second = twins(block)
        keys.append(column[first] * n_columns + column[second])
        up, above = None, np.zeros(0, dtype=np.intp)
        if level < len(parents):
            above, up = np.unique(parents[level][block] * n_columns + column, return_inverse=True)
        levels.append((block, column, up, len(above), first, second))
        block, column = above // n_columns, above % n_columns
    unique, slots = np.unique(np.concatenate(keys), return_inverse=True)
    ends = np.cumsum([len(key) for key in keys])[:-1]
    known_slots, *twin_slots = np.split(slots, ends)
    made = [Pairs(*found, slot=slot) for found, slot in zip(levels, twin_slots, strict=True)]
    return made, unique, known_slots

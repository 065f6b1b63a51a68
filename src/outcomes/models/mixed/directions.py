"""Products v'P w of directions v = Z e that lie in the random effects' columns.

The average information takes v_k = Z (dD/dD_k) Z'P y; Kenward and Roger's Q takes
v_k = Z (dD/dD_k) Z'V^-1 X. All are carried through the elimination like further outcomes.

Source: Gilmour, A. R., Thompson, R. & Cullis, B. R. (1995). Average information REML.
Biometrics 51:1440-1450.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed.backward import Scores
from outcomes.models.mixed.crossed import Crossed
from outcomes.models.mixed.leaf import Leaf, LeafPart, parts
from outcomes.models.mixed.likelihood import Sweep
from outcomes.models.mixed.pairs import Pairs
from outcomes.models.mixed.parameters import Parameters
from outcomes.models.mixed.prepare import Prepared
from outcomes.models.mixed.stacks import Numbers, group_sum, spread


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights (q, levels) of the columns of chain factor `level`.

    With `turned` (i, j) they are the symmetric unit matrix at (i, j) times `values`.
    """

    level: int
    values: Numbers
    turned: tuple[int, int] | None = None

    def of(self, levels: slice) -> Numbers:
        """The weights of some levels."""
        values = self.values[:, levels]
        if self.turned is None:
            return values
        i, j = self.turned
        made = np.zeros_like(values)
        made[i], made[j] = values[j], values[i]
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """v = Z e: weights of the chain's columns, and of the crossed columns."""

    chain: tuple[Weights, ...]
    crossed: Numbers | None


def directions(swept: Sweep, parameters: Parameters, found: Scores) -> list[Direction]:
    """Z (dD/dD_k) times the scores, for every element k."""
    prepared = swept.prepared
    chain = len(prepared.nests) + 1
    made = []
    for f, i, j in zip(
        parameters.factor.tolist(), parameters.row.tolist(), parameters.column.tolist(), strict=True
    ):
        if f < chain:
            made.append(Direction((Weights(f, found.chain[f], (i, j)),), None))
        else:
            made.append(Direction((), _turned_crossed(prepared, found, (f - chain, i, j))))
    return made


def _turned_crossed(prepared: Prepared, found: Scores, where: tuple[int, int, int]) -> Numbers:
    cross = prepared.crossed
    assert cross is not None
    number, i, j = where
    mine = cross.factor_of == number
    made = np.zeros(cross.n_columns)
    made[mine & (cross.place_of == i)] = found.crossed[mine & (cross.place_of == j)]
    made[mine & (cross.place_of == j)] = found.crossed[mine & (cross.place_of == i)]
    return made


def _to_clients(prepared: Prepared, weights: Weights, part: LeafPart) -> Numbers:
    """A chain factor's weights as combinations of the base columns of a part (b, n)."""
    leaf = part.leaf
    if weights.level == 0:
        made = np.zeros((len(leaf.products), leaf.products.shape[2]))
        made[: leaf.size] = weights.of(part.clients)
        return made
    values = weights.of(slice(None))
    for below in range(weights.level - 1, 0, -1):
        values = spread(values, prepared.nests[below - 1].parent_of)
    values = part.above(values)
    begin = sum(nest.size for nest in prepared.nests[: weights.level - 1])
    wide = np.zeros((len(leaf.base), values.shape[1]))
    wide[begin : begin + len(values)] = values
    return leaf.down(wide)


def products(swept: Sweep, made: Sequence[Direction], *, fixed: bool = True) -> Numbers:
    """All v_k'P v_l (k, k); with `fixed` false v_k'V0^-1 v_l, the fixed effects left in."""
    total, final = carried(swept, made)
    if fixed and swept.prepared.n_fixed:
        total = total - final.T @ swept.solve_fixed(final)
    return (total + total.T) / 2


def carried(swept: Sweep, made: Sequence[Direction]) -> tuple[Numbers, Numbers]:
    """All v_k'V0^-1 v_l (k, k), and X'V0^-1 v_k (p, k)."""
    prepared = swept.prepared
    leaf, cross = prepared.leaf, prepared.crossed
    size = cross.n_columns if cross is not None else 0
    met = np.zeros((size, len(made)))
    total = np.zeros((len(made), len(made)))
    wide = np.zeros((len(made), len(leaf.base), len(leaf.parent_starts)))  # (k, w, J)
    for part in parts(leaf):
        bases = [_base(prepared, one, part) for one in made]
        if cross is not None:
            pairs = zip(made, bases, strict=True)
            met = np.array([_with_crossed(prepared, one, base) for one, base in pairs]).T
        inner = [_with_base(part.leaf, one, base) for one, base in zip(made, bases, strict=True)]
        total += _own_products(bases, inner)
        q = leaf.size
        r = np.array([one[:q] for one in inner])  # (k, q, N)
        lifted = np.einsum("abn,kbn->kan", swept.leaf.T[:, :, part.clients], r)
        shifted = np.einsum("ab,kbn->kan", swept.D[0], lifted)
        total -= r.reshape(len(made), -1) @ shifted.reshape(len(made), -1).T
        for number, one in enumerate(inner):
            rest = one[q:] - np.einsum("zon,zn->on", part.leaf.products[:q, q:], shifted[number])
            raised = part.leaf.up(np.concatenate([lifted[number], rest]))
            wide[number][:, part.parents] += raised
        if cross is not None:
            for k, left in enumerate(made):
                if left.crossed is not None:
                    total[k] += left.crossed @ met
        _take_off(met, leaf.pairs, swept.leaf.pair_shifted, r)
    for nest, state in zip(prepared.nests, swept.nests, strict=True):
        own = wide[:, : nest.size]
        moved = np.einsum("abn,kbn->kan", state.M, own)
        total -= own.reshape(len(made), -1) @ moved.reshape(len(made), -1).T
        _take_off(met, nest.pairs, state.pair_shifted, own)
        rest = wide[:, nest.size :] - np.einsum("zon,kzn->kon", state.shifted, own)
        wide = group_sum(rest, nest.parent_starts)
    final = wide[:, :-1, 0].T  # (p, k)
    if cross is not None:
        for block, taken in zip(cross.parts, swept.parts, strict=True):
            mine = met[block.columns]
            moved = taken.shifted(mine)
            total -= mine.T @ moved
            final = final - swept.crossed_fixed[block.columns, :-1].T @ moved
    return total, final


def _take_off(met: Numbers, pairs: Pairs | None, shifted: Numbers, own: Numbers) -> None:
    """Take what a level explains off the crossed columns' products, in place."""
    if pairs is None:
        return
    for number, values in enumerate(own):
        weight = (shifted * values[:, pairs.block]).sum(axis=0)
        met[:, number] -= np.bincount(pairs.column, weight, minlength=len(met))


def _base(prepared: Prepared, one: Direction, part: LeafPart) -> Numbers | None:
    """A direction as combinations of the base columns of a part (b, n)."""
    made = [_to_clients(prepared, weights, part) for weights in one.chain]
    return sum(made[1:], made[0]) if made else None


def _with_base(leaf: Leaf, one: Direction, base: Numbers | None) -> Numbers:
    """Products of the base columns of a part with a direction, (b, n)."""
    made = np.zeros((len(leaf.products), leaf.products.shape[2]))
    if base is not None:
        made += np.einsum("abn,bn->an", leaf.products, base)
    if one.crossed is not None and leaf.pairs is not None:
        weighted = leaf.pair_products * one.crossed[leaf.pairs.column]
        made += leaf.pairs.by_block(weighted, leaf.products.shape[2])
    return made


def _with_crossed(prepared: Prepared, one: Direction, base: Numbers | None) -> Numbers:
    """Products of the crossed columns with a direction."""
    leaf, cross = prepared.leaf, prepared.crossed
    assert leaf.pairs is not None and cross is not None
    made = np.zeros(cross.n_columns)
    if base is not None:
        weight = (leaf.pair_products * base[:, leaf.pairs.block]).sum(axis=0)
        made += np.bincount(leaf.pairs.column, weight, minlength=cross.n_columns)
    if one.crossed is not None:
        made += _entries_times(cross, one.crossed)
    return made


def _entries_times(cross: Crossed, values: Numbers) -> Numbers:
    """The crossed columns' own cross-products times a vector."""
    size = cross.n_columns
    made = np.bincount(cross.first, cross.entries * values[cross.second], minlength=size)
    off = cross.first != cross.second
    weight = (cross.entries * values[cross.first])[off]
    return np.asarray(made + np.bincount(cross.second[off], weight, minlength=size))


def _own_products(bases: Sequence[Numbers | None], inner: Sequence[Numbers]) -> Numbers:
    """All v_k'v_l, what the clients of a part give to them."""
    total = np.zeros((len(bases), len(bases)))
    for k, left in enumerate(bases):
        if left is not None:
            total[k] += [np.vdot(left, right) for right in inner]
    return total

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
from outcomes.models.mixed.likelihood import Sweep
from outcomes.models.mixed.pairs import Pairs
from outcomes.models.mixed.parameters import Parameters
from outcomes.models.mixed.prepare import Prepared
from outcomes.models.mixed.stacks import Numbers, group_sum, spread


@dataclass(slots=True, eq=False)
class Direction:
    """v = Z e: a combination of base columns in each client (b, N), and of crossed columns."""

    base: Numbers | None
    crossed: Numbers | None


def directions(swept: Sweep, parameters: Parameters, found: Scores) -> list[Direction]:
    """Z (dD/dD_k) times the scores, for every element k."""
    prepared = swept.prepared
    chain = len(prepared.nests) + 1
    made = []
    for f, i, j in zip(parameters.factor, parameters.row, parameters.column, strict=True):
        if f < chain:
            turned = _turned(found.chain[f], int(i), int(j))
            made.append(Direction(to_clients(prepared, int(f), turned), None))
        else:
            made.append(
                Direction(None, _turned_crossed(prepared, found, (int(f) - chain, int(i), int(j))))
            )
    return made


def _turned(a: Numbers, i: int, j: int) -> Numbers:
    """The symmetric unit matrix at (i, j) times a."""
    made = np.zeros_like(a)
    made[i] = a[j]
    made[j] = a[i]
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


def to_clients(prepared: Prepared, level: int, values: Numbers) -> Numbers:
    """Weights of a chain factor's columns (q, levels) as base combinations (b, N)."""
    leaf = prepared.leaf
    if level == 0:
        made = np.zeros((len(leaf.products), leaf.products.shape[2]))
        made[: leaf.size] = values
        return made
    for below in range(level - 1, 0, -1):
        values = spread(values, prepared.nests[below - 1].parent_of)
    begin = sum(nest.size for nest in prepared.nests[: level - 1])
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
    inner = [_with_base(prepared, one) for one in made]
    met = np.zeros((size, len(made)))
    if cross is not None:
        met = np.array([_with_crossed(prepared, one) for one in made]).T
    total = _own_products(made, inner, met)
    q = leaf.size
    r = np.array([one[:q] for one in inner])  # (k, q, N)
    lifted = np.einsum("abn,kbn->kan", swept.leaf.T, r)
    shifted = np.einsum("ab,kbn->kan", swept.D[0], lifted)
    total -= r.reshape(len(made), -1) @ shifted.reshape(len(made), -1).T
    above = []
    for number, one in enumerate(inner):
        rest = one[q:] - np.einsum("zon,zn->on", leaf.products[:q, q:], shifted[number])
        above.append(leaf.up(np.concatenate([lifted[number], rest])))
    _take_off(met, leaf.pairs, swept.leaf.pair_shifted, r)
    wide = np.array(above)  # (k, w, J)
    for nest, state in zip(prepared.nests, swept.nests, strict=True):
        own = wide[:, : nest.size]
        moved = np.einsum("abn,kbn->kan", state.M, own)
        total -= own.reshape(len(made), -1) @ moved.reshape(len(made), -1).T
        _take_off(met, nest.pairs, state.pair_shifted, own)
        rest = wide[:, nest.size :] - np.einsum("zon,kzn->kon", state.shifted, own)
        wide = group_sum(rest, nest.parent_starts)
    final = wide[:, :-1, 0].T  # (p, k)
    if cross is not None:
        for part, taken in zip(cross.parts, swept.parts, strict=True):
            mine = met[part.columns]
            moved = taken.shifted(mine)
            total -= mine.T @ moved
            final = final - swept.crossed_fixed[part.columns, :-1].T @ moved
    return total, final


def _take_off(met: Numbers, pairs: Pairs | None, shifted: Numbers, own: Numbers) -> None:
    """Take what a level explains off the crossed columns' products, in place."""
    if pairs is None:
        return
    for number, values in enumerate(own):
        weight = (shifted * values[:, pairs.block]).sum(axis=0)
        met[:, number] -= np.bincount(pairs.column, weight, minlength=len(met))


def _with_base(prepared: Prepared, one: Direction) -> Numbers:
    """Products of the base columns with a direction, (b, N)."""
    leaf = prepared.leaf
    made = np.zeros((len(leaf.products), leaf.products.shape[2]))
    if one.base is not None:
        made += np.einsum("abn,bn->an", leaf.products, one.base)
    if one.crossed is not None and leaf.pairs is not None:
        weighted = leaf.pair_products * one.crossed[leaf.pairs.column]
        made += leaf.pairs.by_block(weighted, leaf.products.shape[2])
    return made


def _with_crossed(prepared: Prepared, one: Direction) -> Numbers:
    """Products of the crossed columns with a direction."""
    leaf, cross = prepared.leaf, prepared.crossed
    assert leaf.pairs is not None and cross is not None
    made = np.zeros(cross.n_columns)
    if one.base is not None:
        weight = (leaf.pair_products * one.base[:, leaf.pairs.block]).sum(axis=0)
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


def _own_products(made: Sequence[Direction], inner: Sequence[Numbers], met: Numbers) -> Numbers:
    """All v_k'v_l."""
    total = np.zeros((len(made), len(made)))
    for k, left in enumerate(made):
        if left.base is not None:
            total[k] += [np.vdot(left.base, right) for right in inner]
        if left.crossed is not None:
            total[k] += left.crossed @ met
    return total

"""The sweep back: gradients by the relative covariances, and conditional modes.

For each factor the sums over levels of Z'P Z (traces) and of Z'P y y'P Z (from the scores)
are the gradients of the log determinants and of minus r^2 by its relative covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed import leaf as leaves
from outcomes.models.mixed import nest as nests
from outcomes.models.mixed.crossed import Crossed
from outcomes.models.mixed.likelihood import Sweep
from outcomes.models.mixed.nest import Corner
from outcomes.models.mixed.pairs import Pairs
from outcomes.models.mixed.stacks import Numbers, Places, spread


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Z'V0^-1 times a combination of fixed columns and outcome, and D times that (modes).

    `chain[t]` and `modes[t]` are (q, levels) of chain factor t, finest first, in the order
    of the blocks; `crossed` and `crossed_modes` have one value for each crossed column.
    """

    chain: list[Numbers]
    modes: list[Numbers]
    crossed: Numbers
    crossed_modes: Numbers


def scores(swept: Sweep, weights: Numbers) -> Scores:
    """Scores of the combination `weights` (p + 1) of the fixed columns and the outcome."""
    prepared = swept.prepared
    cross = prepared.crossed
    size = cross.n_columns if cross is not None else 0
    crossed, crossed_modes = np.empty(size), np.empty(size)
    if cross is not None:
        for part, taken in zip(cross.parts, swept.parts, strict=True):
            value = swept.crossed_fixed[part.columns] @ weights
            mode = taken.shifted(value[:, None])[:, 0]
            crossed_modes[part.columns] = mode
            crossed[part.columns] = value - taken.S @ mode
    chain: list[Numbers] = []
    modes: list[Numbers] = []
    u = weights[:, None]
    for level in range(len(prepared.nests), 0, -1):
        nest, state = prepared.nests[level - 1], swept.nests[level - 1]
        wide = np.broadcast_to(spread(u, nest.parent_of), (len(u), nest.n_blocks))
        a = np.einsum("aon,on->an", state.lifted, wide)
        a -= _met(nest.pairs, state.pair_lifted, crossed_modes, nest.n_blocks)
        chain.insert(0, a)
        modes.insert(0, swept.D[level] @ a)
        u = np.concatenate([-modes[0], wide])
    leaf, taken_leaf = prepared.leaf, swept.leaf
    a = np.empty((leaf.size, leaf.products.shape[2]))
    for some in leaves.parts(leaf):
        base = some.leaf.down(some.above(u))
        a[:, some.clients] = np.einsum("abn,bn->an", taken_leaf.own[:, :, some.clients], base)
    a -= _met(leaf.pairs, taken_leaf.pair_lifted, crossed_modes, a.shape[1])
    return Scores([a, *chain], [swept.D[0] @ a, *modes], crossed, crossed_modes)


def _met(pairs: Pairs | None, T: Numbers, crossed_modes: Numbers, n_blocks: int) -> Numbers | float:
    """What the crossed columns that a block meets take off its score."""
    if pairs is None:
        return 0.0
    return pairs.by_block(T * crossed_modes[pairs.column], n_blocks)


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """Gamma, the inverse of the mixed-model equations where the model has entries.

    `levels` from the finest up: Gamma over what is above each level, with its pairs;
    `crossed_fixed` (columns, p + 1) and `entries` (slots) are those of the crossed columns.
    `traces` has the sums over levels of Z'P Z (q, q) for every factor.
    """

    levels: list[Corner]
    crossed_fixed: Numbers
    entries: Numbers
    traces: list[Numbers]


def corners(swept: Sweep, fixed_inverse: Numbers | None) -> Corners:
    """Sweep back Gamma; `fixed_inverse` (p, p) for REML, None for maximum likelihood."""
    prepared = swept.prepared
    p = prepared.n_fixed
    root = np.zeros((p + 1, p + 1))
    if fixed_inverse is not None:
        root[:p, :p] = fixed_inverse
    cross_fixed, entries, cross_traces = _crossed(swept, root)
    cross = prepared.crossed
    above = Corner(root[:, :, None])
    levels: list[Corner] = []
    traces: list[Numbers] = []
    for level in range(len(prepared.nests), 0, -1):
        nest, state = prepared.nests[level - 1], swept.nests[level - 1]
        above = _at_pairs(above, nest.pairs, _pairs_above(swept, level), cross_fixed, entries)
        levels.insert(0, above)
        above, trace = nests.backward(nest, state, above)
        traces.insert(0, trace)
    leaf = prepared.leaf
    above = _at_pairs(above, leaf.pairs, _pairs_above(swept, 0), cross_fixed, entries)
    pair_corner = None
    if cross is not None and above.to_pairs is not None and above.twins is not None:
        pair_corner = (above.to_pairs, above.twins)
    trace = leaves.traces(leaf, swept.leaf, above.columns, pair_corner)
    return Corners([above, *levels], cross_fixed, entries, [trace, *traces, *cross_traces])


def _pairs_above(swept: Sweep, level: int) -> Pairs | None:
    """Pairs of the level above, None at the top."""
    above = swept.prepared.nests[level:]
    return above[0].pairs if above else None


def _at_pairs(
    above: Corner,
    pairs: Pairs | None,
    upper: Pairs | None,
    cross_fixed: Numbers,
    entries: Numbers,
) -> Corner:
    """Gamma of a level's pairs: with the columns above, and of its twins."""
    if pairs is None:
        return above
    if upper is None or pairs.up is None or above.to_pairs is None:
        between = cross_fixed[pairs.column].T
    else:
        between = above.to_pairs[:, pairs.up]
    return Corner(above.columns, between, entries[pairs.slot])


def _crossed(swept: Sweep, root: Numbers) -> tuple[Numbers, Numbers, list[Numbers]]:
    """Gamma between crossed and fixed columns, at the crossed entries, and the traces."""
    cross = swept.prepared.crossed
    if cross is None:
        return np.zeros((0, len(root))), np.zeros(0), []
    chain = len(swept.prepared.nests) + 1
    sizes = [len(D) for D in swept.D[chain:]]
    to_fixed = np.empty((cross.n_columns, len(root)))
    entries = np.empty(cross.n_slots)
    traces = [np.zeros((q, q)) for q in sizes]
    for part, taken in zip(cross.parts, swept.parts, strict=True):
        C = swept.crossed_fixed[part.columns]
        shifted = taken.shifted(C)
        turned = shifted @ root
        to_fixed[part.columns] = -turned
        entries[part.slots] = taken.entries(part.row, part.col) + np.einsum(
            "ek,ek->e", turned[part.row], shifted[part.col]
        )
        lifted = C - taken.S @ shifted
        sets = _levels_in(cross, part.columns, sizes)
        for number, (own, columns) in enumerate(zip(taken.own_blocks(sets), sets, strict=True)):
            mine = lifted[columns]  # (levels, q, p + 1)
            block = own - np.einsum("lak,km,lbm->ab", mine, root, mine, optimize=True)
            traces[number] += (block + block.T) / 2
    return to_fixed, entries, traces


def _levels_in(cross: Crossed, columns: Places, sizes: list[int]) -> list[Places]:
    """For each factor the places in a part of its columns, a row for each level."""
    factor = cross.factor_of[columns]
    return [np.flatnonzero(factor == number).reshape(-1, size) for number, size in enumerate(sizes)]

"""The nested levels above the clients, each taken out of the likelihood in turn.

The same algebra as for the clients (`leaf.py`), but all columns stand there themselves:
S (w, w, J) has the level's own random columns first, the outcome last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed.pairs import Pairs
from outcomes.models.mixed.stacks import Numbers, Places, group_sum, inverse, spread


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """A level of J blocks with `size` random columns; children of a parent stand together."""

    size: int
    n_blocks: int
    parent_starts: Places
    parent_of: Places
    pairs: Pairs | None


@dataclass(slots=True, eq=False)
class NestState:
    """T and M (q, q, J), M C and T C (q, o, J) of the o columns above, the same of the pairs."""

    T: Numbers
    M: Numbers
    own: Numbers
    shifted: Numbers
    lifted: Numbers
    logdet: float
    pair_lifted: Numbers
    pair_shifted: Numbers


def forward(
    nest: Nest, D: Numbers, S: Numbers, rows: Numbers
) -> tuple[NestState, Numbers, Numbers]:
    """Take the level out; gives the state, S (o, o, parents) and the pairs' rows (o, m).

    `rows` (w, m) are the products of the level's columns with the crossed columns; only
    those of random columns have come up, the others hold zero.
    """
    q = nest.size
    G, C = S[:q, :q], S[:q, q:]
    made = np.einsum("abn,bc->acn", G, D)
    for place in range(q):
        made[place, place] += 1.0
    T, logdet = inverse(made)
    M = np.einsum("ab,bcn->acn", D, T)
    lifted = np.einsum("abn,bcn->acn", T, C)
    shifted = np.einsum("ab,bcn->acn", D, lifted)
    above = S[q:, q:] - np.einsum("zan,zbn->abn", C, shifted)
    own = np.einsum("abn,bcn->acn", T, G)
    state = NestState(T, M, own, shifted, lifted, logdet, np.zeros((q, 0)), np.zeros((q, 0)))
    rest = rows[q:]
    if nest.pairs is not None:
        block = nest.pairs.block
        state.pair_lifted = np.einsum("abn,bn->an", T[:, :, block], rows[:q])
        state.pair_shifted = D @ state.pair_lifted
        rest = rows[q:] - np.einsum("zkn,zn->kn", C[:, :, block], state.pair_shifted)
    return state, group_sum(above, nest.parent_starts), rest


@dataclass(slots=True, eq=False)
class Corner:
    """Gamma at a level: over its columns and those above (w, w, J), and over its pairs.

    `to_pairs` (w, m) between columns and pairs, `twins` between the pairs of a block.
    """

    columns: Numbers
    to_pairs: Numbers | None = None
    twins: Numbers | None = None


def backward(nest: Nest, state: NestState, above: Corner) -> tuple[Corner, Numbers]:
    """Gamma of the level from that above, and the trace part of the gradient (q, q).

    `above.columns` (o, o, parents); `above.to_pairs` (o, m) and `above.twins` are those of
    this level's own pairs.
    """
    q = nest.size
    gamma = spread(above.columns, nest.parent_of)
    turned = np.einsum("aon,ovn->avn", state.shifted, gamma)  # M C Gamma
    lifted = np.einsum("aon,ovn->avn", state.lifted, gamma)
    trace = state.own.sum(axis=2) - np.einsum("avn,bvn->ab", lifted, state.lifted)
    corner = state.M + np.einsum("avn,bvn->abn", turned, state.shifted)
    to_pairs = None
    if nest.pairs is not None and above.to_pairs is not None and above.twins is not None:
        pairs, between, twin = nest.pairs, above.to_pairs, above.twins
        block, n = pairs.block, nest.n_blocks
        # Gamma of the pairs seen from each: to the columns above, and to the own columns.
        met_lifted = np.einsum("aon,on->an", state.lifted[:, :, block], between)
        met_shifted = np.einsum("aon,on->an", state.shifted[:, :, block], between)
        across = pairs.across(twin, state.pair_shifted)
        across_lifted = pairs.across(twin, state.pair_lifted)
        cross = state.pair_lifted @ met_lifted.T
        trace = trace - cross - cross.T - across_lifted @ state.pair_lifted.T
        for a in range(q):
            for b in range(q):
                mixed = (
                    state.pair_shifted[a] * met_shifted[b] + met_shifted[a] * state.pair_shifted[b]
                )
                mixed += across[a] * state.pair_shifted[b]
                corner[a, b] += np.bincount(block, mixed, minlength=n)
        pulled = [
            [np.bincount(block, state.pair_shifted[a] * row, minlength=n) for row in between]
            for a in range(q)
        ]
        turned = turned + np.array(pulled).reshape(q, len(between), n)
        to_pairs = np.concatenate([-(met_shifted + across), between])
    size = q + len(state.shifted[0])
    columns = np.empty((size, size, nest.n_blocks))
    columns[:q, :q], columns[:q, q:] = corner, -turned
    columns[q:, :q], columns[q:, q:] = -np.swapaxes(turned, 0, 1), gamma
    return Corner(columns, to_pairs, above.twins), (trace + trace.T) / 2

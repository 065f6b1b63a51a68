"""The finest level of the model: each client's random effects taken out of the likelihood.

With G = Z'Z, C = Z'W (W: all other columns, and the outcome), D the relative covariance:
  T = (I + G D)^-1,  M = D T,  S = W'W - C'M C,  log det = log|I + G D|.
S is summed over the clients of a parent. D may lie on the boundary (a zero variance): no
inverse of D is taken.

Source: Bates et al. 2015, equations 21-31, in block form; the reverse sweep follows Smith,
S. P. (1995). Differentiation of the Cholesky algorithm. J. Comput. Graph. Stat. 4:134-147.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from outcomes.models.mixed.pairs import Pairs
from outcomes.models.mixed.stacks import Numbers, Places, group_sum, inverse, outer_sum, spread

# Clients taken together: their products (b = 3) fill about one megabyte.
TOGETHER = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """The clients (N), in cells of equal numbers and equal parent, and the columns above.

    `products` (b, b, N): the client's `size` random columns first, the outcome last.
    Column w of what is above is base column `base[w]` times `factor[w]` (cells).
    `cell_starts` is None where every client is a cell of its own.
    """

    products: Numbers
    size: int
    cell_starts: Places | None
    cell_of: Places | None
    base: Places
    factor: Numbers
    parent_starts: Places
    parent_of_cell: Places
    pairs: Pairs | None
    pair_products: Numbers

    def by_base(self) -> list[tuple[int, Places]]:
        """Columns above, by the base column they are made of."""
        return [(int(k), np.flatnonzero(self.base == k)) for k in np.unique(self.base)]

    def up(self, values: Numbers) -> Numbers:
        """Sum base columns (b, N) into the columns above, by parent: (w, J)."""
        cells = group_sum(values, self.cell_starts)
        return group_sum(self.factor * cells[self.base], self.parent_starts)

    def down(self, values: Numbers) -> Numbers:
        """Combine columns above with weights (w, J): base combination of each client (b, N)."""
        weighted = self.factor * spread(values, self.parent_of_cell)
        made = np.zeros((len(self.products), weighted.shape[1]))
        for base, places in self.by_base():
            made[base] = weighted[places].sum(axis=0)
        return spread_cells(made, self.cell_of)


@dataclass(slots=True, eq=False)
class LeafState:
    """What a forward sweep leaves: T (q, q, N) and T times the own rows (q, b, N)."""

    T: Numbers
    own: Numbers
    logdet: float
    pair_lifted: Numbers
    pair_shifted: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class LeafPart:
    """Some of the clients, as a leaf of its own, and which clients and parents they are."""

    leaf: Leaf
    clients: slice
    parents: slice

    def above(self, values: Numbers) -> Numbers:
        """The part's parents' columns of values (..., J), or the one that is for all."""
        return values if values.shape[-1] == 1 else values[..., self.parents]


def parts(leaf: Leaf) -> list[LeafPart]:
    """The clients in parts of about TOGETHER, whole parents where these are small.

    What a step needs for a part stays in the cache, and needs no memory for all clients.
    Crossed pairs reach over all clients: they are left together.
    """
    n = leaf.products.shape[2]
    if n <= TOGETHER or leaf.pairs is not None:
        return [LeafPart(leaf, slice(0, n), slice(0, len(leaf.parent_starts)))]
    starts = (
        leaf.parent_starts if leaf.cell_starts is None else leaf.cell_starts[leaf.parent_starts]
    )
    cuts = np.arange(0, n, TOGETHER)
    whole = starts[np.searchsorted(starts, cuts, side="right") - 1]
    cuts = np.unique(np.r_[np.where(cuts - whole < TOGETHER // 2, whole, cuts), n])
    return [_part(leaf, slice(int(a), int(z))) for a, z in pairwise(cuts)]


def _part(leaf: Leaf, clients: slice) -> LeafPart:
    """Clients that stand together; a cell or a parent may go on in the next part."""
    a, z = clients.start, clients.stop
    first, last = (a, z) if leaf.cell_of is None else (leaf.cell_of[a], leaf.cell_of[z - 1] + 1)
    cells = slice(int(first), int(last))
    above = leaf.parent_of_cell[cells]
    parents = slice(int(above[0]), int(above[-1]) + 1)
    own = replace(
        leaf,
        products=leaf.products[:, :, clients],
        cell_starts=None
        if leaf.cell_starts is None
        else np.maximum(leaf.cell_starts[cells] - a, 0),
        cell_of=None if leaf.cell_of is None else leaf.cell_of[clients] - first,
        factor=leaf.factor[:, cells],
        parent_starts=np.maximum(leaf.parent_starts[parents] - first, 0),
        parent_of_cell=above - parents.start,
    )
    return LeafPart(own, clients, parents)


def forward(leaf: Leaf, D: Numbers) -> tuple[LeafState, Numbers, Numbers]:
    """Take the clients out; gives the state, S (w, w, J), and the pairs' rows (b, m)."""
    q, none = leaf.size, np.zeros((leaf.size, 0))
    n, width = leaf.products.shape[2], len(leaf.base)
    state = LeafState(np.empty((q, q, n)), np.empty((q, len(leaf.products), n)), 0.0, none, none)
    S = np.zeros((width, width, len(leaf.parent_starts)))
    for part in parts(leaf):
        T, own, logdet, above = _taken_out(part.leaf, D)
        state.T[:, :, part.clients], state.own[:, :, part.clients] = T, own
        state.logdet += logdet
        S[:, :, part.parents] += above
    rows = leaf.pair_products
    if leaf.pairs is not None:
        G, T, block = leaf.products, state.T, leaf.pairs.block
        state.pair_lifted = np.einsum("abn,bn->an", T[:, :, block], rows[:q])
        state.pair_shifted = D @ state.pair_lifted
        rest = rows[q:] - np.einsum("zkn,zn->kn", G[:q, q:][:, :, block], state.pair_shifted)
        rows = np.concatenate([state.pair_lifted, rest])
    return state, S, rows


def _taken_out(leaf: Leaf, D: Numbers) -> tuple[Numbers, Numbers, float, Numbers]:
    """T, T times the own rows, the log determinant, and S of the clients of a part."""
    G, q = leaf.products, leaf.size
    T, logdet = _shrink(G[:q, :q], D)
    own = np.einsum("abn,bcn->acn", T, G[:q])
    reduced = np.empty_like(G)
    reduced[:q] = own
    reduced[q:, :q] = np.swapaxes(own[:, q:], 0, 1)
    shifted = np.einsum("ab,bcn->acn", D, own[:, q:])  # M C
    for i in range(q, len(G)):
        for j in range(i, len(G)):
            value = G[i, j] - np.einsum("zn,zn->n", G[:q, i], shifted[:, j - q])
            reduced[i, j] = reduced[j, i] = value
    return T, own, logdet, _expanded(leaf, group_sum(reduced, leaf.cell_starts))


def _shrink(G: Numbers, D: Numbers) -> tuple[Numbers, float]:
    """T = (I + G D)^-1 and the log determinant of I + G D."""
    made = np.einsum("abn,bc->acn", G, D)
    for place in range(len(D)):
        made[place, place] += 1.0
    return inverse(made)


def _expanded(leaf: Leaf, cells: Numbers) -> Numbers:
    """S (w, w, J) from the reduced products of the base columns by cell (b, b, cells)."""
    width, starts = len(leaf.base), leaf.parent_starts
    S = np.empty((width, width, len(starts)))
    groups = leaf.by_base()
    for i, (base, left) in enumerate(groups):
        for other, right in groups[i:]:
            weighted = leaf.factor[left] * cells[base, other]
            if len(starts) == 1:
                block = (weighted @ leaf.factor[right].T)[:, :, None]
            else:
                products = weighted[:, None, :] * leaf.factor[right][None, :, :]
                block = np.add.reduceat(products, starts, axis=2)
            S[np.ix_(left, right)] = block
            S[np.ix_(right, left)] = np.swapaxes(block, 0, 1)
    return S


def traces(
    leaf: Leaf,
    state: LeafState,
    corner: Numbers,
    pair_corner: tuple[Numbers, Numbers] | None,
) -> Numbers:
    """Sum over clients of H - T C Gamma C'T' (q, q), the gradient of the log determinants.

    `corner` is Gamma of the columns above (w, w, J), the outcome's row and column zero;
    `pair_corner` the parts of Gamma between pairs and columns above (w, m), and of the twins.
    """
    q, used = leaf.size, len(leaf.products) - 1
    made = np.zeros((q, q))
    for part in parts(leaf):
        own = state.own[:, :, part.clients]
        between = spread_cells(_inner(part.leaf, part.above(corner)), part.leaf.cell_of)
        turned = np.einsum("akn,kln->aln", own[:, :used], between)
        made += own[:, :q].sum(axis=2) - outer_sum(turned, own[:, :used])
    if leaf.pairs is None or pair_corner is None:
        return np.asarray((made + made.T) / 2)
    to_columns, twin = pair_corner
    weights = _pair_weights(leaf, to_columns)
    met = np.einsum("akn,kn->an", state.own[:, :, leaf.pairs.block], weights)
    cross = state.pair_lifted @ met.T
    together = leaf.pairs.across(twin, state.pair_lifted) @ state.pair_lifted.T
    made = made - cross - cross.T - together
    return np.asarray((made + made.T) / 2)


def own_corner(
    leaf: Leaf,
    state: LeafState,
    D: Numbers,
    corner: Numbers,
    pair_corner: tuple[Numbers, Numbers] | None,
) -> Numbers:
    """Gamma of each client's own columns (q, q, N), from that of the columns above."""
    used = len(leaf.products) - 1
    between = spread_cells(_inner(leaf, corner), leaf.cell_of)
    turned = np.einsum("akn,kln->aln", state.own[:, :used], between)
    known = np.einsum("aln,bln->abn", turned, state.own[:, :used])
    if leaf.pairs is not None and pair_corner is not None:
        block, n = leaf.pairs.block, known.shape[2]
        weights = _pair_weights(leaf, pair_corner[0])
        met = np.einsum("akn,kn->an", state.own[:, :, block], weights)
        across = leaf.pairs.across(pair_corner[1], state.pair_lifted)
        for a in range(leaf.size):
            mixed = state.pair_lifted[a] * (met + across) + met[a] * state.pair_lifted
            known[a] += leaf.pairs.by_block(mixed, n)
    M = np.einsum("ab,bcn->acn", D, state.T)
    return np.asarray(M + np.einsum("ab,bcn,cd->adn", D, known, D, optimize=True))


def _inner(leaf: Leaf, corner: Numbers) -> Numbers:
    """Gamma of the columns above as a form of the base columns, by cell (b - 1, b - 1, cells)."""
    size = len(leaf.products) - 1
    made = np.zeros((size, size, leaf.factor.shape[1]))
    groups = [(base, places) for base, places in leaf.by_base() if base < size]
    for i, (base, left) in enumerate(groups):
        for other, right in groups[i:]:
            part = corner[np.ix_(left, right)]
            if part.shape[2] == 1:
                turned = part[:, :, 0] @ leaf.factor[right]
            else:
                turned = np.einsum(
                    "vwn,wn->vn", spread(part, leaf.parent_of_cell), leaf.factor[right]
                )
            made[base, other] = made[other, base] = (leaf.factor[left] * turned).sum(axis=0)
    return made


def _pair_weights(leaf: Leaf, to_columns: Numbers) -> Numbers:
    """Weights (w, m) of the columns above as weights of the base columns (b, m)."""
    assert leaf.pairs is not None
    block = leaf.pairs.block
    cell = block if leaf.cell_of is None else leaf.cell_of[block]
    weighted = leaf.factor[:, cell] * to_columns
    made = np.zeros((len(leaf.products), weighted.shape[1]))
    for base, places in leaf.by_base():
        made[base] = weighted[places].sum(axis=0)
    return made


def spread_cells(values: Numbers, cell_of: Places | None) -> Numbers:
    """Give every client the value of its cell."""
    return values if cell_of is None else np.take(values, cell_of, axis=-1)

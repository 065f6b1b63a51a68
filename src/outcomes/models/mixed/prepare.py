"""A summary made ready for many evaluations: sorted, scaled, and grouped into cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.mixed.crossed import Crossed, parts_of
from outcomes.models.mixed.leaf import Leaf
from outcomes.models.mixed.nest import Nest
from outcomes.models.mixed.pairs import Pairs, pair_levels
from outcomes.models.mixed.stacks import Numbers, Places
from outcomes.models.mixed.summary import Factor, Summary

# Cells are worth their sorting where clients share one; above this share they are not.
SHARED_CELLS = 0.5
# A dense crossed matrix above this many columns would not fit into an ordinary machine.
MOST_CROSSED = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The levels of a model, and what leads back to the summary's own order and units.

    `order[t]` lists the levels of chain factor t in the order of the blocks; `parents[t]`
    gives each block's parent block. `base_scale` (b), `random_scale[f]` (q) and `fixed_scale`
    (p) are the root mean squares that columns were divided by, `outcome_scale` that of the outcome.
    """

    leaf: Leaf
    nests: tuple[Nest, ...]
    crossed: Crossed | None
    factors: tuple[Factor, ...]
    order: tuple[Places, ...]
    parents: tuple[Places, ...]
    base_scale: Numbers
    random_scale: tuple[Numbers, ...]
    fixed_scale: Numbers
    outcome_scale: float
    n_rows: int
    n_fixed: int

    @property
    def n_levels(self) -> tuple[int, ...]:
        """Levels of each factor."""
        return tuple(len(factor.levels) for factor in self.factors)


def prepare(summary: Summary) -> Prepared:
    """Sort, scale and group. Raises UsageError where crossed factors are too large."""
    order, parents, cells = _order(summary)
    G = summary.products[:, :, order[0]]
    scale = _root_mean_square(np.einsum("aan->a", G), summary.n_rows)
    base, factor, column_scale = _columns_above(summary, order[0], scale)
    G /= scale[:, None, None] * scale[None, :, None]
    starts, of_cell, parent_of_cell = cells
    crossed, pairs, products, crossed_scale = _crossed(summary, order, parents, scale)
    first_of_cell = np.arange(G.shape[2]) if starts is None else starts
    leaf = Leaf(
        products=G,
        size=summary.chain[0].n_columns,
        cell_starts=starts,
        cell_of=of_cell,
        base=base,
        factor=np.ascontiguousarray(factor[:, first_of_cell]),
        parent_starts=_starts(parent_of_cell),
        parent_of_cell=parent_of_cell,
        pairs=pairs[0] if pairs else None,
        pair_products=products,
    )
    sizes = [known.n_columns for known in summary.chain]
    nests = []
    for level in range(1, len(summary.chain)):
        last = level == len(summary.chain) - 1
        above = np.zeros(len(order[level]), dtype=np.intp) if last else parents[level]
        nests.append(
            Nest(
                size=sizes[level],
                n_blocks=len(order[level]),
                parent_starts=_starts(above),
                parent_of=above,
                pairs=pairs[level] if pairs else None,
            )
        )
    n_above = sum(sizes[1:])
    random_scale = [scale[: sizes[0]]]
    for level in range(1, len(sizes)):
        begin = sum(sizes[1:level])
        random_scale.append(column_scale[begin : begin + sizes[level]])
    return Prepared(
        leaf=leaf,
        nests=tuple(nests),
        crossed=crossed,
        factors=summary.all_factors,
        order=order,
        parents=parents,
        base_scale=scale,
        random_scale=(*random_scale, *crossed_scale),
        fixed_scale=column_scale[n_above:-1],
        outcome_scale=float(scale[-1]),
        n_rows=summary.n_rows,
        n_fixed=len(summary.fixed),
    )


def _root_mean_square(squares: Numbers, n_rows: int) -> Numbers:
    size = np.sqrt(squares / n_rows)
    return np.where(size > 0, size, 1.0)


def _starts(groups: Places) -> Places:
    return np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])


def _order(
    summary: Summary,
) -> tuple[tuple[Places, ...], tuple[Places, ...], tuple[Places | None, Places | None, Places]]:
    """Orders of all levels, parents in block numbers, and the cells of the clients."""
    depth = len(summary.chain)
    order: list[Places] = [np.arange(len(summary.chain[-1].levels))]
    parents: list[Places] = []
    above = order[0]
    for level in range(depth - 2, -1, -1):
        rank = np.empty(len(above), dtype=np.intp)
        rank[above] = np.arange(len(above))
        parent = rank[summary.parents[level]]
        kind = _kinds(summary.factors) if level == 0 else np.zeros(len(parent), dtype=np.intp)
        above = np.lexsort((kind, parent))
        order.insert(0, above)
        parents.insert(0, parent[above])
    kind = _kinds(summary.factors)
    if depth == 1:
        order = [np.argsort(kind, kind="stable")]
    top = parents[0] if parents else np.zeros(summary.n_blocks, dtype=np.intp)
    sorted_kind = kind[order[0]]
    new = (sorted_kind[1:] != sorted_kind[:-1]) | (top[1:] != top[:-1])
    starts = np.flatnonzero(np.r_[True, new])
    if len(starts) > SHARED_CELLS * summary.n_blocks:
        return tuple(order), tuple(parents), (None, None, top)
    of_cell = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, summary.n_blocks]))
    return tuple(order), tuple(parents), (starts, of_cell, top[starts])


def _kinds(factors: Numbers) -> Places:
    """A number for each client that is equal where all the clients' numbers are."""
    kind = np.zeros(factors.shape[1], dtype=np.intp)
    for row in factors:
        codes, unique = pd.factorize(row)
        kind, _ = pd.factorize(kind * len(unique) + codes)
    return np.asarray(kind, dtype=np.intp)


def _columns_above(
    summary: Summary, order: Places, scale: Numbers
) -> tuple[Places, Numbers, Numbers]:
    """Base (w), factor (w, N) and root mean square (w) of upper, fixed and outcome columns."""
    columns = [column for level in summary.upper for column in level] + list(summary.fixed)
    base = np.array([*(column.base for column in columns), len(scale) - 1], dtype=np.intp)
    factor = np.ones((len(base), summary.n_blocks))
    squares = np.empty(len(base))
    for place, column in enumerate(columns):
        if column.factor is not None:
            factor[place] = summary.factors[column.factor]
    for place, number in enumerate(base):
        squares[place] = factor[place] ** 2 @ summary.products[number, number]
    size = _root_mean_square(squares, summary.n_rows)
    factor *= (scale[base] / size)[:, None]
    return base, factor[:, order], size


def _crossed(
    summary: Summary, order: tuple[Places, ...], parents: tuple[Places, ...], scale: Numbers
) -> tuple[Crossed | None, list[Pairs], Numbers, list[Numbers]]:
    """The crossed columns, scaled, and the pairs of each level of the chain."""
    part = summary.crossed
    if part is None:
        return None, [], np.zeros((len(scale), 0)), []
    if part.n_columns > MOST_CROSSED:
        raise UsageError(
            "Two grouping factors are crossed and both have very many levels.",
            where=f"random terms of {', '.join(factor.name for factor in part.factors)}",
            how_many=part.n_columns,
            fix="Leave out the crossed term of the factor with most levels.",
        )
    factor_of, place_of = _numbering(part.factors)
    own = part.first == part.second
    diagonal = np.zeros(part.n_columns)
    diagonal[part.first[own]] = part.entries[own]
    sizes, per_column = [], np.empty(part.n_columns)
    for number, factor in enumerate(part.factors):
        mine = factor_of == number
        weights = diagonal[mine]
        squares = np.bincount(place_of[mine], weights, minlength=factor.n_columns).astype(float)
        sizes.append(_root_mean_square(squares, summary.n_rows))
        per_column[mine] = sizes[-1][place_of[mine]]
    rank = np.empty(summary.n_blocks, dtype=np.intp)
    rank[order[0]] = np.arange(summary.n_blocks)
    sort = np.lexsort((part.column, rank[part.block]))
    block, column = rank[part.block][sort], part.column[sort]
    products = part.products[:, sort] / (scale[:, None] * per_column[column])
    known = part.first * part.n_columns + part.second
    pairs, keys, slots = pair_levels(block, column, list(parents), known, part.n_columns)
    entries = np.zeros(len(keys))
    entries[slots] = part.entries / (per_column[part.first] * per_column[part.second])
    first, second = keys // part.n_columns, keys % part.n_columns
    found = Crossed(
        n_columns=part.n_columns,
        first=first,
        second=second,
        entries=entries,
        factor_of=factor_of,
        place_of=place_of,
        parts=parts_of(part.n_columns, first, second),
    )
    return found, pairs, products, sizes


def _numbering(factors: tuple[Factor, ...]) -> tuple[Places, Places]:
    factor_of = [np.full(len(f.levels) * f.n_columns, number) for number, f in enumerate(factors)]
    place_of = [np.tile(np.arange(f.n_columns), len(f.levels)) for f in factors]
    return np.concatenate(factor_of), np.concatenate(place_of)

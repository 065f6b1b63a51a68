"""Which grouping factors are nested in which, found from the data.

The factor with most levels (clients) is taken out first; a factor whose levels each hold
whole levels of the one before (practitioners, practices) continues the chain. The others
are crossed with the chain and stay together at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from outcomes.errors import UsageError
from outcomes.models.formula import FixedDesign, pieces
from outcomes.models.mixed.stacks import Codes, Numbers, Places


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """A grouping factor with the columns that vary over its levels.

    `codes` (n) gives each row's level, 0 to `len(levels)` - 1; `terms` make the columns, side
    by side, whenever they are asked for: a design, an array (n, q), or None for an intercept.
    `blocks` lists the positions of columns that are correlated with each other, each a term
    of the formula.
    """

    name: str
    codes: Codes
    levels: np.typing.NDArray[np.object_]
    terms: tuple[FixedDesign | Numbers | None, ...]
    column_names: tuple[str, ...]
    blocks: tuple[tuple[int, ...], ...]

    @property
    def columns(self) -> Numbers:
        """The columns of all rows (n, q)."""
        return self.between(slice(0, len(self.codes)))

    def between(self, rows: slice) -> Numbers:
        """The columns of some rows."""
        made = [
            np.ones((len(self.codes[rows]), 1)) if term is None else columns_between(term, rows)
            for term in self.terms
        ]
        return made[0] if len(made) == 1 else np.hstack(made)

    def times(self, effects: Numbers) -> Numbers:
        """What each row has of the effects (levels, q) of its level."""
        made = np.empty(len(self.codes))
        for rows in pieces(len(made)):
            own = effects[self.codes[rows]]
            made[rows] = np.einsum("nq,nq->n", self.between(rows), own)
        return made

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.levels)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Positions of the factors in the chain, finest first, and of the crossed ones.

    `parents[t]` gives for each level of chain factor t its level in chain factor t + 1.
    """

    chain: tuple[int, ...]
    crossed: tuple[int, ...]
    parents: tuple[Places, ...]


def columns_between(made: FixedDesign | Numbers, rows: slice) -> Numbers:
    """Some rows of a design or of an array."""
    return made.between(rows) if isinstance(made, FixedDesign) else made[rows]


def parent_of(fine: Grouping, coarse: Grouping) -> Places | None:
    """The coarse level that holds each fine level; None where one is split."""
    parent = np.zeros(fine.n_levels, dtype=np.intp)
    parent[fine.codes] = coarse.codes
    return parent if np.array_equal(parent[fine.codes], coarse.codes) else None


def structure(groupings: Sequence[Grouping], nested: Sequence[str] | None = None) -> Structure:
    """Find the chain of nested factors from the finest on, and what is crossed with it.

    `nested` names the chain instead, finest first: rows of one practice cannot tell the
    order. Raises UsageError where the rows contradict it.
    """
    if nested is not None:
        return _named(groupings, nested)
    order = sorted(range(len(groupings)), key=lambda place: (-groupings[place].n_levels, place))
    chain, crossed, parents = [order[0]], [], []
    for place in order[1:]:
        parent = parent_of(groupings[chain[-1]], groupings[place])
        if parent is None:
            crossed.append(place)
        else:
            chain.append(place)
            parents.append(parent)
    return Structure(tuple(chain), tuple(crossed), tuple(parents))


def _named(groupings: Sequence[Grouping], nested: Sequence[str]) -> Structure:
    names = [grouping.name for grouping in groupings]
    if sorted(names) != sorted(nested):
        raise UsageError(
            "The nesting names other groups than the model.",
            where="parameter nested",
            fix=f"Name {', '.join(names)}, the finest first.",
        )
    chain = [names.index(name) for name in nested]
    parents = []
    for fine, coarse in pairwise(chain):
        parent = parent_of(groupings[fine], groupings[coarse])
        if parent is None:
            raise UsageError(
                "A group is not nested in the next one.",
                where=f"group {names[fine]} in {names[coarse]}",
                fix="Name the groups from the finest on, or fit all rows together.",
            )
        parents.append(parent)
    return Structure(tuple(chain), (), tuple(parents))

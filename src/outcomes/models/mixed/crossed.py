"""Crossed grouping factors: what is left when the nested levels are taken out.

Their columns form one symmetric matrix, which falls into parts that never meet (practices
that share no practitioner); each part is a dense matrix.

Source: Bates et al. 2015, equations 18-31; blocks of the inverse as in Takahashi, K., Fagan,
J. & Chen, M.-S. (1973). Formation of a sparse bus impedance matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, lapack

from outcomes.models.mixed.stacks import Numbers, Places


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Crossed columns that meet each other: their numbers, and their entries' places."""

    columns: Places
    slots: Places
    row: Places
    col: Places


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """All crossed columns and their entries.

    `factor_of` and `place_of` (n) give each column's factor and its position among that
    factor's columns; a level's columns follow each other.
    """

    n_columns: int
    first: Places
    second: Places
    entries: Numbers
    factor_of: Places
    place_of: Places
    parts: tuple[Part, ...]

    @property
    def n_slots(self) -> int:
        """Number of entries, on and above the diagonal."""
        return len(self.first)


class PartState:
    """One part taken out: M = D (I + S D)^-1 and T = (I + S D)^-1, never both as matrices.

    With positive variances and no covariances K = I + R S R with R = sqrt(D) is factored,
    and M = R K^-1 R, T = R^-1 K^-1 R. Otherwise (a zero variance, or random slopes)
    I + S D itself is inverted.
    """

    __slots__ = ("D", "S", "_factor", "_inverse", "_root", "_turned", "logdet")

    def __init__(self, S: Numbers, D: Numbers) -> None:
        self.S, self.D = S, D
        self._factor: Numbers | None = None
        self._inverse: Numbers | None = None
        self._turned: Numbers | None = None
        if D.ndim == 1 and (D > 0).all():
            self._root = np.sqrt(D)
            K = S * self._root
            K *= self._root[:, None]
            K.flat[:: len(K) + 1] += 1.0
            # K is symmetric: its transpose is in the order that LAPACK works in, without a copy.
            self._factor, _ = lapack.dpotrf(K.T, lower=1, overwrite_a=1, clean=1)
            self.logdet = 2 * float(np.log(np.diagonal(self._factor)).sum())
            return
        self._root = np.ones(len(S))
        full = np.diag(D) if D.ndim == 1 else D
        K = S @ full
        K.flat[:: len(K) + 1] += 1.0
        sign, logdet = np.linalg.slogdet(K)
        self.logdet = float(logdet) if sign > 0 else float("nan")
        self._inverse = np.asarray(np.linalg.inv(K), dtype="float64")
        self._turned = full

    def shifted(self, C: Numbers) -> Numbers:
        """M C for some columns (n, k)."""
        root = self._root[:, None]
        if self._factor is not None:
            solved = cho_solve((self._factor, True), root * C, check_finite=False)
            return np.asarray(root * solved)
        inverse = self._full()
        if self._turned is not None:
            return self._turned @ (inverse @ C)
        return root * (inverse @ (root * C))

    def entries(self, row: Places, col: Places) -> Numbers:
        """Entries of M."""
        inverse = self._full()
        if self._turned is not None:
            return np.asarray((self._turned @ inverse)[row, col])
        return inverse[row, col] * self._root[row] * self._root[col]

    def own_blocks(self, sets: list[Places]) -> list[Numbers]:
        """Blocks of H = T S: for each set of columns (levels, q) the sum over levels (q, q)."""
        inverse, root = self._full(), self._root
        made = []
        for columns in sets:
            q = columns.shape[1]
            block = np.empty((q, q))
            for a in range(q):
                left = _rows(inverse, columns[:, a])
                for b in range(q):
                    right = _rows(self.S, columns[:, b])
                    each = np.einsum("lk,lk,k->l", left, right, root)
                    block[a, b] = (each / root[columns[:, a]]).sum()
            made.append(block)
        return made

    def _full(self) -> Numbers:
        """The inverse of what was factored; takes the factor's place."""
        if self._inverse is None:
            lower, _ = lapack.dpotri(self._factor, lower=1, overwrite_c=1)
            self._factor = None
            self._inverse = lower + lower.T
            self._inverse.flat[:: len(lower) + 1] *= 0.5
        return self._inverse


def _rows(matrix: Numbers, places: Places) -> Numbers:
    """Some rows of a matrix; all of them without a copy."""
    if len(places) == len(matrix) and np.array_equal(places, np.arange(len(matrix))):
        return matrix
    return np.asarray(matrix[places])


def dense(part: Part, entries: Numbers) -> Numbers:
    """The symmetric matrix of one part from the entries of all."""
    size = len(part.columns)
    made = np.zeros((size, size))
    values = entries[part.slots]
    made[part.row, part.col] = values
    made[part.col, part.row] = values
    return made


def parts_of(n_columns: int, first: Places, second: Places) -> tuple[Part, ...]:
    """Split the crossed columns into parts that never meet."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(n_columns, n_columns))
    n_parts, label = connected_components(graph, directed=False)
    local = np.empty(n_columns, dtype=np.intp)
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=n_parts))
    groups = np.split(order, ends[:-1])
    for columns in groups:
        local[columns] = np.arange(len(columns))
    slot_order = np.argsort(label[first], kind="stable")
    slot_ends = np.cumsum(np.bincount(label[first], minlength=n_parts))
    slots = np.split(slot_order, slot_ends[:-1])
    return tuple(
        Part(columns, slot, local[first[slot]], local[second[slot]])
        for columns, slot in zip(groups, slots, strict=True)
    )

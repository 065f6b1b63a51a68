"""Variance parameters: the relative covariances of the terms and their Cholesky factors.

A term with q correlated columns has q (q + 1) / 2 elements D_ij, i >= j. The search moves the
factor L, D = LL': its diagonal may cross zero, so that a variance of zero is an ordinary
stationary point and not a wall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed.stacks import Numbers, Places
from outcomes.models.mixed.summary import Factor


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Element k is D[row[k], column[k]] of factor `factor[k]`, row >= column, within a term."""

    sizes: tuple[int, ...]
    factor: Places
    row: Places
    column: Places
    blocks: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def n(self) -> int:
        """Number of elements."""
        return len(self.factor)

    def matrices(self, values: Numbers, *, symmetric: bool) -> tuple[Numbers, ...]:
        """Elements as one matrix for each factor: symmetric (D) or lower triangular (L)."""
        made = tuple(np.zeros((size, size)) for size in self.sizes)
        for k in range(self.n):
            f, i, j = self.factor[k], self.row[k], self.column[k]
            made[f][i, j] = values[k]
            if symmetric:
                made[f][j, i] = values[k]
        return made

    def elements(self, matrices: Sequence[Numbers]) -> Numbers:
        """The elements of one matrix for each factor."""
        return np.array(
            [matrices[f][i, j] for f, i, j in zip(self.factor, self.row, self.column, strict=True)]
        )

    def covariances(self, theta: Numbers) -> tuple[Numbers, ...]:
        """D of each factor from the elements of L."""
        return tuple(L @ L.T for L in self.matrices(theta, symmetric=False))

    def symmetric_gradient(self, traces: Sequence[Numbers]) -> Numbers:
        """Gradient by the elements of D from matrices G with df = tr(G dD)."""
        return self.elements(traces) * np.where(self.row == self.column, 1.0, 2.0)

    def jacobian(self, theta: Numbers) -> Numbers:
        """Derivative of the elements of D by those of L, (n, n)."""
        roots = self.matrices(theta, symmetric=False)
        made = np.zeros((self.n, self.n))
        for k in range(self.n):
            f, i, j = self.factor[k], self.row[k], self.column[k]
            change = np.zeros_like(roots[f])
            change[i] += roots[f][:, j]
            change[:, i] += roots[f][:, j]
            for m in range(self.n):
                if self.factor[m] == f:
                    made[m, k] = change[self.row[m], self.column[m]]
        return made

    def bend(self, traces: Sequence[Numbers]) -> Numbers:
        """Second-order part of the Hessian by L: 2 tr(G dL dL'), from df = tr(G dD)."""
        made = np.zeros((self.n, self.n))
        for k in range(self.n):
            for m in range(self.n):
                if self.factor[k] == self.factor[m] and self.column[k] == self.column[m]:
                    made[k, m] = 2 * traces[self.factor[k]][self.row[k], self.row[m]]
        return self._within_terms(made)

    def _within_terms(self, made: Numbers) -> Numbers:
        term = np.empty(self.n, dtype=np.intp)
        for number, (f, places) in enumerate(self.blocks):
            for k in range(self.n):
                if self.factor[k] == f and self.row[k] in places:
                    term[k] = number
        return np.where(term[:, None] == term[None, :], made, 0.0)


def parameters_of(factors: Sequence[Factor]) -> Parameters:
    """The elements of all terms, factor by factor, column by column of the triangle."""
    found, blocks = [], []
    for number, factor in enumerate(factors):
        for places in factor.blocks:
            blocks.append((number, places))
            for at, column in enumerate(places):
                found += [(number, row, column) for row in places[at:]]
    table = np.array(found, dtype=np.intp).reshape(len(found), 3)
    return Parameters(
        tuple(factor.n_columns for factor in factors),
        table[:, 0],
        table[:, 1],
        table[:, 2],
        tuple(blocks),
    )

"""A sparse symmetric system solved group by group: largest grouping factor first.

The rows of the largest factor do not meet each other, so that its block is eliminated at once;
where the next factor holds whole groups of those before it (clients in practitioners in
practices), its block is eliminated in the same way. What is left (crossed factors) is dense.
Beside the solution and the determinant this gives the entries of the inverse where the matrix
itself has entries, which is what a gradient needs (Takahashi, Fagan & Chin 1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

FloatArray = npt.NDArray[np.float64]
# scipy's sparse arrays have no usable types.
Sparse = Any


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """The last block: everything that is left, by a Cholesky factor; `pattern` is its matrix."""

    factor: FloatArray
    pattern: Sparse

    @property
    def logdet(self) -> float:
        """Log of the determinant."""
        return 2 * float(np.log(np.diag(self.factor)).sum())

    def solve(self, right: FloatArray) -> FloatArray:
        """The solution for a right-hand side (m)."""
        if not len(right):
            return right
        return np.asarray(linalg.cho_solve((self.factor, True), right))

    def selected(self) -> Sparse:
        """Entries of the inverse where the matrix has entries."""
        size = len(self.factor)
        if not size:
            return self.pattern
        inverse = linalg.cho_solve((self.factor, True), np.eye(size))
        rows, columns = self.pattern.nonzero()
        return sparse.csr_array((inverse[rows, columns], (rows, columns)), shape=(size, size))


@dataclass(frozen=True, slots=True, eq=False)
class Eliminated:
    """A factor's block-diagonal part (groups × q × q, inverted) and the system without it."""

    inverse: FloatArray
    cross: Sparse
    rest: Eliminated | Dense
    half_logdet: float

    @property
    def logdet(self) -> float:
        """Log of the determinant."""
        return 2 * self.half_logdet + self.rest.logdet

    @property
    def width(self) -> int:
        """Rows of this block."""
        return int(self.inverse.shape[0] * self.inverse.shape[1])

    def _inverted(self, right: FloatArray) -> FloatArray:
        groups, q, _ = self.inverse.shape
        turned = np.einsum("gab,gb->ga", self.inverse, right.reshape(groups, q))
        return np.asarray(turned.reshape(-1))

    def solve(self, right: FloatArray) -> FloatArray:
        """The solution for a right-hand side."""
        own, other = right[: self.width], right[self.width :]
        below = self.rest.solve(other - self.cross.T @ own)
        return np.concatenate([self._inverted(own) - self.cross @ below, below])

    def selected(self) -> Sparse:
        """Entries of the inverse where the matrix has entries, symmetric."""
        q = self.inverse.shape[1]
        below = self.rest.selected()
        cross = -_where(self.cross @ below, self.cross)
        own = self.inverse.copy()
        for a in range(q):
            for b in range(q):
                shared = cross[a::q].multiply(self.cross[b::q]).sum(axis=1)
                own[:, a, b] -= np.asarray(shared).reshape(-1)
        return sparse.block_array([[_diagonal(own), cross], [cross.T, below]], format="csr")


def eliminate(matrix: Sparse, chain: Sequence[tuple[int, int]]) -> Eliminated | Dense:
    """Factor a symmetric positive definite matrix; `chain` has (groups, q) of its first blocks.

    Raises numpy's LinAlgError where it is not positive definite.
    """
    if not chain:
        if not matrix.shape[0]:
            return Dense(np.zeros((0, 0)), matrix)
        return Dense(linalg.cholesky(matrix.toarray(), lower=True), matrix)
    (groups, q), *others = chain
    size = groups * q
    blocks = matrix[:size, :size].tobsr((q, q)).data
    lower = np.linalg.cholesky(blocks)
    inverse = np.linalg.inv(blocks)
    beside = matrix[:size, size:]
    cross = _diagonal(inverse) @ beside
    rest = eliminate(sparse.csr_array(matrix[size:, size:] - beside.T @ cross), others)
    half = float(np.log(np.diagonal(lower, axis1=1, axis2=2)).sum())
    return Eliminated(inverse, sparse.csr_array(cross), rest, half)


def _diagonal(blocks: FloatArray) -> Sparse:
    """A block-diagonal sparse matrix."""
    groups = len(blocks)
    place = np.arange(groups + 1)
    size = groups * blocks.shape[1]
    return sparse.csr_array(sparse.bsr_array((blocks, place[:-1], place), shape=(size, size)))


def _where(values: Sparse, pattern: Sparse) -> Sparse:
    """Entries of `values` where `pattern` has entries."""
    mask = pattern.copy()
    mask.data = np.ones_like(mask.data)
    return sparse.csr_array(values.multiply(mask))

"""A grouping factor: who belongs together, what varies between them, and its parameters.

Random effects are b = Λ u with u standard normal. Λ (q × q) is lower triangular and its free
entries are the parameters θ: the Cholesky factor of the covariance of b, as in lme4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """Random effects of one grouping factor.

    `codes` (n) are groups from 0, `design` (n × q) what the effects multiply, `names` the q
    effects, `levels` the groups. `free` (r × 2) are row and column of each parameter in Λ.
    """

    name: str
    codes: IntArray
    levels: tuple[object, ...]
    design: FloatArray
    names: tuple[str, ...]
    free: tuple[tuple[int, int], ...]

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return len(self.levels)

    @property
    def width(self) -> int:
        """How many effects each group has."""
        return len(self.names)

    def root(self, theta: FloatArray) -> FloatArray:
        """Λ for parameters θ."""
        made = np.zeros((self.width, self.width))
        for value, (row, column) in zip(theta, self.free, strict=True):
            made[row, column] = value
        return made

    def start(self, size: float = 1.0) -> FloatArray:
        """Parameters to start from: the same standard deviation for all, no correlation."""
        return np.array([size if row == column else 0.0 for row, column in self.free])

    def take(self, rows: IntArray) -> Factor:
        """The factor on some of the rows."""
        return Factor(
            self.name, self.codes[rows], self.levels, self.design[rows], self.names, self.free
        )


def triangle(blocks: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Free entries of Λ for blocks of correlated effects: (2,) correlated, (1, 1) not."""
    free: list[tuple[int, int]] = []
    start = 0
    for size in blocks:
        free += [
            (start + row, start + column) for column in range(size) for row in range(column, size)
        ]
        start += size
    return tuple(free)


def upright(root: FloatArray) -> FloatArray:
    """Λ with no negative number on its diagonal: the same covariance, one way to write it."""
    signs = np.where(np.diag(root) < 0, -1.0, 1.0)
    return np.asarray(root * signs)

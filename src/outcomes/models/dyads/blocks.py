"""Pieces of a covariance: how free numbers become variances and covariances.

Each block takes free numbers (any real value is allowed) and gives variances and covariances
that belong together, with first and second derivatives, so that a search needs no bounds:

- `Triangle`: the covariance matrix of q coefficients, G = L L' with L lower triangular; a
  variance of zero is reached, not approached.
- `PairResidual`: two variances and the covariance of two partners, by log standard deviations
  and the inverse hyperbolic tangent of the correlation, which may be negative.
- `SameResidual`: one variance for both partners and their covariance.
- `OneResidual`: a variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Block(Protocol):
    """`free` numbers in, `given` variances and covariances out."""

    @property
    def free(self) -> int:
        """How many free numbers."""
        ...

    @property
    def given(self) -> int:
        """How many variances and covariances."""
        ...

    def values(self, psi: FloatArray) -> FloatArray:
        """The variances and covariances (given)."""
        ...

    def jacobian(self, psi: FloatArray) -> FloatArray:
        """First derivatives (given × free)."""
        ...

    def curvature(self, psi: FloatArray, weights: FloatArray) -> FloatArray:
        """Second derivatives summed with `weights` (given): free × free."""
        ...

    def start(self, variance: float) -> FloatArray:
        """Free numbers for variances of about `variance`, uncorrelated."""
        ...


@dataclass(frozen=True, slots=True)
class Triangle:
    """Covariance matrix of `size` coefficients, row by row of its lower triangle."""

    size: int

    @property
    def free(self) -> int:
        """Elements of the lower triangle."""
        return self.size * (self.size + 1) // 2

    @property
    def given(self) -> int:
        """Elements of the lower triangle."""
        return self.free

    def factor(self, psi: FloatArray) -> FloatArray:
        """L, size × size."""
        lower = np.zeros((self.size, self.size))
        lower[np.tril_indices(self.size)] = psi
        return lower

    def values(self, psi: FloatArray) -> FloatArray:
        """Elements of L L'."""
        lower = self.factor(psi)
        return np.asarray((lower @ lower.T)[np.tril_indices(self.size)])

    def jacobian(self, psi: FloatArray) -> FloatArray:
        """d(L L') = dL L' + L dL'."""
        lower, places = self.factor(psi), np.tril_indices(self.size)
        columns = []
        for row, column in zip(*places, strict=True):
            change = np.zeros((self.size, self.size))
            change[row, :] += lower[:, column]
            change[:, row] += lower[:, column]
            columns.append(change[places])
        return np.array(columns).T

    def curvature(self, psi: FloatArray, weights: FloatArray) -> FloatArray:  # noqa: ARG002
        """Constant in L: elements of one column of L meet in the element of their rows."""
        places = np.tril_indices(self.size)
        full = np.zeros((self.size, self.size))
        full[places] = weights
        # On the diagonal this doubles: the second derivative of a square is two.
        full = full + full.T
        same = places[1][:, None] == places[1][None, :]
        return np.asarray(np.where(same, full[np.ix_(places[0], places[0])], 0.0))

    def start(self, variance: float) -> FloatArray:
        """A diagonal L."""
        return np.asarray((np.sqrt(variance) * np.eye(self.size))[np.tril_indices(self.size)])


@dataclass(frozen=True, slots=True)
class PairResidual:
    """Variances of the first and the second partner, and their covariance."""

    free: int = 3
    given: int = 3

    def values(self, psi: FloatArray) -> FloatArray:
        """s1², s2², ρ s1 s2."""
        first, second = np.exp(psi[:2])
        return np.array([first**2, second**2, np.tanh(psi[2]) * first * second])

    def jacobian(self, psi: FloatArray) -> FloatArray:
        """By log s1, log s2 and atanh ρ."""
        first, second, shared = self.values(psi)
        turned = (1 - np.tanh(psi[2]) ** 2) * np.exp(psi[0] + psi[1])
        return np.array([[2 * first, 0, 0], [0, 2 * second, 0], [shared, shared, turned]])

    def curvature(self, psi: FloatArray, weights: FloatArray) -> FloatArray:
        """Second derivatives summed with `weights`."""
        first, second, shared = self.values(psi)
        rho = np.tanh(psi[2])
        turned = (1 - rho**2) * np.exp(psi[0] + psi[1])
        found = np.diag([4 * first * weights[0], 4 * second * weights[1], 0.0])
        cross = np.array(
            [
                [shared, shared, turned],
                [shared, shared, turned],
                [turned, turned, -2 * rho * turned],
            ]
        )
        return np.asarray(found + weights[2] * cross)

    def start(self, variance: float) -> FloatArray:
        """Equal and uncorrelated."""
        return np.array([np.log(variance) / 2, np.log(variance) / 2, 0.0])


@dataclass(frozen=True, slots=True)
class SameResidual:
    """The variance of both partners, and their covariance."""

    free: int = 2
    given: int = 2

    def values(self, psi: FloatArray) -> FloatArray:
        """s², ρ s²."""
        square = np.exp(2 * psi[0])
        return np.array([square, np.tanh(psi[1]) * square])

    def jacobian(self, psi: FloatArray) -> FloatArray:
        """By log s and atanh ρ."""
        square, shared = self.values(psi)
        turned = (1 - np.tanh(psi[1]) ** 2) * square
        return np.array([[2 * square, 0], [2 * shared, turned]])

    def curvature(self, psi: FloatArray, weights: FloatArray) -> FloatArray:
        """Second derivatives summed with `weights`."""
        square, shared = self.values(psi)
        rho = np.tanh(psi[1])
        turned = (1 - rho**2) * square
        cross = np.array([[4 * shared, 2 * turned], [2 * turned, -2 * rho * turned]])
        return np.asarray(np.diag([4 * square * weights[0], 0.0]) + weights[1] * cross)

    def start(self, variance: float) -> FloatArray:
        """Uncorrelated."""
        return np.array([np.log(variance) / 2, 0.0])


@dataclass(frozen=True, slots=True)
class OneResidual:
    """A variance."""

    free: int = 1
    given: int = 1

    def values(self, psi: FloatArray) -> FloatArray:
        """s²."""
        return np.asarray(np.exp(2 * psi))

    def jacobian(self, psi: FloatArray) -> FloatArray:
        """By log s."""
        return np.asarray(2 * np.exp(2 * psi))[:, None]

    def curvature(self, psi: FloatArray, weights: FloatArray) -> FloatArray:
        """Second derivative times the weight."""
        return np.asarray(4 * np.exp(2 * psi) * weights)[:, None]

    def start(self, variance: float) -> FloatArray:
        """Log standard deviation."""
        return np.array([np.log(variance) / 2])

"""Correlation matrices of few numbers: compound symmetry, AR(1), Toeplitz.

A number rho between -1 and 1 is written as x / √(1 + x²), a compound symmetry as
rho = (1 + a) / (1 + e⁻ˣ) - a with a = 1 / (m - 1), so that every x is allowed and the
matrix stays positive definite (the parametrisation of the R package mmrm, on which
the second derivatives in Kenward and Roger's covariance depend).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from outcomes.models.repeated.structures.base import FloatArray

# Start values stay this far from the ends of a correlation's range.
START_LIMIT = 0.9


class Correlation(Protocol):
    """A correlation matrix P (size × size) as a function of q free numbers x."""

    @property
    def name(self) -> str:
        """Short name of the homogeneous structure, as "ar1"."""

    @property
    def size(self) -> int:
        """Number of occasions."""

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """For each x the pair of occasions whose correlation it is."""

    @property
    def everywhere(self) -> bool:
        """Whether that correlation is the one of every pair."""

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """P, ∂P/∂x (q × m × m) and ∂²P/∂x² (q × q × m × m)."""

    def start(self, moments: FloatArray) -> FloatArray:
        """X near the correlation matrix `moments`."""


def rho(x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """X / √(1 + x²) with first and second derivative."""
    square = 1 + x**2
    return x / np.sqrt(square), square**-1.5, -3 * x * square**-2.5


def from_rho(value: FloatArray) -> FloatArray:
    """The x of a correlation, kept within START_LIMIT."""
    inside = np.clip(value, -START_LIMIT, START_LIMIT)
    return np.asarray(inside / np.sqrt(1 - inside**2))


def _off_diagonal(moments: FloatArray, distance: int) -> float:
    return float(np.diagonal(moments, distance).mean())


@dataclass(frozen=True, slots=True)
class CompoundSymmetric:
    """The same correlation for every pair, negative ones allowed."""

    size: int
    name: str = "cs"
    everywhere: bool = True

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The first two occasions stand for all."""
        return ((0, 1),) if self.size > 1 else ()

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """P = I + rho (J - I)."""
        m = self.size
        if m == 1:
            return _none(m)
        others = np.ones((m, m)) - np.eye(m)
        bound = 1 / (m - 1)
        share = 1 / (1 + np.exp(-x[0]))
        slope = (1 + bound) * share * (1 - share)
        value = (1 + bound) * share - bound
        bend = slope * (1 - 2 * share)
        return np.eye(m) + value * others, slope * others[None], bend * others[None, None]

    def start(self, moments: FloatArray) -> FloatArray:
        """From the mean correlation."""
        m = self.size
        if m == 1:
            return np.empty(0)
        mean = (moments.sum() - np.trace(moments)) / (m * (m - 1))
        bound = 1 / (m - 1)
        share = np.clip((mean + bound) / (1 + bound), 1 - START_LIMIT, START_LIMIT)
        return np.array([np.log(share / (1 - share))])


@dataclass(frozen=True, slots=True)
class Autoregressive:
    """rho to the power of the number of occasions between the two."""

    size: int
    name: str = "ar1"
    everywhere: bool = False

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Neighbours."""
        return ((0, 1),) if self.size > 1 else ()

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """P = rho^|i - j|; negative rho alternates."""
        if self.size == 1:
            return _none(1)
        value, slope, bend = rho(x)
        d = _distances(self.size)
        first = d * value[0] ** np.maximum(d - 1, 0)
        second = d * (d - 1) * value[0] ** np.maximum(d - 2, 0)
        bent = second * slope[0] ** 2 + first * bend[0]
        return value[0] ** d, (first * slope[0])[None], bent[None, None]

    def start(self, moments: FloatArray) -> FloatArray:
        """From the mean correlation of neighbours."""
        if self.size == 1:
            return np.empty(0)
        return from_rho(np.array([_off_diagonal(moments, 1)]))


@dataclass(frozen=True, slots=True, eq=False)
class ContinuousAutoregressive:
    """rho to the power of the time between the two occasions, rho between 0 and 1.

    `times` are the m times of the occasions, in the unit in which rho is one unit apart.
    """

    times: FloatArray
    name: str = "car1"
    everywhere: bool = False

    @property
    def size(self) -> int:
        """Number of occasions."""
        return len(self.times)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The first two occasions stand for all."""
        return ((0, 1),) if self.size > 1 else ()

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """P = rho^distance with rho = 1 / (1 + e⁻ˣ)."""
        if self.size == 1:
            return _none(1)
        distance = np.abs(self.times[:, None] - self.times[None, :])
        log_rho = -np.logaddexp(0, -x[0])
        slope = 1 - np.exp(log_rho)  # of log rho in x
        bend = -slope * (1 - slope)
        P = np.exp(distance * log_rho)
        first = P * distance * slope
        second = P * ((distance * slope) ** 2 + distance * bend)
        return P, first[None], second[None, None]

    def start(self, moments: FloatArray) -> FloatArray:
        """From the mean correlation of neighbours and their mean distance."""
        if self.size == 1:
            return np.empty(0)
        near = np.clip(_off_diagonal(moments, 1), 1 - START_LIMIT, START_LIMIT)
        value = near ** (1 / np.diff(np.sort(self.times)).mean())
        return np.array([np.log(value / (1 - value))])


@dataclass(frozen=True, slots=True)
class Toeplitz:
    """A correlation of its own for every distance between occasions."""

    size: int
    name: str = "toep"
    everywhere: bool = False

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The first occasion with each later one."""
        return tuple((0, distance) for distance in range(1, self.size))

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """P = rho_|i - j|; positive definite only in part of the space."""
        m, q = self.size, self.size - 1
        value, slope, bend = rho(x)
        d = _distances(m)
        where = d[None] == np.arange(1, m)[:, None, None]
        second = np.zeros((q, q, m, m))
        second[np.arange(q), np.arange(q)] = where * bend[:, None, None]
        return np.concatenate([[1.0], value])[d], where * slope[:, None, None], second

    def start(self, moments: FloatArray) -> FloatArray:
        """From the mean correlation at each distance."""
        return from_rho(np.array([_off_diagonal(moments, k) for k in range(1, self.size)]))


@dataclass(frozen=True, slots=True)
class Independent:
    """No correlation at all."""

    size: int
    name: str = "id"
    everywhere: bool = False

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """There is none."""
        return ()

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:  # noqa: ARG002
        """P = I."""
        return _none(self.size)

    def start(self, moments: FloatArray) -> FloatArray:  # noqa: ARG002
        """Nothing to start from."""
        return np.empty(0)


def _none(m: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    return np.eye(m), np.zeros((0, m, m)), np.zeros((0, 0, m, m))


def _distances(m: int) -> npt.NDArray[np.intp]:
    place = np.arange(m)
    return np.asarray(np.abs(place[:, None] - place[None, :]), dtype=np.intp)

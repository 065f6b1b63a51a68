"""The covariance of what one couple, or one person alone, answers.

V = Z G Z' + R. G is the covariance of the units' own intercepts and slopes; R ties the two
partners' answers at one occasion (variances by role and their covariance, of either sign) and
is diagonal otherwise. V is linear in the variances and covariances, τ; some of them may be
equal by design (partners who cannot be told apart), so that τ = M t with fewer t.

Source: Kenny, D. A., Kashy, D. A. & Cook, W. L. (2006). Dyadic Data Analysis, Guilford,
chapters 7 and 13; exchangeable partners by the covariances of sum and difference: Olsen, J. A.
& Kenny, D. A. (2006). Psychol. Methods 11:127-141.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.dyads.blocks import (
    Block,
    OneResidual,
    PairResidual,
    SameResidual,
    Triangle,
)
from outcomes.models.dyads.units import ALONE, FIRST, SECOND, Batch

FloatArray = npt.NDArray[np.float64]
Pair = tuple[int, int]

# Share of the outcome's variance that a search starts with in intercepts and in slopes.
_START_BETWEEN, _START_RESIDUAL = 0.4, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """Which elements V has, which are equal, and the free numbers behind them.

    `random` lists the elements of G as (row, column) of Z's columns, `residual` those of R as
    pairs of roles; τ holds both in this order. `mixing` (τ × t) is M, `names` (t) names the t.
    `blocks` give t from free numbers, in order.
    """

    random: tuple[Pair, ...]
    residual: tuple[Pair, ...]
    mixing: FloatArray
    names: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def free(self) -> int:
        """How many free numbers."""
        return sum(block.free for block in self.blocks)

    def values(self, psi: FloatArray) -> FloatArray:
        """T (the distinct variances and covariances) from the free numbers."""
        return np.concatenate(
            [block.values(psi[part]) for block, part, _ in self._parts()] or [np.zeros(0)]
        )

    def jacobian(self, psi: FloatArray) -> FloatArray:
        """dt/dψ, t × free."""
        found = np.zeros((len(self.names), self.free))
        for block, part, out in self._parts():
            found[out, part] = block.jacobian(psi[part])
        return found

    def curvature(self, psi: FloatArray, weights: FloatArray) -> FloatArray:
        """Σ weights_k ∂²t_k/∂ψ², free × free."""
        found = np.zeros((self.free, self.free))
        for block, part, out in self._parts():
            found[part, part] = block.curvature(psi[part], weights[out])
        return found

    def start(self) -> FloatArray:
        """Free numbers for an outcome of variance one."""
        parts = []
        for block in self.blocks:
            inside = isinstance(block, Triangle)
            parts.append(block.start(_START_BETWEEN if inside else _START_RESIDUAL))
        return np.concatenate(parts)

    def bases(self, batch: Batch) -> FloatArray:
        """dV/dt for the units of a batch: t × b × n × n."""
        b, n = batch.y.shape
        found = np.zeros((len(self.names), b, n, n))
        elements = [_random(batch, pair) for pair in self.random]
        elements += [batch.residual_mask(*pair) for pair in self.residual]
        for place, element in enumerate(elements):
            for distinct in np.flatnonzero(self.mixing[place]):
                found[distinct] += self.mixing[place, distinct] * element
        return found

    def scaled(self, outcome: float, columns: FloatArray) -> FloatArray:
        """Factors (t) that turn t of the scaled problem into units of the outcome.

        `outcome` is what y was divided by, `columns` what the columns of Z were.
        """
        tau = [outcome**2 / (columns[a] * columns[b]) for a, b in self.random]
        tau += [outcome**2] * len(self.residual)
        # Elements that share a t are scaled alike, so that any of them gives its factor.
        used = self.mixing != 0
        return np.array([np.asarray(tau)[used[:, k]][0] for k in range(used.shape[1])])

    def _parts(self) -> list[tuple[Block, slice, slice]]:
        found, free, given = [], 0, 0
        for block in self.blocks:
            found.append((block, slice(free, free + block.free), slice(given, given + block.given)))
            free, given = free + block.free, given + block.given
        return found


def _random(batch: Batch, pair: Pair) -> FloatArray:
    left, right = batch.Z[:, :, pair[0]], batch.Z[:, :, pair[1]]
    found = left[:, :, None] * right[:, None, :]
    return np.asarray(found if pair[0] == pair[1] else found + found.transpose(0, 2, 1))


def lower(first: int, size: int) -> tuple[Pair, ...]:
    """Elements of a covariance matrix of `size` columns from column `first` on."""
    return tuple((first + a, first + b) for a in range(size) for b in range(a + 1))


def pair_residual(*, distinguishable: bool) -> Covariance:
    """R alone: two variances and a covariance, or one variance and a covariance."""
    residual = ((FIRST, FIRST), (SECOND, SECOND), (SECOND, FIRST))
    if distinguishable:
        names = ("variance of the first", "variance of the second", "covariance")
        return Covariance((), residual, np.eye(3), names, (PairResidual(),))
    mixing = np.array([[1.0, 0], [1.0, 0], [0, 1.0]])
    return Covariance((), residual, mixing, ("variance", "covariance"), (SameResidual(),))


def alone_residual() -> Covariance:
    """R of people who are seen alone."""
    return Covariance(
        (), ((ALONE, ALONE),), np.eye(1), ("variance of one alone",), (OneResidual(),)
    )

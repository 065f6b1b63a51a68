"""Laplace's approximation with several grouping factors, nested or crossed.

H = I + A'WA with A = Z Λ; the mode û and log |H| come from `elimination`, the exact gradient in
(β, θ) from the entries of H⁻¹ that the rows need. With h_i = a_i'H⁻¹a_i and w' the slope of the
weights, −2 log-likelihood has the gradient −2 X'(r − ½ (h∘w' − W A s)), s = H⁻¹A'(h∘w').
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

from outcomes.models.binary.clusters import MAX_HALVINGS, MAX_STEPS
from outcomes.models.binary.counts import Counts
from outcomes.models.binary.elimination import Dense, Eliminated, Sparse, eliminate
from outcomes.models.binary.factors import Factor

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
# Half the squared Newton decrement from which one more step is the last.
NEAR = 1e-10


@dataclass(slots=True, eq=False)
class SeveralFactors:
    """−2 log-likelihood of a logistic model with several grouping factors.

    Rows with the same groups stand together, those of a combination from `starts` on.
    `columns` (combinations × Q) are the places of their effects among all N, `chain` the
    factors that are eliminated block by block. `modes` (N) is where the last evaluation ended.
    """

    counts: Counts
    design: FloatArray
    factors: tuple[Factor, ...]
    starts: IntArray
    combination: IntArray
    columns: IntArray
    chain: tuple[tuple[int, int], ...]
    modes: FloatArray
    failed: bool = field(default=False)

    @property
    def n_fixed(self) -> int:
        """How many coefficients come before θ in the parameters."""
        return int(self.design.shape[1])

    def split(self, theta: FloatArray) -> list[FloatArray]:
        """θ of each factor."""
        ends = np.cumsum([len(factor.free) for factor in self.factors])
        return np.split(theta, ends[:-1])

    def effects(self, theta: FloatArray) -> FloatArray:
        """Z Λ by row, n × Q."""
        parts = zip(self.factors, self.split(theta), strict=True)
        return np.column_stack([factor.design @ factor.root(own) for factor, own in parts])

    def information(self, effects: FloatArray, weights: FloatArray) -> Sparse:
        """H, N × N sparse."""
        q = effects.shape[1]
        size = len(self.modes)
        pairs = [(a, b) for a in range(q) for b in range(q)]
        sums = np.add.reduceat(
            np.column_stack([weights * effects[:, a] * effects[:, b] for a, b in pairs]),
            self.starts,
            axis=0,
        )
        rows = np.concatenate([self.columns[:, a] for a, _ in pairs])
        places = np.concatenate([self.columns[:, b] for _, b in pairs])
        inner = sparse.coo_array((sums.T.reshape(-1), (rows, places)), shape=(size, size))
        return sparse.csr_array(inner.tocsr() + sparse.eye_array(size))

    def gather(self, values: FloatArray) -> FloatArray:
        """A'v: sums by effect (N) of row values already multiplied by Z Λ (n × Q)."""
        sums = np.add.reduceat(values, self.starts, axis=0)
        places = self.columns.reshape(-1)
        summed = np.bincount(places, weights=sums.reshape(-1), minlength=len(self.modes))
        return summed.astype(np.float64)

    def spread(self, effects: FloatArray, u: FloatArray) -> FloatArray:
        """A u by row."""
        return np.asarray((effects * u[self.columns][self.combination]).sum(axis=1))

    def find_modes(
        self, offset: FloatArray, effects: FloatArray
    ) -> tuple[FloatArray, FloatArray, Eliminated | Dense]:
        """û, the linear predictor there, and H factored there, by Newton with step halving."""
        u = self.modes
        linear = offset + self.spread(effects, u)
        value = self._joint(linear, u)
        for _ in range(MAX_STEPS):
            weights = self.counts.weights(linear)[0]
            system = eliminate(self.information(effects, weights), self.chain)
            score = self.gather(effects * self.counts.residuals(linear)[:, None]) - u
            step = system.solve(score)
            decrement = 0.5 * float(score @ step)
            if decrement < NEAR:
                # The next step squares the distance, so that it is right to rounding.
                u = u + step
                linear = offset + self.spread(effects, u)
                weights = self.counts.weights(linear)[0]
                self.failed, self.modes = False, u
                return u, linear, eliminate(self.information(effects, weights), self.chain)
            size = 1.0
            for _ in range(MAX_HALVINGS):
                tried = offset + self.spread(effects, u + size * step)
                gained = self._joint(tried, u + size * step)
                if gained >= value - 1e-12 * (1 + abs(value)):
                    break
                size /= 2
            u, linear, value = u + size * step, tried, gained
        self.failed, self.modes = True, u
        return u, linear, system

    def conditional(self, parameters: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Modes of u (groups × q) and the diagonal blocks of H⁻¹, factor by factor."""
        effects = self.effects(parameters[self.n_fixed :])
        offset = self.design @ parameters[: self.n_fixed]
        u, _, system = self.find_modes(offset, effects)
        inverse = system.selected()
        found, place = [], 0
        for factor in self.factors:
            q, size = factor.width, factor.n_groups * factor.width
            block = np.empty((factor.n_groups, q, q))
            for a in range(q):
                for b in range(q):
                    rows = place + np.arange(0, size, q)
                    block[:, a, b] = np.asarray(inverse[rows + a, rows + b]).reshape(-1)
            found.append((u[place : place + size].reshape(-1, q), block))
            place += size
        return found

    def _joint(self, linear: FloatArray, u: FloatArray) -> float:
        return float(self.counts.kernel(linear).sum() - 0.5 * u @ u)

    def evaluate(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """−2 log-likelihood and its gradient at parameters (β, θ)."""
        beta, theta = parameters[: self.n_fixed], parameters[self.n_fixed :]
        effects = self.effects(theta)
        u, linear, system = self.find_modes(self.design @ beta, effects)
        value = self._joint(linear, u) - 0.5 * system.logdet + self.counts.constant
        return -2 * value, self._gradient(effects, u, linear, system)

    def _gradient(
        self, effects: FloatArray, u: FloatArray, linear: FloatArray, system: Eliminated | Dense
    ) -> FloatArray:
        weights, slopes = self.counts.weights(linear)
        residuals = self.counts.residuals(linear)
        turned = self.turned(effects, system)
        tilt = slopes * (turned * effects).sum(axis=1)
        # What −log |H| / 2 gains when the linear predictor of a row moves, modes following.
        moved = system.solve(self.gather(effects * tilt[:, None]))
        through = tilt - weights * self.spread(effects, moved)
        total = residuals - 0.5 * through
        gradient = [self.design.T @ total]
        own = u[self.columns][self.combination]
        following = moved[self.columns][self.combination]
        place = 0
        for factor in self.factors:
            for row, column in factor.free:
                z = factor.design[:, row]
                # Directly, through the modes, and through A in H.
                along = total * own[:, place + column]
                along = along - 0.5 * residuals * following[:, place + column]
                along = along - weights * turned[:, place + column]
                gradient.append(np.array([float(z @ along)]))
            place += factor.width
        return -2 * np.concatenate(gradient)

    def turned(self, effects: FloatArray, system: Eliminated | Dense) -> FloatArray:
        """A H⁻¹ where A has entries, n × Q."""
        inverse = self.inverse_blocks(system)
        return np.asarray(np.einsum("nab,nb->na", inverse[self.combination], effects))

    def inverse_blocks(self, system: Eliminated | Dense) -> FloatArray:
        """Entries of H⁻¹ of each combination, combinations × Q × Q."""
        chosen = system.selected()
        chosen.sort_indices()
        count, q = self.columns.shape
        rows = np.repeat(self.columns, q, axis=1).reshape(-1)
        places = np.tile(self.columns, (1, q)).reshape(-1)
        found = np.asarray(chosen[rows, places]).reshape(-1)
        return np.asarray(found.reshape(count, q, q), dtype=np.float64)


def several_factors(
    counts: Counts, design: FloatArray, factors: tuple[Factor, ...]
) -> SeveralFactors:
    """The likelihood; factors in the order given by `elimination_order`."""
    codes = np.column_stack([factor.codes for factor in factors])
    order = np.lexsort(codes.T[::-1]).astype(np.intp)
    ordered = codes[order]
    fresh = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)]
    starts = np.flatnonzero(fresh).astype(np.intp)
    combination = (np.cumsum(fresh) - 1).astype(np.intp)
    columns, offset = [], 0
    for factor, own in zip(factors, ordered[starts].T, strict=True):
        columns += [offset + own * factor.width + a for a in range(factor.width)]
        offset += factor.n_groups * factor.width
    length = chain_length([ordered[starts][:, k] for k in range(len(factors))])
    return SeveralFactors(
        Counts(counts.successes[order], counts.trials[order], counts.constant),
        design[order],
        tuple(factor.take(order) for factor in factors),
        starts,
        combination,
        np.column_stack(columns).astype(np.intp),
        tuple((factor.n_groups, factor.width) for factor in factors[:length]),
        np.zeros(offset),
    )


def chain_length(codes: list[IntArray]) -> int:
    """How many factors can be eliminated in turn: each holds whole groups of the one before."""
    length = 1
    while length < len(codes):
        pairs = np.unique(np.column_stack([codes[length - 1], codes[length]]), axis=0)
        if len(pairs) > len(np.unique(codes[length - 1])):
            break
        length += 1
    return length


def elimination_order(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """The factors, those with most groups first."""
    return tuple(sorted(factors, key=lambda factor: -factor.n_groups * factor.width))

"""The marginal likelihood with one grouping factor, all groups at once.

The integral over each group's random effects is adaptive Gauss-Hermite quadrature around the
group's mode (Pinheiro & Chao 2006, J. Comput. Graph. Stat. 15:58); one point is Laplace's
approximation. With h(u) the joint log-density of a group, û its mode, H = −h''(û) = C C' and
L = C⁻ᵀ the nodes are û + √2 L x, so that −2 log-likelihood and its exact gradient in (β, θ) cost
one pass over the rows for each Newton step and each node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from outcomes.models.binary.counts import Counts
from outcomes.models.binary.factors import Factor

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

MAX_STEPS = 100
MAX_HALVINGS = 12
# Half the squared Newton decrement of a group at which its mode counts as found. The next step
# squares it, so that the mode is right to rounding.
DECREMENT = 1e-13


@dataclass(slots=True, eq=False)
class OneFactor:
    """−2 log-likelihood of a logistic model with one grouping factor.

    `counts`, `design` (n × p) and `factor` are in the order of the groups, whose rows begin at
    `starts`. `modes` (groups × q) is where the last evaluation ended: the next starts there.
    """

    counts: Counts
    design: FloatArray
    factor: Factor
    points: int
    starts: IntArray
    modes: FloatArray
    failed: bool = field(default=False)

    @property
    def n_fixed(self) -> int:
        """How many coefficients come before θ in the parameters."""
        return int(self.design.shape[1])

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The grouping factors: one."""
        return (self.factor,)

    def root(self, theta: FloatArray) -> FloatArray:
        """Λ of the factor."""
        return self.factor.root(theta)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sums over the rows of each group."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=0))

    def find_modes(self, offset: FloatArray, effects: FloatArray) -> FloatArray:
        """û of every group (groups × q) by Newton with step halving; `effects` is Z Λ."""
        codes = self.factor.codes
        u = self.modes
        value = self._joint(offset, effects, u)
        for _ in range(MAX_STEPS):
            linear = offset + (effects * u[codes]).sum(axis=1)
            score = self.sums(effects * self.counts.residuals(linear)[:, None]) - u
            step = np.linalg.solve(self._curvature(effects, linear), score[:, :, None])[:, :, 0]
            if 0.5 * float(np.max(score * step, initial=0.0)) < DECREMENT:
                self.failed = False
                self.modes = u + step
                return self.modes
            size = np.ones(len(u))
            for _ in range(MAX_HALVINGS):
                tried = u + size[:, None] * step
                gained = self._joint(offset, effects, tried)
                worse = gained < value - 1e-10 * (1 + np.abs(value))
                if not worse.any():
                    break
                size = np.where(worse, size / 2, size)
            u, value = tried, gained
        self.failed = True
        self.modes = u
        return u

    def conditional(self, parameters: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Modes of u (groups × q) and H⁻¹ of each group, for the one factor."""
        beta, theta = parameters[: self.n_fixed], parameters[self.n_fixed :]
        offset = self.design @ beta
        effects = self.factor.design @ self.factor.root(theta)
        u = self.find_modes(offset, effects)
        linear = offset + (effects * u[self.factor.codes]).sum(axis=1)
        return [(u, np.asarray(np.linalg.inv(self._curvature(effects, linear))))]

    def _joint(self, offset: FloatArray, effects: FloatArray, u: FloatArray) -> FloatArray:
        """h(u): log-density of the rows and the effects of each group, without constants."""
        linear = offset + (effects * u[self.factor.codes]).sum(axis=1)
        return np.asarray(self.sums(self.counts.kernel(linear)) - 0.5 * (u**2).sum(axis=1))

    def _curvature(self, effects: FloatArray, linear: FloatArray) -> FloatArray:
        """H of each group, groups × q × q."""
        weights = self.counts.weights(linear)[0]
        q = effects.shape[1]
        inner = np.empty((len(self.starts), q, q))
        for a in range(q):
            left = weights * effects[:, a]
            for b in range(a + 1):
                inner[:, a, b] = inner[:, b, a] = self.sums(left * effects[:, b])
        return np.asarray(inner + np.eye(q))

    def evaluate(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """−2 log-likelihood and its gradient at parameters (β, θ)."""
        beta, theta = parameters[: self.n_fixed], parameters[self.n_fixed :]
        root = self.factor.root(theta)
        offset = self.design @ beta
        effects = self.factor.design @ root
        u = self.find_modes(offset, effects)
        linear = offset + (effects * u[self.factor.codes]).sum(axis=1)
        curvature = self._curvature(effects, linear)
        lower = np.asarray(np.linalg.cholesky(curvature))
        scale = np.swapaxes(np.linalg.inv(lower), 1, 2)
        found = self._quadrature(offset, effects, u, scale)
        logdet = np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        value = float((found.log_integral - logdet).sum()) + self.counts.constant
        moved = self._moved(linear, effects, u, curvature)
        gradient = self._gradient(found, moved, lower, scale)
        return -2 * value, -2 * gradient

    def _quadrature(
        self, offset: FloatArray, effects: FloatArray, u: FloatArray, scale: FloatArray
    ) -> _Nodes:
        """Integrate each group and gather what the gradient needs, node by node."""
        q = effects.shape[1]
        codes = self.factor.codes
        places, log_weights = nodes(self.points, q)
        at = [u + np.sqrt(2) * scale @ place for place in places]
        logs = np.column_stack(
            [
                self._joint(offset, effects, here) + w
                for here, w in zip(at, log_weights, strict=True)
            ]
        )
        top = logs.max(axis=1)
        shares = np.exp(logs - top[:, None])
        total = shares.sum(axis=1)
        shares /= total[:, None]
        made = _Nodes.empty(len(offset), len(u), q)
        made.log_integral[:] = top + np.log(total)
        for here, place, share in zip(at, places, shares.T, strict=True):
            linear = offset + (effects * here[codes]).sum(axis=1)
            residuals = self.counts.residuals(linear) * share[codes]
            made.residuals[:] += residuals
            plain = self.sums(self.factor.design * residuals[:, None])
            made.outer[:] += plain[:, :, None] * here[:, None, :]
            score = self.sums(effects * residuals[:, None]) - share[:, None] * here
            made.score[:] += score
            made.turned[:] += np.sqrt(2) * score[:, :, None] * place
        return made

    def _moved(
        self,
        linear: FloatArray,
        effects: FloatArray,
        u: FloatArray,
        curvature: FloatArray,
    ) -> _Moved:
        """How the modes and their curvature move with every parameter."""
        design, factor = self.design, self.factor
        p, q, groups = self.n_fixed, effects.shape[1], len(u)
        weights, slopes = self.counts.weights(linear)
        residuals = self.sums(factor.design * self.counts.residuals(linear)[:, None])
        size = p + len(factor.free)
        right = np.empty((groups, q, size))
        change = np.zeros((groups, q, q, size))
        mixed = np.empty((groups, q, q))  # Σ w z_a a_b
        third = np.empty((groups, q, q, q))
        for a in range(q):
            right[:, a, :p] = -self.sums((weights * effects[:, a])[:, None] * design)
            for b in range(q):
                mixed[:, a, b] = self.sums(weights * factor.design[:, a] * effects[:, b])
                both = slopes * effects[:, a] * effects[:, b]
                change[:, a, b, :p] = self.sums(both[:, None] * design)
                third[:, a, b, :] = self.sums(both[:, None] * effects)
                for j, (row, column) in enumerate(factor.free, start=p):
                    along = self.sums(both * factor.design[:, row])
                    change[:, a, b, j] = along * u[:, column]
        for j, (row, column) in enumerate(factor.free, start=p):
            right[:, :, j] = -mixed[:, row, :] * u[:, column, None]
            right[:, column, j] += residuals[:, row]
            change[:, column, :, j] += mixed[:, row, :]
            change[:, :, column, j] += mixed[:, row, :]
        modes = np.asarray(np.linalg.solve(curvature, right))
        change += np.einsum("gabc,gcj->gabj", third, modes)
        return _Moved(modes, change)

    def _gradient(
        self,
        found: _Nodes,
        moved: _Moved,
        lower: FloatArray,
        scale: FloatArray,
    ) -> FloatArray:
        """The exact gradient of the log-likelihood, the nodes moving with the parameters."""
        p = self.n_fixed
        q = lower.shape[1]
        inverse = np.swapaxes(scale, 1, 2)
        # dC = C Φ(C⁻¹ dH C⁻ᵀ), Φ the lower half with half the diagonal; dL = −C⁻ᵀ dC' C⁻ᵀ.
        inner = np.einsum("gab,gbcj,gdc->gadj", inverse, moved.curvature, inverse)
        half = inner * (np.tril(np.ones((q, q)), -1) + 0.5 * np.eye(q))[:, :, None]
        logdet = np.einsum("gaaj->j", half)
        scale_moved = -np.einsum("gab,gcbj->gacj", scale, half)
        gradient = (
            np.einsum("ga,gaj->j", found.score, moved.modes)
            + np.einsum("gab,gabj->j", found.turned, scale_moved)
            - logdet
        )
        gradient[:p] += self.design.T @ found.residuals
        outer = found.outer.sum(axis=0)
        for j, (row, column) in enumerate(self.factor.free, start=p):
            gradient[j] += outer[row, column]
        return np.asarray(gradient)


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """Sums over the nodes, each weighted by its share of the group's integral.

    `log_integral` (groups), `residuals` (n), `outer` Σ z r u' (groups × q × q), `score` of the
    joint density at the nodes (groups × q), and `turned` √2 Σ score x' (groups × q × q).
    """

    log_integral: FloatArray
    residuals: FloatArray
    outer: FloatArray
    score: FloatArray
    turned: FloatArray

    @classmethod
    def empty(cls, n: int, groups: int, q: int) -> _Nodes:
        return cls(
            np.zeros(groups),
            np.zeros(n),
            np.zeros((groups, q, q)),
            np.zeros((groups, q)),
            np.zeros((groups, q, q)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Moved:
    """Derivatives of the modes (groups × q × P) and of H (groups × q × q × P)."""

    modes: FloatArray
    curvature: FloatArray


def nodes(points: int, width: int) -> tuple[list[FloatArray], FloatArray]:
    """Product nodes (each q numbers) and log-weights for ∫ f(û + √2 L x) without the density.

    The weights carry exp(x²) and the constant of the normal density, so that one point is
    Laplace's approximation.
    """
    x, w = np.polynomial.hermite.hermgauss(points)
    logs = np.log(w) + x**2 - 0.5 * np.log(np.pi)
    places = [np.array(place) for place in product(x, repeat=width)]
    return places, np.array([sum(chosen) for chosen in product(logs, repeat=width)])


def one_factor(counts: Counts, design: FloatArray, factor: Factor, points: int) -> OneFactor:
    """The likelihood, its rows put in the order of the groups (every group has a row)."""
    order = np.argsort(factor.codes, kind="stable")
    codes = factor.codes[order]
    starts = np.flatnonzero(np.r_[True, np.diff(codes) > 0]).astype(np.intp)
    return OneFactor(
        Counts(counts.successes[order], counts.trials[order], counts.constant),
        design[order],
        factor.take(order.astype(np.intp)),
        points,
        starts,
        np.zeros((len(starts), factor.width)),
    )

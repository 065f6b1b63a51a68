"""The best parameters of a likelihood with a gradient: BFGS, then Newton to rounding.

Coefficients are searched in units of their standard errors in the model without random effects,
so that the surface is round at the start. The Hessian is the central difference of the exact
gradient; the covariance of all parameters is its inverse, as lme4 takes it for glmer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from outcomes.models.binary.factors import Factor, upright
from outcomes.models.inference.convergence import Convergence

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# In units of a standard error: a step of the differences, and of the search's stopping rule.
STEP = 1e-3
GRADIENT = 1e-3
NEWTON_STEPS = 12
# Newton has arrived where the next step would gain less −2 log-likelihood than this.
ARRIVED = 1e-11
# It counts as converged below this, which moves no estimate by 1/1000 of its standard error.
CONVERGED = 1e-7
# Smallest eigenvalue of the scaled Hessian that is still a minimum.
CURVED = 1e-7
# A standard deviation (or what a correlation leaves of one) below this is tried as zero: the
# −2 log-likelihood is even in it, so that its square is what matters.
NEAR_ZERO = 2e-2
LOSS_AT_ZERO = 1e-7


class Likelihood(Protocol):
    """−2 log-likelihood with a gradient; parameters are (β, θ)."""

    failed: bool

    @property
    def n_fixed(self) -> int:
        """How many coefficients there are."""
        ...

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The grouping factors, whose θ follow each other."""
        ...

    def evaluate(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """−2 log-likelihood and its gradient."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the search ended.

    `parameters` are (β, θ), `deviance` −2 log-likelihood there, `covariance` (P × P) of the
    parameters, with zeros for those in `fixed` (a variance of zero has no standard error).
    """

    parameters: FloatArray
    deviance: float
    covariance: FloatArray
    free: BoolArray
    convergence: Convergence


@dataclass(slots=True, eq=False)
class _Scaled:
    """The likelihood in scaled parameters, of which some are held."""

    likelihood: Likelihood
    turn: FloatArray
    evaluations: int = 0

    def at(self, scaled: FloatArray) -> tuple[float, FloatArray]:
        self.evaluations += 1
        value, gradient = self.likelihood.evaluate(self.turn @ scaled)
        return value, np.asarray(self.turn.T @ gradient)

    def hessian(self, scaled: FloatArray, free: BoolArray) -> FloatArray:
        """Central differences over the free parameters, f × f."""
        places = np.flatnonzero(free)
        rows = []
        for place in places:
            step = np.zeros(len(scaled))
            step[place] = STEP
            rows.append((self.at(scaled + step)[1] - self.at(scaled - step)[1])[places])
        found = np.array(rows).reshape(len(places), len(places)) / (2 * STEP)
        return np.asarray((found + found.T) / 2)


def search(
    likelihood: Likelihood, start: FloatArray, scale: FloatArray, held: BoolArray | None = None
) -> Optimum:
    """Minimise from `start`; `scale` (p × p) turns scaled coefficients into coefficients.

    `held` (P) keeps parameters at their start. A standard deviation of zero is found, not
    forced: zero is taken where the likelihood is no worse there.
    """
    p = likelihood.n_fixed
    size = len(start)
    turn = np.zeros((size, size))
    turn[:p, :p] = scale
    for factor, place in zip(likelihood.factors, _offsets(likelihood), strict=True):
        span = np.arange(place, place + len(factor.free))
        turn[span, span] = 1 / np.sqrt(2 * factor.n_groups)
    scaled = _Scaled(likelihood, turn)
    free = np.ones(size, dtype=bool) if held is None else ~held
    x = np.asarray(np.linalg.solve(turn, start))
    x = _descend(scaled, x, free)
    x, free = _at_zero(scaled, x, free)
    x, hessian, decrement = _newton(scaled, x, free)
    return _optimum(scaled, x, free, hessian, decrement)


def _descend(scaled: _Scaled, x: FloatArray, free: BoolArray) -> FloatArray:
    """BFGS over the free parameters."""
    whole = x.copy()

    def at(part: FloatArray) -> tuple[float, FloatArray]:
        whole[free] = part
        value, gradient = scaled.at(whole)
        return value, gradient[free]

    if not free.any():
        return x
    found = minimize(at, x[free], jac=True, method="BFGS", options={"gtol": GRADIENT})
    moved = x.copy()
    moved[free] = found.x
    return moved


def _newton(
    scaled: _Scaled, x: FloatArray, free: BoolArray
) -> tuple[FloatArray, FloatArray, float]:
    """Newton steps to rounding; the Hessian at the end and what the next step would gain."""
    value, gradient = scaled.at(x)
    hessian = scaled.hessian(x, free)
    decrement = np.inf
    for _ in range(NEWTON_STEPS):
        step = np.zeros(len(x))
        step[free] = -_solve(hessian, gradient[free])
        decrement = float(-gradient @ step) / 2
        if abs(decrement) < ARRIVED:
            break
        tried, slope = scaled.at(x + step)
        for _ in range(10):
            if tried <= value + ARRIVED:
                break
            step = step / 2
            tried, slope = scaled.at(x + step)
        x, value, gradient = x + step, tried, slope
        if decrement > CONVERGED:
            hessian = scaled.hessian(x, free)
    return x, scaled.hessian(x, free), decrement


def _solve(hessian: FloatArray, right: FloatArray) -> FloatArray:
    """A Newton step that goes downhill where the Hessian does not curve upwards."""
    if not len(right):
        return right
    values, vectors = np.linalg.eigh(hessian)
    safe = np.maximum(np.abs(values), 1e-8 * max(np.abs(values).max(), 1e-300))
    return np.asarray(vectors @ ((vectors.T @ right) / safe))


def _at_zero(scaled: _Scaled, x: FloatArray, free: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Set to zero what is zero, and hold it there."""
    likelihood = scaled.likelihood
    parameters = scaled.turn @ x
    for factor, place in zip(likelihood.factors, _offsets(likelihood), strict=True):
        span = slice(place, place + len(factor.free))
        if not free[span].all():
            continue
        root = upright(factor.root(parameters[span]))
        if np.diag(root).min() >= NEAR_ZERO:
            continue
        reduced = _reduced(root)
        tried = parameters.copy()
        tried[span] = [reduced[where] for where in factor.free]
        held = free.copy()
        held[span] = [
            not (value == 0 and reduced[column, column] == 0)
            for value, (_, column) in zip(tried[span], factor.free, strict=True)
        ]
        before = scaled.at(x)[0]
        settled = _newton(scaled, np.asarray(np.linalg.solve(scaled.turn, tried)), held)[0]
        if scaled.at(settled)[0] <= before + LOSS_AT_ZERO:
            x, free = settled, held
            parameters = scaled.turn @ x
    return x, free


def _reduced(root: FloatArray) -> FloatArray:
    """The Cholesky factor of the covariance with vanishing pivots set to zero."""
    left = root @ root.T
    made = np.zeros_like(root)
    for column in range(len(root)):
        pivot = left[column, column]
        if pivot < NEAR_ZERO**2:
            continue
        made[:, column] = left[:, column] / np.sqrt(pivot)
        made[:column, column] = 0.0
        left = left - np.outer(made[:, column], made[:, column])
    return made


def _optimum(
    scaled: _Scaled, x: FloatArray, free: BoolArray, hessian: FloatArray, decrement: float
) -> Optimum:
    likelihood = scaled.likelihood
    value, gradient = scaled.at(x)
    size = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
    curvature = float(np.linalg.eigvalsh(hessian / np.outer(size, size))[0]) if len(size) else 1.0
    covariance = np.zeros((len(x), len(x)))
    arrived = bool(np.isfinite(value)) and not likelihood.failed and abs(decrement) < CONVERGED
    if curvature > CURVED:
        # −2 log-likelihood: its Hessian is twice the information.
        covariance[np.ix_(free, free)] = 2 * np.linalg.inv(hessian)
    message = ""
    if not arrived:
        message = "the search stopped before the gradient was zero"
    elif curvature <= CURVED:
        message = "the likelihood is flat: a parameter has no finite or no single best value"
    return Optimum(
        parameters=_standing(likelihood, scaled.turn @ x),
        deviance=float(value),
        covariance=np.asarray(scaled.turn @ covariance @ scaled.turn.T),
        free=free,
        convergence=Convergence(
            converged=not message,
            gradient=float(np.max(np.abs(gradient[free]) / size, initial=0.0)),
            curvature=curvature,
            evaluations=scaled.evaluations,
            on_bound=_bounds(likelihood, free),
            message=message,
        ),
    )


def _standing(likelihood: Likelihood, parameters: FloatArray) -> FloatArray:
    """Parameters with no negative number on a diagonal of Λ (held ones stay zero)."""
    made = parameters.copy()
    for factor, place in zip(likelihood.factors, _offsets(likelihood), strict=True):
        span = slice(place, place + len(factor.free))
        root = upright(factor.root(parameters[span]))
        made[span] = [root[where] for where in factor.free]
    return made


def _bounds(likelihood: Likelihood, free: BoolArray) -> tuple[str, ...]:
    """What is at a bound, in words."""
    said = []
    for factor, place in zip(likelihood.factors, _offsets(likelihood), strict=True):
        for number, (row, column) in enumerate(factor.free):
            if row != column or free[place + number]:
                continue
            if column == 0 or factor.width == 1:
                said.append(f"no spread of {factor.names[column]} between levels of {factor.name}")
            else:
                said.append(
                    f"{factor.names[column]} by {factor.name} follows from the effects before it"
                )
    return tuple(said)


def _offsets(likelihood: Likelihood) -> list[int]:
    """Where the parameters of each factor begin."""
    sizes = [len(factor.free) for factor in likelihood.factors]
    return [likelihood.n_fixed + sum(sizes[:place]) for place in range(len(sizes))]

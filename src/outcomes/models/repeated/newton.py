"""Newton's method with the exact curvature, Fisher scoring where it is not convex."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.repeated.likelihood import Curvature, Value, curvature, value
from outcomes.models.repeated.patterns import FloatArray, Patterns
from outcomes.models.repeated.structures import Structure

# g'H⁻¹g of the deviance: the squared distance to the optimum in standard errors, halved.
# 1e-16 is a hundred-millionth of a standard error; where rounding stops progress before,
# 1e-9 (3e-5 standard errors, 5e-10 in the log-likelihood) still counts as there.
ENOUGH, NEAR = 1e-16, 1e-9
MAX_STEPS = 100
# After this many steps a covariance whose correlations come this near to singular is taken to
# go on so: the likelihood has no maximum, as where a visit is fitted without error.
PATIENCE, SINGULAR = 25, 1e-4
# No number moves more than this in one step: a log standard deviation of 1 is a factor e.
LONGEST = 1.0
# A step must win this share of what the gradient promises (Armijo 1966).
SHARE = 1e-4
HALVINGS = 40
# Curvature, scaled to a unit diagonal, must be this far from flat in every direction.
FLAT = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the search ended: values there, the decrement g'H⁻¹g, and why it stopped."""

    at: Value
    slope: Curvature
    decrement: float
    flattest: float
    steps: int
    stopped: str


def minimise(
    data: Patterns, structure: Structure, start: FloatArray, *, reml: bool, max_steps: int
) -> Optimum | None:
    """The minimum of the deviance from `start`; None where `start` itself has none."""
    at = value(data, structure, start, reml=reml)
    if at is None:
        return None
    last = np.inf
    for step_number in range(max_steps + 1):
        slope = curvature(data, structure, at, reml=reml)
        step, flattest, newton = direction(slope)
        decrement = float(-slope.gradient @ step)
        if newton and decrement < ENOUGH:
            return Optimum(at, slope, decrement, flattest, step_number, "optimum")
        stalled = newton and decrement < NEAR and decrement > last / 4
        following = None if stalled else _line(data, structure, at, step, decrement, reml=reml)
        if following is None:
            why = "optimum" if newton and decrement < NEAR else "no better point on the line"
            return Optimum(at, slope, decrement, flattest, step_number, why)
        if step_number >= PATIENCE and smallest_correlation(at.matrix) < SINGULAR:
            return Optimum(at, slope, decrement, flattest, step_number, "singular")
        if step_number == max_steps:
            break
        last = decrement if newton else np.inf
        at = following
    return Optimum(at, slope, decrement, flattest, max_steps, "too many steps")


def direction(slope: Curvature) -> tuple[FloatArray, float, bool]:
    """The step, the smallest eigenvalue of the scaled curvature, and whether it is Newton's.

    Numbers at a bound stay where they are and count for neither.
    """
    free = np.flatnonzero(slope.free)
    step = np.zeros(len(slope.gradient))
    if not len(free):
        return step, 1.0, True
    block = np.ix_(free, free)
    flattest = float(scaled_eigenvalues(slope.observed[block])[0])
    if flattest > FLAT:
        step[free] = -_solve(slope.observed[block], slope.gradient[free], 0.0)
        return step, flattest, True
    expected = float(scaled_eigenvalues(slope.expected[block])[0])
    ridge = 0.0 if expected > FLAT else 1e-6 - min(expected, 0.0)
    step[free] = -_solve(slope.expected[block], slope.gradient[free], ridge)
    return step, flattest, False


def scaled_eigenvalues(H: FloatArray) -> FloatArray:
    """Eigenvalues, ascending, of H scaled to a unit diagonal by its absolute diagonal."""
    scale = _scale(H)
    return np.asarray(np.linalg.eigvalsh(H / np.outer(scale, scale)), dtype=np.float64)


def smallest_correlation(V: FloatArray) -> float:
    """The smallest eigenvalue of V's correlations: 0 where V is singular."""
    sd = np.sqrt(np.diag(V))
    return float(np.linalg.eigvalsh(V / np.outer(sd, sd))[0])


def _scale(H: FloatArray) -> FloatArray:
    size = np.sqrt(np.abs(np.diag(H)))
    return np.where(size > 0, size, 1.0)


def _solve(H: FloatArray, g: FloatArray, ridge: float) -> FloatArray:
    scale = _scale(H)
    scaled = H / np.outer(scale, scale) + ridge * np.eye(len(g))
    return np.asarray(np.linalg.solve(scaled, g / scale) / scale)


def _line(
    data: Patterns,
    structure: Structure,
    at: Value,
    step: FloatArray,
    decrement: float,
    *,
    reml: bool,
) -> Value | None:
    """The first point on the line, halving, that wins enough; None where none does."""
    length = min(1.0, LONGEST / float(np.abs(step).max()))
    # The objective is known to about this much; near the optimum the gain is smaller.
    rounding = 64 * np.finfo(float).eps * abs(at.deviance)
    for _ in range(HALVINGS):
        tried = value(data, structure, at.theta + length * step, reml=reml)
        if tried is not None:
            wanted = at.deviance - SHARE * length * decrement + rounding
            if tried.deviance <= wanted:
                return tried
        length /= 2
    return None

"""Newton's method with the average information, inside a trust region.

Source: Gilmour et al. 1995; the damping follows Levenberg and Marquardt (Moré 1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from outcomes.models.mixed.likelihood import Sweep
from outcomes.models.mixed.objective import Objective, Point
from outcomes.models.mixed.stacks import Numbers

# The search ends where the best step would lower the deviance by less than this.
ENOUGH = 1e-10
MOST_STEPS = 60
MOST_DAMPINGS = 25
DAMPING = 1e-3


@dataclass(slots=True, eq=False)
class Found:
    """Where the search ended: elements of L, and the point there."""

    theta: Numbers
    point: Point
    steps: int
    arrived: bool


def start(objective: Objective) -> Numbers:
    """Every random column as large as the residual, shared between them: free of all units."""
    parameters = objective.parameters
    n_terms = max(len(parameters.blocks), 1)
    own = parameters.row == parameters.column
    return np.where(own, 1.0 / np.sqrt(n_terms), 0.0)


def search(objective: Objective, theta: Numbers) -> Found:
    """Lower the deviance from `theta` until nothing is left to gain."""
    parameters = objective.parameters
    swept = objective.value(parameters.covariances(theta))[1]
    if swept is None:
        theta = theta * 0.1
        swept = objective.value(parameters.covariances(theta))[1]
    assert swept is not None
    point = objective.point(swept)
    damping = DAMPING
    for step_number in range(MOST_STEPS):
        gradient, hessian = newton_terms(objective, theta, point)
        step, gain, taken, damping = _step(objective, theta, point, (gradient, hessian), damping)
        if taken is None:
            return Found(theta, point, step_number, gain < ENOUGH)
        theta = theta + step
        point = objective.point(taken)
        if gain < ENOUGH:
            return Found(theta, point, step_number + 1, arrived=True)
    return Found(theta, point, MOST_STEPS, arrived=False)


def newton_terms(objective: Objective, theta: Numbers, point: Point) -> tuple[Numbers, Numbers]:
    """Gradient and approximate Hessian by the elements of L."""
    jacobian = objective.parameters.jacobian(theta)
    hessian = jacobian.T @ objective.information(point) @ jacobian
    hessian += objective.parameters.bend(point.slope)
    return jacobian.T @ point.gradient, hessian


def _step(
    objective: Objective,
    theta: Numbers,
    point: Point,
    terms: tuple[Numbers, Numbers],
    damping: float,
) -> tuple[Numbers, float, Sweep | None, float]:
    """A step that lowers the deviance, what it was expected to gain, and the sweep there."""
    gradient, hessian = terms
    scale = np.maximum(np.abs(np.diagonal(hessian)), 1e-8 * np.abs(hessian).max() + 1e-300)
    for _ in range(MOST_DAMPINGS):
        try:
            root = cho_factor(hessian + damping * np.diag(scale), lower=True)
        except np.linalg.LinAlgError:
            damping = max(damping * 10, DAMPING)
            continue
        step = -cho_solve(root, gradient)
        expected = float(-(gradient @ step) - 0.5 * step @ hessian @ step)
        value, swept = objective.value(objective.parameters.covariances(theta + step))
        # Below rounding of the deviance a decrease cannot be seen: take the step.
        slack = 1e-11 * (1 + abs(point.value))
        if swept is not None and value <= point.value + min(slack, ENOUGH * 100):
            gained = (point.value - value) / max(expected, 1e-300)
            damping = damping / 10 if gained > 0.5 else damping
            return step, expected, swept, max(damping, 1e-12)
        if expected < ENOUGH:
            return step, expected, None, damping
        damping = max(damping * 10, DAMPING)
    return np.zeros_like(theta), np.inf, None, damping

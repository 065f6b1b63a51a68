"""Second derivatives of the deviance at the end of the search, and the directions left free.

Central differences of the exact gradient, with steps in units of each variance: the error
is of the order of the squared step, 1e-8. They serve the check of the minimum, the
covariance of the variance parameters (Satterthwaite) and the expected information
(Kenward-Roger: the second derivative of the REML log determinants is -tr(P V_k P V_l)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed.objective import Objective, Point
from outcomes.models.mixed.parameters import Parameters
from outcomes.models.mixed.stacks import Numbers

STEP = 1e-4
# A pivot of the relative covariance's factor below this is tried as zero (lme4: 1e-4).
SMALL_PIVOT = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """Derivatives by the k elements of D, in scaled columns.

    Second derivatives of the log determinants and of r^2 (k, k), and first derivatives of
    X'V0^-1 X (k, p, p).
    """

    logdet: Numbers
    r2: Numbers
    fixed: Numbers

    def profiled(self, point: Point, df: int) -> Numbers:
        """The Hessian of the profiled deviance by the elements of D."""
        first = point.r2_gradient
        return (
            self.logdet + point.weight * self.r2 - np.outer(first, first) * df / point.swept.r2**2
        )


def curvature(objective: Objective, point: Point) -> Curvature:
    """Differentiate the exact gradient once more, in every element of D."""
    parameters = objective.parameters
    D = point.swept.D
    values, p = parameters.elements(D), objective.prepared.n_fixed
    sizes = step_sizes(objective, point)
    logdet, r2 = np.empty((2, parameters.n, parameters.n))
    fixed = np.empty((parameters.n, p, p))
    for k, size in enumerate(sizes):
        # One end at a time: a sweep of crossed factors holds large matrices.
        ends = [_end(objective, values, k, sign * size) for sign in (1.0, -1.0)]
        if ends[0] is None or ends[1] is None:
            return Curvature(np.full_like(logdet, np.nan), r2, fixed)
        for made, high, low in zip((logdet, r2, fixed), ends[0], ends[1], strict=True):
            made[k] = (high - low) / (2 * size)
    return Curvature((logdet + logdet.T) / 2, (r2 + r2.T) / 2, fixed)


def _end(
    objective: Objective, values: Numbers, k: int, move: float
) -> tuple[Numbers, Numbers, Numbers] | None:
    """Gradients and X'V0^-1 X with one element of D moved; None outside the model's space."""
    moved = values.copy()
    moved[k] += move
    swept = objective.value(objective.parameters.matrices(moved, symmetric=True))[1]
    if swept is None:
        return None
    p = objective.prepared.n_fixed
    point = objective.point(swept)
    return point.logdet_gradient, point.r2_gradient, swept.S[:p, :p]


def step_sizes(objective: Objective, point: Point) -> Numbers:
    """A step for each element: a share of the variances, or of what the data could tell."""
    parameters = objective.parameters
    scale = [
        np.sqrt(np.maximum(np.diagonal(D), floor))
        for D, floor in zip(point.swept.D, units(objective), strict=True)
    ]
    return np.array(
        [
            STEP * scale[f][i] * scale[f][j]
            for f, i, j in zip(parameters.factor, parameters.row, parameters.column, strict=True)
        ]
    )


def units(objective: Objective) -> list[float]:
    """For each factor the relative variance at which the data of a level weigh as much."""
    prepared = objective.prepared
    return [levels / prepared.n_rows for levels in prepared.n_levels]


@dataclass(frozen=True, slots=True, eq=False)
class Free:
    """The directions in which D can move on its face of the cone of covariances.

    `roots` (q, r) per term give D = R R' with full column rank r; `entries` are
    (term, row, column) of the free elements; `jacobian` (k, m) is the derivative of the
    elements of D by them, `bend` (m, m) the second-order part of the Hessian.
    """

    roots: tuple[Numbers, ...]
    entries: tuple[tuple[int, int, int], ...]
    jacobian: Numbers
    bend: Numbers
    on_bound: tuple[int, ...]

    def hessian(self, elements: Numbers) -> Numbers:
        """The Hessian by the free elements, from that by the elements of D."""
        return self.jacobian.T @ elements @ self.jacobian + self.bend


def pivoted_root(D: Numbers, small: float) -> tuple[Numbers, list[int]]:
    """R (q, r) with D = R R', columns of pivots above `small`, and the order of the pivots."""
    rest = D.copy()
    order: list[int] = []
    columns: list[Numbers] = []
    for _ in range(len(D)):
        pivot = int(np.argmax(np.diagonal(rest)))
        if rest[pivot, pivot] <= small**2:
            break
        column = rest[:, pivot] / np.sqrt(rest[pivot, pivot])
        column[order] = 0.0
        rest = rest - np.outer(column, column)
        order.append(pivot)
        columns.append(column)
    left = [place for place in range(len(D)) if place not in order]
    return np.array(columns).reshape(len(columns), len(D)).T, order + left


def free_directions(
    parameters: Parameters, D: Sequence[Numbers], slope: Sequence[Numbers], small: float
) -> Free:
    """The free elements at D; a pivot below `small` counts as zero."""
    roots, entries, bound = [], [], []
    for number, (f, places) in enumerate(parameters.blocks):
        root, order = pivoted_root(D[f][np.ix_(places, places)], small)
        roots.append(root)
        for column in range(root.shape[1]):
            entries += [(number, row, column) for row in order[column:]]
        if root.shape[1] < len(places):
            bound.append(number)
    m = len(entries)
    jacobian, bend = np.zeros((parameters.n, m)), np.zeros((m, m))
    for a, (number, row, column) in enumerate(entries):
        f, places = parameters.blocks[number]
        change = np.zeros((len(places), len(places)))
        change[row] += roots[number][:, column]
        change[:, row] += roots[number][:, column]
        whole = [np.zeros_like(one) for one in D]
        whole[f][np.ix_(places, places)] = change
        jacobian[:, a] = parameters.elements(whole)
        for b, (other, other_row, other_column) in enumerate(entries):
            if other == number and other_column == column:
                bend[a, b] = 2 * slope[f][places[row], places[other_row]]
    return Free(tuple(roots), tuple(entries), jacobian, bend, tuple(bound))


def rebuilt(parameters: Parameters, free: Free, move: Numbers | None = None) -> list[Numbers]:
    """D from the roots, moved along the free elements."""
    made = [np.zeros((size, size)) for size in parameters.sizes]
    roots = [root.copy() for root in free.roots]
    if move is not None:
        for (number, row, column), value in zip(free.entries, move, strict=True):
            roots[number][row, column] += value
    for (f, places), root in zip(parameters.blocks, roots, strict=True):
        made[f][np.ix_(places, places)] = root @ root.T
    return made

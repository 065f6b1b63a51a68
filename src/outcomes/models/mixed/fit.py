"""Fit a linear mixed model to summaries: search, bounds, curvature, and a verdict.

A fit has converged where the scaled gradient is small and the Hessian over the free
directions is positive definite; a variance of zero is an answer where the deviance would
rise on leaving it (Karush-Kuhn-Tucker).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from outcomes.errors import NotEnoughData
from outcomes.models.inference.convergence import Convergence
from outcomes.models.mixed.curvature import (
    SMALL_PIVOT,
    Curvature,
    Free,
    curvature,
    free_directions,
    rebuilt,
    units,
)
from outcomes.models.mixed.likelihood import degrees
from outcomes.models.mixed.objective import Objective, Point
from outcomes.models.mixed.parameters import parameters_of
from outcomes.models.mixed.prepare import Prepared, prepare
from outcomes.models.mixed.search import search, start
from outcomes.models.mixed.stacks import Numbers
from outcomes.models.mixed.summary import Summary

GRADIENT = 1e-4  # largest derivative of the deviance, in standard errors of a parameter
CURVATURE = 1e-8  # smallest eigenvalue of the Hessian scaled to a diagonal of 1
OUTWARD = -1e-4  # at a bound, the least slope into the model's space, in units of the data
NO_WORSE = 1e-9  # a variance is zero where the deviance there is not higher by more
POLISHED = 1e-12  # gain of a further step below which there is nothing left
RESTARTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model. `D` are relative covariances in scaled columns; see the properties."""

    prepared: Prepared
    objective: Objective
    point: Point
    free: Free
    curvature: Curvature
    hessian: Numbers
    convergence: Convergence

    @property
    def reml(self) -> bool:
        """Whether the restricted likelihood was maximised."""
        return self.objective.reml

    @property
    def df(self) -> int:
        """Rows, less the fixed effects for REML."""
        return degrees(self.prepared, self.reml)

    @property
    def residual_variance(self) -> float:
        """sigma^2, in squared points of the outcome."""
        return self.point.swept.r2 / self.df * self.prepared.outcome_scale**2

    @property
    def beta(self) -> Numbers:
        """Fixed effects (p), in points; the summary's origin is not in them."""
        return self.point.swept.beta * self.fixed_units

    @property
    def fixed_units(self) -> Numbers:
        """What turns scaled fixed effects into points."""
        return self.prepared.outcome_scale / self.prepared.fixed_scale

    @property
    def beta_covariance(self) -> Numbers:
        """Covariance of the fixed effects (p, p), the variances taken as known."""
        sigma2 = self.point.swept.r2 / self.df
        units_of = self.fixed_units
        return sigma2 * self.point.swept.fixed_inverse * np.outer(units_of, units_of)

    @property
    def covariances(self) -> list[Numbers]:
        """Covariance of the random effects of each factor (q, q), in points."""
        return [
            D * self.residual_variance / np.outer(scale, scale)
            for D, scale in zip(self.point.swept.D, self.prepared.random_scale, strict=True)
        ]

    @property
    def deviance(self) -> float:
        """-2 log likelihood (REML criterion), in the outcome's own units."""
        return self.point.value + deviance_shift(self.prepared, self.reml)


def deviance_shift(prepared: Prepared, reml: bool) -> float:
    """What scaling took off the deviance."""
    shift = 2 * degrees(prepared, reml) * np.log(prepared.outcome_scale)
    if reml:
        shift += 2 * np.log(prepared.fixed_scale).sum()
    return float(shift)


def fit_summary(summary: Summary, *, reml: bool = True, theta: Numbers | None = None) -> Fit:
    """Fit to a summary; `theta` (elements of L in scaled columns) begins the search."""
    return fit_prepared(prepare(summary), reml=reml, theta=theta)


def fit_prepared(prepared: Prepared, *, reml: bool = True, theta: Numbers | None = None) -> Fit:
    """Fit to a prepared summary. Raises NotEnoughData where the model asks too much."""
    objective = Objective(prepared, parameters_of(prepared.factors), reml)
    check_size(objective)
    begun = start(objective) if theta is None else theta
    for attempt in range(RESTARTS):
        found = search(objective, begun)
        point, free = _bounded(objective, found.point)
        bent = curvature(objective, point)
        point, free, hessian = _polished(objective, point, free, bent)
        kick = _way_down(objective, point, free, hessian)
        if kick is None or attempt == RESTARTS - 1:
            break
        begun = kick
    convergence = _verdict(objective, point, free, hessian)
    return Fit(prepared, objective, point, free, bent, hessian, convergence)


def check_size(objective: Objective) -> None:
    """Raise NotEnoughData where random effects are as many as rows, or rows as fixed effects."""
    prepared = objective.prepared
    if prepared.n_rows <= prepared.n_fixed:
        raise NotEnoughData(
            "There are not more rows than fixed effects.",
            where="parameter formula",
            how_many=prepared.n_rows,
            fix="Take terms out of the formula.",
        )
    for factor in prepared.factors:
        if len(factor.levels) < 2:
            raise NotEnoughData(
                "A grouping factor has one level: nothing can vary over it.",
                where=f"random terms of {factor.name}",
                how_many=len(factor.levels),
                fix="Take the random term out of the formula.",
            )
        for places in factor.blocks:
            if prepared.n_rows <= len(factor.levels) * len(places):
                raise NotEnoughData(
                    "A random term has as many effects as there are rows: they cannot be told "
                    "from the residual.",
                    where=f"random terms of {factor.name}",
                    how_many=len(factor.levels) * len(places),
                    fix="Leave out the slope, or the term.",
                )


def _bounded(objective: Objective, point: Point) -> tuple[Point, Free]:
    """Put tiny variances at zero where that is no worse."""
    parameters = objective.parameters
    free = free_directions(parameters, point.swept.D, point.slope, SMALL_PIVOT)
    if not free.on_bound:
        return point, free
    value, swept = objective.value(rebuilt(parameters, free))
    if swept is not None and value <= point.value + NO_WORSE * (1 + abs(point.value) * 1e-3):
        point = objective.point(swept)
        return point, free_directions(parameters, swept.D, point.slope, SMALL_PIVOT / 100)
    return point, free_directions(parameters, point.swept.D, point.slope, 0.0)


def _polished(
    objective: Objective, point: Point, free: Free, bent: Curvature
) -> tuple[Point, Free, Numbers]:
    """Newton steps with the exact Hessian, until a step would gain nothing."""
    parameters, df = objective.parameters, degrees(objective.prepared, objective.reml)
    hessian = free.hessian(bent.profiled(point, df))
    for _ in range(3):
        if not free.entries or not np.isfinite(hessian).all():
            break
        gradient = free.jacobian.T @ point.gradient
        try:
            step = -cho_solve(cho_factor(hessian), gradient)
        except np.linalg.LinAlgError:
            break
        if -gradient @ step < POLISHED:
            break
        swept = objective.value(rebuilt(parameters, free, step))[1]
        if swept is None:
            break
        moved = objective.point(swept)
        small = SMALL_PIVOT / 100 if free.on_bound else 0.0
        new = free_directions(parameters, swept.D, moved.slope, small)
        ahead = new.jacobian.T @ moved.gradient
        if ahead @ ahead > gradient @ gradient:
            break
        point, free = moved, new
        hessian = free.hessian(bent.profiled(point, df))
    return point, free, hessian


def _way_down(objective: Objective, point: Point, free: Free, hessian: Numbers) -> Numbers | None:
    """Elements of L from which to search again, where the point is no minimum."""
    parameters = objective.parameters
    lower = [D.copy() for D in point.swept.D]
    found = False
    for number in free.on_bound:
        f, places = parameters.blocks[number]
        outward, direction = _outward(objective, point, free, number)
        if outward < OUTWARD:
            found = True
            lower[f][np.ix_(places, places)] += units(objective)[f] * np.outer(direction, direction)
    if not found and len(hessian) and np.isfinite(hessian).all():
        values, vectors = np.linalg.eigh(hessian)
        if values[0] < -CURVATURE * abs(values[-1]):
            found = True
            lower = rebuilt(parameters, free, 0.3 * vectors[:, 0])
    if not found:
        return None
    roots: list[Numbers] = []
    for D, unit in zip(lower, units(objective), strict=True):
        lifted = D + 1e-6 * unit * np.eye(len(D))
        roots.append(np.asarray(np.linalg.cholesky(lifted), dtype="float64"))
    return parameters.elements(roots)


def _outward(objective: Objective, point: Point, free: Free, number: int) -> tuple[float, Numbers]:
    """The least slope of the deviance into the cone at a bound, and its direction."""
    f, places = objective.parameters.blocks[number]
    root = free.roots[number]
    slope = point.slope[f][np.ix_(places, places)] * units(objective)[f]
    rank = root.shape[1]
    left = np.linalg.svd(root)[0][:, rank:] if rank else np.eye(len(places))
    values, vectors = np.linalg.eigh(left.T @ slope @ left)
    return float(values[0]), left @ vectors[:, 0]


def _verdict(objective: Objective, point: Point, free: Free, hessian: Numbers) -> Convergence:
    """Whether this is a minimum, and of what kind."""
    names = bound_names(objective, free)
    if not np.isfinite(hessian).all():
        return Convergence(
            False, np.inf, np.nan, objective.evaluations, names,
            "the curvature could not be found",
        )  # fmt: skip
    gradient, least = 0.0, 1.0
    if free.entries:
        size = np.sqrt(np.maximum(np.abs(np.diagonal(hessian)), 1e-300))
        gradient = float(np.abs(free.jacobian.T @ point.gradient / size).max())
        least = float(np.linalg.eigvalsh(hessian / np.outer(size, size))[0])
    outward = min(
        (_outward(objective, point, free, number)[0] for number in free.on_bound), default=0.0
    )
    message = ""
    if least <= CURVATURE:
        message = "the data cannot tell the variances apart (the likelihood is flat)"
    elif gradient > GRADIENT or outward < OUTWARD:
        message = "the search stopped before the likelihood was highest"
    return Convergence(not message, gradient, least, objective.evaluations, names, message)


def bound_names(objective: Objective, free: Free) -> tuple[str, ...]:
    """Terms whose covariance is singular, in words."""
    names = []
    for number in free.on_bound:
        f, places = objective.parameters.blocks[number]
        factor = objective.prepared.factors[f]
        root = free.roots[number]
        zero = [place for at, place in enumerate(places) if not root.size or not np.any(root[at])]
        for place in zero:
            names.append(f"variance of {factor.column_names[place]} over {factor.name} is 0")
        if len(zero) + root.shape[1] < len(places):
            columns = ", ".join(factor.column_names[place] for place in places if place not in zero)
            names.append(f"correlation of {columns} over {factor.name} is 1 or -1")
    return tuple(names)

"""Profile likelihood intervals: where fixing a parameter costs as much as the level allows.

A limit is where the deviance, lowest over everything else, lies qchisq(level, 1) above its
minimum. Standard deviations end at 0 and correlations at -1 and 1.

Source: Bates et al. 2015, section 5.1; Venzon, D. J. & Moolgavkar, S. H. (1988). Appl. Stat.
37:87-94.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from scipy import stats
from scipy.optimize import brentq, minimize

from outcomes.errors import NotEnoughData
from outcomes.models.mixed.bootstrap import begin_again
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.leaf import spread_cells
from outcomes.models.mixed.likelihood import degrees
from outcomes.models.mixed.objective import Objective
from outcomes.models.mixed.prepare import Prepared
from outcomes.models.mixed.search import search
from outcomes.models.mixed.stacks import Numbers
from outcomes.models.mixed.variances import RESIDUAL

PRECISION = 1e-7  # of a limit, relative to the estimate or its first step
MOST_STEPS = 60
NEARLY = 1 - 1e-6  # a correlation of one is tried here


def profile_fixed(fit: Fit, place: int, level: float) -> tuple[float, float]:
    """Limits of a fixed effect, in points and without the summary's origin."""
    theta = begin_again(fit)
    unit = fit.fixed_units[place]
    best, centre = fit.point.value, fit.point.swept.beta[place]

    def rise(value: float) -> float:
        objective = Objective(_without(fit.prepared, place, value), fit.objective.parameters, False)
        return search(objective, theta).point.value - best

    step = float(np.sqrt(fit.beta_covariance[place, place]) / unit)
    goal = stats.chi2.ppf(level, 1)
    ends = [_crossing(rise, centre, sign * step, goal, None) for sign in (-1, 1)]
    return ends[0] * unit, ends[1] * unit


def _without(prepared: Prepared, place: int, value: float) -> Prepared:
    """The model with a fixed column taken out and `value` times it taken off the outcome."""
    leaf = prepared.leaf
    column = len(leaf.base) - 1 - prepared.n_fixed + place
    base = leaf.base[column]
    amount = value * spread_cells(leaf.factor[column], leaf.cell_of)
    products = leaf.products.copy()
    products[-1] -= amount * leaf.products[base]
    products[:, -1] -= amount * products[:, base]
    pairs = leaf.pair_products
    if leaf.pairs is not None:
        pairs = pairs.copy()
        pairs[-1] -= amount[leaf.pairs.block] * pairs[base]
    return replace(
        prepared,
        leaf=replace(
            leaf,
            products=products,
            pair_products=pairs,
            base=np.delete(leaf.base, column),
            factor=np.delete(leaf.factor, column, axis=0),
        ),
        fixed_scale=np.delete(prepared.fixed_scale, place),
        n_fixed=prepared.n_fixed - 1,
    )


def profile_variances(fit: Fit, level: float) -> Iterator[tuple[str, float, float, float]]:
    """(name, estimate, low, high) of each standard deviation and correlation, in points."""
    parameters, factors = fit.objective.parameters, fit.prepared.factors
    goal = stats.chi2.ppf(level, 1)
    profiled = _Profile(fit)
    for f, i, j in zip(parameters.factor, parameters.row, parameters.column, strict=True):
        names, group = factors[f].column_names, factors[f].name
        unit = fit.prepared.outcome_scale / fit.prepared.random_scale[f][i]
        if i == j:
            estimate = profiled.sd(profiled.best, f, i)
            low, high = profiled.limits((int(f), int(i), int(i)), estimate, goal, (0.0, None))
            yield f"sd {names[i]} | {group}", estimate * unit, low * unit, high * unit
        else:
            estimate = profiled.correlation(profiled.best, f, i, j)
            low, high = profiled.limits((int(f), int(i), int(j)), estimate, goal, (-1.0, 1.0))
            yield f"correlation {names[j]}, {names[i]} | {group}", estimate, low, high
    scale = fit.prepared.outcome_scale
    estimate = float(np.exp(profiled.best[-1]))
    low, high = profiled.limits(None, estimate, goal, (0.0, None))
    yield f"sd {RESIDUAL}", estimate * scale, low * scale, high * scale


class _Profile:
    """The deviance with sigma by elements of L and log sigma, and constraints on it."""

    def __init__(self, fit: Fit) -> None:
        self.objective = Objective(fit.prepared, fit.objective.parameters, False)
        self.n = degrees(fit.prepared, False)
        sigma = np.sqrt(fit.point.swept.r2 / self.n)
        self.best = np.append(begin_again(fit), np.log(sigma))
        self.least = fit.point.value

    def deviance(self, x: Numbers) -> tuple[float, Numbers]:
        """Deviance and gradient at elements of L and log sigma."""
        parameters = self.objective.parameters
        swept = self.objective.value(parameters.covariances(x[:-1]))[1]
        if swept is None:
            return 1e10, np.zeros_like(x)
        point = self.objective.point(swept)
        sigma2 = np.exp(2 * x[-1])
        value = swept.logdet + self.n * np.log(2 * np.pi * sigma2) + swept.r2 / sigma2
        by_D = point.logdet_gradient + point.r2_gradient / sigma2
        gradient = np.append(
            parameters.jacobian(x[:-1]).T @ by_D, 2 * self.n - 2 * swept.r2 / sigma2
        )
        return float(value), gradient

    def sd(self, x: Numbers, f: int, i: int) -> float:
        """A standard deviation, in scaled points."""
        D = self.objective.parameters.covariances(x[:-1])[f]
        return float(np.sqrt(D[i, i]) * np.exp(x[-1]))

    def correlation(self, x: Numbers, f: int, i: int, j: int) -> float:
        """A correlation."""
        D = self.objective.parameters.covariances(x[:-1])[f]
        return float(D[i, j] / np.sqrt(D[i, i] * D[j, j]))

    def limits(
        self,
        which: tuple[int, int, int] | None,
        estimate: float,
        goal: float,
        bounds: tuple[float | None, float | None],
    ) -> tuple[float, float]:
        """Both limits of one parameter; None is the residual SD."""
        ends = []
        for sign, bound in zip((-1.0, 1.0), bounds, strict=True):
            last = [self.best]

            def rise(value: float, last: list[Numbers] = last) -> float:
                level, last[0] = self._lowest(which, value, last[0])
                return level - self.least

            step = sign * 0.1 * (abs(estimate) if bounds[1] is None else 1.0)
            ends.append(_crossing(rise, estimate, step or sign * 0.05, goal, bound))
        return ends[0], ends[1]

    def _lowest(
        self, which: tuple[int, int, int] | None, value: float, begun: Numbers
    ) -> tuple[float, Numbers]:
        """The deviance, lowest over everything but one parameter."""
        constraint = {"type": "eq", "fun": lambda x: self._departure(which, value, x)}
        found = [
            minimize(
                self.deviance,
                at,
                jac=True,
                method="SLSQP",
                constraints=[constraint],
                options={"ftol": 1e-11, "maxiter": 200},
            )
            for at in (begun, self.best)
        ]
        kept = [one for one in found if abs(self._departure(which, value, one.x)) < 1e-6]
        best = min(kept or found, key=lambda one: float(one.fun))
        return float(best.fun), np.asarray(best.x)

    def _departure(self, which: tuple[int, int, int] | None, value: float, x: Numbers) -> float:
        if which is None:
            return float(np.exp(x[-1]) - value)
        f, i, j = which
        if i == j:
            return self.sd(x, f, i) - value
        return self.correlation(x, f, i, j) - value


def _crossing(
    rise: Callable[[float], float],
    centre: float,
    step: float,
    goal: float,
    bound: float | None,
) -> float:
    """Where the rise reaches `goal` on one side of `centre`; the bound if it never does."""
    near, width = centre, step
    for _ in range(MOST_STEPS):
        far = near + width
        if bound is not None and (far - bound) * np.sign(step) >= 0:
            far = bound * NEARLY if bound else abs(centre) * 1e-6
            if rise(far) < goal:
                return bound
        if rise(far) > goal:
            return float(brentq(lambda v: rise(v) - goal, near, far, xtol=PRECISION * abs(step)))
        near, width = far, width * 1.5
    raise NotEnoughData(
        "A limit of the profile was not found: the likelihood is flat.",
        where='confint(method="profile")',
        fix='Use method="wald", or a simpler model.',
    )

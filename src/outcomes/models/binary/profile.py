"""Profile-likelihood limits: how far one parameter can move before the fit is too much worse.

A limit is where the smallest −2 log-likelihood with the parameter held is the minimum plus the
chi-square quantile. It needs no symmetry, so that a standard deviation gets limits that start
at zero where zero is possible.

Source: Venzon, D. J. & Moolgavkar, S. H. (1988). Appl. Stat. 37:87-94.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import ndtri

from outcomes.models.binary.search import Likelihood, Optimum

FloatArray = npt.NDArray[np.float64]

# The root is found to this share of a standard error (or of the first step from zero).
PRECISE = 1e-3
MAX_DOUBLINGS = 12


@dataclass(slots=True, eq=False)
class Profile:
    """The profile of one parameter around an optimum."""

    likelihood: Likelihood
    optimum: Optimum
    place: int
    last: FloatArray

    def above(self, value: float) -> float:
        """How much worse the best fit is with the parameter at `value`, at least 0."""
        others = self.optimum.free.copy()
        others[self.place] = False
        whole = self.last.copy()
        whole[self.place] = value
        if others.any():
            # The covariance of the others with this one held is the inverse of their Hessian.
            scale = self._scale(others)

            def at(part: FloatArray) -> tuple[float, FloatArray]:
                whole[others] = self.last[others] + scale @ part
                found, gradient = self.likelihood.evaluate(whole)
                return found - self.optimum.deviance, scale.T @ gradient[others]

            found = minimize(
                at, np.zeros(int(others.sum())), jac=True, method="BFGS", options={"gtol": 1e-3}
            )
            whole[others] = self.last[others] + scale @ found.x
            self.last = whole
            return float(found.fun)
        return self.likelihood.evaluate(whole)[0] - self.optimum.deviance

    def _scale(self, others: npt.NDArray[np.bool_]) -> FloatArray:
        """A root of the covariance of the other parameters, this one held."""
        covariance = self.optimum.covariance
        block = covariance[np.ix_(others, others)]
        own = covariance[self.place, self.place]
        if own > 0:
            beside = covariance[others, self.place]
            block = block - np.outer(beside, beside) / own
        # Half, for −2 log-likelihood has twice the information as Hessian.
        return np.asarray(np.linalg.cholesky(block / 2 + 1e-14 * np.eye(len(block))))


def limits(
    likelihood: Likelihood, optimum: Optimum, place: int, level: float, *, floor: float | None
) -> tuple[float, float]:
    """Lower and upper profile limit of one parameter; nan where it does not end.

    `floor`: the parameter cannot be below; the lower limit is the floor where it is possible.
    """
    step = float(np.sqrt(optimum.covariance[place, place])) or 0.1
    most = float(ndtri(0.5 + level / 2) ** 2)
    found = []
    for side in (-1.0, 1.0):
        profile = Profile(likelihood, optimum, place, optimum.parameters.copy())
        found.append(_limit(profile, side, step, most, floor))
    return found[0], found[1]


def _limit(profile: Profile, side: float, step: float, most: float, floor: float | None) -> float:
    estimate = float(profile.optimum.parameters[profile.place])
    if side < 0 and floor is not None and (estimate <= floor or profile.above(floor) <= most):
        return floor
    profile.last = profile.optimum.parameters.copy()
    near, reach = estimate, np.sqrt(most) * step
    far = estimate + side * reach
    for _ in range(MAX_DOUBLINGS):
        if side < 0 and floor is not None:
            far = max(far, floor)
        if profile.above(far) > most:
            break
        near, reach = far, 1.5 * reach
        far = estimate + side * reach
    else:
        return float("nan")

    def gap(value: float) -> float:
        # The square root is close to a straight line.
        return float(np.sqrt(max(profile.above(value), 0.0)) - np.sqrt(most))

    return float(brentq(gap, near, far, xtol=PRECISE * step, rtol=1e-10))

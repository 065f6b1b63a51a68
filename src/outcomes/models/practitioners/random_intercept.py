"""y = Xβ + u + e with one random intercept u for each practitioner: REML from sums alone.

With λ = var(u) / var(e) and V = I + λ J within a practitioner of n clients, V⁻¹ takes the mean
with weight n / (1 + λ n) and deviations from it as they are (Searle, Casella & McCulloch 1992,
ch. 3). The restricted log-likelihood is a function of λ only, with an exact derivative; it is
the one of lme4 for `y ~ x + (1 | practitioner)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from outcomes.models.inference.convergence import Convergence
from outcomes.models.practitioners.sums import Sums

FloatArray = npt.NDArray[np.float64]

# Shares of variance at which the derivative is looked at before the root is refined: dense near
# zero, where shares of practitioners lie.
GRID = np.r_[np.geomspace(1e-6, 0.1, 31)[:-1], np.linspace(0.1, 0.98, 34), 0.99, 0.999, 0.9999]


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The best fit at one λ, in the scaled units of the sums.

    `beta` (p), `inverse` (p × p) of X'V⁻¹X, `rss` (y − Xβ)'V⁻¹(y − Xβ) and `deviance` −2 restricted
    log-likelihood.
    """

    ratio: float
    beta: FloatArray
    inverse: FloatArray
    rss: float
    deviance: float


@dataclass(frozen=True, slots=True, eq=False)
class RandomIntercept:
    """The REML fit: variances in squared units of y.

    `practitioner` between practitioners; `error` of what is a client's own; `rest` of a client
    given the practitioner, which is more than `error` where partners share something.
    """

    sums: Sums
    solved: Solved
    practitioner: float
    error: float
    loglik: float
    convergence: Convergence

    @property
    def rest(self) -> float:
        """Variance of a client given the practitioner."""
        return self.error * (1 + self.sums.couple_ratio)

    @property
    def share(self) -> float:
        """Share of the variance at the practitioner (intraclass correlation)."""
        return self.practitioner / (self.practitioner + self.rest)


def solve(sums: Sums, ratio: float) -> Solved:
    """Generalised least squares at λ = `ratio`, with the restricted likelihood."""
    weight = sums.sizes / (1 + ratio * sums.sizes)
    left = sums.within_xx + over_sizes(weight, sums)
    right = sums.within_xy + weight @ sums.xy
    inverse = np.linalg.inv(left)
    beta = inverse @ right
    rss = sums.within_yy + float(weight @ sums.yy) - float(beta @ right)
    df = sums.total - sums.p
    logdet = np.linalg.slogdet(left)[1] + 2 * np.log(sums.scale).sum()
    deviance = (
        df * (1 + np.log(2 * np.pi * rss / df))
        + float(sums.counts @ np.log1p(ratio * sums.sizes))
        + float(logdet)
        + sums.logdet
    )
    return Solved(ratio, np.asarray(beta), np.asarray(inverse), rss, deviance)


def over_sizes(weight: FloatArray, sums: Sums) -> FloatArray:
    """Σ w x̄'x̄ over practitioners, with one weight for each size; p × p."""
    return np.asarray((weight @ sums.xx.reshape(len(weight), -1)).reshape(sums.p, sums.p))


def residuals(sums: Sums, solved: Solved) -> FloatArray:
    """Practitioner means less what the columns let expect (k)."""
    return np.asarray(sums.y - sums.x @ solved.beta)


def falling(sums: Sums, solved: Solved) -> float:
    """Derivative of RSS in λ: −Σ (n / (1 + λn))² (ȳ − x̄β)², β being at its best."""
    squared = (sums.sizes / (1 + solved.ratio * sums.sizes)) ** 2
    beta = solved.beta
    own = sums.yy - 2 * sums.xy @ beta + np.einsum("a,cab,b->c", beta, sums.xx, beta)
    return -float(squared @ own)


def slope(sums: Sums, solved: Solved) -> float:
    """Derivative of the deviance in λ."""
    weight = sums.sizes / (1 + solved.ratio * sums.sizes)
    df = sums.total - sums.p
    moved = df * falling(sums, solved) / solved.rss
    middle = over_sizes(weight**2, sums)
    return moved + float(sums.counts @ weight) - float((solved.inverse * middle).sum())


def random_intercept(sums: Sums) -> RandomIntercept:
    """Fit by REML. A variance of zero is an answer, said by `convergence.on_bound`."""
    evaluations = 0

    def at(share: float) -> float:
        nonlocal evaluations
        evaluations += 1
        ratio = share / (1 - share)
        # Scaled to the share, so that it stays of one size over the whole range.
        return slope(sums, solve(sums, ratio)) / (1 - share) ** 2

    shares = np.r_[0.0, GRID]
    slopes = [at(float(share)) for share in shares]
    tried = [0.0] if slopes[0] >= 0 else []
    for place in range(len(shares) - 1):
        if slopes[place] < 0 <= slopes[place + 1]:
            tried.append(brentq(at, shares[place], shares[place + 1], xtol=1e-14, rtol=1e-14))
    found = [solve(sums, share / (1 - share)) for share in tried]
    if not found:
        edge = solve(sums, float(GRID[-1] / (1 - GRID[-1])))
        message = "the variance within practitioners is next to nothing"
        failed = Convergence(False, slopes[-1], np.nan, evaluations, message=message)
        return _fit(sums, edge, failed)
    best = min(found, key=lambda one: one.deviance)
    share = best.ratio / (1 + best.ratio)
    step = 1e-4 * max(share, 1e-4)
    curvature = (at(share + step) - at(share)) / step
    bound = ("no variance between practitioners",) if best.ratio == 0 else ()
    gradient = 0.0 if bound else at(share)
    return _fit(sums, best, Convergence(True, gradient, curvature, evaluations, bound))


def _fit(sums: Sums, best: Solved, convergence: Convergence) -> RandomIntercept:
    error = best.rss / (sums.total - sums.p)
    return RandomIntercept(sums, best, best.ratio * error, error, -best.deviance / 2, convergence)

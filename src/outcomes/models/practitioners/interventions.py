"""Whether practitioners of one intervention differ more among themselves than those of another.

Each intervention has a model of its own (case mix, variance between practitioners, variance of the
rest), so that its share and interval are those of a service that offers nothing else. The
test of equal variances between practitioners compares the sum of their restricted
likelihoods with the best that one common variance can do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import chdtrc

from outcomes.models.practitioners.random_intercept import RandomIntercept, solve

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EqualVariances:
    """Likelihood-ratio test that practitioners' variances are equal between interventions.

    `statistic` is 2 (ℓ₁ − ℓ₀), `df` interventions − 1, `correction` what it is divided by for `p`,
    `common` the best common variance. `in_several` practitioners work in several interventions;
    the test takes their effects as independent, which makes it cautious.
    """

    statistic: float
    df: int
    correction: float
    p: float
    common: float
    loglik: float
    in_several: int


def equal_variances(fits: list[RandomIntercept], in_several: int) -> EqualVariances:
    """Test over the fits of two or more interventions.

    Divided by Bartlett's (1937) factor with the df between practitioners of each, since
    likelihood ratios of variances from few practitioners are too large otherwise; it is exact to
    that order where practitioners have many clients. With a common variance of zero the test
    has nothing to compare and p is 1.
    """
    variances = [fit.practitioner for fit in fits]
    low, high = np.sqrt(min(variances)), np.sqrt(max(variances))
    df = len(fits) - 1
    own = np.array([float(fit.sums.df_between) for fit in fits])
    correction = 1 + (float((1 / own).sum()) - 1 / float(own.sum())) / (3 * df)
    alternative = sum(-2 * fit.loglik for fit in fits)

    def null(spread: float) -> float:
        return float(sum(profile(fit, spread**2) for fit in fits))

    if high == low:
        best, deviance = high, null(float(high))
    else:
        found = minimize_scalar(null, bounds=(low, high), method="bounded",
                                options={"xatol": 1e-8 * high})  # fmt: skip
        edges = [(null(float(edge)), float(edge)) for edge in (low, high)]
        deviance, best = min([(float(found.fun), float(found.x)), *edges])
    statistic = max(deviance - alternative, 0.0)
    return EqualVariances(
        statistic=statistic, df=df, correction=correction,
        p=float(chdtrc(df, statistic / correction)), common=float(best) ** 2,
        loglik=-deviance / 2, in_several=in_several,
    )  # fmt: skip


def profile(fit: RandomIntercept, variance: float) -> float:
    """−2 restricted log-likelihood at a given variance between practitioners, best otherwise."""
    sums = fit.sums
    if variance == 0:
        return solve(sums, 0.0).deviance
    df = sums.total - sums.p

    def at(log_rest: float) -> float:
        rest = float(np.exp(log_rest))
        found = solve(sums, variance / rest)
        # The deviance of `solve` has its own best rest; take it out and put this one in.
        own = found.rss / df
        return float(found.deviance + df * (np.log(rest / own) + own / rest - 1))

    middle = float(np.log(fit.error))
    reach = 1.0 + 20 / np.sqrt(sums.df_within)
    best = minimize_scalar(at, bounds=(middle - reach, middle + reach), method="bounded",
                           options={"xatol": 1e-9})  # fmt: skip
    return float(best.fun)

"""The interval of the share of variance at the practitioner: exact under normality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri, fdtri

from outcomes.models.practitioners.random_intercept import RandomIntercept, solve
from outcomes.models.practitioners.sums import Sums

# A share this close to 1 counts as 1.
ALL = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """Limits of a share of variance at `level`.

    `from_likelihood`: practitioners differ less than chance alone would have them in 97.5 of
    100 samples, so that the exact interval is empty; the upper limit is then the one of the
    profile likelihood.
    """

    low: float
    high: float
    level: float
    from_likelihood: bool = False


def pivot(sums: Sums, ratio: float) -> float:
    """F of the differences between practitioners at λ = `ratio`.

    (RSS(λ) − SSE) / r over SSE / f, RSS from generalised least squares at λ and SSE within
    practitioners. At the true λ it has an F distribution with r and f degrees of freedom,
    whatever the sizes and the covariates (Wald 1940, 1947; Harville & Fenech 1985, Biometrics
    41:137-152, where it is written with eigenvalues); it falls as λ grows. At λ = 0 it is the F
    of the analysis of variance.
    """
    between = max(solve(sums, ratio).rss - sums.sse_within, 0.0) / sums.df_between
    return between / (sums.sse_within / sums.df_within)


def share_interval(fit: RandomIntercept, level: float = 0.95) -> ShareInterval:
    """Wald's exact interval of var(u) / (var(u) + var(e)), cut at 0.

    With limits of equal tails. Where it would be empty (the F ratio is below its lower quantile at
    zero) the upper limit comes from the profile likelihood, so that no sample claims a share of
    exactly zero. Covers at least `level`.
    """
    sums = fit.sums
    tail = (1 - level) / 2
    low_f, high_f = (
        float(fdtri(sums.df_between, sums.df_within, quantile)) for quantile in (tail, 1 - tail)
    )

    def limit(target: float) -> float:
        def gap(share: float) -> float:
            return pivot(sums, sums.ratio(share)) - target

        if gap(0.0) <= 0:
            return 0.0
        return 1.0 if gap(ALL) > 0 else float(brentq(gap, 0.0, ALL, xtol=1e-12))

    low, high = limit(high_f), limit(low_f)
    if high > 0:
        return ShareInterval(low, high, level)
    return ShareInterval(0.0, likelihood_limit(fit, level), level, from_likelihood=True)


def likelihood_limit(fit: RandomIntercept, level: float = 0.95) -> float:
    """Upper limit of the share by the profile of the restricted likelihood, χ² with 1 df."""
    reach = float(chdtri(1, 1 - level))

    def gap(share: float) -> float:
        return solve(fit.sums, fit.sums.ratio(share)).deviance - fit.solved.deviance - reach

    start = fit.share
    return 1.0 if gap(ALL) < 0 else float(brentq(gap, start, ALL, xtol=1e-12))


def reliability(n: np.ndarray, share: float) -> np.ndarray:
    """n·ICC / (1 + (n − 1)·ICC): how far a practitioner's mean tells of the practitioner."""
    return np.asarray(n * share / (1 + (n - 1) * share))

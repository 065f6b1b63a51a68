"""The models of one question: before and after case mix, all together and by intervention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize_scalar

from outcomes.errors import NotEnoughData
from outcomes.models.inference.convergence import Convergence
from outcomes.models.practitioners.case_mix import Chances, Rows, chances, varying
from outcomes.models.practitioners.interventions import EqualVariances, equal_variances
from outcomes.models.practitioners.random_intercept import RandomIntercept, random_intercept
from outcomes.models.practitioners.share import share_interval
from outcomes.models.practitioners.sums import Couples, Inside, Sums, sums

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

# Partners' correlation is searched from 0 to here, to this precision; a gain in −2 log-likelihood
# below the last is none.
ALIKE, CORRELATION, NO_GAIN = 0.98, 1e-6, 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The fit after case mix; for shares on observed less expected, with the chances."""

    fit: RandomIntercept
    given: Rows
    chance: Chances | None

    @property
    def convergence(self) -> Convergence:
        """How the fit ended; for shares also how the logistic regression did."""
        if self.chance is not None and not self.chance.converged:
            return Convergence(False, np.nan, np.nan, 0, message=self.chance.message)
        return self.fit.convergence


def adjusted(given: Rows, at: BoolArray) -> Model:
    """The model after case mix on the rows `at` (n).

    Scores: the case mix is in the model. Shares: the model is of observed less expected, which
    logistic regression on the case mix gives, with the intervention alone held constant.
    """
    X = varying(given.columns.matrix[at])
    if given.kind == "mean":
        return Model(_fit(given, given.y, X, at), given, None)
    found = chances(given.y[at], given.weights[at], X)
    whole = np.zeros(len(given.y))
    whole[at] = found.probability
    base = varying(given.base.matrix[at])
    return Model(_fit(given, given.y - whole, base, at), given, found)


def unadjusted(given: Rows, at: BoolArray) -> RandomIntercept:
    """The fit before case mix: the intervention alone is held constant."""
    return _fit(given, given.y, varying(given.base.matrix[at]), at)


def _fit(given: Rows, y: FloatArray, X: FloatArray, at: BoolArray) -> RandomIntercept:
    """The random intercept on the rows `at`; where there are couples, with what they share."""
    codes = _renumbered(given.codes, at)
    if given.counted and given.squares is not None:
        inside = Inside(weights=given.weights[at], squares=given.squares[at])
        return random_intercept(sums(y[at], X, codes, inside))
    plain = sums(y[at], X, codes)
    if given.couples is None:
        return random_intercept(plain)
    couples = _renumbered(given.couples, at)

    def with_share(correlation: float) -> Sums:
        shared = Couples(couples, correlation / (1 - correlation))
        return sums(y[at], X, codes, Inside(couples=shared))

    def deviance(correlation: float) -> float:
        return -2 * random_intercept(with_share(correlation)).loglik

    found = minimize_scalar(
        deviance, bounds=(0.0, ALIKE), method="bounded", options={"xatol": CORRELATION}
    )
    alone = random_intercept(plain)
    if found.fun >= -2 * alone.loglik - NO_GAIN:
        return alone
    return random_intercept(with_share(float(found.x)))


def _renumbered(codes: IntArray, at: BoolArray) -> IntArray:
    if at.all():
        return codes
    return np.unique(codes[at], return_inverse=True)[1].astype(np.intp)


def shares(
    model: Model, level: float
) -> tuple[pd.DataFrame, EqualVariances | None, tuple[str, ...]]:
    """Shares of variance of all and of each intervention, their test, and who has none."""
    given = model.given
    everybody = np.ones(len(given.y), dtype=bool)
    found = [
        _row("all", "before", unadjusted(given, everybody), level),
        _row("all", "after", model.fit, level),
    ]
    fits: list[RandomIntercept] = []
    failed = []
    for place, arm in enumerate(given.arms if len(given.arms) > 1 else ()):
        at = given.arm == place
        try:
            before, after = unadjusted(given, at), adjusted(given, at)
        except NotEnoughData:
            failed.append(arm)
            continue
        if not after.convergence.usable:
            failed.append(arm)
            continue
        found += [_row(arm, "before", before, level), _row(arm, "after", after.fit, level)]
        fits.append(after.fit)
    equal = equal_variances(fits, in_several(given)) if len(fits) > 1 else None
    said = (f"{arm}: too few practitioners or clients for a share of its own." for arm in failed)
    return pd.DataFrame(found), equal, tuple(said)


def _row(group: str, case_mix: str, fit: RandomIntercept, level: float) -> dict[str, object]:
    limits = share_interval(fit, level)
    return {
        "group": group,
        "case_mix": case_mix,
        "n_practitioners": len(fit.sums.n),
        "n": round(fit.sums.total),
        "variance_practitioner": fit.practitioner,
        "variance_rest": fit.rest,
        "couple_correlation": fit.sums.couple_ratio / (1 + fit.sums.couple_ratio),
        "share": fit.share,
        "low": limits.low,
        "high": limits.high,
        "from_likelihood": limits.from_likelihood,
    }


def in_several(given: Rows) -> int:
    """Practitioners with clients in more than one intervention."""
    pairs = np.unique(given.codes * len(given.arms) + given.arm)
    return int((np.bincount(pairs // len(given.arms)) > 1).sum())

"""Tables of an actor-partner model: effects, their differences, ratios, variances, R²."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import OutcomesError
from outcomes.models.dyads.apim_design import (
    ACTOR,
    INTERCEPT,
    PARTNER,
    Coding,
    People,
    combination,
    interaction,
    two_intercepts,
)
from outcomes.models.dyads.covariance import pair_residual
from outcomes.models.dyads.distinguishability import NO_SCALES
from outcomes.models.dyads.fitting import DyadFit, fit
from outcomes.models.dyads.policy import dyads_policy
from outcomes.models.dyads.quantiles import f_quantile, two_sided
from outcomes.models.dyads.ratio import RatioMethod, delta, fieller, percentiles
from outcomes.models.inference import FixedEffects, estimate_table

FloatArray = npt.NDArray[np.float64]
BOTH = "both partners"


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What every table is made from."""

    people: People
    fit: DyadFit
    effects: FixedEffects
    coding: Coding
    level: float

    @property
    def roles(self) -> list[tuple[str, int | None]]:
        """The word and number of each role; one row where they are not told apart."""
        named = self.people.roles
        return [(BOTH, None)] if named is None else [(named[0], 0), (named[1], 1)]

    def weights(self, label: str, role: int | None) -> FloatArray:
        """Weights of the coefficients for one effect."""
        return combination(self.people, self.coding, label, role)


def effects(given: Inputs, actor: str) -> pd.DataFrame:
    """Actor and partner effect of each role: outcome points for one unit of the predictor.

    `role` is whose outcome it is. `standardised` is the effect times SD(predictor) / SD(outcome),
    both within the role.
    """
    labels, rows, scales = [], [], []
    for word, role in given.roles:
        for label in (ACTOR, PARTNER):
            labels.append({"role": word, "effect": label, "predictor": actor})
            rows.append(given.weights(label, role))
            scales.append(_scale(given.people, label, role))
    table = estimate_table(given.effects, np.array(rows), pd.DataFrame(labels))
    return table.assign(standardised=table["estimate"] * np.array(scales))


def differences(given: Inputs) -> pd.DataFrame:
    """Partner minus actor effect in each role and, where told apart, between the roles."""
    labels, rows = [], []
    for word, role in given.roles:
        labels.append(f"partner effect - actor effect: {word}")
        rows.append(given.weights(PARTNER, role) - given.weights(ACTOR, role))
    if given.people.roles is not None:
        first, second = given.people.roles
        for label in given.people.labels:
            name = label if label == INTERCEPT else f"{label} effect"
            labels.append(f"{name}: {second} - {first}")
            rows.append(given.weights(label, 1) - given.weights(label, 0))
    names = pd.DataFrame({"contrast": pd.array(labels, dtype="string")})
    return estimate_table(given.effects, np.array(rows), names)


def ratios(given: Inputs, method: RatioMethod, seed: int) -> pd.DataFrame:
    """K = partner effect / actor effect of each role, with limits.

    `pattern` names what the limits hold: partner only apart from k, "actor only" (0), "couple"
    (1), "contrast" (-1). It is "not told" where the actor effect may be zero.
    """
    found = []
    draws = _bootstrap(given, seed) if method == "bootstrap" else None
    for place, (word, role) in enumerate(given.roles):
        rows = np.array([given.weights(PARTNER, role), given.weights(ACTOR, role)])
        top, bottom = rows @ given.effects.estimate
        spread = rows @ given.effects.covariance @ rows.T
        df = float(given.effects.inference.single(rows).min())
        se, low, high = delta(top, bottom, spread, df, given.level)
        sure = abs(bottom) > two_sided(given.level, df) * math.sqrt(spread[1, 1])
        if method == "fieller":
            low, high = fieller(top, bottom, spread, df, given.level)
        elif draws is not None:
            low, high = percentiles(draws[:, place], given.level)
        row = {"role": word, "k": top / bottom, "se": se, "low": low, "high": high}
        found.append({**row, "pattern": _pattern(low, high, sure=bool(sure))})
    return pd.DataFrame(found)


def variances(given: Inputs) -> pd.DataFrame:
    """Residual variances, their covariance and the partial intraclass correlation.

    `estimate` in squared points with `se` from the expected information; limits of variances on
    the log scale, of the correlation as `fisher_limits` or `exchangeable_limits` (negative too).
    """
    t, spread = given.fit.t, given.fit.t_expected
    reach = two_sided(given.level)
    named = given.people.roles
    words = ["residual variance"] if named is None else [f"residual variance: {w}" for w in named]
    found = []
    for place, word in enumerate(words):
        se = math.sqrt(spread[place, place])
        factor = math.exp(reach * se / t[place])
        found.append((word, t[place], se, t[place] / factor, t[place] * factor))
    last = len(t) - 1
    se = math.sqrt(spread[last, last])
    found.append(("residual covariance", t[last], se, t[last] - reach * se, t[last] + reach * se))
    rho = t[last] / math.sqrt(t[0] * t[last - 1])
    own = given.fit.psi_covariance[-1, -1]
    low, high = (
        exchangeable_limits(t, spread, given.level)
        if named is None
        else fisher_limits(rho, own, given.level)
    )
    error = math.sqrt(max(own, 0.0)) * (1 - rho**2)
    found.append(("partial intraclass correlation", rho, error, low, high))
    return pd.DataFrame(found, columns=["name", "estimate", "se", "low", "high"])


def fisher_limits(rho: float, variance: float, level: float) -> tuple[float, float]:
    """Limits of a correlation of two variances on Fisher's scale; NaN where too little is known.

    The curvature of the likelihood gives `variance` = 1 / df of its inverse hyperbolic tangent;
    in samples it is near 1 / (df - 2) (Fisher 1921: 1 / (n - 3) with n - 1 df).
    """
    known = 1 / variance - 2 if variance > 0 else 0.0
    if known <= 0 or abs(rho) >= 1:
        return math.nan, math.nan
    half = two_sided(level) / math.sqrt(known)
    return math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)


def exchangeable_limits(t: FloatArray, spread: FloatArray, level: float) -> tuple[float, float]:
    """Limits of the correlation of exchangeable partners: t holds variance and covariance.

    Sum and difference of the partners are independent with variances in the ratio
    (1 + rho) / (1 - rho), which is an F on their df; df = 2 v^2 / Var(v) (exact for complete
    couples, as in the one-way analysis of variance).
    """
    turn = np.array([[1.0, 1.0], [1.0, -1.0]])
    v = turn @ t
    errors = np.einsum("ij,jk,ik->i", turn, spread, turn)
    if v.min() <= 0 or errors.min() <= 0:
        return math.nan, math.nan
    df1, df2 = 2 * v**2 / errors
    ratio, share = v[0] / v[1], 0.5 + level / 2
    low, high = ratio / f_quantile(share, df1, df2), ratio * f_quantile(share, df2, df1)
    return float((low - 1) / (low + 1)), float((high - 1) / (high + 1))


def explained(given: Inputs, *, reml: bool) -> pd.DataFrame:
    """R² of each role: 1 - residual variance / residual variance with intercepts alone.

    NaN where the model with intercepts alone cannot be fitted.
    """
    people = given.people
    empty = people.swapped(people.y, people.base[:, :1], (INTERCEPT,))
    fixed = empty.base if people.roles is None else two_intercepts(empty)[0]
    structure = pair_residual(distinguishable=people.roles is not None)
    try:
        base = fit(empty.rows(fixed), structure, NO_SCALES, reml=reml).t
    except OutcomesError:
        base = np.full(len(given.fit.t), np.nan)
    found = [
        {"role": word, "r_squared": 1 - given.fit.t[place] / base[place]}
        for place, (word, _) in enumerate(given.roles)
    ]
    return pd.DataFrame(found)


def _scale(people: People, label: str, role: int | None) -> float:
    inside = np.ones(len(people.y), dtype=bool) if role is None else people.role == role
    column = people.base[inside, people.labels.index(label)]
    return float(np.std(column) / np.std(people.y[inside]))


def _pattern(low: float, high: float, *, sure: bool) -> str:
    if not sure or not (math.isfinite(low) and math.isfinite(high)):
        return "not told"
    named = {0.0: "actor only", 1.0: "couple", -1.0: "contrast"}
    inside = [word for value, word in named.items() if low <= value <= high]
    return " or ".join(inside) if inside else "between the patterns"


def _bootstrap(given: Inputs, seed: int) -> FloatArray:
    """K of each role in samples of couples drawn with repetition: draws × roles."""
    rng = np.random.default_rng(seed)
    people = given.people
    if people.roles is None:
        fixed = people.base
    else:
        fixed, _ = (two_intercepts if given.coding == "two_intercept" else interaction)(people)
    rows, n = people.rows(fixed), int(people.couple.max()) + 1
    found = []
    for _ in range(dyads_policy()["ratio"]["draws"]):
        drawn = rows.drawn(rng.integers(0, n, n))
        try:
            again = fit(
                drawn, given.fit.structure, NO_SCALES, reml=given.fit.reml, start=given.fit.psi
            )
        except OutcomesError:
            continue
        beta = again.at.beta
        found.append(
            [
                (given.weights(PARTNER, role) @ beta) / (given.weights(ACTOR, role) @ beta)
                for _, role in given.roles
            ]
        )
    return np.array(found)


__all__ = ["BOTH", "Inputs", "differences", "effects", "explained", "ratios", "variances"]

"""Do groups leave at different rates? Log-rank and Peto-Peto tests.

Sources: Mantel 1966; Peto & Peto 1972 (JRSS A 135:185); the family S(t−)^ρ of Harrington &
Fleming 1982 (Biometrika 69:553), as R's survdiff: ρ = 0 is the log-rank test, ρ = 1 the Peto
& Peto modification of the Gehan-Wilcoxon test, which weighs early leaving more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from outcomes.errors import NotEnoughData
from outcomes.models.leaving.risk import FloatArray, IntArray, risk_table


@dataclass(frozen=True, slots=True, eq=False)
class RankTest:
    """Observed and expected endings by group (k), χ² with df = k − 1, and p."""

    rho: float
    observed: FloatArray
    expected: FloatArray
    chi2: float
    df: int
    p: float


def rank_test(
    time: FloatArray,
    event: IntArray,
    group: IntArray,
    *,
    strata: IntArray | None = None,
    rho: float = 0.0,
) -> RankTest:
    """Compare the hazards of groups 0 to k − 1; `event` is 1 where the ending in question came.

    Endings of another kind count as censored: the test is about the rate among those still
    there. Observed and expected are summed over strata. Raises NotEnoughData with fewer than
    two groups.
    """
    groups = int(group.max()) + 1 if len(group) else 0
    if groups < 2 or len(np.unique(group)) < 2:
        raise NotEnoughData("A test needs two groups.", where="by", how_many=groups)
    layers = np.zeros(len(time), dtype=np.intp) if strata is None else strata
    observed, expected = np.zeros(groups), np.zeros(groups)
    difference, variance = np.zeros(groups), np.zeros((groups, groups))
    for layer in np.unique(layers):
        rows = layers == layer
        found = _layer(time[rows], event[rows], group[rows], groups, rho)
        observed += found[0]
        expected += found[1]
        difference += found[2]
        variance += found[3]
    usable = np.flatnonzero(expected > 0)[1:]
    inverse = np.linalg.pinv(variance[np.ix_(usable, usable)])
    chi2 = float(difference[usable] @ inverse @ difference[usable])
    df = len(usable)
    return RankTest(rho, observed, expected, chi2, df, float(chdtrc(df, chi2)) if df else np.nan)


def _layer(
    time: FloatArray, event: IntArray, group: IntArray, groups: int, rho: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Weighted observed and expected, their difference and its covariance in one stratum."""
    table = risk_table(time, event)
    m = len(table.time)
    n, d = table.at_risk, table.ended
    flat = group * m + table.place
    there = np.bincount(flat, minlength=groups * m).reshape(groups, m)
    there = there[:, ::-1].cumsum(axis=1)[:, ::-1]
    came = np.bincount(flat, weights=event, minlength=groups * m).reshape(groups, m)
    weight = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]]) ** rho
    share = there / n
    observed, expected = (came * weight).sum(axis=1), (share * d * weight).sum(axis=1)
    # Hypergeometric variance of the endings in each group, given all that end at a time.
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(n > 1, weight**2 * d * (n - d) / (n - 1), 0.0)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return observed, expected, observed - expected, covariance

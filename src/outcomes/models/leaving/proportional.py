"""Are hazards proportional? The score test of adding x g(t) to Cox's model.

Grambsch & Therneau 1994 (Biometrika 81:515); in the form of R's cox.zph since survival 3.0,
with the variance at each time and not its average. g(t) is one minus Kaplan-Meier just before
t (all strata together), so that no late time dominates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from outcomes.errors import UsageError
from outcomes.models.leaving.cox_fit import CoxFit
from outcomes.models.leaving.partial import weighted_information
from outcomes.models.leaving.risk import FloatArray, after, risk_table


@dataclass(frozen=True, slots=True)
class ProportionalTest:
    """χ² that the effect of a term changes over time, with df and p."""

    term: str
    chi2: float
    df: int
    p: float


def proportional_tests(fit: CoxFit, terms: dict[str, list[int]]) -> tuple[ProportionalTest, ...]:
    """One test for each term (its positions among the columns) and one of all together."""
    if fit.partial is None:
        raise UsageError("The test needs Efron's or Breslow's ties.", where="parameter ties")
    rows, found = fit.rows, fit.partial
    g = _time_scale(fit)
    p = len(fit.beta)
    ones = np.ones(len(rows.hit))
    blocks = [
        weighted_information(rows, found.risk, found.weight, found.mean, weight)
        for weight in (ones, g, g * g)
    ]
    starts = np.cumsum(rows.deaths) - rows.deaths
    centred = rows.X[rows.event].copy()
    residual = np.add.reduceat(centred, starts, axis=0) - np.add.reduceat(
        found.mean, starts, axis=0
    )
    score = g @ residual
    spread = blocks[2] - blocks[1] @ np.linalg.solve(blocks[0], blocks[1])
    asked = {**terms, "all": list(range(p))}
    return tuple(_test(name, score, spread, places) for name, places in asked.items())


def _test(name: str, score: FloatArray, spread: FloatArray, places: list[int]) -> ProportionalTest:
    part = score[places]
    chi2 = float(part @ np.linalg.pinv(spread[np.ix_(places, places)]) @ part)
    return ProportionalTest(name, chi2, len(places), float(chdtrc(len(places), chi2)))


def _time_scale(fit: CoxFit) -> FloatArray:
    """One minus Kaplan-Meier just before each time with an ending."""
    rows = fit.rows
    table = risk_table(rows.time, rows.event.astype(np.intp))
    share = np.asarray(np.cumprod(1 - table.ended / table.at_risk), dtype=np.float64)
    at = rows.time[rows.last[rows.hit]]
    just_before = np.asarray(np.nextafter(at, -np.inf), dtype=np.float64)
    return 1 - after(table.time, share, just_before, 1.0)

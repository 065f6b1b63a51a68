"""Cumulative incidence where one way of ending rules out the others (Aalen & Johansen 1978).

The variance is the sum of squared influences (infinitesimal jackknife), as R's survfit gives
for several states. For people on their own it has a closed form, since the increments of
influence at different times are uncorrelated over the people at risk; see `_alone`.

Limits: log-log of the incidence, 1 − F treated as a share still there (Kalbfleisch & Prentice
2002, section 8.2.2), with t on the degrees of freedom of `degrees.py` where there are clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.leaving.influence import Ended, Members, incidence_squares
from outcomes.models.leaving.risk import FloatArray, RiskTable
from outcomes.models.leaving.survival import Transform, limits, quantile


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """Cumulative incidence of one cause after each time (m), with limits; NaN before the first.

    `before` is the share still there just before each time.
    """

    cause: int
    time: FloatArray
    share: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    df: float
    before: FloatArray


def aalen_johansen(
    table: RiskTable,
    cause: int,
    *,
    level: float = 0.95,
    transform: Transform = "log-log",
    members: Members | None = None,
) -> Incidence:
    """Share that has ended by `cause` (1 to k) after each time of the table.

    Not one minus Kaplan-Meier with the other causes censored, which would tell how many
    would leave if nobody could end in another way.
    """
    after = np.cumprod(1 - table.ended / table.at_risk)
    before = np.concatenate([[1.0], after[:-1]])
    share = np.cumsum(before * table.events[:, cause - 1] / table.at_risk)
    if members is None:
        variance, df = _alone(table, cause, before, share), np.inf
    else:
        squares = incidence_squares(table, members, Ended(cause, before, share))
        variance, df = squares * members.correction, members.df
    se = np.sqrt(np.maximum(variance, 0))
    low, high = limits(1 - share, se, transform, quantile(level, df))
    return Incidence(cause, table.time, share, se, 1 - high, 1 - low, df, before)


def _alone(table: RiskTable, cause: int, before: FloatArray, share: FloatArray) -> FloatArray:
    """Σ over people of squared influence on F(t), everybody on their own.

    At time v a person at risk adds (F(t) − F(v)) x + y to the influence, where x is
    −1/n for who ends and h / (n (1 − h)) for who stays, and y is S(v−)/n times
    (1 − h_1) for who ends by the cause and −h_1 for all others. The sum of squares is a
    quadratic in F(t) whose coefficients are running sums.
    """
    n, ended, own = table.at_risk, table.ended, table.events[:, cause - 1]
    hazard, mine = ended / n, own / n
    stays = n - ended
    safe = np.where(stays > 0, stays, 1.0)
    # Who stays at a time when all leave: nobody.
    x = np.array([-1 / n, -1 / n, np.where(stays > 0, hazard * n / (n * safe), 0.0)])
    scale = before / n
    y = np.array([scale * (1 - mine), -scale * mine, -scale * mine])
    people = np.array([own, ended - own, stays])
    shifted = y - share * x
    square = np.cumsum((people * x * x).sum(axis=0))
    cross = np.cumsum((people * x * shifted).sum(axis=0))
    rest = np.cumsum((people * shifted * shifted).sum(axis=0))
    return np.asarray(share**2 * square + 2 * share * cross + rest)

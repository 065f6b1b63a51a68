"""Means and differences at each visit: of those with a score, and weighted for dropout.

Weighted least squares with CR2 covariance (Bell & McCaffrey 2002) and Satterthwaite degrees of
freedom, by person or cluster: a generalised estimating equation with an independence working
correlation (Robins, Rotnitzky & Zhao 1995). Weights are taken as known, which makes
intervals a little too wide, since estimating them gains precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr

from outcomes.errors import NotEnoughData
from outcomes.models.cluster_robust import cluster_inference
from outcomes.models.design import design
from outcomes.models.least_squares import least_squares
from outcomes.models.leaving.grid import VisitGrid
from outcomes.models.leaving.risk import FloatArray
from outcomes.models.leaving.survival import quantile
from outcomes.proportions import cluster_codes

ESTIMATE_COLUMNS = [
    *("visit", "analysis", "what", "group", "n", "estimate", "se", "df", "low", "high", "p"),
]
COMPLETE, WEIGHTED = "complete cases", "weighted for dropout"
MEAN, DIFFERENCE, ADJUSTED = "mean", "difference", "adjusted difference"


@dataclass(frozen=True, slots=True, eq=False)
class _Long:
    """Rows with a score: y, visit and arm positions, weights, covariates (centred), clusters."""

    y: FloatArray
    visit: np.ndarray
    arm: np.ndarray
    weight: FloatArray
    covariates: FloatArray
    cluster: np.ndarray


def weighted_estimates(
    grid: VisitGrid,
    arms: pd.Categorical,
    weights: FloatArray,
    *,
    adjust: list[str],
    cluster: str | None,
    level: float,
) -> pd.DataFrame:
    """Columns `ESTIMATE_COLUMNS`: means by visit and arm, and differences from the first arm.

    The adjusted differences hold the start score and `adjust` equal in one model of all
    visits, with an effect of each at each visit.
    """
    rows = _long(grid, arms, weights, adjust, cluster)
    names = [str(name) for name in arms.categories]
    found: list[dict[str, object]] = []
    for analysis, weight in ((COMPLETE, None), (WEIGHTED, rows.weight)):
        for adjusted in (False, True):
            found += _analysis(
                rows, grid, names, weight, analysis=analysis, level=level, adjusted=adjusted
            )
    return pd.DataFrame(found, columns=ESTIMATE_COLUMNS)


def _long(
    grid: VisitGrid, arms: pd.Categorical, weights: FloatArray, adjust: list[str],
    cluster: str | None,
) -> _Long:  # fmt: skip
    person, visit = np.nonzero(~np.isnan(grid.score))
    made = design(grid.people, adjust).matrix
    covariates = np.column_stack([grid.start, made])
    covariates = covariates - covariates.mean(axis=0)
    labels = person if cluster is None else cluster_codes(grid.people[cluster])[person]
    return _Long(
        y=grid.score[person, visit],
        visit=visit,
        arm=np.asarray(arms.codes)[person],
        weight=weights[person, visit],
        covariates=covariates[person],
        cluster=labels,
    )


def _analysis(
    rows: _Long,
    grid: VisitGrid,
    names: list[str],
    weight: FloatArray | None,
    *,
    analysis: str,
    level: float,
    adjusted: bool,
) -> list[dict[str, object]]:
    """One model for each visit: those of different visits share nothing but the clusters."""
    found: list[dict[str, object]] = []
    k = len(names)
    for place, visit in enumerate(grid.visits):
        mine = rows.visit == place
        X = (rows.arm[mine, None] == np.arange(k)).astype(float)
        if adjusted:
            X = np.column_stack([X, rows.covariates[mine]])
        contrasts = np.zeros((2 * k - 1, X.shape[1]))
        contrasts[:k, :k] = np.eye(k)
        contrasts[k:, 1:k] = np.eye(k - 1)
        contrasts[k:, 0] = -1.0
        w = None if weight is None else weight[mine]
        try:
            fit = least_squares(rows.y[mine], X, w)
            robust = cluster_inference(X, fit.residuals, w, rows.cluster[mine], contrasts)
        except NotEnoughData:
            continue
        values = contrasts @ fit.coefficients
        counts = np.bincount(rows.arm[mine], minlength=k)
        what = [ADJUSTED if adjusted else DIFFERENCE] * (k - 1)
        for one in range(k if adjusted else 0, 2 * k - 1):
            group = names[one] if one < k else f"{names[one - k + 1]} − {names[0]}"
            n = int(counts[one]) if one < k else int(counts[0] + counts[one - k + 1])
            reach = quantile(level, robust.df[one]) * robust.se[one]
            found.append(
                {
                    "visit": visit,
                    "analysis": analysis,
                    "what": MEAN if one < k else what[one - k],
                    "group": group,
                    "n": n,
                    "estimate": values[one],
                    "se": robust.se[one],
                    "df": robust.df[one],
                    "low": values[one] - reach,
                    "high": values[one] + reach,
                    "p": float(2 * stdtr(robust.df[one], -abs(values[one]) / robust.se[one])),
                }
            )
    return found

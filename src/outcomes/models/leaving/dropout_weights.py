"""`dropout_weights`: those who stay stand for those like them who left.

Inverse probability of censoring weights: Robins, Rotnitzky & Zhao 1995 (JASA 90:106); stabilised
as in Hernán, Brumback & Robins 2000 (Epidemiology 11:561); truncated as in Cole & Hernán 2008
(Am J Epidemiol 168:656). The chance of staying at each visit is a pooled logistic regression on
the visit, the arm, what was known at the start, and the last score, in each arm on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.balance import effective_size
from outcomes.models.design import Design, design
from outcomes.models.leaving.grid import BoolArray, VisitGrid, visit_grid
from outcomes.models.leaving.hazard import HazardFit, hazard_fit
from outcomes.models.leaving.model_result import coefficient_table
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.risk import FloatArray
from outcomes.models.leaving.weighted import weighted_estimates
from outcomes.models.leaving.weights_result import WEIGHT_COLUMNS, DropoutWeights

if TYPE_CHECKING:
    from outcomes.models.inference.convergence import Convergence

ALL = "all"


def dropout_weights(
    frame: pd.DataFrame,
    *,
    person: str | Sequence[str],
    visit: str,
    outcome: str,
    start: str | None = None,
    arm: str | None = None,
    baseline: Sequence[str] = (),
    adjust: Sequence[str] = (),
    cluster: str | None = None,
    truncate: tuple[float, float] | None = None,
    level: float = 0.95,
) -> DropoutWeights:
    """Weights for one row for each person and planned visit, and what they change.

    `person` is a column or several (client and episode). Everybody who started must have a
    row, or those who left before the first visit are not there to be stood for.
    `start` is the column of the start score (default: the first visit is the start); `arm`
    and `baseline` were known at the start; `adjust` are covariates of the adjusted
    comparison, with the start score. A person has left after the last visit with a score; a
    gap before it is no leaving. `truncate` are the percentiles to which weights are cut
    (default: policy.toml). `cluster` names who is not independent (default: the person).
    Raises UsageError for columns that cannot be used, NotEnoughData where nobody leaves.
    """
    known = list(dict.fromkeys([*([arm] if arm else []), *baseline, *adjust]))
    who = [person] if isinstance(person, str) else list(person)
    grid = visit_grid(
        frame, person=who, visit=visit, outcome=outcome, start=start, known=known, cluster=cluster
    )
    arms = _arms(grid, arm)
    denominator, columns = _design(grid, [*([arm] if arm else []), *baseline], arm)
    bottom, model = _chances(grid, denominator)
    top, _ = _chances(grid, _of_arm(grid, arm))
    raw = np.asarray(np.cumprod(top / bottom, axis=1), dtype=np.float64)
    seen = ~np.isnan(grid.score)
    cut, limits = _truncated(raw, seen, truncate)
    used = np.where(seen, cut, np.nan)
    return DropoutWeights(
        weights=_by_row(frame, grid, used),
        table=_table(grid, arms, used),
        estimates=weighted_estimates(
            grid, arms, used, adjust=list(adjust), cluster=cluster, level=level
        ),
        coefficients=_coefficients(model, columns, level),
        convergence=_convergence(model),
        limits=limits,
        n_cut=int((seen & ((raw < limits[0]) | (raw > limits[1]))).sum()),
        n_gaps=grid.n_gaps,
        arms=tuple(arms.categories),
        outcome=outcome,
        visit=visit,
        cluster=cluster or " and ".join(who),
        formula=f"stays ~ {visit} + {' + '.join(columns)}",
        dropped=grid.dropped,
        n_rows=int(frame[who].drop_duplicates().dropna().shape[0]),
        n_used=len(grid.people),
        level=level,
    )


def _arms(grid: VisitGrid, arm: str | None) -> pd.Categorical:
    if arm is None:
        return pd.Categorical([ALL] * len(grid.people), categories=[ALL])
    column = grid.people[arm]
    if isinstance(column.dtype, pd.CategoricalDtype):
        there = set(column.astype(str))
        order = [str(word) for word in column.cat.categories if str(word) in there]
    else:
        order = sorted(column.astype(str).unique())
    return pd.Categorical(column.astype(str), categories=order)


def _design(
    grid: VisitGrid, names: list[str], arm: str | None
) -> tuple[FloatArray, tuple[str, ...]]:
    """Columns for each person and visit (n · m × k): the start and the last score.

    The last score stands there again in each arm but one, since its effect may differ by arm.
    """
    made: Design = design(grid.people, list(dict.fromkeys(names)))
    whole = np.repeat(made.matrix, grid.score.shape[1], axis=0)
    last = grid.before.reshape(-1, 1)
    own = [
        place
        for place, kept in enumerate(made.kept)
        if arm is not None and made.terms[kept].covariate == arm
    ]
    columns = (*made.columns, "last score", *(f"last score × {made.columns[k]}" for k in own))
    return np.column_stack([whole, last, last * whole[:, own]]), columns


def _of_arm(grid: VisitGrid, arm: str | None) -> FloatArray:
    """Columns of the arm alone for each person and visit (n · m × k)."""
    made = design(grid.people, [arm] if arm else []).matrix
    return np.repeat(made, grid.score.shape[1], axis=0)


def _chances(grid: VisitGrid, columns: FloatArray) -> tuple[FloatArray, HazardFit]:
    """Chance of staying at each visit (n × m; 1 where nobody leaves), and the model."""
    at_risk, stays = grid.at_risk, grid.stays
    leaving = at_risk & ~stays
    mixed = leaving.any(axis=0) & stays.any(axis=0)
    if not mixed.any():
        raise NotEnoughData(
            "Nobody leaves, or all do: there is nothing to weigh.", where="outcome", how_many=0
        )
    used: BoolArray = at_risk & mixed
    rows = used.ravel()
    n, m = grid.score.shape
    position = np.tile(np.arange(m), n)[rows]
    constants = (position[:, None] == np.flatnonzero(mixed)).astype(float)
    X = np.column_stack([constants, columns[rows]])
    fit = hazard_fit(stays.ravel()[rows].astype(np.intp), X)
    chance = np.ones(n * m)
    chance[rows] = fit.fitted
    # After leaving there is no weight; 1 keeps the product finite.
    return chance.reshape(n, m), fit


def _truncated(
    raw: FloatArray, seen: BoolArray, truncate: tuple[float, float] | None
) -> tuple[FloatArray, tuple[float, float]]:
    """Weights cut to percentiles of all weights in use, and the two limits."""
    low, high = truncate or tuple(leaving_policy("weights")["truncate"])
    if not 0 <= low < high <= 1:
        raise UsageError(
            "The percentiles are not two rising shares.",
            where="parameter truncate",
            fix="Give two shares, for example (0.01, 0.99); (0, 1) cuts nothing.",
        )
    lower, upper = (float(value) for value in np.quantile(raw[seen], [low, high]))
    return np.clip(raw, lower, upper), (lower, upper)


def _by_row(frame: pd.DataFrame, grid: VisitGrid, weights: FloatArray) -> pd.Series:
    """Weights in the rows of the frame; missing where there is no score."""
    seen = ~np.isnan(weights)
    found = np.full(len(frame), np.nan)
    found[grid.row[seen]] = weights[seen]
    return pd.Series(found, index=frame.index, name="weight")


def _table(grid: VisitGrid, arms: pd.Categorical, weights: FloatArray) -> pd.DataFrame:
    """Columns `WEIGHT_COLUMNS`: how many are there, and what their weights are worth."""
    rows = []
    for place, visit in enumerate(grid.visits):
        for code, name in enumerate(arms.categories):
            mine = arms.codes == code
            values = weights[mine, place]
            values = values[~np.isnan(values)]
            total = float(values.sum())
            rows.append(
                (
                    visit,
                    str(name),
                    int(mine.sum()),
                    len(values),
                    float(values.mean()) if len(values) else np.nan,
                    float(values.max()) if len(values) else np.nan,
                    effective_size(values) if len(values) else 0.0,
                    float(values.max() / total) if total > 0 else np.nan,
                )
            )
    return pd.DataFrame(rows, columns=WEIGHT_COLUMNS)


def _coefficients(model: HazardFit, columns: tuple[str, ...], level: float) -> pd.DataFrame:
    """Log odds of staying by what is known; the constants of the visits are left out."""
    own = slice(model.beta.size - len(columns), None)
    return coefficient_table(columns, model.beta[own], model.covariance[own, own], np.inf, level)


def _convergence(model: HazardFit) -> Convergence:
    from outcomes.models.inference.convergence import Convergence

    return Convergence(
        converged=model.converged,
        gradient=float(np.sqrt(max(model.decrement, 0.0))),
        curvature=model.left,
        evaluations=model.steps + 1,
        message="" if model.converged else "something known parts those who leave from all others",
    )

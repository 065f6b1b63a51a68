"""One comparison by several methods, on the same people with the same weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.comparison.diagnostics import Diagnostics, diagnose
from outcomes.comparison.prepared import NOTHING, Prepared, Request, estimate
from outcomes.comparison.result import METHOD_NAMES
from outcomes.comparison.verdict import decide, equivalence_interval, t_interval
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.mixed import mixed
from outcomes.models.weight_result import WeightResult
from outcomes.schema.verdicts import Verdict

MIXED = "mixed"
NAMES = {**METHOD_NAMES, MIXED: "mixed model"}
# In the order in which they are shown; those a comparison does not know are left out.
OFFERED = tuple(
    name for name in ("weighting", "ancova", "aipw", "g_computation", MIXED) if name in NAMES
)


@dataclass(frozen=True, slots=True)
class MethodAnswer:
    """What one method says: other − reference with its interval and verdict.

    `assumes` says in words what makes it right; nan where nothing could be estimated.
    """

    method: str
    assumes: str
    estimate: float
    se: float
    df: float
    low: float
    high: float
    verdict: Verdict
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """The method in words."""
        return NAMES[self.method]

    @property
    def shown(self) -> bool:
        """Whether there is an estimate with an interval."""
        return math.isfinite(self.estimate) and math.isfinite(self.low)


ASSUMES = {
    "weighting": "the chance of each arm is modelled well",
    "ancova": "the outcome is modelled well, with one difference for everybody",
    "aipw": "one of the two models is right",
    "g_computation": "the outcome is modelled well in each arm",
    MIXED: "the outcome is modelled well, and practitioners differ by a normal deviation",
}


def answer(ready: Prepared, asked: Request, weights: WeightResult) -> MethodAnswer:
    """The answer of the method in `asked`, with the checks that belong to it."""
    checks = diagnose(weights, ready.clusters, method=asked.method, policy=asked.policy)
    found = NOTHING if checks.failed else estimate(ready, asked, weights)
    converged = weights.converged or asked.method == "ancova"
    return concluded(
        asked.method, asked, (found.estimate, found.se, found.df), checks, converged=converged
    )


def mixed_answer(ready: Prepared, asked: Request, weights: WeightResult) -> MethodAnswer:
    """The arm in a mixed model of the outcome with the clusters as a random intercept.

    The covariates enter as in the other methods. Raises UsageError without clusters.
    """
    if ready.clusters is None:
        raise UsageError("a mixed model needs clusters", where="parameter cluster")
    matrix = ready.covariates.matrix
    names = [f"x{place}" for place in range(matrix.shape[1])]
    frame = pd.DataFrame(matrix, columns=names)
    frame["y"], frame["in_other"] = ready.y, ready.in_other.astype(float)
    frame["cluster"] = pd.Series(ready.clusters.codes).astype(str)
    checks = diagnose(weights, ready.clusters, method="ancova", policy=asked.policy)
    formula = f"y ~ {' + '.join(['in_other', *names])} + (1 | cluster)"
    values, converged = (math.nan, math.nan, math.nan), True
    if not checks.failed:
        try:
            fit = mixed(formula, frame)
        except NotEnoughData:
            return concluded(MIXED, asked, values, checks, converged=True)
        table = fit.coefficients.set_index("term")
        row = table.loc["in_other"]
        values = (float(row["estimate"]), float(row["se"]), float(row["df"]))
        converged = bool(fit.converged)
    return concluded(MIXED, asked, values, checks, converged=converged)


def concluded(
    method: str,
    asked: Request,
    values: tuple[float, float, float],
    checks: Diagnostics,
    *,
    converged: bool,
) -> MethodAnswer:
    """Interval and verdict of an estimate, its error and df, by the rules of a comparison."""
    value, se, df = values
    interval = t_interval(value, se, df, asked.confidence)
    checked = checks.with_df(df, asked.policy)
    verdict, reasons = decide(
        interval=interval,
        equivalence=equivalence_interval(value, se, df, asked.confidence),
        margin=asked.margin,
        direction=asked.direction,
        failed=checked.failed,
        few=checked.few,
        converged=converged,
    )
    if not converged or verdict is Verdict.NOT_COMPARABLE:
        value, se, df, low, high = (np.nan,) * 5
    else:
        low, high = interval.low, interval.high
    return MethodAnswer(method, ASSUMES.get(method, ""), value, se, df, low, high, verdict, reasons)

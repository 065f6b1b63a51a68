"""Everybody in either arm, with or without an outcome, and the analysis that awaits one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.diagnostics import Diagnostics, diagnose
from outcomes.comparison.many import Analysis, analysis, nothing
from outcomes.comparison.prepared import Prepared, Request, prepare, too_few
from outcomes.comparison.verdict import Interval, decide, equivalence_interval, t_interval
from outcomes.models.arms import Arms, two_arms
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import weigh
from outcomes.schema.verdicts import Verdict

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Everybody:
    """Everybody in either arm with what is fixed over imputations: design, weights, checks."""

    asked: Request
    people: pd.DataFrame
    ready: Prepared
    weights: WeightResult | None
    diagnostics: Diagnostics
    gaps: BoolArray
    analyse: Analysis

    @property
    def observed(self) -> FloatArray:
        """Outcomes with nan where missing."""
        values = self.people[self.asked.outcome].to_numpy(dtype=float, na_value=np.nan)
        return np.asarray(values, dtype=np.float64)

    @property
    def blocked(self) -> bool:
        """Whether the checks forbid an estimate."""
        return self.weights is None or bool(self.diagnostics.failed)

    def judge(self, low: Interval, equal: Interval, df: float) -> tuple[Verdict, tuple[str, ...]]:
        """The verdict of the comparison for an interval and its equivalence interval."""
        checked = self.diagnostics.with_df(df, self.asked.policy)
        return decide(
            interval=low,
            equivalence=equal,
            margin=self.asked.margin,
            direction=self.asked.direction,
            failed=checked.failed,
            few=checked.few,
            converged=self.weights is None or self.weights.converged,
        )

    def verdict(
        self, value: float, se: float, df: float, complete: float = math.inf
    ) -> tuple[Verdict, tuple[str, ...]]:
        """The verdict for an estimate; its degrees of freedom are checked as in a comparison.

        So are those of the analysis without gaps (`complete`), on which a part of a pooled
        variance rests.
        """
        level = self.asked.confidence
        return self.judge(
            t_interval(value, se, df, level),
            equivalence_interval(value, se, df, level),
            min(df, complete),
        )


def everybody(frame: pd.DataFrame, arms: Arms, asked: Request) -> Everybody:
    """Design, weights and checks of everybody; the outcome is looked at by nobody here."""
    people = frame[arms.either].reset_index(drop=True)
    own = two_arms(people, arms.column, arms.reference, arms.other)
    gaps = people[asked.outcome].isna().to_numpy()
    mean = people[asked.outcome].astype(float)
    filled = people.assign(**{asked.outcome: mean.fillna(mean.mean())})
    ready = prepare(filled, own, asked)
    small = too_few(ready, asked)
    if small is not None:
        return Everybody(asked, people, ready, None, small, gaps, nothing)
    weights = weigh(ready.index, ready.arms, ready.rows, ready.covariates, asked.estimand)
    checks = diagnose(weights, ready.clusters, method=asked.method, policy=asked.policy)
    return Everybody(asked, people, ready, weights, checks, gaps, analysis(ready, asked, weights))

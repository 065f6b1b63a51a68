"""One modifier: its subgroups, their differences, the pooling, and the test between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.comparison.modification.fits import Differences, along_scale, by_subgroup
from outcomes.comparison.modification.policy import ModificationPolicy
from outcomes.comparison.modification.pooling import random_effects, shrink
from outcomes.comparison.modification.rows import Compared, counted, states
from outcomes.comparison.modification.splits import Split
from outcomes.comparison.modification.weighing import WITHIN, Weighed, weigh_within
from outcomes.comparison.policy import ComparisonPolicy
from outcomes.errors import NotEnoughData
from outcomes.models.design import design
from outcomes.models.propensity import propensity
from outcomes.models.weighting import balancing_weights

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Found = dict[str, Any]

ENOUGH, ESTIMATED = "enough", "estimated"
NAN = float("nan")
NUMBERS = ("estimate", "se", "df", "low", "high", "pooled", "pooled_low", "pooled_high")
TESTED = ("estimate", "se", "low", "high", "statistic", "df1", "df", "p")
SPREAD = ("mean", "mean_low", "mean_high", "tau", "q", "p_q", "i2")
CHECKS = ("ess_reference", "ess_other", "overlap", "worst_smd")


@dataclass(frozen=True, slots=True)
class How:
    """What all modifiers share: weights and checks of the main comparison, and the policy."""

    estimand: str
    weighted: bool
    confidence: float
    checks: ComparisonPolicy
    rules: ModificationPolicy


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One modifier of the people compared."""

    rows: Compared
    name: str
    parts: Split
    how: How

    @property
    def covariates(self) -> list[str]:
        """Those that may vary inside a subgroup: a number still does inside its bands."""
        return (
            self.rows.without(self.name) if self.parts.values is None else [*self.rows.covariates]
        )

    @property
    def adjusts(self) -> bool:
        """As in the main comparison: under overlap weights covariates only add precision."""
        return not self.how.weighted or self.how.estimand == "ATO"


def analyse(task: Task) -> tuple[pd.DataFrame, Found]:
    """Subgroups of one modifier (a row each) and the test of it (one row, as a dictionary)."""
    parts, rules = task.parts, task.how.rules
    counts = counted(task.rows, parts)
    state = states(counts, rules)
    if len(parts.names) > rules.most_levels:
        state = ["too many" if one == ENOUGH else one for one in state]
    table = pd.DataFrame(
        {
            "modifier": task.name,
            "level": list(parts.names),
            "n_reference": counts[:, 0],
            "n_other": counts[:, 1],
            **dict.fromkeys((*NUMBERS, *CHECKS), NAN),
            "state": state,
        }
    )
    test: Found = {
        "modifier": task.name,
        "kind": "levels" if parts.values is None else "slope",
        "bands": parts.how,
        "levels": 0,
        "weights": "",
        **dict.fromkeys((*TESTED, *SPREAD), NAN),
        "n_used": int(counts.sum()),
        "n_missing": int((parts.codes < 0).sum()),
    }
    table, levels, weighed = _compared(task, table)
    if weighed is not None and levels:
        fitted = _fit(task, levels, weighed)
        table.loc[levels, "state"] = "not estimated" if fitted is None else ESTIMATED
        test |= {"levels": len(levels), "weights": weighed.how}
        if fitted is not None:
            table.loc[levels, ["estimate", "se", "df", "low", "high"]] = _own(fitted, task.how)
        if fitted is not None and len(levels) > 1:
            pulled, more = _together(task, fitted)
            table.loc[levels, ["pooled", "pooled_low", "pooled_high"]] = pulled
            test |= more
    if parts.values is not None:
        test |= _slope(task, parts.values)
    return table, test


def _compared(task: Task, table: pd.DataFrame) -> tuple[pd.DataFrame, list[int], Weighed | None]:
    """The table with checks, the subgroups in which the arms can be compared, their weights."""
    table = table.copy()
    levels = [place for place, state in enumerate(table["state"]) if state == ENOUGH]
    weighed = None
    while levels:
        weighed = weigh_within(
            task.rows,
            task.covariates,
            task.parts.codes,
            levels,
            estimand=task.how.estimand if task.how.weighted else None,
            rules=task.how.rules,
        )
        checked = np.column_stack([weighed.ess, weighed.overlap, weighed.worst_smd])
        table.loc[levels, list(CHECKS)] = checked
        failed = _failed(weighed, task.how)
        if not failed.any():
            break
        table.loc[[levels[place] for place in np.flatnonzero(failed)], "state"] = "not comparable"
        levels = [level for level, bad in zip(levels, failed, strict=True) if not bad]
    return table, levels, weighed


def _failed(weighed: Weighed, how: How) -> BoolArray:
    """Subgroups in which the arms hold too few people who could have been in either."""
    bad = [how.checks.check("overlap", float(value)) is not None for value in weighed.overlap]
    if weighed.how == WITHIN:
        worst = [how.checks.check("worst_smd", float(v)) is not None for v in weighed.worst_smd]
        bad = [one or other for one, other in zip(bad, worst, strict=True)]
    return np.array(bad, dtype=bool)


def _fit(task: Task, levels: list[int], weighed: Weighed) -> Differences | None:
    rows, codes = task.rows, task.parts.codes
    used = np.isin(codes, levels) & (weighed.weights > 0)
    covariates = np.empty((int(used.sum()), 0))
    if task.adjusts:
        covariates = design(rows.frame.loc[used], task.covariates).matrix
    try:
        return by_subgroup(
            rows.y[used],
            rows.in_other[used],
            np.searchsorted(levels, codes[used]).astype(np.intp),
            covariates=covariates,
            weights=weighed.weights[used],
            clusters=rows.clusters[used],
        )
    except NotEnoughData:
        return None


def _own(found: Differences, how: How) -> FloatArray:
    se, low, high = found.limits(how.confidence)
    return np.column_stack([found.estimate, se, found.df, low, high])


def _together(task: Task, found: Differences) -> tuple[FloatArray, Found]:
    """Pooled estimates with limits, and what is tested of all subgroups together."""
    how = task.how
    mean = random_effects(found.estimate, found.covariance, how.confidence)
    scale = how.rules.scale * task.rows.sd
    pulled = shrink(found.estimate, found.covariance, scale, how.confidence)
    values = (mean.mean, mean.low, mean.high, mean.tau, mean.q, mean.p_q, mean.i2)
    more: Found = dict(zip(SPREAD, values, strict=True))
    if task.parts.values is None:
        wald = found.test
        more |= {"statistic": wald.statistic, "df1": wald.df1, "df": wald.df, "p": wald.p}
        if len(found.estimate) == 2:
            more |= _apart(found, how)
    return np.column_stack([pulled.estimate, pulled.low, pulled.high]), more


def _apart(found: Differences, how: How) -> Found:
    """With two subgroups the difference between their differences has an interval."""
    apart = float(found.estimate[1] - found.estimate[0])
    V = found.covariance
    se = float(np.sqrt(V[0, 0] + V[1, 1] - 2 * V[0, 1]))
    reach = float(stdtrit(found.test.df, (1 + how.confidence) / 2)) * se
    return {"estimate": apart, "se": se, "low": apart - reach, "high": apart + reach}


def _slope(task: Task, values: FloatArray) -> Found:
    """The test along the scale; nothing where too few have a value."""
    how = task.how
    there = ~np.isnan(values)
    known = task.rows.take(there)
    small = min(int(known.in_other.sum()), int((~known.in_other).sum()))
    if small < how.rules.minimum or np.ptp(values[there]) == 0:
        return {}
    weights = np.ones(len(known.y))
    if how.weighted:
        matrix = design(known.frame, [*known.without(task.name), task.name]).matrix
        chance = propensity(known.in_other.astype(float), matrix).probability
        weights = balancing_weights(chance, known.in_other, how.estimand)
    used = weights > 0
    others = known.without(task.name) if task.adjusts else []
    try:
        found = along_scale(
            known.y[used],
            known.in_other[used],
            values[there][used],
            covariates=design(known.frame.loc[used], others).matrix,
            weights=weights[used],
            clusters=known.clusters[used],
        )
    except NotEnoughData:
        return {}
    low, high = found.limits(how.confidence)
    square = (found.estimate / found.se) ** 2
    tested = (found.estimate, found.se, low, high, square, 1, found.df, found.p)
    return dict(zip(TESTED, tested, strict=True))

"""Estimates of all declared specifications, with what they share computed once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.diagnostics import Clusters, Diagnostics, diagnose
from outcomes.comparison.many import analysis
from outcomes.comparison.overturn.definitions import POINTS, Definition
from outcomes.comparison.overturn.grid import NO_ESTIMAND, Way
from outcomes.comparison.overturn.methods import MethodAnswer, concluded
from outcomes.comparison.policy import ComparisonPolicy
from outcomes.comparison.prepared import Prepared, Request, prepare, too_few
from outcomes.errors import NotEnoughData
from outcomes.models.arms import Arms
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import weigh
from outcomes.schema.verdicts import Verdict

FloatArray = npt.NDArray[np.float64]
OUTCOME = "outcome of a specification"
_ROUNDING = 1e-9
_NOTHING = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """People, arms and what is the same in every specification."""

    frame: pd.DataFrame
    arms: Arms
    cluster: str | None
    sets: Mapping[str, tuple[str, ...]]
    definitions: Mapping[str, Definition]
    margin: float | None
    direction: str
    confidence: float
    policy: ComparisonPolicy


Group = tuple[bytes, bool, str]


def estimated(setting: Setting, ways: tuple[Way, ...]) -> pd.DataFrame:
    """One row for each way, in the order given."""
    outcomes = {
        (one.definition, one.missing): setting.definitions[one.definition].outcome(one.missing)
        for one in ways
    }
    groups: dict[Group, list[int]] = {}
    for place, way in enumerate(ways):
        known = ~np.isnan(outcomes[way.definition, way.missing])
        points = setting.definitions[way.definition].scale == POINTS
        groups.setdefault((known.tobytes(), points, way.adjustment), []).append(place)
    weights: dict[tuple[bytes, str, str], WeightResult] = {}
    found: dict[int, tuple[MethodAnswer, Mapping[str, int]]] = {}
    for (mask, _, adjustment), places in groups.items():
        ready = _ready(setting, outcomes, ways[places[0]])
        if ready is None:
            continue
        kinds: dict[tuple[str, str], list[int]] = {}
        for place in places:
            kinds.setdefault((ways[place].method, ways[place].estimand), []).append(place)
        for mine in kinds.values():
            asked = _asked(setting, ways[mine[0]])
            key = (mask, adjustment, asked.estimand)
            stacked = np.array(
                [outcomes[ways[p].definition, ways[p].missing][ready.rows] for p in mine]
            )
            answers = _answers(ready, asked, stacked, weights, key)
            found |= {p: (one, ready.n) for p, one in zip(mine, answers, strict=True)}
    return _table(setting, ways, found)


def _asked(setting: Setting, way: Way) -> Request:
    definition = setting.definitions[way.definition]
    points = definition.scale == POINTS
    estimand = "ATO" if way.estimand == NO_ESTIMAND else way.estimand
    return Request(
        OUTCOME, setting.sets[way.adjustment], setting.cluster, estimand, way.method,
        setting.margin if points else None,
        "higher" if definition.higher_is_better else "lower",
        "points" if points else "share", setting.confidence, setting.policy,
    )  # fmt: skip


def _ready(
    setting: Setting, outcomes: Mapping[tuple[str, str], FloatArray], way: Way
) -> Prepared | None:
    """The rows of a way as arrays; None where an arm has nobody."""
    frame = setting.frame.assign(**{OUTCOME: outcomes[way.definition, way.missing]})
    try:
        ready = prepare(frame, setting.arms, _asked(setting, way))
    except NotEnoughData:
        return None
    shares = setting.definitions[way.definition].scale != POINTS
    # A share has a logistic outcome model where the method has one.
    ready = replace(ready, binary=shares)
    if shares and ready.clusters is None:
        # Shares vary more in the middle: every row is a cluster, which is HC2.
        labels = pd.Series(np.arange(len(ready.y)))
        names = (setting.arms.reference, setting.arms.other)
        ready = replace(ready, clusters=Clusters.of(labels, ready.in_other, names))
    return ready


def _answers(
    ready: Prepared,
    asked: Request,
    outcomes: FloatArray,
    weights: dict[tuple[bytes, str, str], WeightResult],
    key: tuple[bytes, str, str],
) -> list[MethodAnswer]:
    """Answers of one method for outcomes k × n; weights are made where they are not yet known."""
    small = [too_few(replace(ready, y=y), asked) for y in outcomes]
    if all(small):
        return [_blocked(asked, one) for one in small if one is not None]
    if key not in weights:
        weights[key] = weigh(ready.index, ready.arms, ready.rows, ready.covariates, asked.estimand)
    own = weights[key]
    checks = diagnose(own, ready.clusters, method=asked.method, policy=asked.policy)
    converged = own.converged or asked.method == "ancova"
    if checks.failed:
        empty = concluded(asked.method, asked, _NOTHING, checks, converged=converged)
        return [_blocked(asked, one) if one else empty for one in small]
    first = _same(ready, asked, outcomes)
    kept, places = np.unique(first, return_inverse=True)
    values, spreads, df = analysis(ready, asked, own)(outcomes[kept])
    estimates, errors = values[places], spreads[places]
    return [
        _blocked(asked, few)
        if few
        else concluded(
            asked.method, asked, (float(value), float(se), df), checks, converged=converged
        )
        for value, se, few in zip(estimates, errors, small, strict=True)
    ]


def _same(ready: Prepared, asked: Request, outcomes: FloatArray) -> npt.NDArray[np.intp]:
    """For each outcome the first one that has the same answer.

    Augmented weighting has the covariates in its straight-line outcome models: outcomes that
    differ by a covariate, as score and change do, have the same answer, which is slow to make.
    """
    first = np.arange(len(outcomes))
    if asked.method != "aipw" or ready.binary:
        return first
    X = np.column_stack([np.ones(len(ready.y)), ready.covariates.matrix])
    for place in range(1, len(outcomes)):
        gap = outcomes[place] - outcomes[0]
        left = gap - X @ np.linalg.lstsq(X, gap, rcond=None)[0]
        if np.abs(left).max() <= _ROUNDING * max(np.abs(gap).max(), 1.0):
            first[place] = 0
    return first


def _blocked(asked: Request, few: Diagnostics) -> MethodAnswer:
    return concluded(asked.method, asked, _NOTHING, few, converged=True)


def _table(
    setting: Setting,
    ways: tuple[Way, ...],
    found: Mapping[int, tuple[MethodAnswer, Mapping[str, int]]],
) -> pd.DataFrame:
    nan = math.nan
    arms = (setting.arms.reference, setting.arms.other)
    nobody = dict.fromkeys(arms, 0)
    rows = []
    for place, way in enumerate(ways):
        definition = setting.definitions[way.definition]
        sign = 1.0 if definition.higher_is_better else -1.0
        one, n = found.get(place, (None, nobody))
        ends = (nan, nan, nan) if one is None else (one.estimate, one.low, one.high)
        better = sorted((sign * ends[1], sign * ends[2])) if ends[1] == ends[1] else [nan, nan]
        rows.append({
            "definition": way.definition, "scale": definition.scale, "missing": way.missing,
            "adjustment": way.adjustment, "method": way.method, "estimand": way.estimand,
            "estimate": ends[0], "low": ends[1], "high": ends[2],
            "advantage": sign * ends[0], "advantage_low": better[0], "advantage_high": better[1],
            "verdict": str(Verdict.CANNOT_TELL if one is None else one.verdict),
            "reasons": "nobody" if one is None else ", ".join(one.reasons),
            "n_used": sum(n.values()), "n_reference": n[arms[0]], "n_other": n[arms[1]],
        })  # fmt: skip
    return pd.DataFrame(rows)

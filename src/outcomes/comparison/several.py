"""Compare three or more arms: every pair, for one common population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.compare import compare
from outcomes.comparison.conclude import conclude
from outcomes.comparison.diagnostics import diagnose, unknown
from outcomes.comparison.estimators import Options
from outcomes.comparison.policy import Broken, ComparisonPolicy, comparison_policy
from outcomes.comparison.prepared import NOTHING, Prepared, Request, prepare, too_few, without
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.several_estimate import Everybody, estimate_pairs
from outcomes.comparison.several_result import ArmsComparison
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.arms import two_arms
from outcomes.models.design import design
from outcomes.models.several_arms import SeveralArms, several_arms
from outcomes.models.weighting import Recipe, SeveralWeights, weigh_several
from outcomes.models.weighting.generalised import check_several

BoolArray = npt.NDArray[np.bool_]
Pair = tuple[str, str]


def compare_arms(
    frame: pd.DataFrame,
    *,
    arms: Sequence[str] | None = None,
    outcome: str = "post",
    arm: str = "arm",
    covariates: Sequence[str],
    cluster: str | None = None,
    estimand: str = "ATO",
    target: str | None = None,
    margin: float | None = None,
    direction: str | None = None,
    unit: str | None = None,
    confidence: float = 0.95,
    policy: ComparisonPolicy | None = None,
    uncertainty: str = "stacked",
    recipe: Recipe | None = None,
) -> ArmsComparison:
    """Weighted differences of every pair of arms, all in one common population.

    `arms` are words of the column `arm`, the reference first (default: all, sorted); rows
    of other arms are not used. The weights are those of `weights_of_several` with
    `estimand` (and `target` for ATT), so that every difference is about the same people and
    they add up: c − a is (c − b) + (b − a). Each pair is checked by the rules of `compare`
    and gets its own verdict; one that fails is not comparable and has no number. An arm with
    too few people is left out of the common population, and its pairs cannot be told.
    Intervals are not adjusted for the number of pairs. With two arms this is `compare`.

    Raises UsageError for unknown columns or options, NotEnoughData when an arm has nobody
    with an outcome.
    """
    groups = several_arms(frame, arm, arms)
    names = groups.names
    if uncertainty not in ("stacked", "fixed"):
        raise UsageError(
            f"unknown uncertainty {uncertainty!r} for several arms",
            where="uncertainty",
            fix="stacked or fixed",
        )
    if len(names) == 2 and target is not None and estimand == "ATT":
        estimand, target = _about(names, target), None
    elif len(names) > 2 or target is not None:
        check_several(estimand, target, names)
    shares = outcome in frame.columns and pd.api.types.is_bool_dtype(frame[outcome])
    unit = unit or ("share of people" if shares else "points")
    asked = Request(
        outcome, tuple(covariates), cluster, estimand, "weighting", margin, direction, unit,
        confidence, policy or comparison_policy(), Options(uncertainty=uncertainty), None, recipe,
    )  # fmt: skip
    return _compare(frame, groups, asked, target)


def _compare(
    frame: pd.DataFrame,
    groups: SeveralArms,
    asked: Request,
    target: str | None,
) -> ArmsComparison:
    arm, names = groups.column, groups.names
    pairs = {pair: prepare(frame, two_arms(frame, arm, *pair), asked) for pair in groups.pairs()}
    rows = _rows(pairs)
    small = _too_small(groups, rows, asked)
    inside = tuple(name for name in names if name not in small)
    # Without the arm that the population is named for there is no population for any pair.
    reason = small.get(str(target))
    found = {pair: _nothing(ready, asked, reason) for pair, ready in pairs.items()}
    weights = None
    if reason is None and len(inside) == 2:
        about = asked.estimand if target is None else _about(inside, target)
        pair = (inside[0], inside[1])
        found[pair] = _two(frame, replace(asked, estimand=about), arm, pair)
    elif reason is None and len(inside) > 2:
        some = several_arms(frame, arm, inside)
        ready = {pair: pairs[pair] for pair in some.pairs()}
        weights = _weigh(frame, some, ready, asked, target)
        found |= {} if weights is None else _several(frame, weights, ready, asked)
    n_in, n_used = int(groups.rows.sum()), int(rows.sum())
    return ArmsComparison(found, weights, names, inside, asked.estimand, target, n_in, n_used)


def _about(names: tuple[str, ...], target: str) -> str:
    if target not in names:
        raise UsageError(f"target {target!r} is none of the arms", where="target", fix=str(names))
    return "ATC" if target == names[0] else "ATT"


def _too_small(groups: SeveralArms, rows: BoolArray, asked: Request) -> dict[str, Broken]:
    """Arms with fewer people than the policy needs, with the rule they break."""
    counts = np.bincount(groups.codes[rows], minlength=len(groups.names))
    checks = {
        name: asked.policy.check("n", float(count))
        for name, count in zip(groups.names, counts, strict=True)
    }
    return {name: broken for name, broken in checks.items() if broken is not None}


def _two(frame: pd.DataFrame, asked: Request, arm: str, pair: Pair) -> ComparisonResult:
    return compare(
        frame, outcome=asked.outcome, arm=arm, reference=pair[0], other=pair[1],
        covariates=asked.covariates, cluster=asked.cluster, estimand=asked.estimand,
        margin=asked.margin, direction=asked.direction, unit=asked.unit,
        confidence=asked.confidence, policy=asked.policy, uncertainty=asked.how.uncertainty,
        recipe=asked.recipe,
    )  # fmt: skip


def _nothing(ready: Prepared, asked: Request, reason: Broken | None) -> ComparisonResult:
    """The result of a pair that nothing can be estimated for; by itself for too many columns."""
    small = too_few(ready, asked)
    if small is None:
        width = float(len(ready.covariates.kept))
        few = (reason or ("columns", width, width),)
        small = unknown(asked.policy, ready.n, ready.clusters, few)
    return conclude(ready, asked, NOTHING, small, None)


def _weigh(
    frame: pd.DataFrame,
    groups: SeveralArms,
    pairs: dict[Pair, Prepared],
    asked: Request,
    target: str | None,
) -> SeveralWeights | None:
    """The common weights of arms that are large enough; None for too many columns."""
    rows = _rows(pairs)
    known = design(frame.loc[rows], asked.covariates)
    try:
        return weigh_several(
            frame.index, groups, rows, known, asked.estimand, target=target, recipe=asked.recipe
        )
    except NotEnoughData:
        return None


def _several(
    frame: pd.DataFrame, weights: SeveralWeights, pairs: dict[Pair, Prepared], asked: Request
) -> dict[Pair, ComparisonResult]:
    """Checks, then the estimate if they allow one, for every pair."""
    estimates = estimate_pairs(Everybody.of(frame, asked, weights, _rows(pairs)), asked)
    kept = np.zeros(len(frame), dtype=bool)
    kept[_rows(pairs)] = weights.model.kept
    found = {}
    for pair, everybody in pairs.items():
        inside = kept[everybody.rows]
        ready = everybody if inside.all() else without(everybody, inside)
        own = weights.pair(*pair)
        checks = diagnose(
            own, ready.clusters, method="weighting", policy=asked.policy
        ).with_outcome(ready.y, ready.in_other, asked.policy, binary=ready.binary)
        estimate = estimates.get(pair, NOTHING)
        if checks.failed:
            found[pair] = conclude(ready, asked, NOTHING, checks, own)
        else:
            checks = checks.with_df(estimate.df, asked.policy)
            found[pair] = conclude(ready, asked, estimate, checks, own)
    return found


def _rows(pairs: dict[Pair, Prepared]) -> BoolArray:
    return np.asarray(np.logical_or.reduce([ready.rows for ready in pairs.values()]))

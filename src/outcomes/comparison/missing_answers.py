"""`oc.missing_answers`: the comparison under several beliefs about the missing outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from outcomes.comparison import beliefs
from outcomes.comparison.compare import compare
from outcomes.comparison.everybody import Everybody, everybody
from outcomes.comparison.missing_result import FEW, FEW_WORDS, Answer, MissingAnswers
from outcomes.comparison.policy import ComparisonPolicy, comparison_policy
from outcomes.comparison.prepared import Request
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError
from outcomes.models.arms import Arms, two_arms
from outcomes.models.missing.imputations import Imputations
from outcomes.models.missing.tipping import TippingPoint

SOURCES = (
    "Rubin 1987",
    "Barnard and Rubin 1999",
    "Satterthwaite 1946",
    "van Buuren and Groothuis-Oudshoorn 2011",
    "von Hippel 2020",
    "Carpenter and Kenward 2013",
    "Manski 1990",
    "Imbens and Manski 2004",
)


def missing_answers(
    frame: pd.DataFrame,
    *,
    outcome: str = "post",
    arm: str = "arm",
    reference: str | None = None,
    other: str | None = None,
    covariates: Sequence[str],
    cluster: str | None = None,
    estimand: str = "ATO",
    method: str = "weighting",
    margin: float | None = None,
    direction: str | None = None,
    unit: str = "points",
    confidence: float = 0.95,
    policy: ComparisonPolicy | None = None,
    auxiliary: Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    reliable_change: float | None = None,
    beside: Mapping[str, Any] | None = None,
    imputation: str = "norm",
    m: int | None = None,
    cycles: int = 10,
    seed: int = 0,
) -> MissingAnswers:
    """Compare two arms as `oc.compare` does, for several beliefs about missing outcomes.

    The first arguments are those of `oc.compare`. `auxiliary` columns (a score in between,
    how the help ended) enter the imputation but not the comparison; they may have gaps.
    `scale` (its two ends) allows the worst case, `reliable_change` (points) gives the
    tipping value a size. `beside` names other answers: results with estimate, se and df,
    such as a mixed model's. `imputation`: "norm" or "pmm". `m` None imputes 20 times and
    then as often as von Hippel's (2020) rule asks.

    Raises what `oc.compare` raises.
    """
    if imputation not in ("norm", "pmm"):
        raise UsageError("outcomes are imputed by 'norm' or 'pmm'", where="imputation")
    asked = Request(
        outcome, tuple(covariates), cluster, estimand, method, margin, direction, unit,
        confidence, policy or comparison_policy(),
    )  # fmt: skip
    arms = two_arms(frame, arm, reference, other)
    complete = _complete(frame, arms, asked)
    whole = everybody(frame, arms, asked)
    times = beliefs.imputer(
        whole, auxiliary=auxiliary, imputation=imputation, cycles=cycles, seed=seed
    )
    return _answers(
        whole, complete, times, beside or {}, m=m, scale=scale,
        reliable_change=reliable_change, seed=seed,
    )  # fmt: skip


def _complete(frame: pd.DataFrame, arms: Arms, asked: Request) -> ComparisonResult:
    """What `compare` says of people with an outcome."""
    return compare(
        frame, outcome=asked.outcome, arm=arms.column, reference=arms.reference, other=arms.other,
        covariates=asked.covariates, cluster=asked.cluster, estimand=asked.estimand,
        method=asked.method, margin=asked.margin, direction=asked.direction, unit=asked.unit,
        confidence=asked.confidence, policy=asked.policy,
    )  # fmt: skip


def _answers(
    whole: Everybody,
    complete: ComparisonResult,
    times: Callable[[int], Imputations],
    given: Mapping[str, Any],
    *,
    m: int | None,
    scale: tuple[float, float] | None,
    reliable_change: float | None,
    seed: int,
) -> MissingAnswers:
    """All answers, from that of complete cases to the worst case, and where the verdict turns."""
    first = beliefs.complete_cases(complete)
    result = _result(
        whole, complete, first, scale=scale, reliable_change=reliable_change, seed=seed
    )
    if whole.blocked or not math.isfinite(complete.estimate):
        return result
    others = beliefs.beside(whole, given)
    if not whole.gaps.any():
        return replace(result, answers=(first, *others), stands="nothing missing")
    drawn, pooled, said = beliefs.enough(whole, times, m)
    second = beliefs.after_imputation(whole, pooled, drawn)
    told = not beliefs.withheld(drawn)
    turns = (
        beliefs.tipping(whole, drawn, second, scale=scale, reliable_change=reliable_change)
        if told
        else ()
    )
    last = () if scale is None else (beliefs.worst(whole, scale),)
    answers = (first, second, *others, *last)
    return replace(
        result, answers=answers, stands=_stands(answers, turns) if told else FEW, tipping=turns,
        pooled=pooled, imputations=drawn, method=drawn.method,
        warnings=(*drawn.warnings, *said, *(() if told else (FEW_WORDS,))),
    )  # fmt: skip


def _stands(answers: tuple[Answer, ...], tipping: tuple[TippingPoint, ...]) -> str:
    first, second = answers[0].verdict, answers[1].verdict
    if first is not second:
        return "disagree"
    return "turns" if tipping and tipping[0].turns else "holds"


def _result(
    whole: Everybody,
    complete: ComparisonResult,
    first: Answer,
    *,
    scale: tuple[float, float] | None,
    reliable_change: float | None,
    seed: int,
) -> MissingAnswers:
    """The result as it stands when nothing but complete cases can be told."""
    arms, asked = whole.ready.arms, whole.asked
    return MissingAnswers(
        answers=(first,), tipping=(), stands="blocked", complete=complete, pooled=None,
        imputations=None, n=arms.counts(arms.either), n_missing=arms.counts(whole.gaps),
        reference=arms.reference, other=arms.other, unit=asked.unit, direction=asked.direction,
        margin=asked.margin, reliable_change=reliable_change, scale=scale,
        confidence=asked.confidence, seed=seed, warnings=(), method="", sources=SOURCES,
    )  # fmt: skip

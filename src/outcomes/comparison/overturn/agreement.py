"""`oc.agreement`: whether several methods give the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from outcomes.comparison.overturn.agreement_result import Agreement
from outcomes.comparison.overturn.methods import (
    MIXED,
    OFFERED,
    MethodAnswer,
    answer,
    mixed_answer,
)
from outcomes.comparison.overturn.people import asked, people_of
from outcomes.comparison.overturn.policy import OverturnPolicy, overturn_policy
from outcomes.comparison.prepared import Prepared, Request, too_few, weighed
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict


def agreement(
    comparison: ComparisonResult,
    frame: pd.DataFrame,
    *,
    arm: str = "arm",
    methods: Sequence[str] | None = None,
    policy: OverturnPolicy | None = None,
) -> Agreement:
    """The comparison by weighting, covariance, augmented weighting, g-computation, mixed model.

    Same people, covariates, weights and clusters; the mixed model has the clusters as a
    random intercept and is left out where none are named. `frame` is the one that was
    compared. They disagree in "direction" (two findings of opposite sign, or estimates on
    both sides of 0 and further apart than the policy allows), "verdict", or "size".

    Raises UsageError for an unknown method or another frame.
    """
    rules = overturn_policy() if policy is None else policy
    chosen = _chosen(methods, comparison)
    ready = people_of(comparison, frame, arm).ready
    request = asked(comparison)
    answers: tuple[MethodAnswer, ...] = ()
    if too_few(ready, request) is None:
        answers = _answers(ready, request, chosen)
    shown = [one for one in answers if one.shown]
    gap = _gap(shown)
    smallest = min((one.se for one in shown), default=float("nan"))
    return Agreement(
        answers=answers,
        stands=_stands(shown, gap, smallest, comparison.margin, rules),
        gap=gap,
        gap_in_se=gap / smallest if smallest > 0 else float("nan"),
        gap_in_margin=gap / comparison.margin if comparison.margin else float("nan"),
        limit_se=rules.gap_in_se,
        limit_margin=rules.gap_in_margin,
        comparison=comparison,
    )


def _chosen(methods: Sequence[str] | None, comparison: ComparisonResult) -> tuple[str, ...]:
    """Those asked for; else all, the mixed model only of a score and with clusters."""
    if methods is None:
        mixed = comparison.cluster is not None and not comparison.binary
        return tuple(name for name in OFFERED if name != MIXED or mixed)
    unknown = sorted(set(methods) - set(OFFERED))
    if unknown:
        raise UsageError(
            f"unknown method {', '.join(unknown)}",
            where="parameter methods",
            fix=f"some of {', '.join(OFFERED)}",
        )
    return tuple(methods)


def _answers(
    ready: Prepared, request: Request, methods: tuple[str, ...]
) -> tuple[MethodAnswer, ...]:
    ready, weights = weighed(ready, request)
    found = []
    for name in methods:
        if name == MIXED:
            found.append(mixed_answer(ready, request, weights))
            continue
        mine = replace(request, method=name)
        if too_few(ready, mine) is None:
            found.append(answer(ready, mine, weights))
    return tuple(found)


def _gap(shown: list[MethodAnswer]) -> float:
    if len(shown) < 2:
        return float("nan")
    values = [one.estimate for one in shown]
    return max(values) - min(values)


def _stands(
    shown: list[MethodAnswer],
    gap: float,
    smallest: float,
    margin: float | None,
    rules: OverturnPolicy,
) -> str:
    """blocked, direction, verdict, size or agree; the gravest that holds."""
    if len(shown) < 2:
        return "blocked"
    wide = gap > rules.gap_in_se * smallest
    wide |= margin is not None and gap > rules.gap_in_margin * margin
    values = [one.estimate for one in shown]
    findings = [one.estimate for one in shown if one.verdict is Verdict.SUPPORTED]
    opposite = bool(findings) and min(findings) < 0 < max(findings)
    if opposite or (min(values) < 0 < max(values) and wide):
        return "direction"
    if len({one.verdict for one in shown}) > 1:
        return "verdict"
    return "size" if wide else "agree"

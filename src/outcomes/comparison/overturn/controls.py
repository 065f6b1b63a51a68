"""The negative controls of a comparison, each asked as the comparison was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from outcomes.comparison.overturn.negative_control import negative_control
from outcomes.comparison.overturn.negative_control_result import NegativeControl
from outcomes.comparison.overturn.policy import OverturnPolicy
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError


def controls_of(
    comparison: ComparisonResult,
    frame: pd.DataFrame,
    arm: str,
    given: Sequence[Mapping[str, Any] | NegativeControl],
    limits: OverturnPolicy,
) -> tuple[NegativeControl, ...]:
    """Results as they are; arguments filled up from the comparison, sharing its confidence.

    Raises UsageError for a control that was adjusted for: the arms differ in it, which is
    why it was, and after adjustment it cannot show anything.
    """
    return tuple(
        one
        if isinstance(one, NegativeControl)
        else negative_control(frame, **_filled(comparison, arm, one), of=len(given), limits=limits)
        for one in given
    )


def _filled(comparison: ComparisonResult, arm: str, one: Mapping[str, Any]) -> dict[str, Any]:
    same_arms = one.get("arm", arm) == arm
    filled = {
        "arm": arm,
        "outcome": comparison.outcome,
        "reference": comparison.reference if same_arms else None,
        "other": comparison.other if same_arms else None,
        "covariates": comparison.covariates,
        "cluster": comparison.cluster,
        "estimand": comparison.estimand,
        "method": comparison.method,
        "confidence": comparison.confidence,
        **one,
    }
    if filled["outcome"] in comparison.covariates or filled["arm"] in comparison.covariates:
        raise UsageError(
            "what was adjusted for cannot be a negative control",
            where="parameter negative_controls",
            fix="name something that was not, or leave it out of the covariates",
        )
    return filled

"""The people of a comparison as arrays, found again in the frame it was made from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.comparison.estimators import Options
from outcomes.comparison.policy import comparison_policy
from outcomes.comparison.prepared import Prepared, Request, prepare, weighed
from outcomes.comparison.result import ComparisonResult
from outcomes.errors import UsageError
from outcomes.models.arms import two_arms
from outcomes.models.design import Design
from outcomes.schema.verdicts import Verdict

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """People with an outcome: outcome, arm and covariates; `sd` of the outcome within arms."""

    ready: Prepared
    sd: float

    @property
    def y(self) -> FloatArray:
        """Outcomes (n)."""
        return self.ready.y

    @property
    def in_other(self) -> BoolArray:
        """Who is in the other arm (n)."""
        return self.ready.in_other

    @property
    def covariates(self) -> Design:
        """What was adjusted for (n rows)."""
        return self.ready.covariates


def people_of(comparison: ComparisonResult, frame: pd.DataFrame, arm: str = "arm") -> People:
    """The rows a comparison used; UsageError when the frame has others."""
    if comparison.verdict is Verdict.NOT_MEASURABLE:
        raise UsageError(
            "the arms share no measure, so there is nothing that could be overturned",
            where="comparison",
        )
    ready = prepare(
        frame, two_arms(frame, arm, comparison.reference, comparison.other), asked(comparison)
    )
    if comparison.recipe is not None and ready.n != comparison.n:
        # A recipe may have set people aside.
        ready = weighed(ready, asked(comparison))[0]
    if ready.n != comparison.n:
        raise UsageError(
            "the frame is not the one that was compared: other people have an outcome in it",
            where="frame",
            fix="give the frame that was given to compare",
        )
    return People(ready, spread(ready.y, ready.in_other))


def asked(comparison: ComparisonResult, **changes: object) -> Request:
    """The request that led to a comparison, with other choices where given."""
    choices: dict[str, object] = {
        "outcome": comparison.outcome,
        "covariates": comparison.covariates,
        "cluster": comparison.cluster,
        "estimand": comparison.estimand,
        "method": comparison.method,
        "margin": comparison.margin,
        "direction": comparison.direction,
        "unit": comparison.unit,
        "confidence": comparison.confidence,
        "policy": comparison_policy(),
        "how": Options(effect=comparison.effect),
        "identification": comparison.identification,
        "recipe": comparison.recipe,
    }
    return Request(**{**choices, **changes})  # type: ignore[arg-type]


def spread(y: FloatArray, in_other: BoolArray) -> float:
    """Standard deviation within arms, with n − 2 degrees of freedom; nan below three people."""
    if len(y) < 3:
        return math.nan
    squares = sum(float(((y[rows] - y[rows].mean()) ** 2).sum()) for rows in (in_other, ~in_other))
    return math.sqrt(squares / (len(y) - 2))

"""`oc.overturn`: what would most easily overturn a comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from outcomes.comparison.arguments import contrast
from outcomes.comparison.missing_answers import missing_answers
from outcomes.comparison.missing_result import MissingAnswers
from outcomes.comparison.overturn.agreement import agreement
from outcomes.comparison.overturn.controls import controls_of
from outcomes.comparison.overturn.evalue import evalue
from outcomes.comparison.overturn.evalue_result import EValues
from outcomes.comparison.overturn.hidden import hidden_confounding
from outcomes.comparison.overturn.hidden_result import HiddenConfounding
from outcomes.comparison.overturn.negative_control_result import NegativeControl
from outcomes.comparison.overturn.overturn_result import Overturn
from outcomes.comparison.overturn.policy import OverturnPolicy, overturn_policy
from outcomes.comparison.overturn.regression_result import RegressionToMean
from outcomes.comparison.overturn.regression_to_the_mean import regression_to_the_mean
from outcomes.comparison.overturn.specification_result import Specifications
from outcomes.comparison.overturn.specifications import ESTIMANDS, METHODS, specifications
from outcomes.comparison.overturn.turning import answered
from outcomes.comparison.result import ComparisonResult
from outcomes.derive import Cohort
from outcomes.errors import InstrumentError, NotEnoughData, UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get

_OF_SCORES = ("missing", "drift", "specifications")
Part = TypeVar("Part")
PARTS = ("hidden", "missing", "drift", "agreement", "specifications", "controls")


def overturn(
    comparison: ComparisonResult,
    source: pd.DataFrame | Cohort,
    *,
    arm: str = "arm",
    pre: str = "pre",
    instrument: str | Instrument | None = None,
    reliability: float | None = None,
    reliable_change: float | None = None,
    scale: tuple[float, float] | None = None,
    cut: float | None = None,
    negative_controls: Sequence[Mapping[str, Any] | NegativeControl] = (),
    auxiliary: Sequence[str] = (),
    thresholds: Mapping[str, Any] | None = None,
    adjustment: Mapping[str, Sequence[str]] | None = None,
    parts: Sequence[str] = PARTS,
    m: int | None = None,
    seed: int = 0,
    policy: OverturnPolicy | None = None,
) -> Overturn:
    """Everything that could overturn a comparison, and the one thing that would most easily.

    `source` is the frame that was compared, or the cohort behind it. An `instrument` (a
    cohort brings its own) gives reliability, reliable change, ends of the scale and
    definitions of the outcome, unless they are given. `negative_controls`: results of
    `oc.negative_control`, or its arguments, of which those of the comparison are the rest.
    `auxiliary` and `m` go to `oc.missing_answers`, `adjustment` and `thresholds` to
    `oc.specifications`. Of the `parts` asked for, one that the data cannot carry is named in
    `absent`. Raises UsageError for an unknown part or another frame.
    """
    _check(parts)
    rules = overturn_policy() if policy is None else policy
    frame, who = _frame(source, instrument)
    hidden = hidden_confounding(comparison, frame, arm=arm, policy=rules)
    made = _Parts(comparison, parts)
    between = {"arm": arm, "auxiliary": auxiliary, "m": m, "seed": seed}
    ways = {"arm": arm, "pre": pre, "thresholds": thresholds, "adjustment": adjustment}
    back = {"instrument": who, "reliability": reliability, "cut": cut, "arm": arm, "pre": pre}
    given = (reliable_change, scale)
    return Overturn(
        comparison=comparison,
        hidden=hidden,
        evalues=_evalues(comparison, hidden),
        missing=made.part("missing", lambda: _missing(comparison, frame, who, given, between)),
        drift=made.part("drift", lambda: _drift(comparison, frame, back)),
        agreement=made.part(
            "agreement", lambda: agreement(comparison, frame, arm=arm, policy=rules)
        ),
        specifications=made.part(
            "specifications", lambda: _curve(comparison, frame, who, rules, ways)
        ),
        controls=made.part(
            "controls", lambda: controls_of(comparison, frame, arm, negative_controls, rules)
        )
        or (),
        adjusted_for_start=pre in comparison.covariates,
        absent=made.absent,
        limits=rules,
    )


def _check(parts: Sequence[str]) -> None:
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise UsageError(
            f"unknown part {', '.join(unknown)}",
            where="parameter parts",
            fix=f"some of {', '.join(PARTS)}",
        )


class _Parts:
    """Makes the parts that were asked for; says why one cannot be had."""

    def __init__(self, comparison: ComparisonResult, wanted: Sequence[str]) -> None:
        self.wanted = wanted
        self.absent: dict[str, str] = {}
        self.answered, self.binary = answered(comparison), comparison.binary

    def part(self, name: str, make: Callable[[], Part]) -> Part | None:
        """The part, or None where it was not asked for or the data cannot carry it."""
        if name not in self.wanted:
            return None
        if not self.answered and name not in ("drift", "controls"):
            self.absent[name] = "the comparison has no difference in its own units"
            return None
        if self.binary and name in _OF_SCORES:
            self.absent[name] = "the outcome is yes or no, and this is about scores"
            return None
        try:
            return make()
        except (InstrumentError, NotEnoughData) as error:
            self.absent[name] = error.what
            return None


def _frame(
    source: pd.DataFrame | Cohort, instrument: str | Instrument | None
) -> tuple[pd.DataFrame, Instrument | None]:
    """The people that were compared, and the instrument if one is known."""
    who = get(instrument) if isinstance(instrument, str) else instrument
    if isinstance(source, Cohort):
        return contrast(source)["frame"], who or source.instrument
    return source, who


def _evalues(comparison: ComparisonResult, hidden: HiddenConfounding) -> EValues:
    usable = math.isfinite(hidden.sd) and hidden.sd > 0
    return evalue(comparison, sd=hidden.sd if usable else 1.0).beside(hidden.strengths)


def _missing(
    comparison: ComparisonResult,
    frame: pd.DataFrame,
    who: Instrument | None,
    given: tuple[float | None, tuple[float, float] | None],
    options: Mapping[str, Any],
) -> MissingAnswers:
    reliable, scale = given
    if who is not None:
        published = who.threshold()
        if reliable is None and published is not None:
            reliable = published.value
        if scale is None and who.has_total:
            scale = (who.total_min, who.total_max)
    return missing_answers(
        frame, outcome=comparison.outcome, reference=comparison.reference,
        other=comparison.other, covariates=comparison.covariates, cluster=comparison.cluster,
        estimand=comparison.estimand, method=comparison.method, margin=comparison.margin,
        direction=comparison.direction, unit=comparison.unit, confidence=comparison.confidence,
        reliable_change=reliable, scale=scale, **options,
    )  # fmt: skip


def _drift(
    comparison: ComparisonResult, frame: pd.DataFrame, options: Mapping[str, Any]
) -> RegressionToMean:
    return regression_to_the_mean(
        frame, arms=[comparison.reference, comparison.other], post=comparison.outcome,
        direction=comparison.direction, confidence=comparison.confidence, **options,
    )  # fmt: skip


def _curve(
    comparison: ComparisonResult,
    frame: pd.DataFrame,
    who: Instrument | None,
    limits: OverturnPolicy,
    options: Mapping[str, Any],
) -> Specifications:
    """Every way, the estimand of the comparison first."""
    if comparison.direction is None and who is None:
        raise NotEnoughData("it is not known which score is better", where="direction")
    estimands = dict.fromkeys((comparison.estimand, *ESTIMANDS))
    return specifications(
        frame, instrument=who, post=comparison.outcome, reference=comparison.reference,
        other=comparison.other, covariates=comparison.covariates, cluster=comparison.cluster,
        direction=comparison.direction, margin=comparison.margin,
        confidence=comparison.confidence, estimands=tuple(estimands),
        methods=tuple(dict.fromkeys((comparison.method, *METHODS))),
        headline={"method": comparison.method, "estimand": comparison.estimand},
        limits=limits, **options,
    )  # fmt: skip

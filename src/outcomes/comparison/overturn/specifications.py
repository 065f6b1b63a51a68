"""`oc.specifications`: the comparison in every way it could as well have been made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from outcomes.comparison.arguments import baseline_covariates, contrast
from outcomes.comparison.overturn.definitions import WORDS, defined
from outcomes.comparison.overturn.grid import LEFT_OUT, MISSING, Choices, declared
from outcomes.comparison.overturn.policy import OverturnPolicy, overturn_policy
from outcomes.comparison.overturn.specification_result import Specifications
from outcomes.comparison.overturn.specified import Setting, estimated
from outcomes.comparison.policy import ComparisonPolicy, comparison_policy
from outcomes.derive import Cohort
from outcomes.errors import UsageError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.models.arms import two_arms

ESTIMANDS = ("ATO", "ATE", "ATT", "ATC")
METHODS = ("weighting", "ancova", "aipw")


def specifications(
    source: Cohort | pd.DataFrame,
    *,
    instrument: str | Instrument | None = None,
    pre: str = "pre",
    post: str = "post",
    arm: str = "arm",
    reference: str | None = None,
    other: str | None = None,
    covariates: Sequence[str] | None = None,
    adjustment: Mapping[str, Sequence[str]] | None = None,
    definitions: Sequence[str] = tuple(WORDS),
    estimands: Sequence[str] = ESTIMANDS,
    methods: Sequence[str] = METHODS,
    missing: Sequence[str] = MISSING,
    cluster: str | None = None,
    direction: str | None = None,
    thresholds: Mapping[str, Any] | None = None,
    margin: float | None = None,
    confidence: float = 0.95,
    headline: Mapping[str, str] | None = None,
    policy: ComparisonPolicy | None = None,
    limits: OverturnPolicy | None = None,
) -> Specifications:
    """Compare two arms in every combination of the choices, and show them all.

    `source`: a cohort, which brings arms, covariates, clusters and instrument, or a frame
    with a row for each person. `adjustment` names sets of covariates (default: everything
    recorded, and the start score alone). `missing`: people without an end score are "left
    out" or "counted as unchanged". `thresholds` are arguments of `oc.change` for frames
    without an instrument. `headline` names the choices reported (default: the first of
    each). Analysis of covariance has no estimand and is counted once.

    Every combination is counted, also where the arms are not comparable. Raises UsageError.
    """
    given = _Named(arm, reference, other, tuple(covariates or ()), cluster)
    frame, who, named = _people(source, instrument, given)
    toward, sets = _direction(direction, who), _sets(adjustment, named.covariates, pre)
    found, said = defined(
        frame, names=definitions, scores=(pre, post), direction=toward, instrument=who,
        thresholds=thresholds or {},
    )  # fmt: skip
    choices = Choices(
        tuple(one.name for one in found), tuple(sets), tuple(estimands), tuple(methods),
        tuple(missing),
    )  # fmt: skip
    setting = Setting(
        frame=frame, arms=two_arms(frame, named.arm, named.reference, named.other),
        cluster=named.cluster, sets=sets, definitions={one.name: one for one in found},
        margin=margin, direction=toward, confidence=confidence,
        policy=policy or comparison_policy(),
    )  # fmt: skip
    table = estimated(setting, declared(choices))
    table["headline"] = _headline(table, choices, headline or {})
    return Specifications(
        frame=table, reference=setting.arms.reference, other=setting.arms.other,
        confidence=confidence, margin=margin, direction=toward, warnings=said,
        limits=overturn_policy() if limits is None else limits,
        n_people=int(setting.arms.either.sum()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Named:
    """Columns and arms that are the same in every specification."""

    arm: str
    reference: str | None
    other: str | None
    covariates: tuple[str, ...]
    cluster: str | None


def _people(
    source: Cohort | pd.DataFrame, instrument: str | Instrument | None, given: _Named
) -> tuple[pd.DataFrame, Instrument | None, _Named]:
    """The frame, the instrument, and the columns: those of a cohort, else those given."""
    who = get(instrument) if isinstance(instrument, str) else instrument
    if not isinstance(source, Cohort):
        chosen = given.covariates or baseline_covariates(source)
        return source, who, replace(given, covariates=chosen)
    found = contrast(source, covariates=given.covariates or None)
    named = _Named(
        found["arm"], found["reference"], found["other"], tuple(found["covariates"]),
        found["cluster"],
    )  # fmt: skip
    return found["frame"], who or source.instrument, named


def _direction(given: str | None, instrument: Instrument | None) -> str:
    toward = given or (instrument.direction if instrument is not None else None)
    if toward not in ("lower", "higher"):
        raise UsageError(
            "it has to be known which score is better",
            where="parameter direction",
            fix="direction='lower' or 'higher', or an instrument",
        )
    return toward


def _sets(
    adjustment: Mapping[str, Sequence[str]] | None, covariates: Sequence[str], pre: str
) -> dict[str, tuple[str, ...]]:
    if adjustment is not None:
        return {name: tuple(columns) for name, columns in adjustment.items()}
    sets = {"everything recorded": tuple(covariates)}
    if pre in covariates and len(covariates) > 1:
        sets["start score alone"] = (pre,)
    return sets


def _headline(table: pd.DataFrame, choices: Choices, given: Mapping[str, str]) -> pd.Series:
    """The row of the reported comparison; none where its choices are not among those declared."""
    wanted = {
        "definition": choices.definitions[0] if choices.definitions else "",
        "adjustment": choices.adjustments[0],
        "estimand": choices.estimands[0],
        "method": choices.methods[0],
        "missing": LEFT_OUT,
        **given,
    }
    found = pd.Series(True, index=table.index)
    for column, word in wanted.items():
        if column == "estimand" and wanted["method"] == "ancova":
            continue
        found &= table[column].eq(word)
    return found

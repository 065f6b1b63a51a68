"""The arguments of `compare` that follow from a cohort: what is compared, given what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from outcomes.derive import Cohort
from outcomes.derive.people import PERSON_COLUMNS
from outcomes.errors import UsageError

# A characteristic that varies too little says nothing about who came to which arm, and a
# level with a handful of people makes the propensity model separate the arms by accident.
FEWEST_IN_LEVEL = 5


def baseline_covariates(frame: pd.DataFrame) -> tuple[str, ...]:
    """The start score and every recorded characteristic that varies, in schema order.

    Only what is known at the start counts: nothing that happens during the help
    (sessions, dropout, homework) is ever adjusted for.
    """
    return ("pre", *(name for name in PERSON_COLUMNS if _varies(frame[name])))


def contrast(
    cohort: Cohort,
    *,
    arms: tuple[str, str] | None = None,
    covariates: Sequence[str] | None = None,
    margin: float | None = None,
) -> dict[str, Any]:
    """Keyword arguments for `compare`: (reference, other), by default the cohort's first two arms.

    `frame` holds the people of both arms with a start score, since an end score without
    one says nothing about change; those without are in the cohort's flow. Clusters are
    practitioners, else couples, else persons. Without `covariates` those of
    `baseline_covariates` are used. Raises UsageError when the cohort has a single arm or not
    the arms named.
    """
    if len(cohort.arms) < 2:
        raise UsageError(
            "a comparison needs two interventions",
            where="interventions",
            how_many=len(cohort.arms),
            fix="name two, the reference first",
        )
    reference, other = cohort.arms[:2] if arms is None else arms
    unknown = [name for name in (reference, other) if name not in cohort.arms]
    if unknown:
        raise UsageError(
            f"the cohort has no arm {unknown[0]!r}", where="arms", fix=", ".join(cohort.arms)
        )
    compared = cohort.frame[cohort.frame["arm"].isin([reference, other])]
    chosen = baseline_covariates(compared) if covariates is None else tuple(covariates)
    return {
        "frame": compared[compared["pre"].notna()].reset_index(drop=True),
        "outcome": "post",
        "arm": "arm",
        "reference": reference,
        "other": other,
        "covariates": list(chosen),
        "cluster": "practitioner_or_couple",
        "direction": cohort.instrument.direction,
        "margin": margin,
    }


def _varies(column: pd.Series) -> bool:
    counts = column.value_counts()
    return bool((counts >= FEWEST_IN_LEVEL).sum() >= 2)

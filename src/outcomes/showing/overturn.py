"""What would overturn a comparison: what may be shown of it, and how things are called."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from outcomes.comparison.overturn import (
    EValues,
    Overturn,
    RegressionToMean,
    Specifications,
    Strength,
)
from outcomes.comparison.overturn.grid import LEFT_OUT, NO_ESTIMAND, UNCHANGED
from outcomes.comparison.overturn.methods import NAMES
from outcomes.comparison.overturn.regression_result import ArmDrift
from outcomes.privacy import Policy, hidden
from outcomes.showing import format as fmt
from outcomes.showing.beliefs import shifts_shown

DEFINITIONS = {
    "score": "Score at the end",
    "change": "Change of the score",
    "reliable_improvement": "Reliable improvement",
    "recovery": "Recovery, if in the clinical range",
}
MISSING = {LEFT_OUT: "Left out", UNCHANGED: "Counted as unchanged"}
METHODS = {method: fmt.sentence(name) for method, name in NAMES.items()}
STATES = {
    "overturns it": "Does so already",
    "easily": "Easily",
    "with more": "Takes more",
    "holds": "Not by anything searched",
    "not known": "Not known",
}


def strengths_shown(strengths: tuple[Strength, ...], policy: Policy) -> tuple[Strength, ...]:
    """Covariates whose ratios of shares rest on no small count."""
    return tuple(one for one in strengths if not hidden(one.smallest, policy))


def benchmarks_shown(result: EValues, policy: Policy) -> tuple[Strength, ...]:
    """Covariates that have both ratios, and may be shown."""
    return tuple(one for one in strengths_shown(result.benchmarks, policy)
                 if fmt.available(one.factor))  # fmt: skip


def drift_shown(one: ArmDrift, policy: Policy) -> bool:
    """Whether the change of an arm may be shown beside its expected drift."""
    return not any(hidden(count, policy) for count in (one.n, one.n_both, one.n - one.n_both))


def specifications_shown(result: Specifications, policy: Policy) -> pd.Series:
    """Which rows of the frame may be shown.

    An estimate that counts people without an end score as unchanged gives their number away
    beside the one that leaves them out, so it is hidden where that number is small.
    """
    frame = result.frame
    sizes = ["n_reference", "n_other"]
    safe = pd.Series(True, index=frame.index)
    for size in sizes:
        safe &= ~frame[size].map(lambda n: hidden(n, policy))
    left_out = frame[frame["missing"].eq(LEFT_OUT)].groupby("definition")[sizes].max()
    for size in sizes:
        gone = frame[size] - frame["definition"].map(left_out[size])
        small = gone.map(lambda n: fmt.available(n) and hidden(n, policy))
        safe &= ~(frame["missing"].eq(UNCHANGED) & small)
    return safe


def ways_shown(result: Specifications, policy: Policy) -> Specifications:
    """The specifications with only the rows that may be shown; its sentence and summary too."""
    seen = specifications_shown(result, policy)
    return replace(result, frame=result.frame[seen].reset_index(drop=True))


def drift_said(result: RegressionToMean, policy: Policy) -> str:
    """The sentence on regression to the mean, of the arms that may be shown."""
    arms = tuple(one for one in result.arms if drift_shown(one, policy))
    return replace(result, arms=arms).sentence


def threats_kept_back(result: Overturn, policy: Policy) -> set[str]:
    """Names of threats whose numbers would give a small count of people away."""
    kept = set()
    if result.missing is not None and not shifts_shown(result.missing, policy):
        kept.add("missing outcomes")
    if result.drift is not None and not all(drift_shown(one, policy) for one in result.drift.arms):
        kept.add("regression to the mean")
    return kept


def threats_said(result: Overturn, policy: Policy) -> str:
    """The sentence of what would most easily overturn it, without a number that is kept back."""
    worst = result.weakest
    if worst is None or worst.name not in threats_kept_back(result, policy):
        return result.sentence
    return (
        f"What would most easily overturn the verdict '{result.comparison.verdict}': "
        f"{worst.name}. How much it takes is not shown, since it would give a small number of "
        "people away."
    )


def populations(result: Specifications) -> dict[str, str]:
    """For whom a difference holds, in a few words each."""
    other, reference = (
        fmt.group_name("arm", arm).lower() for arm in (result.other, result.reference)
    )
    return {
        "ATO": "Who could have had either",
        "ATE": "Everybody in either arm",
        "ATT": f"People as in {other}",
        "ATC": f"People as in {reference}",
        "ATM": "Who would find a match",
        NO_ESTIMAND: "One difference for all",
    }

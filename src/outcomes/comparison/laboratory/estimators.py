"""What is tried in the laboratory: estimators, each with the population it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.comparison.compare import compare
from outcomes.comparison.concurrent import landmark
from outcomes.comparison.laboratory.people import COVARIATES, OTHER, REFERENCE
from outcomes.comparison.laboratory.scenario import Scenario
from outcomes.comparison.overturn import overturn
from outcomes.comparison.verdict import t_interval
from outcomes.schema.verdicts import Verdict

MARGIN = 0.3


@dataclass(frozen=True, slots=True)
class Tried:
    """One estimator on one sample.

    `flagged`: the answer is settled, and something hidden that is no stronger than what was
    measured would undo it.
    """

    estimate: float
    se: float
    low: float
    high: float
    verdict: Verdict
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A way to estimate: name for readers, estimand whose truth it is held against, options."""

    title: str
    estimand: str
    options: dict[str, Any]


WAYS: dict[str, Way] = {
    "unadjusted": Way("difference of means, nothing adjusted", "ATE", {}),
    "overlap": Way("overlap weights", "ATO", {"method": "weighting", "estimand": "ATO"}),
    "ate_weights": Way("weights for everybody", "ATE", {"method": "weighting", "estimand": "ATE"}),
    "att_weights": Way(
        "weights for those in therapy", "ATT", {"method": "weighting", "estimand": "ATT"}
    ),
    "ancova": Way("analysis of covariance", "ATO", {"method": "ancova"}),
    "interactions": Way(
        "analysis of covariance, slopes by group",
        "ATE",
        {"method": "ancova_interactions", "estimand": "ATE"},
    ),
    "g_computation": Way("g-computation", "ATE", {"method": "g_computation", "estimand": "ATE"}),
    "aipw": Way("augmented weighting", "ATE", {"method": "aipw", "estimand": "ATE"}),
    "aipw_overlap": Way(
        "augmented overlap weighting", "ATO", {"method": "aipw", "estimand": "ATO"}
    ),
}

# Where a second service is added later: what many do, and what the tool does.
LATER = {
    "ever_both": Way("whoever ever had both against the others", "ATE", {"method": "ancova"}),
    "landmark": Way("landmark at 45 days", "ATE", {"method": "ancova"}),
}
LANDMARK = 45


def ways_of(world: Scenario) -> dict[str, Way]:
    """The ways that answer the question of a scenario."""
    return LATER if world.second_service else WAYS


def attempt(way: str, frame: pd.DataFrame, world: Scenario) -> Tried:
    """The estimate, its interval and its verdict by one way."""
    if way == "unadjusted":
        return _unadjusted(frame)
    if world.second_service:
        return _later(way, frame)
    found = compare(
        frame,
        reference=REFERENCE,
        other=OTHER,
        covariates=list(COVARIATES),
        cluster=world.cluster,
        direction="lower",
        margin=MARGIN,
        **WAYS[way].options,
    )
    flagged = overturn(found, frame, parts=()).flags_hidden_confounding
    return Tried(found.estimate, found.se, found.low, found.high, found.verdict, flagged)


def _later(way: str, frame: pd.DataFrame) -> Tried:
    """A second service that was added later, by a landmark or as if it had been there at once."""
    asked: dict[str, Any] = {"covariates": ["pre"], "direction": "lower", "margin": MARGIN}
    if way == "landmark":
        found = landmark(frame, LANDMARK, **asked, **LATER[way].options).effect
    else:
        arm = np.where(frame["added_after"].notna(), "both", "one")
        found = compare(
            frame.assign(arm=arm), reference="one", other="both", **asked, **LATER[way].options
        )
    return Tried(found.estimate, found.se, found.low, found.high, found.verdict)


def _unadjusted(frame: pd.DataFrame) -> Tried:
    """Welch's t: what is read off a plain table."""
    one, other = (
        frame.loc[frame["arm"].eq(arm), "post"].dropna().to_numpy() for arm in (REFERENCE, OTHER)
    )
    parts = [sample.var(ddof=1) / len(sample) for sample in (one, other)]
    df = sum(parts) ** 2 / sum(
        part**2 / (len(sample) - 1) for part, sample in zip(parts, (one, other), strict=True)
    )
    estimate, se = float(other.mean() - one.mean()), float(np.sqrt(sum(parts)))
    span = t_interval(estimate, se, float(df), 0.95)
    out = span.low > 0 or span.high < 0
    return Tried(
        estimate, se, span.low, span.high, Verdict.SUPPORTED if out else Verdict.CANNOT_TELL
    )

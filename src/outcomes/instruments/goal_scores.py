"""`goal_scores`: start and latest rating of every goal of a study, and of every party."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.instruments.goals import GoalChange, gas_change, goal_policy, rating_change
from outcomes.schema import Study

PARTY = ["episode_id", "client_id", "scale"]
GOAL_COLUMNS = ["goal_id", *PARTY, "weight", "rater", "start_on", "start", "latest_on", "latest"]
GOAL_COLUMNS += ["change"]


@dataclass(frozen=True, slots=True, eq=False)
class GoalScores:
    """`goals` has a row for each goal (`GOAL_COLUMNS`); `parties` one for each person or couple.

    A party is an episode and a person on one scale; `client_id` is empty for the shared goals
    of a couple. T points on the scale "gas", points from 0 to 10 on "rating".
    """

    goals: pd.DataFrame
    parties: pd.DataFrame
    n_in: int
    n_used: int
    warnings: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row for each party."""
        return self.parties.copy()

    def explain(self) -> str:
        """How goals become scores, and what they do not tell."""
        policy = goal_policy()
        return "\n".join(
            [
                f"{self.n_used} of {self.n_in} goals have a start and a latest rating.",
                "Start is the first rating by date, latest the last on a later day, both by one "
                "rater. Only goals with both count, so the two are about the same goals.",
                f"Levels of attainment become T with rho = {policy['rho']} "
                f"({policy['rho_source']}); 50 is the expected level. Ratings from 0 to 10 are "
                "averaged. Weights of 0 for all goals count as equal.",
                "A change is not an effect of the help: goals differ in difficulty, and who set "
                "and rated them knew the aim.",
                *self.warnings,
            ]
        )

    def __repr__(self) -> str:
        return f"GoalScores({self.n_used} of {self.n_in} goals, {len(self.parties)} parties)"

    def _repr_html_(self) -> str:
        return f"<p>{self.n_used} of {self.n_in} goals</p>{self.parties.to_html(index=False)}"


def goal_scores(study: Study, *, reliability: float | None = None) -> GoalScores:
    """Score the goals of a study: start and latest by date, for each goal and each party.

    `reliability` of one rating gives T an interval of its change (see `gas_change`). Raises
    RangeError for ratings off their scale.
    """
    goals = study.goals.merge(goal_ends(study.goal_ratings), on="goal_id", how="left")
    goals["client_id"] = goals["client_id"].mask(goals["shared"].eq(True).fillna(False))
    goals["change"] = goals["latest"] - goals["start"]
    goals = goals[GOAL_COLUMNS].sort_values("goal_id", ignore_index=True)
    scored = [
        _parties(part, str(scale), reliability)
        for scale, part in goals.groupby("scale", sort=True)
        if scale in ("gas", "rating")
    ]
    columns = [*PARTY, "start", "latest", "change", "low", "high", "n_goals", "n_used"]
    frames = [frame for frame, _ in scored]
    parties = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return GoalScores(
        goals=goals,
        parties=parties[columns],
        n_in=len(goals),
        n_used=int(goals["change"].notna().sum()),
        warnings=tuple(f"{scale}: {text}" for scale, text in _said(scored)),
    )


def _said(scored: list[tuple[pd.DataFrame, GoalChange]]) -> list[tuple[str, str]]:
    return [(str(f["scale"].iloc[0]), text) for f, found in scored for text in found.warnings]


def _parties(
    part: pd.DataFrame, scale: str, reliability: float | None
) -> tuple[pd.DataFrame, GoalChange]:
    grouped = part.groupby(PARTY, sort=True, dropna=False)
    codes = grouped.ngroup().to_numpy()
    start, latest, weight = (
        part[name].to_numpy(dtype="float64", na_value=np.nan)
        for name in ("start", "latest", "weight")
    )
    if scale == "gas":
        found = gas_change(start, latest, weight, parties=codes, reliability=reliability)
    else:
        found = rating_change(start, latest, codes)
    who = part.assign(_code=codes).drop_duplicates("_code").sort_values("_code")[PARTY]
    values = {name: getattr(found, name) for name in ("start", "latest", "change", "low", "high")}
    counts = {"n_goals": found.n_in, "n_used": found.n_used}
    return who.reset_index(drop=True).assign(**values, **counts), found


def goal_ends(ratings: pd.DataFrame) -> pd.DataFrame:
    """Start and latest rating of each goal by one rater throughout, the latest on a later day.

    The rater is the first of policy.toml's order who rated on two days, else who rated at
    all. Columns goal_id, rater, start_on, start, latest_on, latest.
    """
    order = {name: place for place, name in enumerate(goal_policy()["raters"])}
    known = ratings.dropna(subset=["value", "rated_on"])
    known = known.sort_values(["goal_id", "rater", "rated_on", "value"])
    ends = known.groupby(["goal_id", "rater"], sort=True).agg(
        start_on=("rated_on", "first"),
        start=("value", "first"),
        latest_on=("rated_on", "last"),
        latest=("value", "last"),
    )
    ends = ends.reset_index().astype({"start": "float64", "latest": "float64"})
    twice = ends["latest_on"].gt(ends["start_on"])
    ends["latest"], ends["latest_on"] = ends["latest"].where(twice), ends["latest_on"].where(twice)
    place = ends["rater"].map(order).astype("float64").fillna(float(len(order)))
    ends = ends.assign(_place=place + np.where(twice, 0, len(order) + 1))
    best = ends.sort_values(["goal_id", "_place", "rater"]).drop_duplicates("goal_id")
    return best.drop(columns="_place")

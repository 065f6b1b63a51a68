"""Each goal with its start and its latest rating, found by date and by one rater throughout."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.instruments.goal_scores import goal_ends
from outcomes.instruments.goals import gas_t, goal_policy
from outcomes.process.policy import process_policy
from outcomes.process.seats import episodes_of, seats
from outcomes.schema import Study

GOAL_COLUMNS = [
    "goal_id",
    "group",
    "party",
    "cluster",
    "couple",
    "domain",
    "held",
    "scale",
    "weight",
    "rater",
    "start",
    "latest",
    "change",
    "met",
    "improved",
]


def goal_rows(study: Study, by: str | None) -> pd.DataFrame:
    """One row for each goal with its episode's group; columns `GOAL_COLUMNS`.

    `start` is the first rating, `latest` the last one on a later day, both by one rater: the
    first of policy.toml's order who gave two, else who gave any. `held` is "shared" (both
    partners) or "individual"; `met` and `improved` are missing without a latest rating. `party`
    is the couple of a shared goal, else the person.
    """
    rows = episodes_of(seats(study, by))
    goals = study.goals.merge(
        rows[["episode_id", "group", "party", "cluster", "unit"]], on="episode_id"
    )
    goals["couple"] = goals["unit"].eq("couple").fillna(False)
    goals["held"] = np.where(goals["shared"].eq(True).fillna(False), "shared", "individual")
    own = goals["client_id"].where(goals["held"].eq("individual"))
    goals["party"] = own.fillna(goals["party"])
    goals["domain"] = goals["domain"].fillna("not stated")
    goals = goals.merge(goal_ends(study.goal_ratings), on="goal_id", how="left")
    goals["change"] = goals["latest"] - goals["start"]
    return _judged(goals)[GOAL_COLUMNS].sort_values("goal_id", ignore_index=True)


def party_scores(goals: pd.DataFrame) -> pd.DataFrame:
    """GAS T of each party at the start and at the latest rating, over the goals that have both.

    Columns group, party, cluster, start, latest, change. A party's goals of one group only.
    """
    both = goals[goals["scale"].eq("gas") & goals["change"].notna()]
    keys = both.groupby(["group", "party"], sort=True)
    codes = keys.ngroup().to_numpy()
    found = keys.agg(cluster=("cluster", "min")).reset_index()
    weights = both["weight"].to_numpy(dtype="float64", na_value=np.nan)
    for name in ("start", "latest"):
        levels = both[name].to_numpy(dtype="float64")
        found[name] = gas_t(levels, weights, parties=codes)[: len(found)]
    return found.assign(change=found["latest"] - found["start"])


def party_ratings(goals: pd.DataFrame) -> pd.DataFrame:
    """Mean 0 to 10 rating of each party at the start and latest, over goals that have both."""
    both = goals[goals["scale"].eq("rating") & goals["change"].notna()]
    keys = both.groupby(["group", "party"], sort=True)
    found = keys.agg(
        cluster=("cluster", "min"), start=("start", "mean"), latest=("latest", "mean")
    ).reset_index()
    return found.assign(change=found["latest"] - found["start"])


def rated_together(study: Study, raters: tuple[str, str]) -> pd.DataFrame:
    """Ratings of one goal by both raters on one day; the first such day of each goal.

    Columns goal_id, scale and one for each rater.
    """
    table = study.goal_ratings[study.goal_ratings["rater"].isin(raters)]
    wide = table.pivot_table(
        index=["goal_id", "rated_on"], columns="rater", values="value", aggfunc="mean"
    )
    wide = wide.reindex(columns=list(raters)).dropna().sort_index().reset_index()
    wide = wide.drop_duplicates("goal_id")
    return wide.merge(study.goals[["goal_id", "scale"]], on="goal_id")


def _judged(goals: pd.DataFrame) -> pd.DataFrame:
    rules = process_policy()["goals"]
    gas = goals["scale"].eq("gas").to_numpy(dtype=bool)
    latest = goals["latest"].to_numpy(dtype="float64", na_value=np.nan)
    change = goals["change"].to_numpy(dtype="float64", na_value=np.nan)
    with np.errstate(invalid="ignore"):
        met = latest >= np.where(gas, rules["gas_met"], rules["rating_met"])
        better = change >= np.where(gas, rules["gas_improved"], goal_policy()["rating_change"])
    return goals.assign(
        met=pd.array(met, dtype="boolean"), improved=pd.array(better, dtype="boolean")
    ).assign(
        met=lambda rows: rows["met"].mask(np.isnan(latest)),
        improved=lambda rows: rows["improved"].mask(np.isnan(change)),
    )

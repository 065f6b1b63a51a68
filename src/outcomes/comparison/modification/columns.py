"""Columns by which the difference may vary, from the tables of a study."""

from __future__ import annotations

import pandas as pd

from outcomes.comparison.modification.policy import modification_policy
from outcomes.models.arms import require_columns
from outcomes.schema import Study


def modifiers(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """A copy of a cohort's frame with what else is recorded of each episode.

    `approach` and `domain` as in the episodes; `goals_at_start`: a goal was set on or before
    the day of the first session (baseline); `goals_set`: at any time; `homework_set` and
    `homework_share`: whether tasks were agreed on, and the share done of those with an answer
    (after the start, so no baseline modifiers). Missing where the study records none. Raises
    UsageError where `frame` has no episode_id.
    """
    require_columns(frame, ["episode_id", "started_on"])
    ids = frame["episode_id"]
    episodes = study.episodes.set_index("episode_id")
    added = {name: ids.map(episodes[name]) for name in ("approach", "domain") if name in episodes}
    return frame.assign(**{**added, **_goals(frame, study), **_homework(ids, study)})


def _goals(frame: pd.DataFrame, study: Study) -> dict[str, pd.Series]:
    goals = study.goals
    if goals.empty:
        return {}
    first = goals.groupby("episode_id")["set_on"].min()
    ids = frame["episode_id"]
    days = (ids.map(first) - frame["started_on"]).dt.days
    return {
        "goals_set": ids.isin(goals["episode_id"]),
        "goals_at_start": days.le(modification_policy().goal_days).fillna(False).astype(bool),
    }


def _homework(ids: pd.Series, study: Study) -> dict[str, pd.Series]:
    sessions = study.sessions
    if sessions.empty or sessions["homework_set"].isna().all():
        return {}
    by = sessions["episode_id"]
    given = sessions["homework_set"].astype("Float64").groupby(by).max()
    share = sessions["homework_done"].astype("Float64").groupby(by).mean()
    return {
        "homework_set": ids.map(given).astype("Float64").eq(1).astype("boolean"),
        "homework_share": ids.map(share).astype("Float64"),
    }

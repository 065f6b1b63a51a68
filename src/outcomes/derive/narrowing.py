"""A study of some episodes only: what a report about a period or a practice is made from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from outcomes.schema import Study

_BY_EPISODE = ("episodes", "sessions", "responses", "satisfaction", "goals")


def only_episodes(study: Study, episodes: Collection[str]) -> Study:
    """The same study with these episodes and what belongs to them.

    People, couples, practitioners and referrals stay whole, and so does the ledger: it
    accounts for what was read, not for what a report is about.
    """
    wanted = set(episodes)
    tables = study.tables()
    kept = {
        name: tables[name][tables[name]["episode_id"].isin(wanted)].reset_index(drop=True)
        for name in _BY_EPISODE
    }
    goals = set(kept["goals"]["goal_id"])
    ratings = tables["goal_ratings"]
    kept["goal_ratings"] = ratings[ratings["goal_id"].isin(goals)].reset_index(drop=True)
    return replace(study, **kept)

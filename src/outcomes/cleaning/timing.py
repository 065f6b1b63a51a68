"""Dates that cannot be, alone or beside each other."""

from __future__ import annotations

import pandas as pd

from outcomes.cleaning.context import known
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.presence import is_required
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import EARLIEST, TABLES, Kind


def check_dates(tables: Tables, settings: Settings) -> Traced:
    """Empty dates before any practice or after the export; drop rows that need the date."""
    tracing = Tracing("check_dates", tables)
    earliest, latest = pd.Timestamp(EARLIEST), pd.Timestamp(settings.exported_on)
    for name in tables:
        for column in TABLES[name].columns:
            if column.kind is not Kind.DATE:
                continue
            required = is_required(name, column)
            early = tracing[name][column.name] < earliest
            tracing.lose(name, early, "impossible_date", column.name, required=required)
            late = tracing[name][column.name] > latest
            late &= ~_planned(tracing[name], name, column.name, settings)
            tracing.lose(name, late, "future_date", column.name, required=required)
    return tracing.done()


def _planned(frame: pd.DataFrame, table: str, column: str, settings: Settings) -> pd.Series:
    planned = pd.Series(False, index=frame.index)
    for rule in settings.policy.planned:
        if (rule.table, rule.date) == (table, column):
            planned |= (frame[rule.column] == rule.word).fillna(False).astype(bool)
    return planned


def check_order(tables: Tables, settings: Settings) -> Traced:
    """Empty ends before starts; flag answers given long before their episode."""
    tracing = Tracing("check_order", tables)
    if "episodes" in tables:
        own = tables["episodes"]
        reversed_dates = own["ended_on"] < own["started_on"]
        tracing.empty("episodes", reversed_dates, "ends_before_start", "ended_on")
    episodes = known(tables, "episodes", settings)
    if "responses" in tables and episodes is not None:
        responses = tables["responses"]
        # reindex, not map: pandas' map turns dates of an empty table into numbers and fails.
        by_episode = episodes.set_index("episode_id")["started_on"]
        started = by_episode.reindex(responses["episode_id"]).set_axis(responses.index)
        allowed = pd.Timedelta(days=settings.policy.before_episode_days)
        early = responses["taken_on"] < started - allowed
        tracing.flag("responses", early, "before_episode", "taken_on")
    return tracing.done()

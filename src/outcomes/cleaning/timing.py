"""Dates that cannot be, alone or beside each other."""

from __future__ import annotations

import pandas as pd

from outcomes.cleaning.context import known
from outcomes.cleaning.policy import PlannedDate, Settings
from outcomes.cleaning.presence import is_required
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import EARLIEST, TABLES, Kind
from outcomes.schema.texts import places_of, text_array


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
            place = (name, column.name)
            late &= ~_says(tracing[name], *place, settings.policy.planned)
            off = late & _says(tracing[name], *place, settings.policy.called_off)
            tracing.lose(name, off, "not_yet", column.name, required=required)
            late = late.reindex(tracing[name].index) & ~off.reindex(tracing[name].index)
            tracing.lose(name, late, "future_date", column.name, required=required)
    return tracing.done()


def _says(
    frame: pd.DataFrame, table: str, column: str, rules: tuple[PlannedDate, ...]
) -> pd.Series:
    """Rows whose own words explain a date after the export."""
    said = pd.Series(False, index=frame.index)
    for rule in rules:
        if (rule.table, rule.date) == (table, column):
            said |= (frame[rule.column] == rule.word).fillna(False).astype(bool)
    return said


def check_order(tables: Tables, settings: Settings) -> Traced:
    """Empty ends before starts; flag answers and sessions outside their episode.

    Answers given more than the policy's days before the start or after the end, unless the
    occasion says that they are a follow-up, and sessions later than the end.
    """
    tracing = Tracing("check_order", tables)
    if "episodes" in tables:
        own = tables["episodes"]
        reversed_dates = own["ended_on"] < own["started_on"]
        tracing.empty("episodes", reversed_dates, "ends_before_start", "ended_on")
    episodes = known(tracing, "episodes", settings)
    if episodes is None:
        return tracing.done()
    policy = settings.policy
    if "responses" in tables:
        responses = tables["responses"]
        started, ended = _span(episodes, responses)
        early = responses["taken_on"] < started - pd.Timedelta(days=policy.before_episode_days)
        tracing.flag("responses", early, "before_episode", "taken_on")
        late = responses["taken_on"] > ended + pd.Timedelta(days=policy.after_episode_days)
        late &= ~responses["occasion"].isin(policy.after_by_right).fillna(False).astype(bool)
        tracing.flag("responses", late, "after_episode", "taken_on")
    if "sessions" in tables:
        sessions = tables["sessions"]
        _, ended = _span(episodes, sessions)
        late = sessions["held_on"] > ended + pd.Timedelta(days=policy.session_after_end_days)
        tracing.flag("sessions", late, "session_after_end", "held_on")
    return tracing.done()


def _span(episodes: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Start and end of the episode of each row."""
    place = places_of(text_array(episodes["episode_id"]), rows["episode_id"])
    spans = episodes[["started_on", "ended_on"]].set_axis(range(len(episodes)))
    found = spans.reindex(place).set_axis(rows.index)
    return found["started_on"], found["ended_on"]

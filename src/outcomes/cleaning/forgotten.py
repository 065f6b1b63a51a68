"""Rows of people who were erased from a store, and come again in a later export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.cleaning.policy import Forgotten, Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES

_PARTNERS = ("client_a", "client_b")


def drop_forgotten(tables: Tables, settings: Settings) -> Traced:
    """Drop what belongs to people of `settings.forgotten`, and the courses of their couples."""
    tracing = Tracing("drop_forgotten", tables)
    if settings.forgotten:
        who = widened(tables, settings.forgotten)
        masks = rows_of(tables, who)
        if "episodes" in masks:
            masks["episodes"] |= _among(tables["episodes"], "episode_id", who.shared)
        for name, mask in masks.items():
            tracing.drop(name, mask, "forgotten")
    return tracing.done()


def widened(tables: Mapping[str, pd.DataFrame], who: Forgotten) -> Forgotten:
    """With the couples, episodes and goals that these tables know the people to have."""
    couples = who.couples | _ids(tables, "couples", _PARTNERS, who.clients)
    episodes = who.episodes | _ids(tables, "episodes", ("client_id",), who.clients)
    shared = who.shared | _ids(tables, "episodes", ("couple_id",), couples)
    found = Forgotten(who.clients, couples, episodes, shared, who.goals)
    if "goals" not in tables:
        return found
    goals = tables["goals"]
    lost = goals.loc[rows_of({"goals": goals}, found)["goals"], "goal_id"].dropna()
    return replace(found, goals=who.goals | set(map(str, lost)))


def rows_of(tables: Mapping[str, pd.DataFrame], who: Forgotten) -> dict[str, np.ndarray]:
    """For each table, which rows belong to these people, also beside their partners.

    Of an episode of a couple, rows that name no partner (a session of both, a shared goal) and
    answers about the partner that the other one gave (rater "partner") are among them.
    """
    found = {}
    for name, frame in tables.items():
        mask = np.zeros(len(frame), dtype=bool)
        for column, ids in (
            *(((p, who.clients) for p in _PARTNERS) if name == "couples" else ()),
            ("client_id", who.clients),
            ("couple_id", who.couples),
            ("episode_id", who.episodes),
            ("goal_id", who.goals),
        ):
            if column in frame:
                mask |= _among(frame, column, ids)
        if name != "episodes" and "episode_id" in frame:
            mask |= _among(frame, "episode_id", who.shared) & _of_both(frame, name)
        found[name] = mask
    return found


def _of_both(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Rows of a couple's episode that are about both, or that the other partner gave."""
    both = np.zeros(len(frame), dtype=bool)
    if "client_id" in TABLES[name].names:
        both |= frame["client_id"].isna().to_numpy(dtype=bool)
    if "rater" in frame:
        both |= _says(frame["rater"], "partner")
    if "shared" in frame:
        both |= _says(frame["shared"].astype("string").str.lower(), "true")
    return both


def _says(cells: pd.Series, word: str) -> np.ndarray:
    return np.asarray((cells == word).fillna(False).to_numpy(dtype=bool))


def _ids(
    tables: Mapping[str, pd.DataFrame],
    name: str,
    columns: tuple[str, ...],
    wanted: frozenset[str],
) -> frozenset[str]:
    """The keys of the rows of a table that name one of these."""
    if name not in tables:
        return frozenset()
    frame = tables[name]
    mask = np.zeros(len(frame), dtype=bool)
    for column in columns:
        mask |= _among(frame, column, wanted)
    return frozenset(map(str, frame.loc[mask, TABLES[name].key[0]].dropna()))


def _among(frame: pd.DataFrame, column: str, ids: frozenset[str]) -> np.ndarray:
    return np.asarray(frame[column].isin(ids).to_numpy(dtype=bool))

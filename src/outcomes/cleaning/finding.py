"""The episode of rows that name a person and a day only, as many exports do."""

from __future__ import annotations

import pandas as pd

from outcomes.cleaning.context import known
from outcomes.cleaning.policy import CleaningPolicy, Settings
from outcomes.cleaning.traced import FIND_EPISODE, Tables, Traced, Tracing
from outcomes.errors import InputError
from outcomes.schema import empty_table

# Where the day of a row stands.
DAYS = {"sessions": "held_on", "responses": "taken_on", "satisfaction": "taken_on"}
PARTNERS = ("client_a", "client_b")
_FAR = pd.Timestamp("9999-12-31")


def find_episodes(tables: Tables, settings: Settings) -> Traced:
    """Give rows that ask for it (`_find_episode`) the episode their person was in on that day.

    Alone or as a partner. An episode that runs on the day comes first, else one that starts
    or has ended within the policy's days, which are more for a follow-up; where rows name a
    practitioner, several are told apart by that. None is no_episode, more than one
    several_episodes: both wait.
    Episodes of earlier exports (`settings.context`) count as well. Raises InputError where
    there are no episodes at all.
    """
    tracing = Tracing("find_episodes", tables, settings.accept)
    for name, day in DAYS.items():
        if name not in tracing or not (asks := wants_episode(tracing[name])).any():
            continue
        if known(tracing, "episodes", settings) is None:
            raise InputError(
                f"rows of {name} look for their episode, and this source has no episodes",
                where=f"{name}.episode_id",
                how_many=int(asks.sum()),
                fix="add the table episodes to the source, or map a column with the episode",
            )
        found = _found(tracing[name][asks], day, people_in_episodes(tables, settings), settings)
        count = found["n"].reindex(tracing[name].index)
        cells = found["episode_id"].reindex(tracing[name].index)
        tracing.change(name, count == 1, "episode_found", "episode_id", cells)
        tracing.quarantine(name, count == 0, "no_episode", day)
        count = count.reindex(tracing[name].index)
        tracing.quarantine(name, count > 1, "several_episodes", day)
    return tracing.done()


def wants_episode(frame: pd.DataFrame) -> pd.Series:
    """Rows without an episode that ask for the one of their person on that day."""
    if FIND_EPISODE not in frame or "episode_id" not in frame:
        return pd.Series(False, index=frame.index)
    asked = (frame[FIND_EPISODE] == "yes").fillna(False).astype(bool)
    return asked & frame["episode_id"].isna()


def people_in_episodes(tables: Tables, settings: Settings) -> pd.DataFrame:
    """client_id, episode_id, unit, couple_id, intervention, practitioner_id, start, end.

    One row for each person in each episode of the source or of earlier exports, more where
    lines disagree about it; an end that is not known lies far ahead.
    """
    wanted = ["episode_id", "unit", "couple_id", "intervention", "practitioner_id"]
    episodes = known(tables, "episodes", settings)
    couples = known(tables, "couples", settings)
    if episodes is None:
        episodes = empty_table("episodes")
    ended = episodes["ended_on"].mask(episodes["ended_on"] < episodes["started_on"])
    spans = episodes[[*wanted, "client_id"]].assign(
        start=episodes["started_on"], end=ended.fillna(_FAR.as_unit("s"))
    )
    parts = [spans[spans["client_id"].notna()]]
    if couples is not None:
        shared = spans[spans["couple_id"].notna()].drop(columns="client_id")
        for partner in PARTNERS:
            people = couples[["couple_id", partner]].dropna()
            joined = shared.merge(people.rename(columns={partner: "client_id"}), on="couple_id")
            parts.append(joined)
    whole = pd.concat(parts, ignore_index=True)
    # Lines that disagree about an episode all stay: none of them is known to be right.
    return whole.drop_duplicates(ignore_index=True)


def _found(rows: pd.DataFrame, day: str, spans: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """By row: the episode and how many could be meant (`n`)."""
    asked = rows[["client_id"]].assign(day=rows[day], row=rows.index)
    asked["by"] = rows.get("practitioner_id", pd.NA)
    asked["occasion"] = rows.get("occasion", pd.NA)
    near = asked.merge(spans, on="client_id")
    policy = settings.policy
    before = pd.Timedelta(days=policy.find_before_days)
    after = _days_after(near, policy)
    begun = near["day"] >= near["start"] - before
    near = near[begun & (near["day"] <= _later(near["end"], after))]
    runs = (near["day"] >= near["start"]) & (near["day"] <= near["end"])
    near = _narrowed(near, runs)
    near = _narrowed(near, (near["by"] == near["practitioner_id"]).fillna(False).astype(bool))
    counts = near.groupby("row")["episode_id"].agg(["nunique", "first"])
    counts = counts.reindex(rows.index)
    return pd.DataFrame(
        {
            "n": counts["nunique"].fillna(0).astype("int64"),
            "episode_id": counts["first"].astype("string"),
        }
    )


def _days_after(near: pd.DataFrame, policy: CleaningPolicy) -> pd.Series:
    """How long after the end a row still belongs: its occasion's own days where it has some."""
    days = near["occasion"].astype("object").map(policy.find_after_days_of)
    return pd.to_timedelta(days.fillna(policy.find_after_days).astype("int64"), unit="D")


def _later(end: pd.Series, after: pd.Series) -> pd.Series:
    return end.where(end >= _FAR, end + after)


def _narrowed(near: pd.DataFrame, fits: pd.Series) -> pd.DataFrame:
    """Of the candidates of each row those that fit, or all where none does."""
    some = fits.groupby(near["row"]).transform("any").astype(bool)
    return near[fits | ~some]

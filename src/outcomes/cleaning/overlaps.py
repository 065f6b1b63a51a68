"""Courses of help that run side by side and should not."""

from __future__ import annotations

import pandas as pd

from outcomes.cleaning.finding import PARTNERS, people_in_episodes
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing

AT_ONCE = "couples_at_once"


def check_couples(tables: Tables, settings: Settings) -> Traced:
    """Put aside couples that share a partner and were in help at the same time.

    One of them is probably a mistaken identifier, and its scores would count for a couple
    that is not theirs. A partner in two couples at different times is only flagged.
    """
    tracing = Tracing("check_couples", tables, settings.accept)
    if "couples" not in tables or tables["couples"].empty:
        return tracing.done()
    couples = tables["couples"]
    people = pd.concat([couples[partner] for partner in PARTNERS])
    twice = set(people[people.duplicated(keep=False)].dropna())
    if not twice:
        return tracing.done()
    at_once = _at_once(tables, twice) if "episodes" in tables else set()
    waits = couples["couple_id"].isin(at_once)
    for partner in PARTNERS:
        shared = couples[partner].isin(twice) & ~waits
        tracing.flag("couples", shared, "client_in_two_couples", partner)
    tracing.quarantine("couples", waits, AT_ONCE)
    return tracing.done()


def _at_once(tables: Tables, people: set[str]) -> set[str]:
    """Couples of these people with an episode that another couple's overlaps."""
    spans = people_in_episodes(tables)
    spans = spans[spans["couple_id"].notna() & spans["client_id"].isin(people)]
    pairs = spans.merge(spans, on="client_id", suffixes=("", "_other"))
    meets = (pairs["start"] < pairs["end_other"]) & (pairs["start_other"] < pairs["end"])
    return set(pairs.loc[meets & (pairs["couple_id"] != pairs["couple_id_other"]), "couple_id"])


def check_overlaps(tables: Tables, settings: Settings) -> Traced:
    """Flag episodes of one person or couple and one intervention that overlap.

    The day on which one ends and the next starts belongs to both.
    """
    del settings
    tracing = Tracing("check_overlaps", tables)
    if "episodes" not in tables or tables["episodes"].empty:
        return tracing.done()
    episodes = tables["episodes"]
    far = pd.Timestamp("9999-12-31").as_unit("s")
    spans = episodes[["episode_id", "started_on"]].assign(end=episodes["ended_on"].fillna(far))
    spans["course"] = episodes.groupby(
        ["unit", "client_id", "couple_id", "intervention"], dropna=False, sort=False
    ).ngroup()
    spans = spans.sort_values(["course", "started_on", "episode_id"])
    course = spans.groupby("course")
    before = course["end"].cummax().groupby(spans["course"]).shift()
    later = spans["started_on"] < before
    earlier = course["started_on"].shift(-1) < spans["end"]
    found = (later | earlier).reindex(episodes.index)
    tracing.flag("episodes", found, "overlapping_episodes", "started_on")
    return tracing.done()

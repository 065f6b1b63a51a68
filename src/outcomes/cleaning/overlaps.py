"""Courses of help that run side by side and should not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.cleaning.context import known
from outcomes.cleaning.finding import PARTNERS, people_in_episodes
from outcomes.cleaning.numbering import numbered
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema.texts import ranks

AT_ONCE = "couples_at_once"
# The last day an episode without an end may have, the first day of all, and no day.
_EARLIEST, _FAR = (int(np.datetime64(day).astype(np.int64)) for day in ("0001-01-01", "9999-12-31"))
_NEVER = _FAR + 1


def check_couples(tables: Tables, settings: Settings) -> Traced:
    """Put aside couples that share a partner and were in help at the same time.

    One of them is probably a mistaken identifier, and its scores would count for a couple
    that is not theirs. A partner in two couples at different times is only flagged.
    """
    tracing = Tracing("check_couples", tables, settings.accept)
    if "couples" not in tables or tables["couples"].empty:
        return tracing.done()
    couples = tables["couples"]
    pairs = known(tables, "couples", settings)
    pairs = couples if pairs is None else pairs
    people = pd.concat([pairs[partner] for partner in PARTNERS])
    twice = set(people[people.duplicated(keep=False)].dropna())
    if not twice:
        return tracing.done()
    at_once = _at_once(people_in_episodes(tables, settings), twice)
    waits = couples["couple_id"].isin(at_once)
    for partner in PARTNERS:
        shared = couples[partner].isin(twice) & ~waits
        tracing.flag("couples", shared, "client_in_two_couples", partner)
    tracing.quarantine("couples", waits, AT_ONCE)
    return tracing.done()


def _at_once(spans: pd.DataFrame, people: set[str]) -> set[str]:
    """Couples of these people with an episode that another couple's overlaps."""
    spans = spans[spans["couple_id"].notna() & spans["client_id"].isin(people)]
    both = spans.merge(spans, on="client_id", suffixes=("", "_other"))
    meets = (both["start"] < both["end_other"]) & (both["start_other"] < both["end"])
    return set(both.loc[meets & (both["couple_id"] != both["couple_id_other"]), "couple_id"])


def check_overlaps(tables: Tables, settings: Settings) -> Traced:
    """Flag episodes of one person or couple and one intervention that overlap.

    The day on which one ends and the next starts belongs to both. Episodes of earlier exports
    count, but only those of this one are flagged.
    """
    tracing = Tracing("check_overlaps", tables)
    if "episodes" not in tables or tables["episodes"].empty:
        return tracing.done()
    episodes = known(tables, "episodes", settings)
    if episodes is None:
        return tracing.done()
    same = ("unit", "client_id", "couple_id", "intervention")
    course = numbered([episodes[column] for column in same])
    several = np.flatnonzero(np.bincount(course)[course] > 1)
    found = np.zeros(len(episodes), dtype=bool)
    if len(several):
        rows = episodes.iloc[several]
        found[several] = _overlapping(
            course[several],
            _days(rows["started_on"], _NEVER),
            _days(rows["ended_on"], _FAR),
            ranks(rows["episode_id"]),
        )
    # The source's own rows come first.
    own = found[: len(tables["episodes"])]
    tracing.flag("episodes", own, "overlapping_episodes", "started_on")
    return tracing.done()


def _days(dates: pd.Series, unknown: int) -> np.ndarray:
    days = dates.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), unknown, days.astype(np.int64))


def _overlapping(
    course: np.ndarray, start: np.ndarray, end: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """Which of n episodes overlap another of their course; `place` orders those of one day.

    Days count from 1970, `_NEVER` for a start that is not known, which overlaps nothing.
    """
    order = np.lexsort((place, start, course))
    course, start, end = course[order], start[order], end[order]
    # Each course lies beyond all days of the one before it, so that its ends are its own.
    _, group = np.unique(course, return_inverse=True)
    shift = group * (_FAR - _EARLIEST + 1)
    latest = np.maximum.accumulate(end + shift) - shift
    same = course[1:] == course[:-1]
    later = np.append(False, same & (start[1:] < latest[:-1]))
    earlier = np.append(same & (start[1:] < end[:-1]), False)
    found = np.zeros(len(course), dtype=bool)
    found[order] = later | earlier
    return found

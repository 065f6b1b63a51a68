"""How complete a study is: filled cells, questionnaires that came back, and when they did.

Nothing here holds the id of a person, an episode or a practitioner; every result is counts
or days, which still have to pass the disclosure policy before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from outcomes.derive.policy import derive_policy
from outcomes.schema import TABLES

NOT_STATED = "not stated"
EVERYBODY = ("all", "all")
PRACTICE, BEGUN, PRACTITIONER = "practice", "begun", "practitioner"
# Disjoint counts of people in one group; `outside` are those the questionnaire is not meant for.
ATOMS = (
    "outside_open",
    "outside_ended",
    "open_started",
    "open_none",
    "ended_both",
    "ended_end_only",
    "ended_start_only",
    "ended_none",
)
COUNT_COLUMNS = ["instrument", "dimension", "group", *ATOMS]
WAITS = ("start", "end")


def filled_cells(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """table, column, filled, rows: how many cells of each optional column hold something.

    Only tables with rows, and of them only columns that may be empty and are no link to a
    person, in the order of the schema. Of sessions only those attended are counted, since a
    missed one has no length and no task.
    """
    seen = tables["sessions"]["status"].isin(list(derive_policy().attended))
    tables = {**tables, "sessions": tables["sessions"][seen]}
    rows = [
        (name, column.name, int(frame[column.name].notna().sum()), len(frame))
        for name, frame in tables.items()
        if len(frame)
        for column in TABLES[name].columns
        if column.nullable and not column.name.endswith(("_id", "client_a", "client_b"))
    ]
    return pd.DataFrame(rows, columns=["table", "column", "filled", "rows"])


def filled_by_group(
    tables: Mapping[str, pd.DataFrame], *, by_right: Collection[str] = (), span: str = "M"
) -> pd.DataFrame:
    """dimension, group, episodes, filled, cells: how complete the records of episodes are.

    The cells of an episode are its optional columns and, where it is one person's, those of
    the client; columns in `by_right`, which may rightly be empty, are not counted. The
    dimensions are the practice, the month (or quarter, `span` "Q") of start, and the
    practitioner, whose group is a number that says nothing about who it is.
    """
    episodes = tables["episodes"]
    clients = tables["clients"].set_index("client_id").reindex(episodes["client_id"])
    own = episodes[_optional("episodes", by_right)].notna().to_numpy()
    mine = clients[_optional("clients", by_right)].notna().to_numpy()
    alone = episodes["client_id"].notna().to_numpy()
    counts = pd.DataFrame({"episodes": 1, "filled": own.sum(axis=1)}, index=episodes.index)
    counts["filled"] += np.where(alone, mine.sum(axis=1), 0)
    counts["cells"] = own.shape[1] + np.where(alone, mine.shape[1], 0)
    groups = {
        PRACTICE: episodes["practice_id"].fillna(NOT_STATED),
        BEGUN: episodes["started_on"].dt.to_period(span).astype("string").fillna(NOT_STATED),
        PRACTITIONER: pd.Series(pd.factorize(episodes["practitioner_id"])[0], episodes.index),
    }
    parts = []
    for dimension, group in groups.items():
        known = counts[group.ne(-1)] if dimension == PRACTITIONER else counts
        part = known.groupby(group.reindex(known.index).astype("string")).sum()
        part = part.rename_axis("group").reset_index()
        parts.append(part.assign(dimension=dimension))
    return pd.concat(parts, ignore_index=True)[
        ["dimension", "group", "episodes", "filled", "cells"]
    ]


def _optional(table: str, by_right: Collection[str]) -> list[str]:
    return [
        column.name
        for column in TABLES[table].columns
        if column.nullable and not column.name.endswith("_id") and column.name not in by_right
    ]


def response_counts(
    pairs: pd.DataFrame, *, couples_only: bool = False, span: str = "M"
) -> pd.DataFrame:
    """Who gave a score at the start and at the end: everybody, by practice, by month of start.

    `pairs` as from `outcomes.derive.pairs`, for one questionnaire. One row for each group,
    columns `COUNT_COLUMNS`; the eight counts of a row are disjoint. `couples_only`: the
    questionnaire is meant for people who come as a couple. `span` is "M" for months of
    start or "Q" for quarters. An end score counts for episodes that ended.
    """
    atom = _atoms(pairs, couples_only)
    begun = pairs["started_on"].dt.to_period(span).astype("string")
    groups = {
        EVERYBODY[0]: pd.Series(EVERYBODY[1], index=pairs.index, dtype="string"),
        PRACTICE: pairs["practice_id"].fillna(NOT_STATED),
        BEGUN: begun.where(pairs["started_on"].notna(), NOT_STATED),
    }
    parts = []
    for dimension, group in groups.items():
        counts = pd.crosstab(group.to_numpy(dtype=object), atom.to_numpy(dtype=object))
        counts = counts.reindex(columns=list(ATOMS), fill_value=0).sort_index()
        part = counts.rename_axis(index="group", columns=None).reset_index()
        parts.append(part.assign(dimension=dimension))
    name = str(pairs["instrument"].iloc[0]) if len(pairs) else ""
    return pd.concat(parts, ignore_index=True).assign(instrument=name)[COUNT_COLUMNS]


def practitioner_rates(pairs: pd.DataFrame, minimum: int) -> pd.Series:
    """Share of ended episodes' people with an end score, one value for each practitioner.

    Only practitioners with at least `minimum` such people; sorted, without saying who.
    """
    ended = pairs[pairs["ended_on"].notna() & pairs["practitioner_id"].notna()]
    there = ended["post"].notna().groupby(ended["practitioner_id"]).agg(["sum", "size"])
    there = there[there["size"] >= minimum]
    rates = (there["sum"] / there["size"]).astype("float64")
    return rates.sort_values(ignore_index=True).rename("rate")


def waits(pairs: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """measure, n, q1, median, q3 (days): how far from the help its scores were given.

    "start": from the episode's start to the start score, negative where the score came
    first. "end": from the last attended session up to the end score's day, in episodes
    that ended, negative where sessions went on after it.
    """
    seen = sessions[sessions["status"].isin(list(derive_policy().attended))]
    latest = seen.groupby("episode_id")["held_on"].max()
    # reindex, not map: mapping an empty column would lose the type of the dates.
    last = latest.reindex(pairs["episode_id"]).set_axis(pairs.index)
    gaps = {
        WAITS[0]: pairs["pre_on"] - pairs["started_on"],
        WAITS[1]: (pairs["post_on"] - last).where(pairs["ended_on"].notna()),
    }
    rows = []
    for measure, gap in gaps.items():
        days = gap.dropna().dt.days
        quartiles = [float(days.quantile(q)) for q in (0.25, 0.5, 0.75)]
        rows.append((measure, len(days), *quartiles))
    return pd.DataFrame(rows, columns=["measure", "n", "q1", "median", "q3"])


def _atoms(pairs: pd.DataFrame, couples_only: bool) -> pd.Series:
    """Which of `ATOMS` each person belongs to."""
    ended = pairs["ended_on"].notna()
    start, end = pairs["pre"].notna(), pairs["post"].notna()
    atom = pd.Series("ended_none", index=pairs.index, dtype="object")
    atom = atom.mask(ended & start & end, "ended_both")
    atom = atom.mask(ended & ~start & end, "ended_end_only")
    atom = atom.mask(ended & start & ~end, "ended_start_only")
    atom = atom.mask(~ended, "open_none").mask(~ended & start, "open_started")
    if couples_only:
        outside = ~pairs["unit"].eq("couple").fillna(False).astype(bool)
        atom = atom.mask(outside, "outside_open").mask(outside & ended, "outside_ended")
    return atom

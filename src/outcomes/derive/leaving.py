"""How each episode ended, or that it goes on, by several definitions of dropping out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from outcomes.derive.care import BOTH, care_at_start
from outcomes.derive.people import people
from outcomes.derive.period import Period
from outcomes.derive.policy import derive_policy
from outcomes.errors import NotEnoughData, UsageError
from outcomes.schema import Study

DROPOUT, PLANNED, OTHER, OPEN = "dropout", "planned", "other", "open"
DEFINITIONS = ("unplanned", "unplanned_or_not_known", "few_sessions", "missed_last")
UNITS = ("weeks", "days", "sessions")
ENDING_COLUMNS = [
    "episode_id",
    "party",
    "practice_id",
    "practitioner_id",
    "intervention",
    "arm",
    "unit",
    "started_on",
    "ended_on",
    "end_reason",
    *UNITS,
    "silent",
    *DEFINITIONS,
]


@dataclass(frozen=True, slots=True, eq=False)
class Endings:
    """One row for each episode that had begun by `as_of`; columns `ENDING_COLUMNS`.

    `days` and `weeks` run from the start to the recorded end, or to `as_of` where the
    episode goes on; `sessions` are those attended until then. Each definition says dropout,
    planned, other or open. `silent`: open, with nothing happening for a time and nothing
    planned. `left_out` counts episodes that could not be used, by reason.
    """

    frame: pd.DataFrame
    as_of: pd.Timestamp
    few: int
    left_out: dict[str, int]

    @property
    def n_silent(self) -> int:
        """Episodes open on paper only."""
        return int(self.frame["silent"].sum())


@cache
def leaving_rules() -> Mapping[str, Any]:
    """All of `leaving.toml`."""
    text = files("outcomes.derive").joinpath("leaving.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def endings(
    study: Study,
    *,
    as_of: str | pd.Timestamp | None = None,
    few: int | None = None,
    begun: str | Period = "all",
) -> Endings:
    """Say of each episode how long it lasted and how it ended.

    A couple's episode is one row: partners leave together. `as_of` is the day up to which
    the export tells what happened (default: the last day on which anything did); later
    endings count as open. `few` replaces the number of sessions in `leaving.toml`. `begun`
    keeps episodes that began in a period; choosing them by their end instead would leave
    out all that go on, and make everybody leave. Raises NotEnoughData where no episode had
    begun, UsageError for a day or period that cannot be read.
    """
    day = _last_day(study) if as_of is None else _day(as_of)
    fewest = int(leaving_rules()["few_sessions"]["fewer_than"]) if few is None else int(few)
    if fewest < 1:
        raise UsageError("The number of sessions is below 1.", where="parameter few")
    span = begun if isinstance(begun, Period) else Period.parse(begun)
    rows = _episodes(study)
    rows = rows[span.contains(rows["started_on"]).fillna(False).astype(bool)]
    there = rows["started_on"].le(day).fillna(False)
    backwards = there & rows["ended_on"].lt(rows["started_on"]).fillna(False)
    # A reason without a date: it ended, but nobody knows when.
    undated = there & rows["ended_on"].isna() & rows["end_reason"].notna()
    left_out = {
        "begun after the day the export tells of": int((~there).sum()),
        "ended before it began": int(backwards.sum()),
        "ended, without a date of the end": int(undated.sum()),
    }
    kept = rows[there & ~backwards & ~undated].reset_index(drop=True)
    if kept.empty:
        raise NotEnoughData("No episode had begun.", where="episodes", how_many=len(rows))
    ended = kept["ended_on"].le(day).fillna(False)
    until = kept["ended_on"].where(ended, day)
    days = (until - kept["started_on"]).dt.days.to_numpy(dtype=float)
    seen = _appointments(study, kept["episode_id"], day)
    kept = kept.assign(
        days=days,
        weeks=days / 7,
        sessions=seen["attended"].to_numpy(dtype=float),
        silent=_silent(kept, ended, seen, day),
    )
    for name in DEFINITIONS:
        kept[name] = _defined(name, kept, ended, seen, fewest)
    return Endings(kept[ENDING_COLUMNS], day, fewest, {k: n for k, n in left_out.items() if n})


def _episodes(study: Study) -> pd.DataFrame:
    """One row for each episode; the care of partners who differ is "both"."""
    rows = people(study)
    rows["arm"] = care_at_start(rows)
    rows["party"] = rows["couple_id"].fillna(rows["client_id"])
    kinds = rows.groupby("episode_id")["arm"].nunique()
    once = rows.drop_duplicates("episode_id").reset_index(drop=True)
    mixed = once["episode_id"].map(kinds).gt(1).fillna(False).astype(bool)
    once["arm"] = once["arm"].mask(mixed, BOTH)
    return once


def _last_day(study: Study) -> pd.Timestamp:
    """The last day on which anything happened, appointments still to come left aside."""
    happened = study.sessions[study.sessions["status"].ne("planned").fillna(True)]
    dates = [
        happened["held_on"],
        study.episodes["started_on"],
        study.episodes["ended_on"],
        study.responses["taken_on"],
    ]
    found = [column.max() for column in dates if column.notna().any()]
    if not found:
        raise NotEnoughData("The study has no date.", where="episodes", fix="Give as_of.")
    return pd.Timestamp(max(found))


def _day(text: str | pd.Timestamp) -> pd.Timestamp:
    try:
        return pd.Timestamp(text).normalize()
    except ValueError as error:
        raise UsageError(
            "The day cannot be read.", where="parameter as_of", fix="Write it as 2026-03-31."
        ) from error


def _appointments(study: Study, episodes: pd.Series, day: pd.Timestamp) -> pd.DataFrame:
    """Of each episode: sessions attended, whether the last one due was missed, last activity.

    Rows of two partners for one appointment count once; it was attended if anybody came.
    """
    rules = leaving_rules()["missed_last"]
    rows = study.sessions
    seen = rows["status"].isin(list(derive_policy().attended)).fillna(False).astype(bool)
    rows = rows.assign(
        seen=seen,
        missed=rows["status"].isin(rules["missed"]).fillna(False).astype(bool),
        due=~rows["status"].isin(rules["not_due"]).fillna(False).astype(bool),
    )
    later = rows[rows["held_on"].gt(day).fillna(False)]
    rows = rows[rows["held_on"].le(day)].sort_values(
        ["episode_id", "held_on", "start_time", "seen", "session_id"]
    )
    once = rows.drop_duplicates(["episode_id", "held_on", "start_time"], keep="last")
    due = once[once["due"]].sort_values(["episode_id", "held_on", "start_time", "session_id"])
    last = due.drop_duplicates("episode_id", keep="last").set_index("episode_id")
    attended = once[once["seen"]].groupby("episode_id")
    index = pd.Index(episodes)
    return pd.DataFrame(
        {
            "attended": attended.size().reindex(index, fill_value=0).to_numpy(),
            "missed_last": last["missed"].reindex(index).astype("boolean").to_numpy(),
            "active_on": attended["held_on"].max().reindex(index).to_numpy(),
            "to_come": index.isin(later["episode_id"]),
        },
        index=episodes.index,
    )


def _silent(
    rows: pd.DataFrame, ended: pd.Series, seen: pd.DataFrame, day: pd.Timestamp
) -> pd.Series:
    """Open episodes where nothing has happened for a time and nothing is to come."""
    after = pd.Timedelta(days=int(leaving_rules()["silent"]["after_days"]))
    active = pd.Series(pd.to_datetime(seen["active_on"]), index=rows.index)
    active = active.fillna(pd.to_datetime(rows["started_on"]))
    quiet = active.lt(day - after)
    return (~ended & quiet & ~seen["to_come"]).astype(bool)


def _defined(
    name: str, rows: pd.DataFrame, ended: pd.Series, seen: pd.DataFrame, few: int
) -> pd.Series:
    """The word of one definition for each episode."""
    rules = leaving_rules()
    reason = rows["end_reason"].astype("string").fillna("")
    if name == "few_sessions":
        gone = rows["sessions"].lt(few).to_numpy(dtype=bool)
        known = np.ones(len(rows), dtype=bool)
    elif name == "missed_last":
        missed = seen["missed_last"]
        gone = missed.fillna(False).to_numpy(dtype=bool)
        known = missed.notna().to_numpy(dtype=bool)
    else:
        gone = reason.isin(rules[name]["dropout_reasons"]).to_numpy(dtype=bool)
        known = gone | reason.isin(rules[name]["planned_reasons"]).to_numpy(dtype=bool)
    excused = reason.isin(rules["excused"]["reasons"]).to_numpy(dtype=bool)
    words = np.where(gone, DROPOUT, np.where(known, PLANNED, OTHER))
    words = np.where(excused, OTHER, words)
    words = np.where(ended.to_numpy(dtype=bool), words, OPEN)
    return pd.Series(words, index=rows.index, dtype="string")

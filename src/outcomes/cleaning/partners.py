"""A session of a couple that the software keeps once for each partner is one session."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.cleaning.context import known
from outcomes.cleaning.finding import people_in_episodes
from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.schema import TABLES

REASON = "same_session"
_SLOT = ["episode_id", "held_on", "start_time", "by"]


def join_partner_sessions(tables: Tables, settings: Settings) -> Traced:
    """Make one session of the rows that both partners of a couple have for it.

    These are rows of one couple's episode with different partners as client, on one day, at
    one start time and with one practitioner (where the row or the episode names one). The
    row with the first identifier is kept, with the status of the partner who came,
    `partners_present` and no client; ratings of the other row move to it.
    """
    tracing = Tracing("join_partner_sessions", tables)
    if "sessions" not in tables or known(tables, "couples", settings) is None:
        return tracing.done()
    joined = _joined(tables, settings)
    if joined.empty:
        return tracing.done()
    sessions = tables["sessions"]
    kept = joined.drop_duplicates("kept").set_index("kept").reindex(sessions.index)
    first = kept["row"].notna()
    present = kept["present"].astype("Int64")
    tracing.change("sessions", first & sessions["partners_present"].isna(), REASON,
                   "partners_present", present)  # fmt: skip
    status = kept["status"].astype("string")
    tracing.change("sessions", first & (status != sessions["status"]), REASON, "status", status)
    nobody = pd.Series(pd.NA, index=sessions.index, dtype="string")
    tracing.replace("sessions", {"client_id": sessions["client_id"].mask(first, nobody)})
    others = joined[joined["row"] != joined["kept"]]
    tracing.drop("sessions", sessions.index.isin(others["row"]), REASON)
    _move_ratings(tracing, sessions, others)
    return tracing.done()


def _joined(tables: Tables, settings: Settings) -> pd.DataFrame:
    """row, kept, present, status: rows of sessions that are one, with what the one says."""
    sessions = tables["sessions"]
    rows = sessions[sessions["client_id"].notna()].assign(row=lambda frame: frame.index)
    people = people_in_episodes(tables, settings)
    people = people[people["unit"] == "couple"][["episode_id", "client_id", "practitioner_id"]]
    people = people.rename(columns={"practitioner_id": "usual"}).sort_values("usual")
    people = people.drop_duplicates(["episode_id", "client_id"])
    rows = rows.merge(people, on=["episode_id", "client_id"])
    rows["by"] = rows["practitioner_id"].fillna(rows["usual"])
    # By content, not by place: the order of lines says nothing about a session.
    rows = rows.sort_values(["session_id", "client_id", *TABLES["sessions"].names], kind="stable")
    rows["slot"] = rows.groupby(_SLOT, dropna=False, sort=False).ngroup()
    rows = rows[rows.groupby("slot")["client_id"].transform("nunique") > 1]
    came = rows["status"].isin(settings.policy.present)
    order = {word: place for place, word in enumerate(settings.policy.joined_status)}
    rank = rows["status"].map(order).fillna(len(order))
    status = rows.assign(rank=rank).sort_values("rank", kind="stable")
    return pd.DataFrame(
        {
            "row": rows["row"],
            "kept": rows.groupby("slot")["row"].transform("first"),
            "present": rows["client_id"].where(came).groupby(rows["slot"]).transform("nunique"),
            "status": status.groupby("slot")["status"].transform("first").reindex(rows.index),
        }
    )


def _move_ratings(tracing: Tracing, sessions: pd.DataFrame, others: pd.DataFrame) -> None:
    if "satisfaction" not in tracing:
        return
    ids = sessions["session_id"]
    target = ids.reindex(others["kept"]).to_numpy()
    moved = pd.Series(target, index=ids.reindex(others["row"]).to_numpy(dtype=object))
    moved = moved[(moved.index.to_numpy() != moved.to_numpy(dtype=object)).astype(bool)]
    # An identifier both rows share stays where it is.
    moved = moved[~moved.index.isin(ids.reindex(others["kept"]))]
    moved = moved[~moved.index.duplicated()]
    cells = tracing["satisfaction"]["session_id"].astype("object").map(moved).astype("string")
    hit = np.asarray(cells.notna().to_numpy())
    tracing.change("satisfaction", hit, REASON, "session_id", cells)

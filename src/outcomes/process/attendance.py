"""Appointments and tasks: what was due, what was kept, what was agreed and what was done."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.derive.policy import derive_policy
from outcomes.process.policy import process_policy
from outcomes.process.shares import Asked, Counted, shares
from outcomes.schema import label

Rows = list[dict[str, object]]
_UNSEEN = ("late_not_seen", "no_show", "cancelled_client", "cancelled_provider")


def appointment_rows(sessions: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Appointments that were due, each once, with group, party and cluster of its episode.

    Where the software keeps a row for each partner, an appointment is one by episode, day and
    time; it counts as kept if anybody came.
    """
    not_due = list(process_policy()["attendance"]["not_due"])
    due = sessions[~sessions["status"].isin(not_due).fillna(False)]
    rows = due.merge(episodes[["episode_id", "group", "party", "cluster", "unit"]], on="episode_id")
    seen = list(derive_policy().attended)
    rows["kept"] = rows["status"].isin(seen).fillna(False).astype(bool)
    rows = rows.sort_values(["episode_id", "held_on", "session_id"])
    doubled = rows["client_id"].notna() & rows["unit"].eq("couple").fillna(False)
    twice = rows[doubled].sort_values("kept", ascending=False, kind="stable")
    once = twice.drop_duplicates(["episode_id", "held_on", "start_time"])
    return pd.concat([rows[~doubled], once]).sort_values(
        ["held_on", "session_id"], ignore_index=True
    )


def attendance(group: str, rows: pd.DataFrame, confidence: float) -> tuple[Rows, Rows]:
    """Kept, not attended, cancelled by either side, of the appointments due. Cluster: the party."""
    atoms = np.where(rows["kept"], "kept", rows["status"].fillna("not_stated").astype(str))
    everything = ("kept", *_UNSEEN)
    offered = tuple(
        atom for atom in everything if atom not in process_policy()["attendance"]["not_offered"]
    )
    of_due = "Of appointments that were due (all but those still to come)."
    asked = [
        Asked("kept", "Kept", ("kept",), everything, "Kept: the client was seen. " + of_due),
        *(
            Asked(word, label("attendance", word), (word,), everything, f"{text}. {of_due}")
            for word, text in ((word, label("attendance", word)) for word in _UNSEEN)
        ),
        Asked(
            "kept_of_offered",
            "Kept, of those the practice did not cancel",
            ("kept",),
            offered,
            "Kept: the client was seen. Of appointments due that the practice did not cancel.",
        ),
    ]
    counted = Counted(
        group,
        "attendance",
        "appointments",
        np.asarray(atoms).astype(str),
        rows["party"].to_numpy(dtype=object),
        rows["party"].to_numpy(dtype=object),
    )
    return shares(counted, asked, confidence)


def homework(group: str, rows: pd.DataFrame, confidence: float) -> tuple[Rows, Rows]:
    """Tasks agreed at kept appointments, and tasks done of those asked about."""
    kept = rows[rows["kept"]]
    found, atoms = shares(
        _flags(group, "homework_set", kept, "homework_set", "kept appointments"),
        [
            Asked(
                "set",
                "Task agreed",
                ("yes",),
                ("yes", "no"),
                "A task was agreed; of kept appointments where that is recorded.",
            ),
            Asked(
                "set_recorded",
                "Whether a task was agreed is recorded",
                ("yes", "no"),
                ("yes", "no", "unknown"),
                "Recorded yes or no; of kept appointments.",
            ),
        ],
        confidence,
    )
    owed = kept[_owed(kept) | kept["homework_done"].notna().to_numpy(dtype=bool)]
    more, more_atoms = shares(
        _flags(group, "homework_done", owed, "homework_done", "tasks to report on"),
        [
            Asked(
                "done",
                "Task done",
                ("yes",),
                ("yes", "no"),
                "The task agreed at the kept appointment before was done; of tasks with an answer.",
            ),
            Asked(
                "done_recorded",
                "Whether the task was done is recorded",
                ("yes", "no"),
                ("yes", "no", "unknown"),
                "Recorded yes or no; of kept appointments with a task agreed at the one before.",
            ),
        ],
        confidence,
    )
    return found + more, atoms + more_atoms


def _owed(kept: pd.DataFrame) -> np.ndarray:
    """Kept appointments at whose predecessor in the episode a task was agreed."""
    ordered = kept.sort_values(["episode_id", "held_on", "session_id"])
    agreed = ordered["homework_set"].eq(True).fillna(False).astype("float64")
    before = agreed.groupby(ordered["episode_id"]).shift(fill_value=0.0)
    owed: np.ndarray = before.reindex(kept.index).to_numpy() == 1
    return owed


def _flags(group: str, family: str, rows: pd.DataFrame, column: str, unit: str) -> Counted:
    values = rows[column]
    atoms = np.select(
        [
            values.eq(True).fillna(False).to_numpy(bool),
            values.eq(False).fillna(False).to_numpy(bool),
        ],
        ["yes", "no"],
        "unknown",
    )
    party = rows["party"].to_numpy(dtype=object)
    return Counted(group, family, unit, np.asarray(atoms), party, party)

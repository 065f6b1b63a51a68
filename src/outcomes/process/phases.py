"""The four phases of the work as a funnel: who reached each, and who was lost after it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.derive.policy import derive_policy
from outcomes.process.policy import process_policy
from outcomes.process.shares import Asked, Counted, shares
from outcomes.schema import label

Rows = list[dict[str, object]]
LOSS_COLUMNS = ["group", "phase", "label", "reached", "went_on", "reason", "reason_label", "n"]
OPEN = "still open"
NO_PHASE = "no phase"


def furthest_phase(sessions: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """`episodes` with `furthest`, the place of the last phase reached (1 to 4; 0: none recorded).

    Only attended sessions count. A later phase implies the earlier ones.
    """
    order = {word: place for place, word in enumerate(process_policy()["phases"]["order"], 1)}
    seen = sessions["status"].isin(list(derive_policy().attended)).fillna(False)
    places = sessions.loc[seen, "phase"].map(order).astype("float64")
    reached = places.groupby(sessions.loc[seen, "episode_id"]).max()
    furthest = episodes["episode_id"].map(reached).astype("float64").fillna(0).astype("int64")
    return episodes.assign(furthest=furthest)


def phases(group: str, rows: pd.DataFrame, confidence: float) -> tuple[Rows, Rows, Rows]:
    """Share of episodes that reached each phase, and the losses after each by reason.

    Of closed episodes, since those that go on may still reach a later phase; and of all as
    a lower bound. Cluster: the practitioner.
    """
    order = process_policy()["phases"]["order"]
    known = rows[rows["furthest"] > 0]
    closed = known["ended_on"].notna().to_numpy(dtype=bool)
    place = known["furthest"].to_numpy()
    state = np.where(closed, "closed", "open")
    atoms = np.char.add(np.char.add(state, " "), place.astype(str))
    every = {s: [f"{s} {k}" for k in range(1, len(order) + 1)] for s in ("closed", "open")}
    asked = []
    for number, word in enumerate(order):
        done, going = every["closed"][number:], every["open"][number:]
        name = label("phase", word)
        asked.append(
            Asked(
                f"{word}_closed",
                name,
                tuple(done),
                tuple(every["closed"]),
                "Reached: an attended session of the phase or a later one. Of closed episodes "
                "with a phase recorded.",
            )
        )
        asked.append(
            Asked(
                f"{word}_started",
                f"{name}, so far",
                (*done, *going),
                (*every["closed"], *every["open"]),
                "Reached so far, of all episodes with a phase recorded; those that go on may still "
                "reach it, so that this is a lower bound.",
            )
        )
    # By denominator, then by phase, as they are read.
    asked.sort(key=lambda one: one.measure.endswith("_started"))
    counted = Counted(
        group,
        "phases",
        "episodes",
        atoms,
        known["episode_id"].to_numpy(dtype=object),
        known["cluster"].to_numpy(dtype=object),
    )
    found, atom_rows = shares(counted, asked, confidence)
    return found, atom_rows, _losses(group, known, place, order)


def _losses(
    group: str, known: pd.DataFrame, place: npt.NDArray[np.int64], order: list[str]
) -> Rows:
    """Who stopped after each phase but the last, by how the episode ended."""
    reasons = known["end_reason"].fillna("not_known").astype(str)
    why = np.where(known["ended_on"].notna(), reasons, OPEN)
    found: Rows = []
    for number, word in enumerate(order[:-1], 1):
        stopped = pd.Series(why[place == number]).value_counts().sort_index()
        for reason, n in stopped.items():
            said = OPEN if reason == OPEN else label("end_reason", str(reason))
            values = (group, word, label("phase", word), int((place >= number).sum()))
            went_on = int((place > number).sum())
            row = (*values, went_on, str(reason), said, int(n))
            found.append(dict(zip(LOSS_COLUMNS, row, strict=True)))
    return found

"""Appointments as they went, and the ratings given at them and after the end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.synthetic.answers import answer_frame, on_grid, shape
from outcomes.synthetic.outcome import EndScores
from outcomes.synthetic.people import People, Practitioners
from outcomes.synthetic.questionnaires import attendance
from outcomes.synthetic.settings import Array, between_days, generator, model, pick

SEEN = ("attended", "late_seen")
BOOKED_AHEAD = 2  # appointments an open episode has in the diary after the export
# A phase begins when this share of the appointments is behind.
PHASES = {"assessment": 0.0, "planning": 0.2, "implementation": 0.4, "evaluation": 0.85}


def sessions(frame: pd.DataFrame, diary: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row for each appointment; canonical columns and episode (position)."""
    rng, facts = generator(seed, "sessions"), model()["sessions"]
    exported_on = pd.Timestamp(model()["calendar"]["exported_on"])
    ahead = diary["day"] > exported_on
    place = ahead.groupby(diary["episode"]).cumsum()
    rows = diary[~ahead | (place <= BOOKED_AHEAD)].sort_values(
        ["day", "episode"], ignore_index=True
    )
    episode = rows["episode"].to_numpy()
    kind = frame["intervention"].to_numpy()[episode]
    status = _status(rng, rows, frame["left"].to_numpy()[episode], exported_on)
    seen = np.isin(status, SEEN)
    share = (rows["number"] / rows["of"]).to_numpy()
    phase = np.array(list(PHASES))[np.searchsorted(list(PHASES.values()), share, "right") - 1]
    couple = frame["unit"].to_numpy()[episode] == "couple"
    minutes = pd.Series(kind).map(facts["minutes"]).to_numpy()
    table = pd.DataFrame(
        {
            "session_id": [f"S{number:05d}" for number in range(1, len(rows) + 1)],
            "episode": episode,
            "episode_id": frame["episode_id"].to_numpy()[episode],
            "held_on": rows["day"].to_numpy(),
            "status": status,
            "phase": np.where(seen, phase, ""),
            "minutes": pd.Series(np.where(couple, facts["minutes"]["couple"], minutes))
            .astype("Int64")
            .where(seen),
        }
    )
    return _homework(rng, table, kind, seen)


def _status(
    rng: np.random.Generator, rows: pd.DataFrame, left: Array, exported_on: pd.Timestamp
) -> Array:
    """The first appointment takes place, so does the last unless the person left early."""
    status = pick(rng, model()["sessions"]["status"], len(rows)).astype("U18")
    last = (rows["number"] == rows["of"] - 1).to_numpy()
    status[last & ~left] = "attended"
    status[last & left] = "no_show"
    status[(rows["number"] == 0).to_numpy()] = "attended"
    status[(rows["day"] > exported_on).to_numpy()] = "planned"
    return status


def _homework(
    rng: np.random.Generator, table: pd.DataFrame, kind: Array, seen: Array
) -> pd.DataFrame:
    """A task is agreed at a seen session; whether it was done is asked at the next one seen."""
    facts = model()["sessions"]
    agreed = rng.random(len(table)) < pd.Series(kind).map(facts["homework_set"]).to_numpy(float)
    done = rng.random(len(table)) < facts["homework_done"]
    table["homework_set"] = pd.array(agreed, dtype="boolean")
    table["homework_done"] = pd.array(done, dtype="boolean")
    table.loc[~seen, ["homework_set", "homework_done"]] = pd.NA
    before = table[seen].groupby("episode")["homework_set"].shift(fill_value=False)
    asked = before.reindex(table.index, fill_value=False).fillna(False).to_numpy(dtype=bool)
    table.loc[~asked, "homework_done"] = pd.NA
    return table


def session_ratings(
    persons: People,
    frame: pd.DataFrame,
    staff: Practitioners,
    table: pd.DataFrame,
    seed: int,
) -> pd.DataFrame:
    """Session Rating Scale, wide: a share of the seen sessions, each partner for oneself."""
    rng, facts = generator(seed, "session ratings"), model()["ratings"]
    seen = table[table["status"].isin(SEEN)]
    rows = seen.merge(attendance(persons, frame), on="episode")
    rows = rows[rng.random(len(rows)) < facts["srs_share"]]
    rows = rows.sort_values(["session_id", "person"], ignore_index=True)
    helper = frame["staff"].to_numpy()[rows["episode"]]
    own = rng.normal(0.0, facts["srs_sd"] / 2, len(persons.unit))[rows["person"]]
    scores = facts["srs_mean"] + facts["srs_practitioner_sd"] * staff.effect[helper] + own
    scores = scores + rng.normal(0.0, facts["srs_sd"], len(rows))
    wide = pd.DataFrame(
        {
            "client_id": persons.client_id[rows["person"]],
            "episode_id": rows["episode_id"],
            "session_id": rows["session_id"],
            "taken_on": rows["held_on"],
        }
    )
    return pd.concat([wide, answer_frame(on_grid(scores, shape("srs")), shape("srs"), rng)], axis=1)


def satisfaction(
    persons: People, frame: pd.DataFrame, visits: pd.DataFrame, ends: EndScores, seed: int
) -> pd.DataFrame:
    """CSQ-8, wide, after the end: higher where depression fell more."""
    rng, facts = generator(seed, "satisfaction"), model()["ratings"]
    rows = visits[visits["occasion"] == "end"]
    rows = rows[rng.random(len(rows)) < facts["csq8_share"]].reset_index(drop=True)
    person = rows["person"].to_numpy()
    gain = (persons.intake["phq9"] - ends.own["phq9"])[person]
    scores = facts["csq8_mean"] + facts["csq8_per_point"] * (gain - gain.mean())
    scores = scores + rng.normal(0.0, facts["csq8_sd"], len(rows))
    exported_on = pd.Timestamp(model()["calendar"]["exported_on"])
    late = rows["day"] + between_days(rng, [0, 5], len(rows))
    wide = pd.DataFrame(
        {
            "client_id": persons.client_id[person],
            "episode_id": frame["episode_id"].to_numpy()[rows["episode"]],
            "taken_on": late.where(late <= exported_on, rows["day"]),
        }
    )
    form = shape("csq8")
    return pd.concat([wide, answer_frame(on_grid(scores, form), form, rng)], axis=1)

"""Courses of help and their appointments: with whom, when, how long, how they end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.synthetic.care import Assignment
from outcomes.synthetic.people import People, Practitioners
from outcomes.synthetic.settings import Array, between_days, generator, model, pick

FOCUS = {
    "individual": {"mood": 0.3, "anxiety": 0.3, "work": 0.2, "relationships": 0.2},
    "couple": {"communication": 0.5, "trust": 0.2, "quality time": 0.3},
}
APPROACH = {
    "coaching": {"solution-focused": 0.5, "strengths-based": 0.3, "GROW": 0.2},
    "therapy": {"CBT": 0.5, "integrative": 0.3, "emotionally focused": 0.2},
}
WAIT_DAYS = [3, 40]
# Endings of episodes that were not left early.
ENDINGS = {"completed": 0.92, "referred_on": 0.03, "ended_by_practice": 0.03, "not_known": 0.02}


def episodes(
    persons: People, assignment: Assignment, staff: Practitioners, left: Array, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(episodes, diary), canonical columns plus what the making of the rest needs.

    episodes: unit_number, person (position of the one person, -1 for a couple), first,
    left, staff (position), last_day (the last appointment, also when it lies ahead).
    diary: episode (position), number (from 0), of (appointments booked), day.
    """
    rng = generator(seed, "episodes")
    first = _first(rng, persons, assignment, left)
    diary = _diary(rng, first)
    first["last_day"] = diary.groupby("episode")["day"].max()
    second = _second(rng, persons, assignment, first)
    later = _diary(rng, second)
    second["last_day"] = later.groupby("episode")["day"].max()
    diary = pd.concat([diary, later.assign(episode=later["episode"] + len(first))])
    frame = pd.concat([first, second], ignore_index=True)
    by, upwards = ["started_on", "unit_number", "first"], [True, True, False]
    order = frame.sort_values(by, ascending=upwards).index.to_numpy()
    place = np.argsort(order)
    diary["episode"] = place[diary["episode"].to_numpy()]
    diary = diary.sort_values(["episode", "number"], ignore_index=True)
    frame = frame.loc[order].reset_index(drop=True)
    return _described(rng, frame, persons, staff), diary


def _first(
    rng: np.random.Generator, persons: People, assignment: Assignment, left: Array
) -> pd.DataFrame:
    calendar = model()["calendar"]
    days = (calendar["last_start"] - calendar["first_start"]).days
    start = np.datetime64(calendar["first_start"], "D")
    one = np.full(persons.n_units, -1)
    single = persons.couple < 0
    one[persons.unit[single]] = np.flatnonzero(single)
    return pd.DataFrame(
        {
            "unit_number": np.arange(persons.n_units),
            "person": one,
            "first": True,
            "left": left,
            "intervention": assignment.intervention.astype(object),
            "started_on": start + between_days(rng, [0, days], persons.n_units),
        }
    )


def _second(
    rng: np.random.Generator, persons: People, assignment: Assignment, first: pd.DataFrame
) -> pd.DataFrame:
    """The episode of the other kind: together, later, after the first, or of one partner."""
    waits = model()["second_episode"]["days"]
    last_start = pd.Timestamp(model()["calendar"]["last_start"])
    soonest = pd.Timedelta(days=waits["later"][0])  # nearer to the start it were "together"
    parts = []
    for kind in ("together", "later", "after", "partner"):
        part = first[assignment.second == kind].copy()
        after_end = kind == "after"
        limits = waits["later" if kind == "partner" else kind]
        base = part["last_day"] if after_end else part["started_on"]
        start = base + between_days(rng, limits, len(part))
        if kind == "together":
            start = start.clip(upper=last_start)
        part["started_on"] = start.clip(lower=part["started_on"] + soonest) if after_end else start
        if kind == "partner":
            partner = pd.Series(np.arange(len(persons.unit))).groupby(persons.unit).first()
            part["person"] = partner.loc[part["unit_number"]].to_numpy()
        if kind in ("later", "partner"):  # only while the first goes on
            part = part[part["started_on"] < part["last_day"]]
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    frame["intervention"] = frame["intervention"].map(
        {"coaching": "therapy", "therapy": "coaching"}
    )
    frame["first"] = False
    frame["left"] = False
    return frame[frame["started_on"] <= last_start].reset_index(drop=True)


def _diary(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Weekly and fortnightly appointments; the first is the start."""
    facts = model()["sessions"]
    full = rng.integers(facts["booked"][0], facts["booked"][1] + 1, len(frame))
    few = rng.integers(facts["booked_when_left"][0], facts["booked_when_left"][1] + 1, len(frame))
    booked = np.where(frame["left"].to_numpy(), few, full)
    episode = np.repeat(np.arange(len(frame)), booked)
    number = np.arange(len(episode)) - np.repeat(np.cumsum(booked) - booked, booked)
    share = frame["intervention"].map(facts["fortnightly"]).to_numpy(dtype=float)[episode]
    gap = np.where(rng.random(len(episode)) < share, 14, 7)
    gap[number == 0] = 0
    days = pd.Series(gap).groupby(episode).cumsum().to_numpy()
    start = frame["started_on"].to_numpy().astype("datetime64[D]")[episode]
    return pd.DataFrame(
        {"episode": episode, "number": number, "of": booked[episode], "day": start + days}
    )


def _described(
    rng: np.random.Generator, frame: pd.DataFrame, persons: People, staff: Practitioners
) -> pd.DataFrame:
    """Add ids, practitioner, words, dates of enquiry and closing."""
    exported_on = pd.Timestamp(model()["calendar"]["exported_on"])
    of_couple = frame["person"].to_numpy() < 0
    anyone = np.zeros(persons.n_units, dtype=int)
    anyone[persons.unit] = np.arange(len(persons.unit))
    practice = persons.practice[anyone[frame["unit_number"].to_numpy()]]
    frame["episode_id"] = [f"E{number:04d}" for number in range(1, len(frame) + 1)]
    frame["practice_id"] = practice
    frame["client_id"] = np.where(of_couple, "", persons.client_id[frame["person"]])
    couple_id = np.array([f"K{unit + 1:03d}" for unit in frame["unit_number"]])
    frame["couple_id"] = np.where(of_couple, couple_id, "")
    frame["unit"] = np.where(of_couple, "couple", "individual")
    frame["staff"] = _staffed(rng, frame, staff)
    frame["practitioner_id"] = staff.practitioner_id[frame["staff"]]
    frame["referred_on"] = frame["started_on"] - between_days(rng, WAIT_DAYS, len(frame))
    closed = (frame["last_day"] <= exported_on).to_numpy()
    frame["ended_on"] = frame["last_day"].where(closed)
    ending = np.where(frame["left"], "dropped_out", pick(rng, ENDINGS, len(frame)))
    frame["end_reason"] = np.where(closed, ending, "")
    for column, key, table in (("domain", "unit", FOCUS), ("approach", "intervention", APPROACH)):
        words = np.full(len(frame), "", dtype="U24")
        for value, shares in table.items():
            words = np.where(frame[key] == value, pick(rng, shares, len(frame)), words)
        frame[column] = words
    return frame


def _staffed(rng: np.random.Generator, frame: pd.DataFrame, staff: Practitioners) -> Array:
    """A practitioner of the practice who offers the help, by caseload."""
    chosen = np.full(len(frame), -1)
    for (practice, kind), rows in frame.groupby(["practice_id", "intervention"]).indices.items():
        able = staff.able(practice, kind)
        load = staff.caseload[able]
        chosen[rows] = rng.choice(able, size=len(rows), p=load / load.sum())
    return chosen

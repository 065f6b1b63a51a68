"""When questionnaires are filled in, with which scores, and the answers as wide tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.synthetic.answers import answer_frame, on_grid, shape
from outcomes.synthetic.outcome import Simulated
from outcomes.synthetic.people import People
from outcomes.synthetic.settings import Array, between_days, generator, model

DAYS_BEFORE_START = [0, 6]  # the intake questionnaire is sent a few days ahead
SECOND_START_NOISE = 0.4  # a second episode starts where the person stands, with this noise
SECOND_END_NOISE = 0.8  # both as a share of the noise of an end score


def attendance(persons: People, frame: pd.DataFrame) -> pd.DataFrame:
    """One row for each person in each episode: person, episode (position)."""
    alone = np.flatnonzero(frame["person"] >= 0)
    single = pd.DataFrame({"person": frame["person"].to_numpy()[alone], "episode": alone})
    pairs = np.flatnonzero(frame["person"] < 0)
    place = pd.Series(pairs, index=frame["unit_number"].to_numpy()[pairs], name="episode")
    partners = pd.Series(np.arange(len(persons.unit)), index=persons.unit, name="person")
    coupled = partners[persons.couple >= 0].to_frame().join(place, how="inner")
    both = pd.concat([single, coupled[["person", "episode"]]])
    return both.sort_values(["episode", "person"], ignore_index=True)


def visits(
    persons: People, frame: pd.DataFrame, diary: pd.DataFrame, silent: Array, seed: int
) -> pd.DataFrame:
    """One row for each filling in: seat, person, episode (positions), occasion, day.

    A seat is one person in one episode (`attendance`). Somebody who falls silent has the
    intake only; everybody else has the end, most the middle, some a follow-up, as far as
    the export date has been reached.
    """
    rng, facts = generator(seed, "visits"), model()["visits"]
    seats = attendance(persons, frame)
    middle = diary[diary["number"] == diary["of"] // 2].set_index("episode")["day"]
    n = len(seats)
    start = frame["started_on"].to_numpy()[seats["episode"]]
    last = frame["last_day"].to_numpy()[seats["episode"]]
    answering = ~silent[seats["person"]]
    days = {
        "intake": start - between_days(rng, DAYS_BEFORE_START, n),
        "session": middle.loc[seats["episode"]].to_numpy(),
        "end": last,
        "followup": last + between_days(rng, facts["followup_days"], n),
    }
    given = {
        "intake": np.full(n, True),
        "session": answering & (rng.random(n) >= facts["middle_skipped"]),
        "end": answering,
        "followup": answering & (rng.random(n) < facts["followup_share"]),
    }
    seats = seats.assign(seat=seats.index)
    parts = [
        seats.assign(occasion=occasion, day=day)[given[occasion]] for occasion, day in days.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["day"] <= pd.Timestamp(model()["calendar"]["exported_on"])]
    return rows.sort_values(["day", "episode", "person"], ignore_index=True)


def questionnaire(name: str, simulated: Simulated, rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One instrument, wide: client_id, episode_id, taken_on, occasion, and items "1" to n."""
    persons, frame = simulated.persons, simulated.frame
    rng = np.random.default_rng([seed, *name.encode()])
    if model()["instruments"][name]["couples_only"]:
        rows = rows[persons.couple[rows["person"]] >= 0]
    scores = on_grid(_latent(name, simulated, rows, rng), shape(name))
    wide = pd.DataFrame(
        {
            "client_id": persons.client_id[rows["person"]],
            "episode_id": frame["episode_id"].to_numpy()[rows["episode"]],
            "taken_on": rows["day"].to_numpy(),
            "occasion": rows["occasion"].to_numpy(),
        }
    )
    skipped = model()["visits"]["item_skipped"]
    return pd.concat([wide, answer_frame(scores, shape(name), rng, skipped)], axis=1)


def _latent(name: str, simulated: Simulated, rows: pd.DataFrame, rng: np.random.Generator) -> Array:
    """The score of every visit before rounding; intake and end of a first episode are exact."""
    facts, shares = model()["instruments"][name], model()["visits"]
    low, high = _edges(name, simulated, rng)
    low, high = low[rows["seat"]], high[rows["seat"]]
    noise = facts["noise"] * rng.standard_normal(len(rows))
    part = shares["share_of_change_at_middle"]
    occasion = rows["occasion"].to_numpy()
    return np.select(
        [occasion == "intake", occasion == "session", occasion == "end"],
        [low, low + part * (high - low) + shares["middle_noise"] * noise, high],
        default=high + shares["followup_noise"] * noise,
    )


def _edges(name: str, simulated: Simulated, rng: np.random.Generator) -> tuple[Array, Array]:
    """(start, end) by seat. A second episode starts on the way from intake to end of the first."""
    facts = model()["instruments"][name]
    persons, frame, ends = simulated.persons, simulated.frame, simulated.ends
    seats = attendance(persons, frame)
    intake, end = persons.intake[name][seats["person"]], ends.own[name][seats["person"]]
    one = frame[frame["first"]].set_index("unit_number").sort_index()
    unit = frame["unit_number"].to_numpy()[seats["episode"]]
    begun = one["started_on"].to_numpy()[unit]
    length = (one["last_day"].to_numpy()[unit] - begun) / np.timedelta64(1, "D")
    gone = frame["started_on"].to_numpy()[seats["episode"]] - begun
    done = np.clip(gone / np.timedelta64(1, "D") / np.maximum(length, 1), 0, 1)
    noise = facts["noise"] * rng.standard_normal((2, len(seats)))
    start_2 = intake + done * (end - intake) + SECOND_START_NOISE * noise[0]
    end_2 = facts["mean"] + facts["keep"] * (start_2 - facts["mean"]) + facts["change"]
    end_2 = end_2 + SECOND_END_NOISE * noise[1]
    first = frame["first"].to_numpy()[seats["episode"]]
    return np.where(first, intake, start_2), np.where(first, end, end_2)

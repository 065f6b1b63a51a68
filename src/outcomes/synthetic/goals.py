"""Goals with their ratings, and referrals between coaching and therapy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.schema import vocabularies
from outcomes.synthetic.people import People
from outcomes.synthetic.settings import Array, between_days, generator, model

GOALS_PER_EPISODE = [1, 3]
WEIGHTS = [20.0, 40.0, 60.0, 80.0, 100.0]
# (mean at setting, mean gain to the end, standard deviation, lowest, highest)
SCALES = {"rating": (2.5, 4.0, 1.6, 0, 10), "gas": (-1.3, 1.4, 0.8, -2, 2)}
CONCURRENT_DAYS = 28
DAYS_FROM_REFERRAL = 10
DECLINED_AFTER_DAYS = [14, 60]


def goals(persons: People, frame: pd.DataFrame, seats: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row for each goal; canonical columns and episode (position)."""
    rng, facts = generator(seed, "goals"), model()["goals"]
    number = rng.integers(GOALS_PER_EPISODE[0], GOALS_PER_EPISODE[1] + 1, len(frame))
    episode = np.repeat(np.arange(len(frame)), number)
    n = len(episode)
    couple = frame["unit"].to_numpy()[episode] == "couple"
    shared = couple & (rng.random(n) < facts["shared_in_couples"])
    owner = _owner(rng, persons, seats, episode)
    domains = [word for word in vocabularies()["goal_domain"].words if word != "other"]
    relational = np.array(domains[:5])[rng.integers(0, 5, n)]
    personal = np.array(domains[5:])[rng.integers(0, len(domains) - 5, n)]
    alone = np.where(rng.random(n) < 0.6, "client", "together")
    return pd.DataFrame(
        {
            "goal_id": [f"G{number:05d}" for number in range(1, n + 1)],
            "episode": episode,
            "episode_id": frame["episode_id"].to_numpy()[episode],
            "client_id": np.where(shared, "", owner),
            "domain": np.where(couple, relational, personal),
            "set_by": np.where(shared, "couple", alone),
            "set_on": frame["started_on"].to_numpy()[episode],
            "scale": np.where(rng.random(n) < facts["gas_share"], "gas", "rating"),
            "weight": rng.choice(WEIGHTS, n),
            "shared": pd.array(np.where(couple, shared, False), dtype="boolean"),
        }
    )


def _owner(rng: np.random.Generator, persons: People, seats: pd.DataFrame, episode: Array) -> Array:
    """The client of an individual episode, one partner at random of a couple's."""
    one = seats.groupby("episode")["person"].agg(["first", "last"])
    second = rng.random(len(episode)) < 0.5
    chosen = np.where(second, one["last"].to_numpy()[episode], one["first"].to_numpy()[episode])
    return np.asarray(persons.client_id[chosen])


def goal_ratings(
    frame: pd.DataFrame, diary: pd.DataFrame, table: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Ratings when the goal is set, in the middle and at the last appointment."""
    rng = generator(seed, "goal ratings")
    exported_on = pd.Timestamp(model()["calendar"]["exported_on"])
    middle = diary[diary["number"] == diary["of"] // 2].set_index("episode")["day"]
    mean, gain, spread, low, high = (
        table["scale"].map({word: facts[i] for word, facts in SCALES.items()}).to_numpy(float)
        for i in range(5)
    )
    own = rng.standard_normal(len(table))
    days = {
        0.0: table["set_on"].to_numpy(),
        0.5: middle.loc[table["episode"]].to_numpy(),
        1.0: frame["last_day"].to_numpy()[table["episode"]],
    }
    parts = []
    for share, day in days.items():
        noise = 0.6 * own + 0.8 * rng.standard_normal(len(table))
        value = np.clip(np.rint(mean + share * gain + spread * noise), low, high).astype(int)
        kept = (rng.random(len(table)) >= model()["goals"]["missed_rating"]) & (day <= exported_on)
        part = pd.DataFrame({"goal_id": table["goal_id"], "rated_on": day, "value": value})
        parts.append(part[kept])
    rows = pd.concat(parts).drop_duplicates(["goal_id", "rated_on"])
    by_practitioner = table["goal_id"].where(table["scale"] == "gas")
    rows["rater"] = np.where(rows["goal_id"].isin(by_practitioner), "practitioner", "client")
    return rows.sort_values(["goal_id", "rated_on"], ignore_index=True)


def referrals(persons: People, frame: pd.DataFrame, seats: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Every second episode that did not start together came by referral; some were declined."""
    rng = generator(seed, "referrals")
    who = persons.client_id[seats.groupby("episode")["person"].first().to_numpy()]
    first = frame.assign(client_id=who)[frame["first"]].set_index("unit_number")
    second = frame.assign(client_id=who)[~frame["first"]]
    origin = first.loc[second["unit_number"]].reset_index()
    second = second.reset_index(drop=True)
    waited = (second["started_on"] - origin["started_on"]).dt.days
    taken = pd.DataFrame(
        {
            "client_id": second["client_id"],
            "episode_id": origin["episode_id"],
            "from_intervention": origin["intervention"],
            "to_intervention": second["intervention"],
            "referred_on": second["started_on"] - pd.Timedelta(days=DAYS_FROM_REFERRAL),
            "accepted": pd.array([True] * len(second), dtype="boolean"),
            "first_session_on": second["started_on"],
        }
    )[waited > CONCURRENT_DAYS]
    alone = first[~first.index.isin(second["unit_number"])]
    alone = alone[rng.random(len(alone)) < model()["referrals"]["declined_share"]]
    refused = pd.DataFrame(
        {
            "client_id": alone["client_id"],
            "episode_id": alone["episode_id"],
            "from_intervention": alone["intervention"],
            "to_intervention": alone["intervention"].map(
                {"coaching": "therapy", "therapy": "coaching"}
            ),
            "referred_on": alone["started_on"] + between_days(rng, DECLINED_AFTER_DAYS, len(alone)),
            "accepted": pd.array([False] * len(alone), dtype="boolean"),
            "first_session_on": pd.NaT,
        }
    )
    rows = pd.concat([taken, refused], ignore_index=True)
    rows = rows[rows["referred_on"] <= pd.Timestamp(model()["calendar"]["exported_on"])]
    rows = rows.sort_values(["referred_on", "client_id"], ignore_index=True)
    rows.insert(0, "referral_id", [f"R{number:04d}" for number in range(1, len(rows) + 1)])
    return rows

"""A whole synthetic practice: from assumptions to the texts of its folder."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

import numpy as np
import pandas as pd

from outcomes.synthetic.appointments import satisfaction, session_ratings, sessions
from outcomes.synthetic.care import assign, left_early
from outcomes.synthetic.episodes import episodes
from outcomes.synthetic.export import layout, names, sheet
from outcomes.synthetic.faults import FAULT_COLUMNS, csv_text, plant
from outcomes.synthetic.goals import goal_ratings, goals, referrals
from outcomes.synthetic.outcome import Simulated, end_scores
from outcomes.synthetic.people import People, Practitioners, people, practitioners
from outcomes.synthetic.questionnaires import attendance, questionnaire, visits
from outcomes.synthetic.settings import model, text
from outcomes.synthetic.truth import as_toml, truth

NAME = "Example practice (synthetic)"
DURATION = {False: "under 6 months", True: "6 months or more"}


@dataclass(frozen=True, slots=True, eq=False)
class Practice:
    """A folder that does not exist yet: `files` gives the text of each file by its name."""

    name: str
    files: dict[str, str]

    def __repr__(self) -> str:
        size = sum(len(body) for body in self.files.values())
        return f"Practice({self.name}: {len(self.files)} files, {size} characters)"


def practice(clients: int = 400, seed: int = 20260930) -> Practice:
    """A synthetic practice with known effects (truth.toml) and known faults (faults.csv).

    The same arguments give the same bytes. Raises UsageError for fewer clients than can
    fill three practices.
    """
    frames, record = tables(clients, seed)
    files: dict[str, str] = {}
    faults: list[list[str]] = [list(FAULT_COLUMNS)]
    for name in names():
        extra = np.random.default_rng([seed, *name.encode()])
        planted = plant(sheet(name, frames[name], extra), seed)
        files[f"{name}.csv"] = planted.text
        faults += [[str(part) for part in fault] for fault in planted.faults]
    files["faults.csv"] = csv_text(faults)
    files["layout.toml"] = layout(NAME)
    files["truth.toml"] = as_toml(record)
    files["README.md"] = Template(text("readme.md")).substitute(
        clients=clients, seed=seed, exported_on=model()["calendar"]["exported_on"].isoformat()
    )
    return Practice(NAME, files)


def simulate(clients: int, seed: int) -> tuple[Simulated, pd.DataFrame, Practitioners]:
    """(people with care and potential ends, diary, staff), before anything is observed."""
    persons, staff = people(clients, seed), practitioners(seed)
    assignment = assign(persons, seed)
    silent, left = left_early(persons, assignment, seed)
    frame, diary = episodes(persons, assignment, staff, left, seed)
    ends = end_scores(persons, assignment, staff, frame, seed)
    return Simulated(persons, assignment, silent, ends, frame), diary, staff


def tables(clients: int, seed: int) -> tuple[dict[str, pd.DataFrame], dict[str, object]]:
    """(clean frames by file name, truth): canonical columns and words, nothing wrong yet."""
    simulated, diary, staff = simulate(clients, seed)
    persons, frame, ends = simulated.persons, simulated.frame, simulated.ends
    seats = attendance(persons, frame)
    held = sessions(frame, diary, seed)
    filled = visits(persons, frame, diary, simulated.silent, seed)
    aims = goals(persons, frame, seats, seed)
    frames = {
        "clients": _clients(persons),
        "couples": _couples(persons),
        "practitioners": pd.DataFrame(
            {
                "practitioner_id": staff.practitioner_id,
                "practice_id": staff.practice,
                "role": staff.role,
            }
        ),
        "episodes": frame,
        "sessions": held,
        "session_ratings": session_ratings(persons, frame, staff, held, seed),
        "satisfaction": satisfaction(persons, frame, filled, ends, seed),
        "goals": aims,
        "goal_ratings": goal_ratings(frame, diary, aims, seed),
        "referrals": referrals(persons, frame, seats, seed),
    }
    for name in model()["instruments"]:
        frames[name] = questionnaire(name, simulated, filled, seed)
    return frames, truth(simulated, name=NAME, seed=seed)


def _clients(persons: People) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "client_id": persons.client_id,
            "practice_id": persons.practice,
            "age_band": persons.age_band,
            "gender": persons.gender,
            "employment": persons.employment,
            "prior_care": persons.prior_care,
            "on_medication": persons.on_medication,
            "problem_duration": np.where(persons.long_duration, DURATION[True], DURATION[False]),
        }
    )
    return frame.sort_values("client_id", ignore_index=True)


def _couples(persons: People) -> pd.DataFrame:
    pairs = persons.client_id[persons.couple >= 0].reshape(-1, 2)
    return pd.DataFrame(
        {
            "couple_id": [f"K{number:03d}" for number in range(1, len(pairs) + 1)],
            "practice_id": persons.practice[persons.couple >= 0][::2],
            "client_a": pairs[:, 0],
            "client_b": pairs[:, 1],
        }
    )

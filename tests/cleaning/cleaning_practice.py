"""A small sound practice as rows, and its raw tables."""

from __future__ import annotations

from datetime import date

import pandas as pd

EXPORTED_ON = date(2026, 10, 5)

SOUND = {
    "clients": [
        {"client_id": "C1", "practice_id": "P", "gender": "woman", "prior_care": "yes"},
        {"client_id": "C2", "practice_id": "P", "gender": "man", "prior_care": "no"},
        {"client_id": "C3", "practice_id": "P", "gender": "other", "prior_care": ""},
    ],
    "couples": [{"couple_id": "K1", "client_a": "C1", "client_b": "C2"}],
    "practitioners": [{"practitioner_id": "T1", "role": "both"}],
    "episodes": [
        {
            "episode_id": "E1",
            "client_id": "C3",
            "unit": "individual",
            "intervention": "coaching",
            "practitioner_id": "T1",
            "started_on": "2026-01-10",
            "ended_on": "2026-04-10",
        },
        {
            "episode_id": "E2",
            "couple_id": "K1",
            "unit": "couple",
            "intervention": "therapy",
            "practitioner_id": "T1",
            "started_on": "2026-02-10",
        },
    ],
    "sessions": [
        {
            "session_id": "S1",
            "episode_id": "E1",
            "held_on": "2026-01-10",
            "status": "attended",
            "minutes": "50",
        },
    ],
    "responses": [
        {
            "client_id": client,
            "episode_id": episode,
            "instrument": "phq9",
            "item": item,
            "value": value,
            "taken_on": "2026-02-11",
            "occasion": "intake",
            "rater": "client",
        }
        for client, episode, item, value in [
            ("C3", "E1", "1", "0"),
            ("C3", "E1", "2", "3"),
            ("C1", "E2", "1", "2"),
            ("C2", "E2", "total", "14"),
        ]
    ],
    "goals": [{"goal_id": "G1", "episode_id": "E1", "client_id": "C3", "scale": "gas"}],
    "goal_ratings": [{"goal_id": "G1", "rated_on": "2026-03-01", "rater": "client", "value": "-1"}],
    "referrals": [
        {
            "referral_id": "R1",
            "client_id": "C3",
            "episode_id": "E1",
            "from_intervention": "coaching",
            "to_intervention": "therapy",
            "referred_on": "2026-03-03",
        }
    ],
}


def frames(rows):
    """Raw tables from rows; line 2 is the first, as after a header."""
    raw = {}
    for table, entries in rows.items():
        frame = pd.DataFrame(entries, dtype="string")
        frame["_file"] = f"{table}.csv"
        frame["_line"] = range(2, len(entries) + 2)
        raw[table] = frame
    return raw

"""Exports of two small practices, a quarter each, with ids that name people."""

from __future__ import annotations

from pathlib import Path

CLIENTS = ["client_id,practice_id,gender"]
COUPLES = ["couple_id,practice_id,client_a,client_b"]
PRACTITIONERS = ["practitioner_id,practice_id,role"]
EPISODES = [
    "episode_id,practice_id,client_id,couple_id,unit,intervention,approach,practitioner_id,"
    "started_on,end_reason"
]
SESSIONS = ["session_id,episode_id,held_on,status,minutes"]
RESPONSES = ["client_id,episode_id,instrument,item,value,taken_on,rater"]
GOALS = ["goal_id,episode_id,client_id,scale"]
RATINGS = ["goal_id,rated_on,rater,value"]
REFERRALS = [
    "referral_id,client_id,episode_id,from_intervention,to_intervention,referred_on,accepted"
]
HEADERS = {
    "clients": CLIENTS,
    "couples": COUPLES,
    "practitioners": PRACTITIONERS,
    "episodes": EPISODES,
    "sessions": SESSIONS,
    "responses": RESPONSES,
    "goals": GOALS,
    "goal_ratings": RATINGS,
    "referrals": REFERRALS,
}

Q3 = {
    "clients": [
        "ann.archer@example.org,north,woman",
        "Bob Baker,north,man",
        "Cleo Carter,south,woman",
        "Dan Drew,,man",
    ],
    "couples": ["the Bakers,north,ann.archer@example.org,Bob Baker"],
    "practitioners": ["Dr Zoe Zimmer,north,therapist", "Yan Young,south,coach"],
    "episodes": [
        "E-1001,north,ann.archer@example.org,,individual,therapy,Jane's own,Dr Zoe Zimmer,"
        "2026-07-01,",
        "E-1002,,,the Bakers,couple,therapy,,Dr Zoe Zimmer,2026-07-02,",
        "E-1003,south,Cleo Carter,,individual,coaching,solution focused,Dr Zoe Zimmer,2026-07-03,",
        "E-1004,,Dan Drew,,individual,coaching,,Yan Young,2026-07-04,",
    ],
    "sessions": [
        "S-1,E-1001,2026-07-01,attended,50",
        "S-2,E-1001,2026-07-08,attended,50",
        "S-3,E-1002,2026-07-02,attended,90",
        "S-4,E-1003,2026-07-03,attended,50",
        "S-5,E-1004,2026-07-04,attended,50",
    ],
    "responses": [
        "ann.archer@example.org,E-1001,phq9,1,3,2026-07-01,client",
        "ann.archer@example.org,E-1001,phq9,2,2,2026-07-01,client",
        "Bob Baker,E-1002,phq9,1,1,2026-07-02,client",
        "Cleo Carter,E-1003,phq9,1,2,2026-07-03,client",
        "Dan Drew,E-1004,phq9,1,2,2026-07-04,client",
    ],
    "goals": ["G-1,E-1001,ann.archer@example.org,gas"],
    "goal_ratings": ["G-1,2026-07-20,client,1"],
    "referrals": ["R-1,Cleo Carter,E-1003,coaching,therapy,2026-08-01,yes"],
}
# One new client, and late answers of the quarter before; nothing is repeated.
Q4 = {
    "clients": ["Eve Ellis,south,woman"],
    "episodes": ["E-1005,south,Eve Ellis,,individual,coaching,,Yan Young,2026-10-01,"],
    "sessions": ["S-6,E-1005,2026-10-01,attended,50", "S-7,E-1001,2026-10-08,attended,50"],
    "responses": [
        "Eve Ellis,E-1005,phq9,1,3,2026-10-01,client",
        "ann.archer@example.org,E-1001,phq9,1,0,2026-10-05,client",
        "Bob Baker,E-1002,phq9,1,0,2026-10-05,client",
        "Cleo Carter,E-1001,phq9,1,0,2026-10-05,client",  # she takes no part in E-1001
        "Dan Drew,E-9999,phq9,1,0,2026-10-05,client",  # nobody knows this episode
    ],
    "goal_ratings": ["G-1,2026-10-10,client,2"],
}
NAMES = ["archer", "Baker", "Cleo", "Carter", "Dan Drew", "Eve", "Zimmer", "Young", "Jane"]
IDS = ["E-100", "S-1", "G-1", "R-1", *NAMES]


def write_export(folder: Path, tables: dict[str, list[str]], exported_on: str | None) -> Path:
    """A folder of canonical CSV tables."""
    folder.mkdir(parents=True)
    for name, lines in tables.items():
        text = "\n".join([*HEADERS[name], *lines]) + "\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    day = f"exported_on = {exported_on}\n" if exported_on else ""
    (folder / "layout.toml").write_text(f"schema = 1\n{day}", encoding="utf-8")
    return folder


def without(tables: dict[str, list[str]], *starts: str) -> dict[str, list[str]]:
    """The export without the lines that begin so."""
    return {
        name: [line for line in lines if not line.startswith(starts)]
        for name, lines in tables.items()
    }


def replaced(tables: dict[str, list[str]], old: str, new: str) -> dict[str, list[str]]:
    """The export with another text in its lines."""
    return {name: [line.replace(old, new) for line in lines] for name, lines in tables.items()}


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

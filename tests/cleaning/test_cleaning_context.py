"""A later export may refer to rows of an earlier one without repeating them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from outcomes.cleaning import clean
from outcomes.errors import InputError


def raw(text: str) -> pd.DataFrame:
    """A raw table from lines of comma-separated cells."""
    names, *lines = (line.split(",") for line in text.split())
    frame = pd.DataFrame(lines, columns=names, dtype="string").replace("", pd.NA)
    return frame.assign(_line=range(2, len(lines) + 2))


def cleaned(context=None, **tables):
    tables = {name: frame.assign(_file=f"{name}.csv") for name, frame in tables.items()}
    lines = {f"{name}.csv": len(frame) for name, frame in tables.items()}
    return clean(tables, exported_on=date(2026, 12, 31), lines=lines, context=context)


@pytest.fixture
def before():
    return cleaned(
        clients=raw("client_id\nC1\nC2\nC3"),
        couples=raw("couple_id,client_a,client_b\nK1,C2,C3"),
        practitioners=raw("practitioner_id,role\nT1,coach"),
        episodes=raw(
            "episode_id,client_id,couple_id,unit,intervention,practitioner_id,started_on\n"
            "E1,C1,,individual,coaching,T1,2026-07-01\nE2,,K1,couple,therapy,,2026-07-01"
        ),
        goals=raw("goal_id,episode_id,scale\nG1,E1,gas"),
    ).tables()


ANSWERS = (
    "client_id,episode_id,instrument,item,value,taken_on,rater\n"
    "C1,E1,phq9,1,2,2026-10-05,client\n"  # a late score of an earlier quarter
    "C2,E2,phq9,1,2,2026-10-05,client\n"  # of a couple
    "C1,E2,phq9,1,2,2026-10-05,client\n"  # no partner of that couple
    "C1,E9,phq9,1,2,2026-10-05,client\n"  # an episode nobody knows
    "C1,E1,phq9,2,2,2026-01-05,client"  # long before its episode
)


def test_a_late_score_finds_its_episode_and_the_rules_still_hold(before):
    study = cleaned(before, responses=raw(ANSWERS))
    assert study.responses[["client_id", "episode_id"]].to_numpy().tolist() == [
        ["C1", "E1"], ["C1", "E1"], ["C2", "E2"],
    ]  # fmt: skip
    log = study.ledger.to_frame()
    found = sorted(zip(log["action"], log["reason"], log["line"], strict=True))
    assert found == [
        ("dropped", "orphan", 4),
        ("dropped", "orphan", 5),
        ("flagged", "before_episode", 6),
    ]
    assert study.ledger.balanced()


def test_known_rows_are_not_returned(before):
    study = cleaned(before, responses=raw(ANSWERS))
    assert study.clients.empty
    assert study.episodes.empty


def test_without_them_it_is_an_error_or_an_orphan(before):
    with pytest.raises(InputError, match="refer to clients"):
        cleaned(responses=raw(ANSWERS))


def test_ratings_keep_to_the_scale_of_a_known_goal(before):
    ratings = raw("goal_id,rated_on,rater,value\nG1,2026-10-01,client,2\nG1,2026-10-02,client,7")
    study = cleaned(before, goal_ratings=ratings)
    assert study.goal_ratings["value"].tolist() == [2.0]


def test_a_known_practitioner_is_not_emptied(before):
    episode = raw(
        "episode_id,client_id,unit,intervention,practitioner_id,started_on\n"
        "E3,C1,individual,coaching,T1,2026-10-01\nE4,C1,individual,coaching,T9,2026-10-01"
    )
    study = cleaned(before, episodes=episode)
    assert study.episodes["practitioner_id"].fillna("").tolist() == ["T1", ""]


def test_the_own_row_of_a_source_outweighs_the_known_one(before):
    moved = raw(
        "episode_id,client_id,unit,intervention,started_on\nE1,C2,individual,coaching,2026-07-01"
    )
    study = cleaned(before, episodes=moved, responses=raw(ANSWERS))
    assert ["C1", "E1"] not in study.responses[["client_id", "episode_id"]].to_numpy().tolist()


def test_rows_that_look_for_their_episode_find_a_known_one(before):
    answers = raw(
        "client_id,episode_id,instrument,item,value,taken_on,rater,_find_episode\n"
        "C1,,phq9,1,2,2026-10-05,client,yes\n"
        "C3,,phq9,1,2,2026-10-05,client,yes\n"  # a partner
        "C9,,phq9,1,2,2026-10-05,client,yes"  # nobody knows
    )
    study = cleaned(before, responses=answers)
    assert study.responses[["client_id", "episode_id"]].to_numpy().tolist() == [
        ["C1", "E1"], ["C3", "E2"],
    ]  # fmt: skip
    assert study.ledger.balance()["rows_quarantined"].tolist() == [1]


@pytest.mark.parametrize(
    ("occasion", "taken_on", "found"),
    [
        ("end", "2025-07-31", True),  # 30 days after the end
        ("end", "2025-08-01", False),
        ("", "2025-08-01", False),
        ("followup", "2025-08-01", True),
        ("followup", "2026-08-01", True),  # 396 days after the end
        ("followup", "2026-08-02", False),
    ],
)
def test_a_follow_up_finds_its_episode_for_longer(occasion, taken_on, found):
    study = cleaned(
        clients=raw("client_id\nC1"),
        episodes=raw(
            "episode_id,client_id,unit,intervention,started_on,ended_on\n"
            "E1,C1,individual,coaching,2025-01-01,2025-07-01"
        ),
        responses=raw(
            "client_id,episode_id,instrument,item,value,taken_on,rater,occasion,_find_episode\n"
            f"C1,,phq9,1,2,{taken_on},client,{occasion},yes"
        ),
    )
    assert study.responses["episode_id"].tolist() == (["E1"] if found else [])
    assert study.ledger.balance()["rows_quarantined"].sum() == (0 if found else 1)


def test_partners_of_a_known_couple_have_one_session(before):
    sessions = raw(
        "session_id,episode_id,client_id,held_on,start_time,status\n"
        "S1,E2,C2,2026-10-05,10:00,attended\nS2,E2,C3,2026-10-05,10:00,attended"
    )
    study = cleaned(before, sessions=sessions)
    assert study.sessions["partners_present"].tolist() == [2]


def test_rules_beside_known_rows_flag_only_rows_of_the_source(before):
    episode = raw(
        "episode_id,client_id,unit,intervention,practitioner_id,started_on\n"
        "E3,C1,individual,coaching,T1,2026-10-01\nE4,C2,individual,therapy,T1,2026-10-01"
    )
    log = cleaned(before, episodes=episode).ledger.to_frame()
    assert sorted(zip(log["reason"], log["line"], strict=True)) == [
        ("overlapping_episodes", 2),
        ("role_mismatch", 3),
    ]


def test_what_belongs_to_a_row_that_waits_waits_although_an_earlier_one_is_known(before):
    couples = raw("couple_id,client_a,client_b\nK1,C2,C3\nK2,C2,C1")
    episodes = raw(
        "episode_id,couple_id,unit,intervention,started_on\n"
        "E2,K1,couple,therapy,2026-07-01\nE5,K2,couple,therapy,2026-07-01"
    )
    study = cleaned(before, couples=couples, episodes=episodes)
    assert study.episodes.empty
    assert study.ledger.balance()["rows_quarantined"].tolist() == [2, 2]

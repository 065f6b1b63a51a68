"""A study of some episodes keeps what belongs to them and nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.derive import only_episodes

BY_EPISODE = ("episodes", "sessions", "responses", "satisfaction", "goals")
WHOLE = ("clients", "couples", "practitioners", "referrals")


@pytest.fixture(scope="module")
def wanted(example_study) -> list[str]:
    return example_study.episodes["episode_id"].iloc[:40].tolist()


@pytest.fixture(scope="module")
def narrowed(example_study, wanted):
    return only_episodes(example_study, wanted)


@pytest.mark.parametrize("name", BY_EPISODE)
def test_only_rows_of_the_episodes_are_kept_and_all_of_them(example_study, narrowed, wanted, name):
    before, after = example_study.tables()[name], narrowed.tables()[name]
    assert set(after["episode_id"]) <= set(wanted)
    assert len(after) == before["episode_id"].isin(wanted).sum()
    assert after.dtypes.equals(before.dtypes)
    assert after.index.tolist() == list(range(len(after)))


def test_ratings_follow_their_goals(example_study, narrowed):
    goals = set(narrowed.goals["goal_id"])
    before = example_study.goal_ratings["goal_id"]
    assert goals
    assert len(narrowed.goal_ratings) == before.isin(goals).sum()
    assert set(narrowed.goal_ratings["goal_id"]) <= goals


@pytest.mark.parametrize("name", WHOLE)
def test_people_and_practitioners_stay_whole(example_study, narrowed, name):
    pd.testing.assert_frame_equal(example_study.tables()[name], narrowed.tables()[name])


def test_the_account_of_what_was_read_stays(example_study, narrowed):
    assert narrowed.ledger is example_study.ledger
    assert narrowed.sources == example_study.sources


def test_no_episode_leaves_empty_tables_and_all_leave_the_study(example_study):
    assert all(not len(only_episodes(example_study, []).tables()[name]) for name in BY_EPISODE)
    every = only_episodes(example_study, example_study.episodes["episode_id"])
    assert len(every.episodes) == len(example_study.episodes)


def test_the_study_itself_is_not_changed(example_study, wanted):
    before = len(example_study.responses)
    only_episodes(example_study, wanted[:1])
    assert len(example_study.responses) == before

"""Goals: T scores against published vectors and closed forms, and start to latest by date."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import RangeError, UsageError
from outcomes.instruments.goal_scores import goal_scores
from outcomes.instruments.goals import gas_change, gas_t, goal_policy, rating_change
from outcomes.ledger import Ledger
from outcomes.schema import Study, empty_table
from outcomes.schema.tables import TABLES

EXACT = 1e-12
FOUR_DECIMALS = 5e-5  # the published vectors are printed so


@pytest.mark.parametrize(
    ("levels", "weights", "t"),
    [
        ([-2, 0, -1, 2, 0, 1], [3, 5, 1, 4, 2, 6], 55.0),
        ([0, 0, 0], None, 50.0),
        ([1, 1, 1], None, 63.6931),
        ([-1, -1, -1], None, 36.3069),
        ([1, 0, -2], [3, 2, 1], 52.2033),
    ],
)
def test_vectors(levels, weights, t):
    assert gas_t(levels, weights)[0] == pytest.approx(t, abs=FOUR_DECIMALS)


def test_parties_without_goals_are_missing_and_nobody_changes_another():
    found = gas_t([1, 0, -2, 1, np.nan], [3, 2, 1, 5, 5], parties=[0, 0, 0, 2, 3])
    assert found[0] == gas_t([1, 0, -2], [3, 2, 1])[0]
    assert np.isnan(found[[1, 3]]).all()


def test_weights_of_nothing_weigh_alike_and_it_is_said():
    for weights in ([0, 0], [np.nan, np.nan]):
        found = gas_change([-1, -1], [0, 1], weights)
        assert found.latest[0] == gas_t([0, 1])[0]
        assert found.equal.tolist() == [True]
        assert any("weigh alike" in text for text in found.warnings)
    assert not gas_change([-1, -1], [0, 1]).equal.any()


def test_one_goal_alone_has_an_interval_of_known_width():
    # One goal: T = 50 + 10 x whatever rho, so SE = 10 sqrt(2 (1 - .8)) by hand.
    found = gas_change([-1], [1], reliability=0.8)
    half = 1.959963984540054 * 10 * np.sqrt(2 * 0.2)
    assert found.change[0] == pytest.approx(20, abs=EXACT)
    assert found.high[0] - found.change[0] == pytest.approx(half, abs=1e-9)
    assert found.change[0] - found.low[0] == pytest.approx(half, abs=1e-9)


def test_without_a_reliability_there_is_no_interval():
    found = gas_change([-1], [1])
    assert np.isnan(found.low[0])
    assert any("No interval" in text for text in found.warnings)


def test_only_goals_with_both_ratings_count():
    found = gas_change([-1, -2, -1], [1, np.nan, 0], [1, 9, 2], parties=[0, 0, 1])
    assert found.start.tolist() == [gas_t([-1])[0], gas_t([-1])[0]]
    assert (found.n_in.tolist(), found.n_used.tolist()) == ([2, 1], [1, 1])
    assert found.warnings[0].startswith("1 goals")


def test_the_interval_covers_at_its_level():
    rng = np.random.default_rng(7)
    n, r = 4000, 0.7
    true = rng.uniform(-0.3, 0.3, 3 * n)
    noise = rng.normal(0, np.sqrt(1 - r), (2, 3 * n))
    near = np.clip(true + noise, -2, 2)
    found = gas_change(*near, parties=np.repeat(np.arange(n), 3), reliability=r)
    share = np.mean((found.low <= 0) & (found.high >= 0))
    assert abs(share - 0.95) < 4 * np.sqrt(0.95 * 0.05 / n)  # four Monte Carlo errors


@pytest.mark.parametrize(("levels", "weights"), [([3], None), ([-2.5], None)])
def test_a_level_off_the_scale_stops(levels, weights):
    with pytest.raises(RangeError):
        gas_t(levels, weights)


def test_wrong_arguments_stop():
    with pytest.raises(UsageError):
        gas_t([1], [-1])
    with pytest.raises(UsageError):
        gas_t([1], rho=1.5)
    with pytest.raises(UsageError):
        gas_change([1], [1], reliability=2)


def test_goal_based_outcomes_are_means_over_goals_with_both():
    found = rating_change([2, 4, 5], [6, 5, np.nan], [0, 0, 0])
    assert (found.start[0], found.latest[0], found.change[0]) == (3, 5.5, 2.5)
    assert (found.n_in[0], found.n_used[0]) == (3, 2)
    assert goal_policy()["rating_change"] == 3
    with pytest.raises(RangeError):
        rating_change([11], [2])


def practice(ratings):
    tables = {name: empty_table(name) for name in TABLES}
    rows = [
        ("G1", "E1", "A", "gas", 1, False),
        ("G2", "E1", "A", "gas", 1, False),
        ("G3", "E2", None, "rating", 1, True),
    ]
    goals = pd.DataFrame(
        rows, columns=["goal_id", "episode_id", "client_id", "scale", "weight", "shared"]
    )
    frames = {
        "goals": goals,
        "goal_ratings": pd.DataFrame(ratings, columns=["goal_id", "rated_on", "rater", "value"]),
    }
    for name, frame in frames.items():
        typed = {column.name: column.dtype for column in TABLES[name].columns}
        tables[name] = frame.reindex(columns=list(typed)).astype(typed)
    return Study(name="t", ledger=Ledger.build([], read={}, kept={}, lines={}), **tables)


RATINGS = [
    ("G1", "2025-03-01", "client", 1),
    ("G1", "2025-01-01", "client", -1),
    ("G1", "2025-01-01", "practitioner", -2),
    ("G2", "2025-01-01", "client", -1),
    ("G3", "2025-01-01", "client", 2),
    ("G3", "2025-02-01", "client", 9),
]


@pytest.mark.parametrize("ratings", [RATINGS, RATINGS[::-1]], ids=["in order", "reversed"])
def test_start_and_latest_go_by_date_and_one_rater(ratings):
    found = goal_scores(practice(ratings))
    goals = found.goals.set_index("goal_id")
    assert (goals.loc["G1", "start"], goals.loc["G1", "latest"]) == (-1, 1)
    assert np.isnan(goals.loc["G2", "latest"])  # one rating is a start, never its own end
    parties = found.parties.set_index("episode_id")
    assert (parties.loc["E1", "start"], parties.loc["E1", "latest"]) == (40, 60)
    assert (parties.loc["E1", "n_goals"], parties.loc["E1", "n_used"]) == (2, 1)
    assert parties.loc["E2", "change"] == 7
    assert pd.isna(parties.loc["E2", "client_id"])
    assert "not an effect" in found.explain()
    assert "2 of 3" in repr(found)


def test_a_study_without_goals():
    found = goal_scores(practice([]))
    assert found.n_used == 0
    assert found.parties["change"].isna().all()

"""Three zones: boundaries, the matrix by hand, misclassification against simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.change.misclassification import expected_misclassification, zone_probabilities
from outcomes.change.zones import zone_of
from outcomes.errors import UsageError
from outcomes.privacy import policy
from outcomes.proportions import wilson
from outcomes.tables import zones_table

LIMITS = {"clinical_limit": 10, "flourishing_limit": 4, "direction": "lower"}


def small():
    pairs = [(15, 12), (15, 8), (10, 3), (9, 9), (9, 4), (8, 12), (3, 3), (4, 5), (20, None)]
    return pd.DataFrame(pairs, columns=["pre", "post"]).astype(float)


@pytest.mark.parametrize(
    ("direction", "scores"),
    [
        ("lower", [10.01, 10, 9.99, 4.01, 4, 3.99]),
        ("higher", [-10.01, -10, -9.99, -4.01, -4, -3.99]),
    ],
)
def test_at_below_and_above_the_limits(direction, scores):
    from outcomes.change.zones_result import ZoneLimit

    turn = 1 if direction == "lower" else -1
    limits = (ZoneLimit(turn * 10.0, True, "given"), ZoneLimit(turn * 4.0, False, "given"))
    found = zone_of(np.array(scores), *limits, direction)
    assert found.tolist() == [0, 0, 1, 1, 2, 2]


def test_matrix_by_hand():
    result = oc.zones(small(), **LIMITS)
    assert result.counts().to_numpy().tolist() == [[1, 1, 1], [1, 1, 1], [0, 1, 1]]
    assert (result.n_in, result.n_used) == (9, 8)
    row = result.matrix.iloc[1]
    assert (row["n"], row["n_total"]) == (1, 3)
    assert (row["low"], row["high"]) == pytest.approx(wilson(1, 3))
    assert result.sentences()[0] == "2 of 3 who started clinical left the clinical zone."
    assert result.frame["zone_end"].isna().tolist() == [False] * 8 + [True]


def test_direction_mirrors():
    other = oc.zones(-small(), clinical_limit=-10, flourishing_limit=-4, direction="higher")
    assert (other.counts() == oc.zones(small(), **LIMITS).counts()).all(axis=None)
    with pytest.raises(UsageError, match="better side"):
        oc.zones(small(), **{**LIMITS, "direction": "higher"})
    with pytest.raises(UsageError, match="flourishing"):
        oc.zones(small(), clinical_limit=10, direction="lower")


def test_misclassification_equals_simulation():
    """A million people: share whose true zone is another one; Monte Carlo error 0.0005."""
    rng = np.random.default_rng(1)
    r, mean, sd = 0.8, 12.0, 5.0
    true = rng.normal(mean, sd * np.sqrt(r), 1_000_000)
    seen = true + rng.normal(0, sd * np.sqrt(1 - r), 1_000_000)
    zones = (np.digitize(seen, [8.0, 15.0])).astype(np.int8)
    chances = zone_probabilities(seen, (8.0, 15.0), mean, sd, r)
    assert np.allclose(chances.sum(axis=1), 1)
    simulated = (np.digitize(true, [8.0, 15.0]) != zones).mean()
    assert expected_misclassification(chances, zones) == pytest.approx(simulated, abs=0.002)


def test_misclassification_stands_beside_the_matrix():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"pre": rng.normal(12, 5, 400), "post": rng.normal(8, 5, 400)})
    good = oc.zones(frame, reliability=0.95, **LIMITS).misclassified
    poor = oc.zones(frame, reliability=0.6, **LIMITS).misclassified
    assert (good["expected_misclassified"] < poor["expected_misclassified"]).all()
    assert oc.zones(frame, **LIMITS).misclassified.empty


def test_couples_widen_the_interval_and_small_cells_stay_hidden():
    rng = np.random.default_rng(4)
    pre, post = np.repeat(rng.normal(12, 4, 100), 2), np.repeat(rng.normal(8, 4, 100), 2)
    frame = pd.DataFrame({"pre": pre, "post": post, "couple": np.repeat(range(100), 2)})
    alone, paired = (oc.zones(frame, cluster=name, **LIMITS).matrix for name in (None, "couple"))
    place = int(alone["n"].idxmax())
    width = [(m.loc[place, "high"] - m.loc[place, "low"]) for m in (alone, paired)]
    assert width[1] > 1.3 * width[0]
    result = oc.zones(small(), **LIMITS)
    table = zones_table(result, policy()).to_frame()
    assert not [n for n in table["people"] if isinstance(n, int) and 0 < n < 5]
    data = result.plot().data
    assert not data["n"].between(1, 4).any() and data["share"].isna().any()
    assert "hidden" in result.plot().alt

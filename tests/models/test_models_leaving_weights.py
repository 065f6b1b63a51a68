"""Weights for dropout: against R's glm and lm, closed forms, and a simulation of what they mend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.leaving import dropout_weights
from outcomes.models.leaving.grid import visit_grid
from outcomes.schema.verdicts import Verdict


def long_btheb(shared) -> pd.DataFrame:
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB_long_post.csv")
    return frame.rename(columns={"bdi.pre": "pre"})


COLUMNS = {"person": "subject", "visit": "month", "outcome": "bdi", "start": "pre"}


def test_weights_equal_r_on_btheb(shared):
    """Numbers of tests/reference/leaving.R: glm with a tight control, products by person."""
    frame = long_btheb(shared)
    known = {"arm": "treatment", "baseline": ["drug", "pre"]}
    raw = dropout_weights(frame, **COLUMNS, **known, truncate=(0, 1))
    assert raw.weights.notna().sum() == 280
    assert raw.weights.sum() == pytest.approx(276.166717378707, rel=1e-9)
    assert raw.weights.min() == pytest.approx(0.654457404340069, rel=1e-9)
    assert raw.weights.max() == pytest.approx(1.42685717772402, rel=1e-9)
    table = raw.coefficients.set_index("term")["estimate"]
    assert table["last score"] == pytest.approx(-0.0809135128984462, rel=1e-7)
    assert table["last score × treatment=TAU"] == pytest.approx(0.0506467587890142, rel=1e-7)
    assert table["pre"] == pytest.approx(0.0335321689031622, rel=1e-7)
    assert table["treatment=TAU"] == pytest.approx(-0.6638383100104748, rel=1e-7)
    cut = dropout_weights(frame, **COLUMNS, **known, adjust=["drug"])
    assert cut.limits == pytest.approx((0.709361282142955, 1.39050048883641), rel=1e-9)
    rows = cut.estimates[cut.estimates["analysis"].eq("weighted for dropout")]
    at8 = rows[rows["visit"].eq(8)].set_index(["what", "group"])["estimate"]
    assert at8["mean", "BtheB"] == pytest.approx(9.19953551957482, rel=1e-9)
    assert at8["mean", "TAU"] == pytest.approx(14.75554550265491, rel=1e-9)
    adjusted = at8["adjusted difference", "TAU − BtheB"]
    assert adjusted == pytest.approx(3.56694312295816, rel=1e-9)


def test_weights_by_hand():
    """Two kinds of people; of the first half stay, of the second three quarters."""
    people = pd.DataFrame({"who": range(16), "kind": ["a"] * 8 + ["b"] * 8, "start": 5.0})
    stay = np.r_[np.tile([1, 0], 4), np.tile([1, 1, 1, 0], 2)].astype(bool)
    people["y"] = np.where(stay, np.where(people["kind"].eq("a"), 10.0, 20.0), np.nan)
    # The start score goes with staying in neither kind.
    people["start"] = [4.0, 4.0, 6.0, 6.0] * 2 + [4.0, 6.0, 6.0, 4.0, 4.0, 4.0, 6.0, 6.0]
    frame = people.assign(visit=1)
    found = dropout_weights(
        frame, person="who", visit="visit", outcome="y", start="start", baseline=["kind"],
        truncate=(0, 1),
    )  # fmt: skip
    means = found.estimates.set_index("analysis")["estimate"]
    assert means["complete cases"] == pytest.approx((4 * 10 + 6 * 20) / 10)
    weights = found.weights.groupby(frame["kind"]).mean()
    # 10 of 16 stay; by kind a half and three quarters.
    assert weights["a"] == pytest.approx((10 / 16) / (1 / 2), rel=1e-6)
    assert weights["b"] == pytest.approx((10 / 16) / (3 / 4), rel=1e-6)
    assert means["weighted for dropout"] == pytest.approx(15, rel=1e-6)


def simulated(n: int, seed: int) -> pd.DataFrame:
    """Three visits; people with a high last score leave, in one arm more than in the other.

    Without anybody leaving the arms differ by 0 at every visit, and the mean is 10.
    """
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    level = rng.normal(0, 2, n)
    start = 10 + level + rng.normal(0, 1, n)
    rows, there, last = [], np.ones(n, dtype=bool), start
    for visit in (1, 2, 3):
        high = last - 10
        chance = 1 / (1 + np.exp(-(1.2 - 0.7 * high * (1 + arm) / 1.5)))
        there = there & (rng.random(n) < chance)
        score = 10 + level + rng.normal(0, 1, n)
        rows.append(
            pd.DataFrame(
                {"who": np.arange(n), "arm": np.where(arm == 1, "b", "a"), "start": start,
                 "visit": visit, "y": np.where(there, score, np.nan)}
            )
        )  # fmt: skip
        last = np.where(there, score, last)
    return pd.concat(rows, ignore_index=True)


def at_the_end(frame):
    found = dropout_weights(
        frame, person="who", visit="visit", outcome="y", start="start", arm="arm",
        truncate=(0, 1),
    )  # fmt: skip
    last = found.estimates[found.estimates["visit"].eq(3)]
    return found, last.set_index(["analysis", "group"])["estimate"]


def test_weighted_means_are_right_where_complete_cases_are_wrong():
    _, means = at_the_end(simulated(40_000, 1))
    means = means[~means.index.get_level_values(1).str.contains("−")]
    complete, weighted = means["complete cases"], means["weighted for dropout"]
    assert complete["a"] < 9.4
    assert complete["b"] < 9.0
    # Four standard errors of a weighted mean of some thousand people.
    assert weighted["a"] == pytest.approx(10, abs=0.2)
    assert weighted["b"] == pytest.approx(10, abs=0.35)


def test_order_of_rows_and_names_of_people_change_nothing():
    frame = simulated(300, 2)
    one, a = at_the_end(frame)
    mixed = frame.sample(frac=1, random_state=1)
    mixed["who"] = "p" + mixed["who"].astype(str)
    other, b = at_the_end(mixed)
    pd.testing.assert_series_equal(one.weights, other.weights.sort_index(), rtol=1e-8)
    np.testing.assert_allclose(a.to_numpy(), b.to_numpy(), rtol=1e-8)


def test_points_of_the_outcome_scale_the_estimates_only():
    frame = simulated(300, 3)
    one, a = at_the_end(frame)
    other, b = at_the_end(frame.assign(y=5 * frame["y"] + 2, start=5 * frame["start"] + 2))
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-7)
    is_mean = ~a.index.get_level_values(1).str.contains("−")
    np.testing.assert_allclose(b[is_mean], 5 * a[is_mean] + 2, rtol=1e-7)


def test_a_gap_before_the_last_visit_is_no_leaving():
    frame = pd.DataFrame(
        {
            "who": [1, 1, 1, 2, 2, 2, 3, 3, 3],
            "visit": [1, 2, 3] * 3,
            "start": [5.0] * 3 + [6.0] * 3 + [7.0] * 3,
            "y": [4, np.nan, 3, 5, 6, np.nan, np.nan, np.nan, np.nan],
        }
    )
    grid = visit_grid(frame, person=["who"], visit="visit", outcome="y", start="start", known=[])
    assert grid.last.tolist() == [2, 1, -1]
    assert grid.n_gaps == 1
    assert grid.before.tolist() == [[5, 4, 4], [6, 5, 6], [7, 7, 7]]
    assert grid.at_risk.tolist() == [[True] * 3, [True] * 3, [True, False, False]]
    assert grid.stays.tolist() == [[True] * 3, [True, True, False], [False] * 3]


def test_without_a_start_column_the_first_visit_is_the_start():
    frame = simulated(200, 4)
    first = frame[frame["visit"].eq(1)].assign(visit=0, y=lambda rows: rows["start"])
    whole = pd.concat([first, frame]).drop(columns="start")
    one = dropout_weights(whole, person="who", visit="visit", outcome="y", arm="arm")
    other = dropout_weights(
        frame, person="who", visit="visit", outcome="y", start="start", arm="arm"
    )
    assert one.weights.sum() == pytest.approx(other.weights.sum())
    assert list(one.table["visit"].unique()) == [1, 2, 3]


def test_rows_and_people_that_cannot_be_used():
    frame = simulated(60, 5)
    twice = pd.concat([frame, frame.head(2)])
    with pytest.raises(UsageError, match="twice") as caught:
        at_the_end(twice)
    assert caught.value.how_many == 2
    changing = frame.assign(start=frame["start"] + frame["visit"])
    with pytest.raises(UsageError, match="two values"):
        at_the_end(changing)
    with pytest.raises(NotEnoughData, match="Nobody leaves"):
        at_the_end(frame.assign(y=1.0 * frame["who"]))
    with pytest.raises(UsageError, match="percentiles"):
        dropout_weights(
            frame, person="who", visit="visit", outcome="y", start="start", truncate=(0.9, 0.1)
        )
    lacking = frame.assign(start=frame["start"].where(frame["who"] > 3))
    found, _ = at_the_end(lacking)
    assert found.dropped == {"start": 4}
    assert (found.n_rows, found.n_used) == (60, 56)


def test_a_fact_that_parts_leavers_from_stayers_cannot_be_weighted_for():
    frame = simulated(60, 6)
    last = frame.dropna(subset="y").groupby("who")["visit"].max()
    frame["sure"] = frame["who"].map(last).fillna(0).eq(3).map({True: "yes", False: "no"})
    found = dropout_weights(
        frame, person="who", visit="visit", outcome="y", start="start", arm="arm",
        baseline=["sure"],
    )  # fmt: skip
    assert not found.converged
    assert repr(found).startswith("NOT CONVERGED")
    assert found.to_frame().empty
    assert found.verdict() is Verdict.CANNOT_TELL


def test_who_has_no_practitioner_stands_alone():
    frame = simulated(200, 8)
    frame["site"] = pd.Series(frame["who"] % 20, dtype="Int64").mask(frame["who"] < 3)
    found = dropout_weights(
        frame, person="who", visit="visit", outcome="y", start="start", arm="arm", cluster="site"
    )
    assert found.n_used == 200
    assert found.cluster == "site"


def test_says_how_much_hangs_on_few():
    frame = simulated(400, 7)
    found, _ = at_the_end(frame)
    assert any("times as much" in text for text in found.warnings)
    gentle = dropout_weights(
        frame, person="who", visit="visit", outcome="y", start="start", arm="arm"
    )
    assert gentle.table["ess"].le(gentle.table["n_seen"] + 1e-9).all()
    assert gentle.n_cut > 0
    assert "neither the start nor the last score shows" in gentle.explain()

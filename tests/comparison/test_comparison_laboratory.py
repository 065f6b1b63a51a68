"""The laboratory: its worlds are what they say, its counting is right, its targets are met."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.comparison.laboratory import draw, scenario, scenarios, truth
from outcomes.comparison.laboratory.result import summarise
from outcomes.errors import UsageError

IDENTIFIED = [name for name, world in scenarios().items() if world.identified]


def test_people_of_a_scenario_are_the_same_for_the_same_seed():
    world = scenario("couples")
    one, again = (draw(world, 100, np.random.default_rng(1)) for _ in range(2))
    pd.testing.assert_frame_equal(one, again)


def test_partners_come_to_the_same_arm():
    frame = draw(scenario("couples"), 200, np.random.default_rng(2))
    assert frame.groupby("couple")["arm"].nunique().max() == 1
    assert frame["couple"].value_counts().eq(2).sum() == 60


def test_practitioners_give_one_kind_of_help_where_the_scenario_says_so():
    kinds = {
        name: draw(scenario(name), 2000, np.random.default_rng(3))
        .groupby("practitioner")["arm"]
        .nunique()
        .max()
        for name in ("no_effect", "one_arm_practitioners")
    }
    assert kinds == {"no_effect": 2, "one_arm_practitioners": 1}


def test_end_scores_without_help_have_a_variance_of_one():
    world = scenario("one_arm_practitioners")
    people = [draw(world, 4000, np.random.default_rng([4, run])) for run in range(20)]
    assert np.mean([frame["post"].var() for frame in people]) == pytest.approx(1, abs=0.02)


def test_the_truth_of_a_constant_effect_is_that_effect_for_everybody():
    for estimand in ("ATE", "ATT", "ATO"):
        assert truth("constant_effect", estimand) == pytest.approx(-0.5)
        assert truth("hidden_confounding", estimand) == 0


def test_the_truth_of_a_varying_effect_depends_on_the_population():
    # The start score has mean 0, so on average the effect is that at 0; its Monte Carlo error is
    # 0.2 / sqrt(400,000) = 0.0003. Therapy clients are more severe and gain more.
    assert truth("varying_effect", "ATE") == pytest.approx(-0.4, abs=0.001)
    assert truth("varying_effect", "ATT") < truth("varying_effect", "ATO") - 0.01
    assert truth("varying_effect", "ATC") > truth("varying_effect", "ATE")


def test_counting_by_hand():
    rows = pd.DataFrame(
        [
            (0, "overlap", 0.1, 0.1, -0.1, 0.3, "cannot tell", False),
            (1, "overlap", -0.3, 0.1, -0.5, -0.1, "supported", True),
            (2, "overlap", math.nan, math.nan, math.nan, math.nan, "not comparable", False),
            (3, "overlap", 0.0, 0.1, -0.2, 0.2, "equivalent", False),
        ],
        columns=["run", "way", "estimate", "se", "low", "high", "verdict", "flagged"],
    )
    (row,) = summarise(scenario("no_effect"), rows).to_dict("records")
    assert row["estimated"] == 0.75
    assert row["bias"] == pytest.approx(-0.2 / 3)
    assert row["rmse"] == pytest.approx(math.sqrt(0.10 / 3))
    assert row["coverage"] == pytest.approx(2 / 3)
    assert row["coverage_error"] == pytest.approx(math.sqrt(2 / 27))
    assert (row["supported"], row["not_comparable"]) == (0.25, 0.25)
    assert (row["right"], row["wrong"], row["flagged"]) == (0.5, 0.25, 0.5)


def test_the_result_does_not_depend_on_the_number_of_processes():
    one, two = (
        oc.laboratory("no_effect", n=60, runs=4, ways=["overlap", "ancova"], jobs=jobs)
        for jobs in (1, 2)
    )
    pd.testing.assert_frame_equal(one.rows, two.rows)
    assert "no effect" in repr(one).lower()
    assert list(one.to_frame()["way"]) == ["overlap", "ancova"]


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "no such world"},
        {"name": "no_effect", "ways": ["guessing"]},
        {"name": "no_effect", "n": 19},
        {"name": "no_effect", "runs": 1},
    ],
)
def test_what_cannot_be_tried_is_said(asked):
    with pytest.raises(UsageError):
        oc.laboratory(**asked)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(IDENTIFIED) - {"no_overlap", "concurrent_care"}))
def test_where_the_assumptions_hold_the_answer_is_unbiased_and_covers(name):
    found = oc.laboratory(name, n=240, runs=120, ways=["overlap", "aipw_overlap"])
    for row in found.summary.to_dict("records"):
        assert abs(row["bias"]) < 0.02 + 3 * row["bias_error"]
        # 95 % less three Monte Carlo errors of 120 runs.
        assert row["coverage"] >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 120)
        assert row["wrong"] <= 0.05 + 3 * math.sqrt(0.95 * 0.05 / 120)


@pytest.mark.slow
def test_without_overlap_nothing_is_compared():
    found = oc.laboratory("no_overlap", n=240, runs=100).summary.set_index("way")
    refused = found.drop(index="unadjusted")["not_comparable"]
    assert (refused >= 0.95).all()


@pytest.mark.slow
def test_hidden_confounding_as_strong_as_the_start_score_is_flagged():
    found = oc.laboratory("hidden_confounding", n=240, runs=100, ways=["overlap"])
    wrong = found.rows[found.rows["verdict"].eq("supported")]
    assert len(wrong) > 50
    assert wrong["flagged"].mean() >= 0.9


@pytest.mark.slow
def test_what_is_read_off_a_plain_table_is_wrong():
    """The reason for the toolkit: without adjustment, no effect is called one most of the time."""
    found = oc.laboratory("no_effect", n=240, runs=100, ways=["unadjusted"]).summary
    assert found["wrong"].iloc[0] > 0.5


@pytest.mark.slow
def test_ever_both_invents_an_effect_and_a_landmark_does_not():
    found = oc.laboratory("concurrent_care", n=240, runs=200).summary.set_index("way")
    assert found.loc["ever_both", "bias"] < -0.2
    assert found.loc["ever_both", "wrong"] > 0.4
    landmark = found.loc["landmark"]
    assert abs(landmark["bias"]) < 0.02 + 3 * landmark["bias_error"]
    assert landmark["wrong"] <= 0.05 + 3 * math.sqrt(0.95 * 0.05 / 200)

"""Three arms in one common population: the same rules, and differences that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.comparison import ArmsComparison, comparison_policy
from outcomes.errors import UsageError
from outcomes.models import Recipe
from outcomes.schema.verdicts import Verdict

ARMS = ["coaching", "therapy", "both"]
TRUE = {"coaching": 0.0, "therapy": -1.0, "both": -2.0}
KNOWN = ["pre", "age"]
SAME_RTOL = 1e-9  # the same numbers by two roads
RUNS = 300
# Coverage of 95 % in 300 runs has a standard error of 1.3 %.
COVERAGE = (0.91, 0.985)


def practice(n=600, seed=1, slope=0.5, clusters=40):
    """Severity decides the arm and the end score; the differences between arms are `TRUE`."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    linear = np.column_stack([np.zeros(n), slope * z, 2 * slope * z - 0.3])
    p = np.exp(linear) / np.exp(linear).sum(axis=1, keepdims=True)
    code = (rng.uniform(size=n)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    who = rng.integers(clusters, size=n)
    frame = pd.DataFrame({"pre": 15 + 5 * z, "age": rng.normal(40, 12, n), "who": who})
    frame["arm"] = np.array(ARMS)[code]
    noise = rng.normal(0, 1, clusters)[who] + rng.normal(0, 4, n)
    frame["post"] = 3 + 0.6 * frame["pre"] + frame["arm"].map(TRUE) + noise
    return frame


@pytest.fixture(scope="module")
def found():
    return oc.compare_arms(
        practice(), arms=ARMS, covariates=KNOWN, cluster="who", direction="lower"
    )


def test_every_pair_has_a_comparison_and_differences_add_up(found):
    assert list(found.pairs) == [
        ("coaching", "therapy"), ("coaching", "both"), ("therapy", "both"),
    ]  # fmt: skip
    step = [found[pair].estimate for pair in found.pairs]
    assert step[1] == pytest.approx(step[0] + step[2], rel=SAME_RTOL)
    assert found["coaching", "both"].means["both"] == found["therapy", "both"].means["both"]


def test_overlap_differences_are_those_of_the_weighted_means(found):
    frame, weights = practice(), found.weights.weights
    means = {
        arm: np.average(frame.loc[rows, "post"], weights=weights[rows])
        for arm, rows in frame.groupby("arm").groups.items()
    }
    for (first, second), one in found.pairs.items():
        assert one.estimate == pytest.approx(means[second] - means[first], rel=1e-8)


@pytest.mark.parametrize(
    ("estimand", "target", "plain"),
    [("ATO", None, "ATO"), ("ATE", None, "ATE"), ("ATT", "therapy", "ATT"),
     ("ATT", "coaching", "ATC")],
)  # fmt: skip
def test_two_arms_are_compare(estimand, target, plain):
    frame = practice()
    two = oc.compare(
        frame, reference="coaching", other="therapy", covariates=KNOWN, cluster="who",
        estimand=plain, direction="lower",
    )  # fmt: skip
    several = oc.compare_arms(
        frame, arms=["coaching", "therapy"], covariates=KNOWN, cluster="who",
        estimand=estimand, target=target, direction="lower",
    )  # fmt: skip
    pd.testing.assert_frame_equal(
        several["coaching", "therapy"].to_frame(), two.to_frame(), check_exact=True
    )


@pytest.mark.parametrize("estimand", ["ATO", "ATE"])
@pytest.mark.parametrize("uncertainty", ["stacked", "fixed"])
def test_the_regression_of_several_arms_gives_for_two_what_compare_gives(estimand, uncertainty):
    from outcomes.comparison.estimators import Options
    from outcomes.comparison.prepared import Request
    from outcomes.comparison.several_estimate import Everybody, estimate_pairs
    from outcomes.models.weighting import weights_of_several

    frame = practice().query("arm != 'both'").reset_index(drop=True)
    two = oc.compare(
        frame, reference="coaching", covariates=KNOWN, cluster="who", estimand=estimand,
        uncertainty=uncertainty,
    )  # fmt: skip
    asked = Request(
        "post", tuple(KNOWN), "who", estimand, "weighting", None, None, "points", 0.95,
        comparison_policy(), Options(uncertainty=uncertainty),
    )  # fmt: skip
    weights = weights_of_several(frame, "arm", KNOWN, estimand)
    people = Everybody.of(frame, asked, weights, np.ones(len(frame), dtype=bool))
    one = estimate_pairs(people, asked)["coaching", "therapy"]
    got = (one.estimate, one.se, one.df)
    assert got == pytest.approx((two.estimate, two.se, two.df), rel=1e-7)


def test_a_pair_that_fails_is_not_comparable_and_the_others_stand():
    frame = practice(900, slope=0.2)
    # Everybody in the third arm is sicker than nearly all of the first.
    far = frame["arm"].eq("both")
    frame.loc[far, "pre"] += 11
    frame.loc[frame["arm"].eq("therapy"), "pre"] += 5
    found = oc.compare_arms(frame, arms=ARMS, covariates=["pre"], cluster="who")
    failed = found["coaching", "both"]
    assert failed.verdict is Verdict.NOT_COMPARABLE
    assert np.isnan(failed.estimate)
    assert "no number" in repr(found)


def test_a_small_arm_is_left_out_of_the_common_population():
    frame = practice()
    few = frame[frame["arm"].eq("both")].iloc[:5]
    frame = pd.concat([frame[~frame["arm"].eq("both")], few])
    found = oc.compare_arms(frame, arms=ARMS, covariates=KNOWN, cluster="who")
    alone = oc.compare(
        frame, reference="coaching", other="therapy", covariates=KNOWN, cluster="who"
    )
    assert found["coaching", "therapy"].estimate == alone.estimate
    assert found["coaching", "both"].verdict is Verdict.CANNOT_TELL
    assert found.included == ("coaching", "therapy")
    assert any("both has too few" in text for text in found.warnings)


def test_without_the_arm_it_is_about_no_pair_can_be_told():
    frame = practice()
    few = frame[frame["arm"].eq("both")].iloc[:5]
    frame = pd.concat([frame[~frame["arm"].eq("both")], few])
    found = oc.compare_arms(frame, arms=ARMS, covariates=KNOWN, estimand="ATT", target="both")
    assert {one.verdict for one in found.pairs.values()} == {Verdict.CANNOT_TELL}
    assert {one.reasons for one in found.pairs.values()} == {("n",)}
    about = oc.compare_arms(frame, arms=ARMS, covariates=KNOWN, estimand="ATT", target="coaching")
    two = oc.compare(frame, reference="coaching", other="therapy", covariates=KNOWN, estimand="ATC")
    assert about["coaching", "therapy"].estimate == two.estimate


def test_too_many_columns_cannot_be_told():
    frame = practice(60, clusters=12)
    frame["word"] = [f"word {place // 2}" for place in range(60)]
    found = oc.compare_arms(frame, arms=ARMS, covariates=["pre", "word"])
    assert {one.verdict for one in found.pairs.values()} == {Verdict.CANNOT_TELL}
    assert found.weights is None


def test_a_recipe_makes_the_weights():
    recipe = Recipe(way="entropy")
    found = oc.compare_arms(practice(), covariates=KNOWN, estimand="ATE", recipe=recipe)
    assert found.weights.model.way == "entropy"
    assert found.weights.worst_smd < 1e-8


def test_misuse_is_refused(found):
    with pytest.raises(UsageError, match="no pair"):
        found["therapy", "coaching"]
    with pytest.raises(UsageError, match="uncertainty"):
        oc.compare_arms(practice(), covariates=KNOWN, uncertainty="guess")
    with pytest.raises(UsageError, match="none of the arms"):
        oc.compare_arms(practice(), arms=ARMS[:2], covariates=KNOWN, estimand="ATT", target="both")
    with pytest.raises(UsageError, match="named for ATT"):
        oc.compare_arms(practice(), arms=ARMS[:2], covariates=KNOWN, target="therapy")


def test_shows_itself(found):
    assert isinstance(found, ArmsComparison)
    assert len(found.to_frame()) == 3
    assert set(found.verdicts.values()) <= set(Verdict)
    said = found.explain()
    for part in ("they add up", "not adjusted for the number of pairs", "any of coaching"):
        assert part in said
    assert "<table" in found._repr_html_()
    assert set(found.means) == set(ARMS)
    assert "Li and Li 2019" in found.sources


@pytest.mark.slow
@pytest.mark.parametrize("estimand", ["ATO", "ATE"])
def test_intervals_of_three_arms_cover(estimand):
    inside = dict.fromkeys((("coaching", "therapy"), ("coaching", "both")), 0)
    for run in range(RUNS):
        found = oc.compare_arms(
            practice(360, seed=run, slope=0.35), arms=ARMS, covariates=["pre"], cluster="who",
            estimand=estimand,
        )  # fmt: skip
        for first, second in inside:
            one = found[first, second]
            truth = TRUE[second] - TRUE[first]
            # A run that is refused tells nothing about intervals.
            inside[first, second] += bool(one.low <= truth <= one.high)
    for count in inside.values():
        assert COVERAGE[0] <= count / RUNS <= COVERAGE[1]


def test_neither_the_order_of_rows_nor_of_arms_changes_a_difference(found):
    frame = practice().sample(frac=1, random_state=4)
    turned = oc.compare_arms(
        frame, arms=ARMS[::-1], covariates=KNOWN, cluster="who", direction="lower"
    )
    for (first, second), one in found.pairs.items():
        other = turned[second, first]
        assert (other.estimate, other.se) == pytest.approx((-one.estimate, one.se), rel=1e-7)
        assert other.verdict == one.verdict


def test_shares_are_compared_too():
    frame = practice()
    frame["better"] = frame["post"] < frame["pre"] - 4
    found = oc.compare_arms(frame, outcome="better", arms=ARMS, covariates=KNOWN, cluster="who")
    assert found["coaching", "both"].binary
    assert found["coaching", "both"].unit == "share of people"
    assert found["coaching", "both"].estimate > 0


def test_people_set_aside_are_in_no_pair():
    recipe = Recipe(trim=0.1)
    found = oc.compare_arms(practice(slope=0.9), covariates=KNOWN, estimand="ATE", recipe=recipe)
    weights = found.weights
    assert sum(weights.set_aside.values()) > 0
    for pair, one in found.pairs.items():
        assert one.n == {arm: weights.n[arm] for arm in pair}

"""Weights of three and more arms, against R's multinomial model, two arms and derivatives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from weighting_data import r_numbers

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models import Recipe, weights
from outcomes.models.multinomial import chances, multinomial
from outcomes.models.propensity import propensity
from outcomes.models.weighting import several_scores, weights_of_several
from outcomes.models.weighting.generalised import SEVERAL, generalised_slopes, generalised_weights
from outcomes.models.weighting.several_result import SeveralWeights

ARMS = ["white", "black", "hispan"]
KNOWN = ["age", "educ", "married", "nodegree", "re74"]
SOLVED_RTOL = 1e-9  # both sides solve the same equations to rounding
EXACT = 1e-12
STEP = 1e-6  # central differences are good to about its square


@pytest.fixture(scope="module")
def lalonde(shared):
    return pd.read_csv(shared / "data" / "lalonde" / "lalonde_cobalt.csv")


@pytest.fixture(scope="module")
def found_by_r():
    return r_numbers()


def three(n=600, seed=1, slope=0.6):
    """Coaching, therapy and both; the sicker people choose the later arms."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    linear = np.column_stack([np.zeros(n), slope * z, 2 * slope * z - 0.5])
    p = np.exp(linear) / np.exp(linear).sum(axis=1, keepdims=True)
    arm = (rng.uniform(size=n)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    frame = pd.DataFrame({"pre": 15 + 5 * z, "age": rng.normal(40, 12, n)})
    frame["gender"] = rng.choice(["female", "male"], n)
    frame["arm"] = np.array(["coaching", "therapy", "both"])[arm]
    return frame


@pytest.mark.parametrize(
    ("estimand", "target"), [("ATE", None), ("ATT", "black"), ("ATO", None), ("ATM", None)]
)
def test_equals_r_multinomial(lalonde, found_by_r, estimand, target):
    found = weights_of_several(
        lalonde, "race", KNOWN, estimand, arms=ARMS, target=target, recipe=Recipe(likelihood=True)
    )
    for row in (1, 2, 200, 614):
        for arm in ARMS:
            expected = found_by_r[f"multinom/e/{row}/{arm}"]
            assert found.propensity.iloc[row - 1][arm] == pytest.approx(expected, rel=SOLVED_RTOL)
    for arm in ARMS:
        rows = lalonde["race"].eq(arm)
        mean = np.average(lalonde.loc[rows, "re78"], weights=found.weights[rows])
        stored = f"multinom/{estimand}/{arm}"
        assert mean == pytest.approx(found_by_r[f"{stored}/mean"], rel=SOLVED_RTOL)
        assert found.ess[arm] == pytest.approx(found_by_r[f"{stored}/ess"], rel=SOLVED_RTOL)


def test_the_solved_model_is_that_of_nnet(found_by_r):
    assert found_by_r["multinom/apart"] < 1e-6


@pytest.mark.parametrize("estimand", ["ATE", "ATO", "ATM"])
def test_two_arms_are_the_weights_of_two_arms(estimand):
    frame = three().query("arm != 'both'")
    found = weights_of_several(frame, "arm", ["pre", "age"], estimand)
    two = weights(frame, "arm", ["pre", "age"], estimand)
    np.testing.assert_allclose(found.weights, two.weights, rtol=1e-9)
    np.testing.assert_allclose(found.propensity["therapy"], two.propensity, rtol=1e-9)
    member = frame["arm"].eq("therapy").to_numpy(dtype=float)
    matrix = frame[["pre", "age"]].to_numpy()
    expected = propensity(member, matrix).probability
    got = multinomial(member.astype(np.intp), matrix, 2).probability[:, 1]
    np.testing.assert_allclose(got, expected, rtol=1e-10)


class TestExactBalance:
    def test_overlap_weights_balance_every_mean_of_three_arms(self):
        found = weights_of_several(three(), "arm", ["pre", "age", "gender"])
        assert found.model.way == "balanced"
        assert found.worst_smd < EXACT
        assert found.balance()["smd_before"].abs().max() > 0.5
        assert found.from_population()["psd_after"].max() < EXACT

    def test_and_of_five(self):
        frame = three(1500)
        extra = np.random.default_rng(3).choice(["", " by phone"], len(frame))
        frame["arm"] += np.where(frame["arm"].eq("both"), "", extra)
        found = weights_of_several(frame, "arm", ["pre", "age", "gender"])
        assert len(found.arms) == 5
        assert found.worst_smd < EXACT

    def test_those_of_the_likelihood_balance_nearly(self):
        recipe = Recipe(likelihood=True)
        found = weights_of_several(three(), "arm", ["pre", "age", "gender"], recipe=recipe)
        assert EXACT < found.worst_smd < 0.1

    def test_the_order_of_the_arms_does_not_matter(self):
        frame = three()
        first = weights_of_several(frame, "arm", ["pre", "age"])
        order = ["therapy", "both", "coaching"]
        second = weights_of_several(frame, "arm", ["pre", "age"], arms=order)
        np.testing.assert_allclose(first.weights, second.weights, rtol=1e-8)

    @pytest.mark.parametrize(("estimand", "target"), [("ATE", None), ("ATT", "therapy")])
    def test_entropy_balancing_does_for_three_arms(self, estimand, target):
        recipe = Recipe(way="entropy")
        found = weights_of_several(
            three(), "arm", ["pre", "age"], estimand, target=target, recipe=recipe
        )
        assert found.converged
        assert found.worst_smd < 1e-8


@pytest.mark.parametrize("estimand", [*SEVERAL, "balanced", "entropy"])
def test_scores_sum_to_zero_and_slopes_are_derivatives(estimand):
    target = "therapy" if estimand == "ATT" else None
    if estimand in ("balanced", "entropy"):
        recipe = Recipe(way="entropy") if estimand == "entropy" else Recipe()
        found = weights_of_several(
            three(200), "arm", ["pre", "age"], "ATE" if estimand == "entropy" else "ATO",
            recipe=recipe,
        )  # fmt: skip
    else:
        found = weights_of_several(
            three(200), "arm", ["pre", "age"], estimand, target=target,
            recipe=Recipe(likelihood=True),
        )  # fmt: skip
    scores = found.scores()
    assert np.abs(scores.psi().sum(axis=0)).max() < 1e-9
    if estimand == "entropy":
        return
    model = found.model
    gamma = np.column_stack(
        [model.basis.T @ np.log(model.probability[:, j] / model.probability[:, 0]) for j in (1, 2)]
    )
    slopes, psi = scores.weight_slopes(), np.zeros((scores.n_parameters, scores.n_parameters))
    for place in range(scores.n_parameters):
        change = np.zeros(gamma.size)
        change[place] = STEP
        change = change.reshape(2, -1).T
        sides = []
        for sign in (1, -1):
            e = chances(model.basis, gamma + sign * change)
            w = generalised_weights(e, model.codes, model.estimand, model.target)
            member = model.codes[:, None] == np.arange(3)
            gap = (member[:, 1:] - member[:, :1].astype(float)) * w[:, None]
            residual = gap if model.way == "balanced" else member[:, 1:] - e[:, 1:]
            sides.append((w, (model.basis.T @ residual).T.ravel()))
        change_of_weight = (sides[0][0] - sides[1][0]) / (2 * STEP)
        np.testing.assert_allclose(slopes[:, place], change_of_weight, atol=1e-7)
        psi[:, place] = (sides[0][1] - sides[1][1]) / (2 * STEP)
    np.testing.assert_allclose(scores.information, -psi, atol=1e-6)


class TestPairs:
    def test_a_pair_has_the_common_weights_and_its_own_checks(self):
        frame = three()
        found = weights_of_several(frame, "arm", ["pre", "age"])
        pair = found.pair("coaching", "both")
        mine = frame["arm"].isin(["coaching", "both"])
        np.testing.assert_array_equal(pair.weights[mine], found.weights[mine])
        assert pair.weights[~mine].isna().all()
        chance = found.propensity["both"] / (
            found.propensity["both"] + found.propensity["coaching"]
        )
        np.testing.assert_allclose(pair.propensity[mine], chance[mine])
        assert pair.n == {arm: found.n[arm] for arm in ("coaching", "both")}
        assert pair.worst_smd < EXACT
        assert "any of both, coaching or therapy" in pair.population
        assert "multinomial" in pair.explain()

    def test_spreads_are_of_the_named_arm_where_the_pair_has_it(self):
        frame = three()
        found = weights_of_several(frame, "arm", ["pre"], "ATT", target="both")
        before = found.pair("coaching", "both").balance["smd_before"].iloc[0]
        means = frame.groupby("arm")["pre"].agg(["mean", "std"])
        expected = (means["mean"]["both"] - means["mean"]["coaching"]) / means["std"]["both"]
        assert before == pytest.approx(expected, rel=EXACT)


def test_rows_of_other_arms_get_nothing_and_an_empty_client_changes_nobody():
    frame = three()
    found = weights_of_several(frame, "arm", ["pre"], arms=["coaching", "therapy"])
    assert found.weights[frame["arm"].eq("both")].isna().all()
    wider = pd.concat([frame, pd.DataFrame({"pre": [11.0], "arm": [None]})], ignore_index=True)
    again = weights_of_several(wider, "arm", ["pre"])
    np.testing.assert_allclose(
        again.weights[:-1], weights_of_several(frame, "arm", ["pre"]).weights, rtol=1e-10
    )
    assert (again.n_in, again.n_used) == (601, 600)


def test_trimming_is_said_and_sets_weights_to_zero():
    frame = three(slope=1.2)
    for trim in (0.05, "support"):
        found = weights_of_several(frame, "arm", ["pre"], "ATE", recipe=Recipe(trim=trim))
        assert 0 < found.n_used < 600
        assert (found.weights[~found.model.kept] == 0).all()
        assert any("set aside" in text for text in found.warnings)
        assert "after trimming" in found.population
        assert sum(found.set_aside.values()) == 600 - found.n_used


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"estimand": "ATC"}, UsageError),
        ({"estimand": "ATT"}, UsageError),
        ({"target": "both"}, UsageError),
        ({"estimand": "ATT", "target": "nothing"}, UsageError),
        ({"recipe": Recipe(bias_reduction="always")}, UsageError),
        ({"recipe": Recipe(trim="crump")}, UsageError),
        ({"recipe": Recipe(missing="impute")}, UsageError),
        ({"recipe": Recipe(way="entropy")}, UsageError),
        ({"arms": ["coaching"]}, UsageError),
        ({"arms": ["coaching", "coaching"]}, UsageError),
        ({"arms": ["coaching", "therapy", "nobody"]}, NotEnoughData),
    ],
)
def test_misuse_is_refused(options, error):
    with pytest.raises(error):
        weights_of_several(three(90), "arm", ["pre"], **options)


def test_separated_arms_are_said():
    frame = three()
    frame["level"] = "common"
    frame.loc[frame.index[frame["arm"].eq("both")][:5], "level"] = "rare"
    found = weights_of_several(frame, "arm", ["pre", "level"])
    assert found.separated
    assert any("one arm only" in text for text in found.warnings)
    assert found.weights[frame["level"].eq("rare")].max() < 1e-5


def test_shows_itself():
    found = weights_of_several(three(), "arm", ["pre", "age"])
    assert isinstance(found, SeveralWeights)
    assert "SeveralWeights(ATO" in repr(found)
    assert "<table" in found._repr_html_()
    assert "propensity of both" in found.to_frame()
    assert "Li and Li 2019" in found.sources
    assert several_scores(found.model).n_parameters == 6
    e = np.array([[0.2, 0.3, 0.5]])
    assert generalised_weights(e, np.array([2]), "ATM", None)[0] == pytest.approx(0.4)
    assert generalised_slopes(e, np.array([0]), "ATE", None).shape == (1, 2)

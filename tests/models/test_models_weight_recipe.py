"""Bias reduction, entropy balancing, curves, products and trimming, against R and closed forms."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weighting_data import COVARIATES, difference, practice, r_numbers

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models import ESTIMANDS, Recipe, impute, propensity, weight_scores, weights
from outcomes.models.propensity import leverage
from outcomes.models.weighting import refit
from outcomes.models.weighting.recipe import weighting_policy
from outcomes.models.weighting.terms import restricted_cubic, spline_knots
from outcomes.models.weighting.trimming import crump_limit

SOLVED_RTOL = 1e-10  # both sides solve the same equations to rounding
ITERATED_RTOL = 1e-8  # R's augmented data stop when probabilities move by 1e-14
WEIGHTIT_RTOL = 3e-5  # WeightIt 1.0.0 stops at standardised differences of 2e-5
EXACT = 1e-12  # closed forms
ENTROPY = Recipe(way="entropy")


@pytest.fixture(scope="module")
def lalonde(shared):
    return pd.read_csv(shared / "data" / "lalonde" / "lalonde_cobalt.csv")


@pytest.fixture(scope="module")
def found_by_r():
    return r_numbers()


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_weights_equal_a_solved_glm(lalonde, found_by_r, estimand):
    found = weights(lalonde, "treat", COVARIATES, estimand, reference="0").weights
    for row in (1, 2, 200, 614):
        expected = found_by_r[f"glm/{estimand}/{row}"]
        assert found.iloc[row - 1] == pytest.approx(expected, rel=SOLVED_RTOL)
    assert found.sum() == pytest.approx(found_by_r[f"glm/{estimand}/sum"], rel=SOLVED_RTOL)


class TestBiasReduction:
    def test_equals_augmented_data_in_r(self, lalonde, found_by_r):
        recipe = Recipe(bias_reduction="always")
        found = weights(lalonde, "treat", COVARIATES, "ATE", reference="0", recipe=recipe)
        assert found.way == "bias_reduced"
        for row in (1, 2, 200, 614):
            expected = found_by_r[f"firth/e/{row}"]
            assert found.propensity.iloc[row - 1] == pytest.approx(expected, rel=ITERATED_RTOL)

    def test_without_covariates_adds_half_a_person_to_each_side(self):
        t = np.r_[np.ones(3), np.zeros(9)]
        found = propensity(t, np.empty((12, 0)), reduce="always")
        assert found.probability[0] == pytest.approx(3.5 / 13, rel=EXACT)

    @pytest.mark.parametrize("cells", [(0, 6, 5, 4), (1, 6, 5, 4), (0, 6, 5, 0)])
    def test_in_a_two_by_two_table_adds_half_to_each_cell(self, cells):
        """Saturated: Jeffreys' prior of each binomial (Firth 1993, section 3.3)."""
        a, b, c, d = cells
        x = np.repeat([0.0, 0.0, 1.0, 1.0], cells)
        t = np.repeat([1.0, 0.0, 1.0, 0.0], cells)
        found = propensity(t, x[:, None], reduce="separated")
        assert found.reduced == (0 in cells)
        assert found.separated == (0 in cells)
        if found.reduced:
            assert found.probability[x == 0][0] == pytest.approx((a + 0.5) / (a + b + 1), rel=1e-10)
            assert found.probability[x == 1][0] == pytest.approx((c + 0.5) / (c + d + 1), rel=1e-10)

    def test_leverages_sum_to_the_columns(self):
        frame = practice(50, 3)
        fit = propensity(
            frame["arm"].eq("therapy").astype(float).to_numpy(), frame[["pre"]].to_numpy()
        )
        assert leverage(fit.basis, fit.probability).sum() == pytest.approx(2, rel=EXACT)

    def test_separated_arms_get_finite_weights_and_it_is_still_said(self):
        frame = practice(200, 2)
        frame["level"] = "common"
        frame.loc[frame.index[frame["arm"].eq("therapy")][:4], "level"] = "rare"
        found = weights(frame, "arm", ["pre", "level"], "ATE")
        assert found.separated
        assert found.way == "bias_reduced"
        assert found.weights.max() < 100
        assert any("one arm only (separation)" in text for text in found.warnings)
        assert any("Firth" in text for text in found.warnings)
        plain = weights(
            frame, "arm", ["pre", "level"], "ATE", recipe=Recipe(bias_reduction="never")
        )
        assert plain.way == "logistic"
        overlap = weights(frame, "arm", ["pre", "level"], "ATO")
        assert overlap.way == "logistic"
        assert overlap.worst_smd < 1e-6


class TestEntropyBalancing:
    @pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
    def test_equals_r_and_balances_exactly(self, lalonde, found_by_r, estimand):
        found = weights(lalonde, "treat", COVARIATES, estimand, reference="0", recipe=ENTROPY)
        assert found.converged
        assert found.worst_smd < 1e-8
        expected = found_by_r[f"entropy/{estimand}/estimate"]
        assert difference(found, lalonde) == pytest.approx(expected, rel=ITERATED_RTOL)
        for arm in ("0", "1"):
            size = found_by_r[f"entropy/{estimand}/ess{arm}"]
            assert found.ess[arm] == pytest.approx(size, rel=ITERATED_RTOL)

    @pytest.mark.parametrize("estimand", ["ATE", "ATT"])
    def test_equals_weightit(self, lalonde, shared, estimand):
        path = shared / "reference" / "weighting_lalonde.json"
        stored = json.loads(path.read_text(encoding="utf-8"))[f"weightit_ebal_{estimand}"]
        found = weights(lalonde, "treat", COVARIATES, estimand, reference="0", recipe=ENTROPY)
        assert difference(found, lalonde) == pytest.approx(stored["est"], rel=WEIGHTIT_RTOL)
        assert found.ess["0"] == pytest.approx(stored["ess"][1]["Control"], rel=WEIGHTIT_RTOL)
        assert found.ess["1"] == pytest.approx(stored["ess"][1]["Treated"], rel=WEIGHTIT_RTOL)

    def test_weights_sum_to_the_target_and_its_own_are_one(self, lalonde):
        found = weights(lalonde, "treat", COVARIATES, "ATT", reference="0", recipe=ENTROPY).weights
        treated = lalonde["treat"].eq(1)
        assert (found[treated] == 1).all()
        assert found[~treated].sum() == pytest.approx(treated.sum(), rel=1e-10)

    def test_what_cannot_be_balanced_is_said(self):
        frame = pd.DataFrame({"x": np.r_[np.arange(20.0), 30 + np.arange(20.0)]})
        frame["arm"] = np.repeat(["a", "b"], 20)
        found = weights(frame, "arm", ["x"], "ATT", recipe=ENTROPY)
        assert not found.converged
        assert found.separated
        assert any("no weights make" in text for text in found.warnings)

    def test_has_no_target_for_overlap(self):
        with pytest.raises(UsageError, match="no target"):
            weights(practice(40, 1), "arm", ["pre"], "ATO", recipe=ENTROPY)


class TestCurvesAndProducts:
    def test_columns_equal_hmisc(self, lalonde, found_by_r):
        age = lalonde["age"].to_numpy(dtype=float)
        bent = restricted_cubic(age, np.quantile(age, [0.05, 0.35, 0.65, 0.95]))
        for row in (1, 2, 200, 614):
            for b in (1, 2):
                expected = found_by_r[f"spline/{row}/{b}"]
                assert bent[row - 1, b - 1] == pytest.approx(expected, rel=SOLVED_RTOL, abs=EXACT)

    def test_is_a_straight_line_outside_the_outer_knots(self):
        knots = np.array([0.0, 1.0, 3.0, 4.0])
        bent = restricted_cubic(np.array([-2.0, -1.0, 0.0, 5.0, 6.0, 7.0]), knots)
        assert np.abs(bent[:3]).max() == 0
        np.testing.assert_allclose(bent[5] - bent[4], bent[4] - bent[3], rtol=EXACT)

    @pytest.mark.parametrize(("values", "knots"), [(9, 0), (10, 4)])
    def test_a_number_with_few_values_stays_straight(self, values, knots):
        found = spline_knots(np.tile(np.arange(float(values)), 30), 4)
        assert (0 if found is None else len(found)) == knots

    def test_knots_that_coincide_are_fewer_or_none(self):
        heaped = np.r_[np.zeros(40), np.arange(1.0, 61.0)]
        assert len(spline_knots(heaped, 4)) == 3
        assert spline_knots(np.r_[np.zeros(95), np.arange(1.0, 21.0)], 4) is None

    def test_columns_are_added_while_there_are_people_enough(self):
        limit = int(weighting_policy()["numbers"]["rows_per_column"]["value"])
        recipe = Recipe(splines=True, interactions="pre")
        frame = practice(60 * limit, 6)
        rich = weights(frame, "arm", ["pre", "age"], recipe=recipe)
        for part in ("pre bend 2", "age bend 2", "pre × age"):
            assert part in rich.formula
        frame = pd.concat([frame.query("arm == 'coaching'")[: 2 * limit],
                           frame.query("arm == 'therapy'")])  # fmt: skip
        poor = weights(frame, "arm", ["pre", "age"], recipe=recipe)
        assert "bend" not in poor.formula
        assert any("too few people" in text for text in poor.warnings)

    def test_curves_balance_the_curve_too(self):
        frame = practice(2000, 4)
        frame["square"] = frame["pre"] ** 2
        frame["arm"] = np.where(
            np.random.default_rng(1).uniform(size=2000) < 1 / (1 + np.exp(1 - frame["square"])),
            "therapy", "coaching",
        )  # fmt: skip
        straight = weights(frame, "arm", ["pre"])
        bent = weights(frame, "arm", ["pre"], recipe=Recipe(splines=True))
        apart = [abs(difference(found, frame, "square", "arm")) for found in (straight, bent)]
        assert apart[1] < 0.1 * apart[0]

    def test_products_need_a_covariate(self):
        with pytest.raises(UsageError, match="no covariate"):
            weights(practice(40, 1), "arm", ["pre"], recipe=Recipe(interactions="post"))


class TestTrimming:
    def test_crump_equals_the_search_over_all_sets(self, lalonde, found_by_r):
        recipe = Recipe(trim="crump")
        found = weights(lalonde, "treat", COVARIATES, "ATE", reference="0", recipe=recipe)
        assert found.trimmed.low == pytest.approx(found_by_r["crump/limit"], rel=ITERATED_RTOL)
        assert found.n_used == found_by_r["crump/kept"]
        assert sum(found.trimmed.set_aside.values()) == len(lalonde) - found.n_used
        assert "with a propensity from 0.09 to 0.91" in found.population
        assert "set aside" in repr(found)

    def test_crump_of_even_propensities_sets_nobody_aside(self):
        assert crump_limit(np.linspace(0.3, 0.7, 50)) == 0

    @given(st.lists(st.floats(0.001, 0.999), min_size=3, max_size=40))
    @settings(max_examples=50, deadline=None)
    def test_crump_keeps_at_most_twice_the_mean_cost(self, chances):
        """Their condition: γ ≤ 2 E(g | g ≤ γ) at the optimum (theorem 1)."""
        e = np.array(chances)
        limit = crump_limit(e)
        cost = 1 / (e * (1 - e))
        kept = cost[(e >= limit - 1e-12) & (e <= 1 - limit + 1e-12)]
        assert kept.max() <= 2 * kept.mean() * (1 + 1e-9) + 1

    def test_people_set_aside_have_weight_zero_and_the_model_is_fitted_again(self):
        frame = practice(400, 5, slope=2)
        found = weights(frame, "arm", ["pre"], "ATE", recipe=Recipe(trim=0.1))
        kept = found.trimmed.kept
        assert (found.weights[~kept] == 0).all()
        assert 0 < found.trimmed.share < 1
        alone = weights(frame[kept], "arm", ["pre"], "ATE")
        np.testing.assert_allclose(found.weights[kept], alone.weights, rtol=1e-9)
        assert found.ess == pytest.approx(alone.ess)
        assert any("about the others" in text for text in found.warnings)

    def test_support_keeps_the_range_both_reach(self):
        frame = practice(300, 7, slope=2)
        found = weights(frame, "arm", ["pre"], "ATT", recipe=Recipe(trim="support"))
        before = weights(frame, "arm", ["pre"], "ATT")
        assert found.trimmed.share == pytest.approx(before.outside_support)

    def test_a_limit_that_empties_an_arm_is_refused(self):
        frame = pd.DataFrame({"x": np.r_[np.arange(30.0), 28 + np.arange(30.0)]})
        frame["arm"] = np.repeat(["a", "b"], 30)
        with pytest.raises(NotEnoughData, match="leaves nobody"):
            weights(frame, "arm", ["x"], "ATO", recipe=Recipe(trim=0.499999))


@pytest.mark.parametrize(
    "wrong",
    [
        {"way": "magic"},
        {"bias_reduction": "sometimes"},
        {"trim": "harshly"},
        {"trim": 0.5},
        {"missing": "drop"},
        {"imputations": 1},
    ],
)
def test_a_recipe_with_a_misspelt_part_is_refused(wrong):
    with pytest.raises(UsageError):
        Recipe(**wrong)


def test_a_recipe_explains_itself():
    said = Recipe(splines=True, interactions="pre", trim=0.05, missing="impute").explain()
    for part in ("splines", "Products of pre", "0.05 to 0.95", "imputed 20 times"):
        assert part in said
    assert "most even" in ENTROPY.explain()
    assert "range of propensities" in Recipe(trim="support").explain()
    frame = practice(60, 1)
    assert Recipe().explain() in weights(frame, "arm", ["pre"]).explain()


def test_entropy_scores_give_the_standard_error_of_stacked_equations(lalonde, found_by_r):
    from test_models_weight_scores import stacked_error

    y, t = lalonde["re78"].to_numpy(), lalonde["treat"].to_numpy(dtype=float)
    for estimand in ("ATE", "ATT", "ATC"):
        found = weights(lalonde, "treat", COVARIATES, estimand, reference="0", recipe=ENTROPY)
        expected = found_by_r[f"entropy/{estimand}/se"]
        # R differentiates numerically with a step of 1e-5.
        assert stacked_error(found, y, t) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("recipe", "estimand"),
    [
        (Recipe(), "ATO"),
        (Recipe(bias_reduction="always", splines=True), "ATT"),
        (ENTROPY, "ATE"),
        (Recipe(trim=0.1), "ATE"),
    ],
)
def test_a_refit_of_the_same_rows_gives_the_same_weights_and_of_others_theirs(recipe, estimand):
    frame = practice(300, 9)
    found = weights(frame, "arm", ["pre", "age"], estimand, recipe=recipe)
    again, model = refit(found.model, np.arange(300))
    np.testing.assert_allclose(again, found.weights, rtol=1e-8, atol=1e-10)
    assert model.way == found.way
    drawn = np.random.default_rng(2).integers(300, size=300)
    other, _ = refit(found.model, drawn)
    if recipe.trim is None and not recipe.splines:
        alone = weights(frame.iloc[drawn].reset_index(drop=True), "arm", ["pre", "age"], estimand,
                        recipe=recipe)  # fmt: skip
        np.testing.assert_allclose(other, alone.weights, rtol=1e-8, atol=1e-10)


class TestImputedCovariates:
    def frame(self):
        frame = practice(200, 11)
        frame["level"] = np.where(frame["age"] > 0, "high", "low")
        frame.loc[frame.index[::7], "age"] = np.nan
        frame.loc[frame.index[::11], "level"] = None
        return frame

    def test_weights_follow_from_the_mean_chance_over_imputations(self):
        frame, names = self.frame(), ["pre", "age", "level"]
        recipe = Recipe(missing="impute", imputations=3, seed=4)
        found = weights(frame, "arm", names, "ATE", recipe=recipe)
        filled = impute(
            frame[["arm", *names]], variables=names, arm="arm", by_arm=False, m=3, seed=4
        )
        each = [weights(one, "arm", names, "ATE").propensity for one in filled.frames()]
        np.testing.assert_allclose(found.propensity, np.mean(each, axis=0), rtol=EXACT)
        own = np.where(frame["arm"].eq("therapy"), found.propensity, 1 - found.propensity)
        np.testing.assert_allclose(found.weights, 1 / own, rtol=EXACT)
        assert "missing" not in found.balance["level"].tolist()
        assert found.worst_smd < 0.25
        assert any("imputed 3 times" in text for text in found.warnings)
        with pytest.raises(UsageError, match="not kept"):
            weight_scores(found)

    def test_without_gaps_nothing_is_imputed(self):
        frame = practice(100, 3)
        found = weights(frame, "arm", ["pre"], recipe=Recipe(missing="impute"))
        np.testing.assert_array_equal(found.weights, weights(frame, "arm", ["pre"]).weights)

    def test_entropy_weights_are_averaged_and_trimming_is_refused(self):
        frame = self.frame()
        recipe = Recipe(way="entropy", missing="impute", imputations=2)
        found = weights(frame, "arm", ["pre", "age"], "ATT", recipe=recipe)
        assert (found.weights[frame["arm"].eq("therapy")] == 1).all()
        with pytest.raises(UsageError, match="do not go together"):
            weights(frame, "arm", ["age"], recipe=Recipe(missing="impute", trim=0.1))

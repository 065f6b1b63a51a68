"""Propensity, weights and balance against R (glm, WeightIt, cobalt) and their definitions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models import ESTIMANDS, propensity, weights
from outcomes.models.overlap import overlap_coefficient

COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
# R's glm stops when the deviance moves by 1e-8; its score is then solved to about 3e-8.
GLM_RTOL = 1e-7
ESTIMATE_RTOL = 1e-6  # a difference of means of thousands, with weights good to 3e-8
COBALT_RTOL = 1e-6  # weights carry R's stopping rule into the balance
COBALT_ATOL = 1e-8  # the same, for differences near 0
SOLVED = 1e-12  # ours solves the score equations to rounding


@pytest.fixture(scope="module")
def lalonde(shared):
    return pd.read_csv(shared / "data" / "lalonde" / "lalonde_cobalt.csv")


@pytest.fixture(scope="module")
def reference(shared):
    path = shared / "reference" / "weighting_lalonde.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_weights_equal_r(lalonde, reference, shared, estimand):
    expected = pd.read_csv(shared / "reference" / "lalonde_ps_weights.csv")
    found = weights(lalonde, "treat", COVARIATES, estimand, reference="0")
    np.testing.assert_allclose(found.propensity, expected["ps"], rtol=GLM_RTOL)
    np.testing.assert_allclose(found.weights, expected[estimand], rtol=GLM_RTOL)
    for arm, size in reference[f"ipw_{estimand}"]["ess"].items():
        assert found.ess[arm] == pytest.approx(size, rel=GLM_RTOL)
    mean = {
        arm: np.average(lalonde["re78"][rows], weights=found.weights[rows])
        for arm, rows in lalonde.groupby("treat").groups.items()
    }
    hajek = reference[f"ipw_{estimand}"]["hajek"]
    assert mean[1] - mean[0] == pytest.approx(hajek, rel=ESTIMATE_RTOL)


def cobalt(entry):
    rows = {row["var"].replace("_", "="): row for row in entry["balance"]}
    rows.pop("prop.score")
    return rows


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_standardised_differences_equal_cobalt_where_the_spread_is_the_same(
    lalonde, reference, estimand
):
    """cobalt divides by the pooled SD for ATE and by the target arm's for ATT and ATC, as we do.

    For ATO and ATM it divides by the weighted sample's SD; we keep the pooled one, so that
    before and after differ only by the weights. It leaves shares raw; we standardise them,
    so they are compared through KS, which is the raw difference.
    """
    expected = cobalt(reference[f"weightit_glm_{estimand}"])
    found = weights(lalonde, "treat", COVARIATES, estimand, reference="0").balance
    for row in found.itertuples():
        theirs = expected[f"{row.covariate}={row.level}" if row.level else row.covariate]
        if theirs["Type"] == "Contin.":
            assert row.smd_before == pytest.approx(theirs["Diff.Un"], rel=COBALT_RTOL)
            assert row.smd_after == pytest.approx(
                theirs["Diff.Adj"], rel=COBALT_RTOL, abs=COBALT_ATOL
            )


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_variance_ratio_and_ks_equal_cobalt(lalonde, reference, estimand):
    expected = cobalt(reference[f"weightit_glm_{estimand}"])
    found = weights(lalonde, "treat", COVARIATES, estimand, reference="0").balance
    assert len(found) == len(expected)
    for row in found.itertuples():
        theirs = expected[f"{row.covariate}={row.level}" if row.level else row.covariate]
        assert row.ks_before == pytest.approx(theirs["KS.Un"], rel=COBALT_RTOL)
        assert row.ks_after == pytest.approx(theirs["KS.Adj"], rel=COBALT_RTOL, abs=COBALT_ATOL)
        if theirs["Type"] == "Contin.":
            assert row.variance_ratio_before == pytest.approx(theirs["V.Ratio.Un"], rel=COBALT_RTOL)
            assert row.variance_ratio_after == pytest.approx(theirs["V.Ratio.Adj"], rel=COBALT_RTOL)


def test_overlap_weights_balance_every_mean_exactly(lalonde):
    found = weights(lalonde, "treat", COVARIATES, "ATO", reference="0")
    assert found.worst_smd < SOLVED
    assert found.balance["smd_before"].abs().max() > 1
    assert found.converged
    assert not found.separated


def test_coefficients_equal_statsmodels(lalonde):
    import statsmodels.api as sm

    X = lalonde[["age", "educ", "re74"]].to_numpy(dtype=float)
    treat = lalonde["treat"].to_numpy(dtype=float)
    expected = sm.GLM(treat, sm.add_constant(X), family=sm.families.Binomial()).fit(tol=1e-14)
    found = propensity(treat, X)
    np.testing.assert_allclose(found.coefficients, expected.params, rtol=1e-8)
    np.testing.assert_allclose(found.probability, expected.fittedvalues, rtol=1e-9)


class TestSeparation:
    def test_complete_separation_is_flagged(self):
        x = np.arange(40.0)
        assert propensity((x >= 20).astype(float), x[:, None]).separated

    def test_a_level_in_one_arm_only_is_flagged_and_gets_no_overlap_weight(self):
        rng = np.random.default_rng(2)
        frame = pd.DataFrame({"x": rng.normal(size=200), "arm": rng.choice(["a", "b"], size=200)})
        frame["level"] = "common"
        frame.loc[frame.index[frame["arm"].eq("b")][:4], "level"] = "rare"
        found = weights(frame, "arm", ["x", "level"], "ATO")
        assert found.separated
        assert found.weights[frame["level"].eq("rare")].max() < 1e-6
        assert found.worst_smd < 1e-6
        assert any("one arm only" in text for text in found.warnings)

    def test_a_rare_level_in_both_arms_is_not_flagged(self):
        x = np.zeros(2000)
        x[[0, 1]] = 1
        treat = (np.arange(2000) % 2).astype(float)
        assert not propensity(treat, x[:, None]).separated

    def test_strong_but_real_overlap_is_not_flagged(self):
        rng = np.random.default_rng(4)
        x = rng.normal(size=(400, 1))
        treat = (rng.uniform(size=400) < 1 / (1 + np.exp(-3 * x[:, 0]))).astype(float)
        assert not propensity(treat, x).separated


class TestOverlap:
    def test_same_distribution_is_one_and_disjoint_is_zero(self):
        e = np.tile(np.linspace(0.1, 0.9, 50), 2)
        arm = np.repeat([True, False], 50)
        assert overlap_coefficient(e, arm) == pytest.approx(1)
        assert overlap_coefficient(e, e > 0.5) == pytest.approx(0, abs=1e-12)

    def test_equals_the_shared_area_of_two_normals(self):
        from scipy.special import ndtr

        rng = np.random.default_rng(8)
        n = 100_000
        x = np.r_[rng.normal(size=n), rng.normal(1, size=n)]
        arm = np.arange(2 * n) >= n
        # The shared area is 2Φ(−d/2); sampling error of a KS distance here is about 0.002.
        assert overlap_coefficient(1 / (1 + np.exp(-x)), arm) == pytest.approx(
            2 * ndtr(-0.5), abs=0.008
        )


def frame_of_three():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"arm": rng.choice(["both", "coaching", "therapy"], size=90), "pre": rng.normal(size=90)}
    )


def test_a_third_arm_needs_other_and_then_gets_no_weight():
    frame = frame_of_three()
    with pytest.raises(UsageError, match="3 arms"):
        weights(frame, "arm", ["pre"], reference="coaching")
    found = weights(frame, "arm", ["pre"], reference="coaching", other="therapy")
    third = frame["arm"].eq("both")
    assert found.weights[third].isna().all()
    assert found.weights[~third].notna().all()
    alone = weights(frame[~third], "arm", ["pre"], reference="coaching")
    np.testing.assert_allclose(found.weights[~third], alone.weights)
    assert (found.n_in, found.n_used) == (90, int((~third).sum()))


def test_row_order_does_not_matter_and_the_frame_is_untouched():
    frame = frame_of_three().query("arm != 'both'")
    before = frame.copy()
    found = weights(frame, "arm", ["pre"])
    shuffled = weights(frame.sample(frac=1, random_state=3), "arm", ["pre"])
    np.testing.assert_allclose(shuffled.weights.reindex(frame.index), found.weights, rtol=1e-10)
    pd.testing.assert_frame_equal(frame, before)


def test_misuse_is_refused():
    frame = frame_of_three()
    with pytest.raises(UsageError, match="unknown estimand"):
        weights(frame, "arm", ["pre"], "LATE", other="therapy")
    with pytest.raises(UsageError, match="at least one covariate"):
        weights(frame, "arm", [], other="therapy")
    with pytest.raises(NotEnoughData, match="is empty"):
        weights(frame, "arm", ["pre"], reference="nobody", other="therapy")


def test_result_shows_itself_and_escapes_user_text():
    frame = frame_of_three().assign(level=lambda x: np.where(x["pre"] > 0, "<b>hi</b>", "low"))
    found = weights(frame, "arm", ["level"], reference="coaching", other="therapy")
    page = found._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>hi" not in page
    assert list(found.to_frame().columns) == ["arm", "propensity", "weight"]
    assert "overlap" in found.explain()
    assert "effective" in repr(found) or "worth" in repr(found)

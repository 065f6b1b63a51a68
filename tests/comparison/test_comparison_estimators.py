"""Estimators against R: WeightIt, clubSandwich, survival, and stacked equations in base R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from outcomes.comparison.estimators import (
    Estimate,
    Given,
    Options,
    Resampled,
    ancova_interactions,
    by_method,
    logistic_model,
    weighting,
)
from outcomes.comparison.estimators.bootstrap import bootstrap
from outcomes.comparison.estimators.by_method import once
from outcomes.comparison.estimators.folds import folds, patterns
from outcomes.comparison.estimators.incidence import curve, mean_time, share_reached
from outcomes.comparison.estimators.intervals import interval
from outcomes.comparison.estimators.standardised import aipw, g_computation
from outcomes.errors import NotEnoughData, UsageError

CLOSED = 1e-9  # closed forms in both programs
GLM = 1e-6  # R's glm leaves its score equations at 3e-8
NUMERICAL = 1e-5  # R differentiates the stacked equations numerically
DERIVATIVE = 1e-7  # central differences of our own shares
COVARIATES = ("age", "educ", "black", "hispan", "married", "nodegree", "re74", "re75")
MADE_IN_R = json.loads(
    (Path(__file__).parents[1] / "reference" / "estimators.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def lalonde(shared):
    frame = pd.read_csv(shared / "data" / "lalonde" / "lalonde_cobalt.csv")
    return frame.assign(black=frame["race"].eq("black"), hispan=frame["race"].eq("hispan"))


@pytest.fixture(scope="module")
def weightit(shared):
    path = shared / "reference" / "weighting_lalonde.json"
    return json.loads(path.read_text(encoding="utf-8"))


def given(frame, estimand, *, outcome="numeric", clusters=None):
    y = frame["re78"].to_numpy(dtype=float)
    y = {"numeric": y, "thousands": y / 1000, "binary": (y > 5000).astype(float)}[outcome]
    in_other = frame["treat"].to_numpy() == 1
    X = frame[list(COVARIATES)].to_numpy(dtype=float)
    model = logistic_model(in_other, X, estimand)
    codes = None if clusters is None else pd.factorize(clusters, sort=True)[0].astype(np.intp)
    binary = outcome == "binary"
    return Given(y, in_other, X, codes, model.weights, model, estimand, binary)


class TestAgainstR:
    @pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC", "ATO", "ATM"])
    def test_stacked_error_of_weighting_equals_weightit(self, lalonde, weightit, estimand):
        one = given(lalonde, estimand)
        found = weighting(
            one.y, one.in_other, one.covariates, one.weights, None, adjust=False,
            moving=one.moving, small_sample=False,
        )  # fmt: skip
        expected = weightit[f"weightit_glm_{estimand}"]["lm_weightit"]
        assert (found.estimate, found.se) == pytest.approx(
            (expected["est"], expected["se"]), rel=GLM
        )

    @pytest.mark.parametrize("estimand", ["ATE", "ATT"])
    def test_g_computation_and_interactions_equal_r(self, lalonde, weightit, estimand):
        one = given(lalonde, estimand)
        expected = weightit["gcomp_interacted"][estimand]
        lin = by_method(one, "ancova_interactions", Options())
        assert lin.estimate == pytest.approx(expected, rel=CLOSED)
        assert by_method(one, "g_computation", Options()).estimate == pytest.approx(
            expected, rel=CLOSED
        )

    @pytest.mark.parametrize("adjust", [False, True])
    @pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATO"])
    def test_cr2_of_weighted_regressions_equals_club_sandwich(self, lalonde, estimand, adjust):
        one = given(lalonde, estimand, clusters=lalonde["age"])
        found = weighting(
            one.y, one.in_other, one.covariates, one.weights, one.clusters, adjust=adjust
        )
        expected = MADE_IN_R[f"cr2_weighted{'_adjusted' if adjust else ''}_{estimand}"]
        assert (found.se, found.df) == pytest.approx((expected["se"], expected["df"]), rel=GLM)

    @pytest.mark.parametrize(("clustered", "name"), [(True, "cr2"), (False, "hc2")])
    def test_cr2_of_interactions_equals_club_sandwich(self, lalonde, clustered, name):
        one = given(lalonde, "ATE", clusters=lalonde["age"] if clustered else None)
        found = ancova_interactions(one.y, one.in_other, one.covariates, one.members, one.clusters)
        expected = MADE_IN_R[f"{name}_interacted_ATE"]
        assert (found.estimate, found.se, found.df) == pytest.approx(
            (expected["est"], expected["se"], expected["df"]), rel=GLM
        )

    @pytest.mark.parametrize("kind", ["linear", "logistic"])
    @pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATO"])
    @pytest.mark.parametrize(("method", "name"), [(g_computation, "gcomp"), (aipw, "aipw")])
    def test_standardised_means_equal_stacked_equations(
        self, lalonde, method, name, estimand, kind
    ):
        one = given(lalonde, estimand, outcome="thousands" if kind == "linear" else "binary")
        expected = MADE_IN_R[f"{name}_{kind}_{estimand}"]
        people = one.people(stacked=True)
        found = method(people, "difference", small_sample=False)
        assert found.means == pytest.approx((expected["reference"], expected["other"]), rel=GLM)
        assert found.se == pytest.approx(expected["se"], rel=NUMERICAL)
        ratio = method(people, "ratio", small_sample=False)
        assert ratio.estimate == pytest.approx(
            np.log(expected["other"] / expected["reference"]), abs=GLM
        )
        assert ratio.se == pytest.approx(expected["se_log_ratio"], rel=NUMERICAL)

    @pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATO"])
    def test_weighted_risk_ratio_equals_stacked_equations(self, lalonde, estimand):
        one = given(lalonde, estimand, outcome="binary")
        found = weighting(
            one.y, one.in_other, one.covariates, one.weights, None, adjust=True,
            moving=one.moving, effect="ratio", small_sample=False,
        )  # fmt: skip
        expected = MADE_IN_R[f"weighted_ratio_{estimand}"]
        assert found.means == pytest.approx((expected["reference"], expected["other"]), rel=GLM)
        assert found.se == pytest.approx(expected["se"], rel=NUMERICAL)

    def test_weighted_incidence_equals_survival(self, lalonde):
        one = given(lalonde, "ATO")
        time = lalonde["educ"].to_numpy(dtype=float) + 1
        reached = lalonde["re78"].gt(5000).to_numpy()
        cause = np.where(lalonde["re75"].eq(0), 0, np.where(reached, 1, 2)).astype(np.intp)
        w = one.weights
        expected = MADE_IN_R["incidence"]
        share, pseudo = share_reached(time, cause, w, 12.0)
        assert share == pytest.approx(expected["reached"], rel=GLM)
        moves = w * (pseudo - share) / w.sum()
        assert np.sqrt((moves**2).sum()) == pytest.approx(expected["se"], rel=GLM)
        assert 12.0 - mean_time(time, cause, w, 12.0)[0] == pytest.approx(expected["lost"], rel=GLM)
        shares = curve(time, cause, w)
        at = np.flatnonzero(shares.time <= 12.0)[-1]
        assert (shares.reached[at], shares.left[at]) == pytest.approx(
            (expected["reached"], expected["left"]), rel=GLM
        )


class TestPseudoValues:
    @pytest.mark.parametrize("statistic", [share_reached, mean_time])
    def test_are_derivatives_by_each_weight(self, statistic):
        rng = np.random.default_rng(0)
        time = np.ceil(rng.exponential(6, 40))
        cause = rng.choice([0, 1, 2], 40, p=[0.2, 0.5, 0.3]).astype(np.intp)
        w = rng.uniform(0.2, 2, 40)
        value, pseudo = statistic(time, cause, w, 8.0)
        assert np.average(pseudo, weights=w) == pytest.approx(value, rel=CLOSED)
        for person in range(0, 40, 7):
            step = np.where(np.arange(40) == person, 1e-6, 0.0)
            up, down = (statistic(time, cause, w + way * step, 8.0)[0] for way in (1, -1))
            slope = (pseudo[person] - value) / w.sum()
            assert (up - down) / 2e-6 == pytest.approx(slope, abs=DERIVATIVE)

    def test_when_all_end_and_when_nobody_reached_it(self):
        one = np.ones(4)
        time = np.array([1.0, 2.0, 3.0, 3.0])
        share, _ = share_reached(time, np.array([1, 2, 1, 1]), one, 3.0)
        assert share == pytest.approx(0.75, rel=CLOSED)
        nobody, pseudo = share_reached(time, np.array([2, 0, 2, 0]), one, 3.0)
        assert nobody == 0
        np.testing.assert_allclose(pseudo, 0.0, atol=1e-12)
        assert mean_time(time, np.zeros(4, dtype=np.intp), one, 3.0)[0] == 3.0


class TestLogisticOutcomes:
    def test_an_arm_in_which_all_or_none_improve_stays_finite(self):
        rng = np.random.default_rng(2)
        in_other = np.arange(80) % 2 == 0
        X = rng.normal(size=(80, 2))
        y = np.where(in_other, 1.0, (X[:, 0] + rng.normal(size=80) > 0).astype(float))
        model = logistic_model(in_other, X, "ATE")
        one = Given(y, in_other, X, None, model.weights, model, "ATE", True)
        for method in ("g_computation", "aipw"):
            found = by_method(one, method, Options(effect="ratio"))
            assert np.isfinite(found.estimate)
            assert found.se > 0
            # AIPW's correction may carry a mean a little above 1.
            assert 0.9 < found.means[1] < 1.01

    def test_a_constant_covariate_in_an_arm_changes_nothing(self):
        rng = np.random.default_rng(3)
        in_other = np.arange(90) % 3 == 0
        X = np.column_stack([rng.normal(size=90), np.where(in_other, 0.0, rng.normal(size=90))])
        y = X[:, 0] + rng.normal(size=90)
        model = logistic_model(in_other, X, "ATT")
        one = Given(y, in_other, X, None, model.weights, model, "ATT", False)
        plain = Given(y, in_other, X[:, :1], None, model.weights, model, "ATT", False)
        other = by_method(one, "g_computation", Options()).means[1]
        assert other == pytest.approx(
            by_method(plain, "g_computation", Options()).means[1], rel=CLOSED
        )


class TestClusters:
    def test_rows_alone_and_clusters_of_one_are_the_same(self, lalonde):
        some = lalonde.iloc[::4]
        alone = given(some, "ATO")
        ones = given(some, "ATO", clusters=pd.Series(range(len(some))))
        for method in ("weighting", "g_computation", "aipw", "ancova_interactions"):
            a, b = (by_method(one, method, Options()) for one in (alone, ones))
            assert (a.se, a.df) == pytest.approx((b.se, b.df), rel=CLOSED)

    def test_folds_hold_whole_clusters_and_every_pattern(self):
        rng = np.random.default_rng(1)
        codes = np.repeat(np.arange(30), 4)
        in_other = np.where(codes < 10, True, np.where(codes < 20, False, np.arange(120) % 2 == 0))
        kinds = patterns(in_other, codes)
        assert np.bincount(kinds).tolist() == [0, 10, 10, 10]
        fold = folds(in_other, codes, 5, rng)
        assert all(len(np.unique(fold[codes == one])) == 1 for one in range(30))
        for one in range(5):
            inside = np.unique(codes[fold == one])
            assert np.bincount(kinds[inside], minlength=4).tolist() == [0, 2, 2, 2]


def practice(rng, n=120, practitioners=12, effect=-2.0):
    who = np.arange(n) % practitioners
    pre = rng.normal(15, 5, size=n)
    lean = rng.normal(size=practitioners) * 0.5
    in_other = rng.uniform(size=n) < 1 / (1 + np.exp(-(0.6 * (pre - 15) / 5 + lean[who])))
    own = rng.normal(size=practitioners)
    y = 3 + 0.7 * pre + effect * in_other + own[who] + rng.normal(0, 4, size=n)
    return y, in_other, pre[:, None], who


def arrays(rng, estimand="ATE", **how):
    y, in_other, X, who = practice(rng, **how)
    model = logistic_model(in_other, X, estimand)
    return Given(y, in_other, X, who, model.weights, model, estimand, False)


class TestBootstrapAndCrossFitting:
    def test_bootstrap_is_seeded_and_close_to_the_closed_form(self):
        one = arrays(np.random.default_rng(4), n=240, practitioners=24)
        how = Options(uncertainty="bootstrap", draws=99, seed=7)
        first, again = (by_method(one, "weighting", how) for _ in range(2))
        assert first.se == again.se
        assert (
            first.se != by_method(one, "weighting", Options(uncertainty="bootstrap", draws=99)).se
        )
        closed = by_method(one, "weighting", Options())
        # A bootstrap error of 99 draws has 7 % of noise.
        assert first.se == pytest.approx(closed.se, rel=0.25)
        assert first.estimate == closed.estimate
        span = interval(first, 0.95)
        assert span.low < first.estimate < span.high
        assert interval(first, 0.9).low > span.low

    def test_percentile_t_by_hand(self):
        roots = np.linspace(-3.0, 1.0, 401)
        found = Estimate(2.0, 1.0, 9.0, "", resampled=Resampled(roots + 2, roots, np.nan, np.nan))
        span = interval(found, 0.9)
        # The 5th and 95th percentiles of the roots are −2.8 and 0.8, taken to the other side.
        assert (span.low, span.high) == pytest.approx((2 - 0.8, 2 + 2.8), rel=CLOSED)
        assert span.p == pytest.approx(1 / 401, rel=CLOSED)  # no root reaches 2

    def test_bca_by_hand(self):
        draws = np.linspace(0.0, 1.0, 10001)
        z0, a = 0.1, 0.05
        found = Estimate(0.5, 1.0, 9.0, "", resampled=Resampled(draws, draws, z0, a))
        span = interval(found, 0.95)
        # Efron 1987, eq. 3.9: Φ(z0 + (z0 ± 1.959964) / (1 − a (z0 ± 1.959964))); draws are uniform.
        expected = [ndtr(z0 + (z0 + z) / (1 - a * (z0 + z))) for z in (-1.959964, 1.959964)]
        assert (span.low, span.high) == pytest.approx(expected, abs=1e-6)

    def test_bca_of_a_symmetric_estimate_is_near_the_percentiles(self):
        one = arrays(np.random.default_rng(5))
        found = bootstrap(
            one, lambda it: once(it, "weighting", Options(), stacked=True), draws=199, seed=1,
            kind="bca",
        )  # fmt: skip
        span = interval(found, 0.95)
        low, high = np.quantile(found.resampled.draws, [0.025, 0.975])
        assert (span.low, span.high) == pytest.approx((low, high), abs=0.5 * found.se)
        assert 0 < span.p < 1

    def test_p_and_interval_agree(self):
        one = arrays(np.random.default_rng(6))
        for kind in ("bootstrap", "bootstrap_bca"):
            found = by_method(one, "weighting", Options(uncertainty=kind, draws=199))
            p = interval(found, 0.95).p
            wide, tight = interval(found, 1 - 0.5 * p), interval(found, 1 - 2 * p)
            assert wide.low < 0 < wide.high
            assert not tight.low < 0 < tight.high

    def test_cross_fitting_is_seeded_and_near_the_usual(self):
        one = arrays(np.random.default_rng(8), n=400, practitioners=20)
        how = Options(folds=5, repeats=3, seed=2)
        first, again = (by_method(one, "aipw", how) for _ in range(2))
        usual = by_method(one, "aipw", Options())
        assert first.estimate == again.estimate
        assert first.estimate == pytest.approx(usual.estimate, abs=0.5 * usual.se)
        assert first.se == pytest.approx(usual.se, rel=0.25)
        assert "5 folds" in first.uncertainty

    def test_too_few_to_split_is_not_enough_data(self):
        one = arrays(np.random.default_rng(9), n=10, practitioners=2)
        with pytest.raises(NotEnoughData):
            by_method(one, "aipw", Options(folds=5))

    @pytest.mark.parametrize(
        "wrong",
        [{"effect": "odds"}, {"uncertainty": "none"}, {"folds": 1}, {"draws": 5}, {"repeats": 0}],
    )
    def test_unknown_options_are_refused(self, wrong):
        with pytest.raises(UsageError):
            Options(**wrong)

"""`compare` on real data, against R, and on every kind of bad input."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from outcomes.comparison import compare, comparison_policy, not_measurable, within_arms
from outcomes.errors import NotEnoughData, UsageError
from outcomes.schema.verdicts import Verdict

R_RTOL = 1e-10  # closed forms with 15 digits in the JSON
GLM_RTOL = 1e-6  # R's glm leaves its score equations at 3e-8
ROUNDING = 1e-9
COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
# Lalonde's arms differ so much that some checks would stop what the reference computes.
OPEN = comparison_policy().with_limits(worst_smd=9, ess=0)


@pytest.fixture(scope="module")
def btheb(shared):
    return pd.read_csv(shared / "data" / "BtheB" / "BtheB.csv")


@pytest.fixture(scope="module")
def lalonde(shared):
    return pd.read_csv(shared / "data" / "lalonde" / "lalonde_cobalt.csv")


def reference(shared, name):
    return json.loads((shared / "reference" / name).read_text(encoding="utf-8"))


def practice(n=240, practitioners=24, effect=-2.0, strength=0.8, seed=1):
    """Sicker people come to therapy more often; practitioners differ in case-mix and outcome."""
    rng = np.random.default_rng(seed)
    who = np.arange(n) % practitioners
    lean = rng.normal(size=practitioners) * 0.5
    pre = rng.normal(15, 5, size=n)
    chance = 1 / (1 + np.exp(-(strength * (pre - 15) / 5 + lean[who])))
    arm = rng.uniform(size=n) < chance
    own = rng.normal(size=practitioners) * 1.2
    post = 3 + 0.7 * pre + effect * arm + own[who] + rng.normal(0, 4, size=n)
    words = np.where(arm, "therapy", "coaching")
    return pd.DataFrame({"pre": pre, "post": post, "arm": words, "practitioner": who})


class TestAncova:
    @pytest.mark.parametrize("month", ["2m", "3m", "5m", "8m"])
    def test_equals_r_on_btheb(self, btheb, shared, month):
        expected = reference(shared, "ancova_es_tost_evalue.json")[f"BtheB_ancova_{month}"]
        row, ci = expected["coef"][1], expected["ci"][1]
        found = compare(
            btheb,
            outcome=f"bdi.{month}",
            arm="treatment",
            reference="TAU",
            covariates=["bdi.pre"],
            method="ancova",
        )
        assert found.estimate == pytest.approx(row["estimate"], rel=R_RTOL)
        assert found.se == pytest.approx(row["se"], rel=R_RTOL)
        assert found.p == pytest.approx(row["p"], rel=R_RTOL)
        assert (found.low, found.high) == pytest.approx((ci["2.5 %"], ci["97.5 %"]), rel=R_RTOL)
        assert (found.n_used, found.df) == (expected["n"], expected["n"] - 3)
        assert found.n_in == 100
        assert sum(found.left_out.values()) == 100 - expected["n"]

    def test_the_numbers_of_the_issue(self, btheb):
        asked = {"arm": "treatment", "reference": "TAU", "covariates": ["bdi.pre"]}
        three = compare(btheb, outcome="bdi.3m", method="ancova", **asked)
        two = compare(btheb, outcome="bdi.2m", method="ancova", **asked)
        assert f"{three.estimate:.6f} {three.se:.6f}" == "-5.003082 2.231528"
        assert f"{two.estimate:.6f} {two.se:.6f}" == "-3.954361 1.706660"
        assert three.verdict is Verdict.SUPPORTED

    def test_small_arms_cannot_tell_and_are_not_called_unlike(self, btheb):
        found = compare(
            btheb,
            outcome="bdi.8m",
            arm="treatment",
            reference="TAU",
            covariates=["bdi.pre"],
            method="ancova",
        )
        assert found.verdict is Verdict.CANNOT_TELL
        assert found.reasons == ("ess",)
        assert math.isfinite(found.estimate)

    def test_clusters_give_cr2(self):
        frame = practice()
        asked = {"reference": "coaching", "covariates": ["pre"], "method": "ancova"}
        plain, clustered = compare(frame, **asked), compare(frame, cluster="practitioner", **asked)
        assert clustered.estimate == pytest.approx(plain.estimate, rel=ROUNDING)
        assert clustered.df < 24 < plain.df
        assert clustered.n_clusters == 24

    def test_equals_r_ols_on_lalonde(self, lalonde, shared):
        expected = reference(shared, "weighting_lalonde.json")["ols_adjusted"]
        found = compare(
            lalonde,
            outcome="re78",
            arm="treat",
            reference="0",
            covariates=COVARIATES,
            method="ancova",
        )
        assert (found.estimate, found.se) == pytest.approx(
            (expected["est"], expected["se"]), rel=R_RTOL
        )


class TestWeighting:
    @pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC", "ATO", "ATM"])
    def test_equals_r_on_lalonde(self, lalonde, shared, estimand):
        expected = reference(shared, "weighting_lalonde.json")[f"ipw_{estimand}"]
        found = compare(
            lalonde,
            outcome="re78",
            arm="treat",
            reference="0",
            covariates=COVARIATES,
            estimand=estimand,
            policy=OPEN,
        )
        assert found.estimate == pytest.approx(expected["hajek"], rel=GLM_RTOL)

    def test_lalonde_ate_is_refused_by_the_policy_as_shipped(self, lalonde):
        found = compare(
            lalonde,
            outcome="re78",
            arm="treat",
            reference="0",
            covariates=COVARIATES,
            estimand="ATE",
        )
        assert found.verdict is Verdict.NOT_COMPARABLE
        assert found.reasons == ("worst_smd",)
        assert math.isnan(found.estimate)

    def test_covariates_in_the_overlap_regression_change_only_the_precision(self):
        from outcomes.comparison import estimators

        frame = practice()
        found = compare(frame, reference="coaching", covariates=["pre"])
        other = frame["arm"].eq("therapy")
        weights = found.weights.weights
        means = [np.average(frame["post"][rows], weights=weights[rows]) for rows in (other, ~other)]
        assert found.estimate == pytest.approx(means[0] - means[1], rel=ROUNDING)
        pure = estimators.weighting(
            frame["post"].to_numpy(),
            other.to_numpy(),
            frame[["pre"]].to_numpy(),
            weights.to_numpy(),
            None,
            adjust=False,
        )
        assert pure.estimate == pytest.approx(found.estimate, rel=ROUNDING)
        # The start score explains 0.43 of the outcome's variance here: √(1 − 0.43) = 0.75.
        assert found.se < 0.85 * pure.se

    def test_without_clusters_it_is_hc2_of_the_definition(self):
        frame = practice(n=100)
        found = compare(
            frame, reference="coaching", covariates=["pre"], estimand="ATE", policy=OPEN,
            uncertainty="fixed",
        )  # fmt: skip
        weights = found.weights.weights.to_numpy()
        X = np.column_stack([np.ones(100), frame["arm"].eq("therapy").to_numpy(dtype=float)])
        bread = np.linalg.inv((X * weights[:, None]).T @ X)
        hat = X @ bread @ (X * weights[:, None]).T
        rest = np.eye(100) - hat
        residuals = rest @ frame["post"].to_numpy()
        adjusted = residuals / np.sqrt((rest**2).sum(axis=1))
        score = X * (weights * adjusted)[:, None]
        covariance = bread @ score.T @ score @ bread
        assert found.se == pytest.approx(np.sqrt(covariance[1, 1]), rel=ROUNDING)


class TestAipw:
    @pytest.mark.parametrize("estimand", ["ATE", "ATT"])
    def test_equals_r_on_lalonde(self, lalonde, shared, estimand):
        expected = reference(shared, "weighting_lalonde.json")[f"aipw_{estimand}"]
        found = compare(
            lalonde,
            outcome="re78",
            arm="treat",
            reference="0",
            covariates=COVARIATES,
            estimand=estimand,
            method="aipw",
            policy=OPEN,
            uncertainty="fixed",
        )
        assert found.estimate == pytest.approx(expected["est"], rel=GLM_RTOL)
        # The reference divides the ATT variance by n, ours by n − 1: half of 1/614.
        assert found.se == pytest.approx(expected["se"], rel=1e-3)

    def test_equals_statsmodels_treatment_effect(self):
        import statsmodels.api as sm
        from statsmodels.treatment.treatment_effects import TreatmentEffect

        frame = practice()
        treat = frame["arm"].eq("therapy").astype(int)
        X = sm.add_constant(frame[["pre"]])
        chance = sm.Logit(treat, X).fit(disp=0, tol=1e-12)
        effect = TreatmentEffect(sm.OLS(frame["post"], X), treat, results_select=chance)
        expected = effect.aipw(return_results=False)[0]
        found = compare(
            frame, reference="coaching", covariates=["pre"], estimand="ATE", method="aipw"
        )
        assert found.estimate == pytest.approx(expected, rel=GLM_RTOL)


class TestRefusals:
    def test_arms_without_overlap_are_a_verdict_and_no_number(self):
        frame = practice()
        frame["pre"] += 40 * frame["arm"].eq("therapy")
        for method in ("weighting", "ancova", "aipw"):
            found = compare(frame, reference="coaching", covariates=["pre"], method=method)
            assert found.verdict is Verdict.NOT_COMPARABLE
            assert "overlap" in found.reasons
            shown = (found.estimate, found.se, found.df, found.low, found.high, found.p)
            assert all(math.isnan(value) for value in shown)
            for rule, value, limit in found.diagnostics.failed:
                assert rule in comparison_policy().rules
                assert value != limit

    def test_a_practitioner_per_arm_cannot_tell(self):
        frame = practice()
        frame["practitioner"] = frame["arm"]
        found = compare(frame, reference="coaching", covariates=["pre"], cluster="practitioner")
        assert found.verdict is Verdict.CANNOT_TELL
        assert "clusters" in found.reasons

    def test_few_one_armed_practitioners_cannot_tell_and_it_is_said(self):
        frame = practice(strength=0.0)
        frame["practitioner"] = frame["arm"] + (np.arange(len(frame)) % 2).astype(str)
        found = compare(frame, reference="coaching", covariates=["pre"], cluster="practitioner")
        assert found.verdict is Verdict.CANNOT_TELL
        assert found.reasons == ("df",)
        assert found.df < 4
        assert found.diagnostics.one_arm_clusters == 4
        assert found.diagnostics.n_clusters == {"coaching": 2, "therapy": 2}
        assert any("one arm only" in text for text in found.warnings)

    @pytest.mark.parametrize("cluster", [None, "practitioner"])
    def test_a_handful_of_people_estimates_nothing(self, cluster):
        frame = practice().groupby("arm").head(6)
        found = compare(frame, reference="coaching", covariates=["pre"], cluster=cluster)
        assert found.verdict is Verdict.CANNOT_TELL
        assert found.reasons == ("n",)
        assert math.isnan(found.estimate)
        assert found.weights is None
        assert "nothing was estimated" in repr(found)
        assert found.explain()

    def test_more_covariates_than_people_estimate_nothing(self):
        frame = practice(n=30)
        rng = np.random.default_rng(0)
        names = [f"x{i}" for i in range(40)]
        wide = pd.concat([frame, pd.DataFrame(rng.normal(size=(30, 40)), columns=names)], axis=1)
        for method in ("weighting", "ancova", "aipw"):
            found = compare(wide, reference="coaching", covariates=names, method=method)
            assert found.verdict is Verdict.CANNOT_TELL
            assert "columns" in found.reasons

    def test_an_outcome_that_does_not_vary_estimates_nothing(self):
        found = compare(practice().assign(post=3.0), reference="coaching", covariates=["pre"])
        assert found.reasons == ("outcome_varies",)

    def test_an_arm_without_outcomes_is_not_enough_data(self):
        frame = practice()
        frame.loc[frame["arm"].eq("therapy"), "post"] = np.nan
        with pytest.raises(NotEnoughData, match="'therapy' has an outcome"):
            compare(frame, reference="coaching", covariates=["pre"])
        with pytest.raises(NotEnoughData, match="beside"):
            compare(frame.query("arm == 'coaching'"), reference="coaching", covariates=["pre"])

    @pytest.mark.parametrize(
        "wrong",
        [
            {"covariates": []},
            {"covariates": ["nothing"]},
            {"covariates": ["post"]},
            {"outcome": "arm"},
            {"cluster": "nobody"},
            {"method": "magic"},
            {"estimand": "LATE"},
            {"direction": "up"},
            {"margin": -1.0},
            {"confidence": 95},
        ],
    )
    def test_misuse_is_one_clear_error(self, wrong):
        with pytest.raises(UsageError):
            compare(practice(), **{"reference": "coaching", "covariates": ["pre"], **wrong})

    def test_no_shared_measure(self):
        found = not_measurable(reference="coaching", other="therapy", outcome="phq9")
        assert found.verdict is Verdict.NOT_MEASURABLE
        assert math.isnan(found.estimate)
        assert "share no measure" in found.explain()
        assert "not measurable" in repr(found)
        assert len(found.to_frame()) == 1


class TestRows:
    def test_a_third_arm_changes_nothing_and_must_be_set_aside(self):
        frame = practice()
        both = frame.head(30).assign(arm="both", post=99.0)
        more = pd.concat([frame, both], ignore_index=True)
        with pytest.raises(UsageError, match="3 arms"):
            compare(more, reference="coaching", covariates=["pre"])
        alone = compare(frame, reference="coaching", covariates=["pre"])
        found = compare(more, reference="coaching", other="therapy", covariates=["pre"])
        assert found.estimate == pytest.approx(alone.estimate, rel=ROUNDING)
        assert (found.n_in, found.n_used) == (240, 240)
        assert found.left_out == {"no arm or a third arm": 30}

    def test_order_empty_clients_and_the_input_do_not_matter(self):
        frame = practice()
        frame["gender"] = np.where(np.arange(240) % 3 == 0, "f", "m")
        before = frame.copy()
        asked = {"reference": "coaching", "covariates": ["pre", "gender"]}
        found = compare(frame, cluster="practitioner", **asked)
        pd.testing.assert_frame_equal(frame, before)
        empty = frame.head(5).assign(post=np.nan, pre=np.nan)
        mixed = pd.concat([frame, empty], ignore_index=True).sample(frac=1, random_state=2)
        again = compare(mixed, cluster="practitioner", **asked)
        for name in ("estimate", "se", "df", "low", "p"):
            assert getattr(again, name) == pytest.approx(getattr(found, name), rel=1e-8)
        assert again.weights.weights.isna().sum() == 5

    def test_swapping_the_arms_turns_the_sign(self):
        frame = practice()
        one = compare(frame, reference="coaching", covariates=["pre"], direction="lower")
        two = compare(frame, reference="therapy", covariates=["pre"], direction="lower")
        assert two.estimate == pytest.approx(-one.estimate, rel=1e-8)
        assert two.se == pytest.approx(one.se, rel=1e-8)
        assert one.better == two.better == "therapy"

    def test_people_without_a_practitioner_count_as_one_cluster_each(self):
        frame = practice().astype({"practitioner": "Int64"})
        frame.loc[:3, "practitioner"] = pd.NA
        found = compare(frame, reference="coaching", covariates=["pre"], cluster="practitioner")
        assert found.n_clusters == 28
        assert any("without a cluster" in text for text in found.warnings)

    def test_missing_covariates_keep_their_people(self):
        frame = practice()
        frame.loc[:9, "pre"] = np.nan
        found = compare(frame, reference="coaching", covariates=["pre"])
        assert found.n_used == 240
        assert "pre=missing" in found.weights.formula


class TestShowing:
    def test_a_result_shows_itself_and_escapes_user_text(self):
        frame = practice().replace({"arm": {"therapy": "<b>therapy</b>"}})
        found = compare(frame, reference="coaching", covariates=["pre"], margin=1.0)
        for page in (found._repr_html_(), found.diagnostics._repr_html_()):
            assert "<b>therapy" not in page
        assert "the estimation of the weights included" in found.explain()
        assert "weighted difference" in found.method_name
        assert found.diagnostics.explain()
        assert found.to_frame().loc[0, "estimate"] == found.estimate

    def test_warnings_hold_no_counts_of_people(self):
        frame = practice(n=60)
        frame.loc[:2, "post"] = np.nan
        frame.loc[5:7, "pre"] = np.nan
        found = compare(frame, reference="coaching", covariates=["pre"], cluster="practitioner")
        assert found.left_out
        assert not any(" 3 " in f" {text} " for text in found.warnings)


class TestWithinArms:
    def test_is_a_paired_t_without_clusters(self, btheb):
        from scipy import stats

        coached, usual = within_arms(
            btheb, direction="lower", arm="treatment", pre="bdi.pre", post="bdi.2m"
        )
        rows = btheb["treatment"].eq("BtheB") & btheb["bdi.2m"].notna()
        test = stats.ttest_rel(btheb.loc[rows, "bdi.2m"], btheb.loc[rows, "bdi.pre"])
        assert coached.p == pytest.approx(test.pvalue, rel=1e-9)
        low, high = test.confidence_interval()
        assert (coached.low, coached.high) == pytest.approx((low, high), rel=1e-9)
        assert coached.verdict is usual.verdict is Verdict.SUPPORTED
        assert (usual.arm, usual.n, usual.n_in) == ("TAU", 45, 48)

    def test_worse_few_and_hidden(self):
        frame = practice()
        frame["post"] = frame["pre"] + 3 + np.random.default_rng(0).normal(size=240)
        coaching, _ = within_arms(frame, direction="lower", cluster="practitioner")
        assert coaching.verdict is Verdict.NOT_SUPPORTED
        assert coaching.n_clusters is not None
        few = frame.groupby("arm").head(4)
        assert {part.verdict for part in within_arms(few, direction="lower")} == {
            Verdict.CANNOT_TELL
        }
        hidden = within_arms(few, direction="lower", minimum_count=5)
        assert {part.verdict for part in hidden} == {Verdict.SUPPRESSED}
        assert all(math.isnan(part.estimate) for part in hidden)
        (nobody,) = within_arms(few, direction="lower", arms=["none"])
        assert nobody.verdict is Verdict.CANNOT_TELL
        assert nobody.n == 0

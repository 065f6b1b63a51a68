"""Actor-partner models: every number of R on the Acitelli couples, closed forms, and edges."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from dyads_data import couples

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.dyads.apim_design import ApimColumns, read_people
from outcomes.models.dyads.apim_tables import exchangeable_limits, fisher_limits
from outcomes.models.dyads.covariance import pair_residual
from outcomes.models.dyads.distinguishability import both_fits
from outcomes.models.dyads.fitting import fit
from outcomes.models.dyads.ratio import fieller
from outcomes.schema import Verdict

HERE = Path(__file__).resolve().parents[1] / "reference" / "dyads"
LOGLIK = 1e-6
COEFFICIENT = 1e-6  # relative
VARIANCE = 1e-4  # relative
# gls's default search stopped 1.1e-6 short in one coefficient of this model; gls with optim and
# lme4 go on to the value found here (0.0880672677).
STOPPED_SHORT = {"apim_indist": 2e-6}
# nlme stops its search of the errors' ratio and correlation at about 1e-7; errors follow.
ERRORS = 1e-6
# lavaan's search stopped at about 3e-7 of the optimum that nlme reaches.
LAVAAN = 1e-6
DF = 1e-3
WIFE, HUSBAND = "Wife", "Husband"
NAMES = {"couple": "CoupleID", "role": "Gender_A", "outcome": "Satisfaction_A"}


@pytest.fixture(scope="module")
def pairs(shared) -> pd.DataFrame:
    return pd.read_csv(shared / "data" / "acitelli" / "acipair.csv")


@pytest.fixture(scope="module")
def stored(shared) -> dict:
    return json.loads((shared / "reference" / "apim.json").read_text(encoding="utf-8"))


def rederived() -> dict[str, float]:
    lines = (HERE / "growth.tsv").read_text(encoding="utf-8").splitlines()
    return {path: float(value) for path, value in (line.split("\t") for line in lines)}


MODELS = {
    "apim_indist": {
        "actor": "OtherPos_A",
        "partner": "OtherPos_P",
        "covariates": ["SelfPos_A"],
        "distinguishable": False,
    },
    "apim_indist_simple": {"actor": "OtherPos_A", "distinguishable": False},
    "apim_dist_interaction": {
        "actor": "OtherPos_A",
        "distinguishable": True,
        "coding": "interaction",
        "roles": [HUSBAND, WIFE],
    },
    "apim_dist_two_intercept": {"actor": "OtherPos_A", "distinguishable": True},
    "apim_tension_dist_two_intercept": {
        "actor": "Tension_A",
        "partner": "Tension_P",
        "distinguishable": True,
        "roles": [WIFE, HUSBAND],
    },
}
TERMS = {
    "(Intercept)": "intercept",
    "SelfPos_A": "SelfPos_A",
    "OtherPos_A": "actor",
    "OtherPos_P": "partner",
    "gen": "role",
    "gen:OtherPos_A": "role:actor",
    "gen:OtherPos_P": "role:partner",
    "wif": "intercept: Wife",
    "hus": "intercept: Husband",
    **{f"{who}:{name}_{side}": f"{effect}: {role}"
       for who, role in (("wif", WIFE), ("hus", HUSBAND))
       for name in ("OtherPos", "Tension")
       for side, effect in (("A", "actor"), ("P", "partner"))},
}  # fmt: skip


class TestAcitelli:
    @pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
    @pytest.mark.parametrize("name", MODELS)
    def test_equals_nlme(self, pairs, stored, name, reml):
        entry = stored[f"{name}_{'REML' if reml else 'ML'}"]
        found = oc.apim(pairs, **NAMES, **MODELS[name], reml=reml, ddf="residual")
        assert found.converged
        assert found.n_used == entry["n"]
        assert found.loglik == pytest.approx(entry["logLik"], abs=LOGLIK)
        assert found.n_parameters == entry["df_model"]
        table = found.coefficients.set_index("term")
        # nlme's summary multiplies the errors of an ML fit by sqrt(n / (n - p)).
        n, p, near = entry["n"], len(table), STOPPED_SHORT.get(name, COEFFICIENT)
        factor = 1.0 if reml else math.sqrt(n / (n - p))
        for row in entry["fixef"]:
            mine = table.loc[TERMS[row["term"]]]
            assert mine["estimate"] == pytest.approx(row["estimate"], rel=near)
            assert mine["se"] * factor == pytest.approx(row["se"], rel=ERRORS)
            if reml:
                assert mine["df"] == n - p
                assert mine["p"] == pytest.approx(row["p"], rel=1e-4, abs=1e-12)
        assert found.icc == pytest.approx(entry["rho"], rel=near)
        self._variances(found, entry)

    @staticmethod
    def _variances(found, entry):
        table = found.variances.set_index("name")["estimate"]
        if "varIdent" not in entry:
            assert table["residual variance"] == pytest.approx(entry["sigma"] ** 2, rel=VARIANCE)
            return
        for role, ratio in entry["varIdent"].items():
            expected = (entry["sigma"] * ratio) ** 2
            assert table[f"residual variance: {role}"] == pytest.approx(expected, rel=VARIANCE)

    @pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
    def test_the_model_without_predictors_equals_nlme(self, pairs, stored, reml):
        entry = stored[f"empty_indist_{'REML' if reml else 'ML'}"]
        columns = ApimColumns(*NAMES.values(), None, None, ())
        people = read_people(pairs, columns, None, told_apart=False)
        found = fit(
            people.rows(people.base), pair_residual(distinguishable=False), np.zeros(0), reml=reml
        )
        assert found.loglik == pytest.approx(entry["logLik"], abs=LOGLIK)
        assert found.at.beta[0] == pytest.approx(entry["fixef"][0]["estimate"], rel=COEFFICIENT)
        assert found.t[0] == pytest.approx(entry["sigma"] ** 2, rel=VARIANCE)
        assert found.t[1] / found.t[0] == pytest.approx(entry["rho"], rel=COEFFICIENT)
        factor = 1.0 if reml else math.sqrt(entry["n"] / (entry["n"] - 1))
        se = math.sqrt(found.at.covariance[0, 0]) * factor
        assert se == pytest.approx(entry["fixef"][0]["se"], rel=ERRORS)

    def test_roles_equal_nlme_and_lavaan(self, pairs, stored):
        test = oc.apim(pairs, **NAMES, **MODELS["apim_dist_two_intercept"]).test
        table = test.table.set_index("test")
        entry, omnibus = stored["distinguishability_LRT_ML"], stored["apim_sem_indist_fit"]
        given_x, together = table.iloc[0], table.iloc[2]
        assert given_x["statistic"] == pytest.approx(entry["LR"], abs=2 * LOGLIK)
        assert given_x["df"] == entry["df"]
        assert given_x["p"] == pytest.approx(entry["p"], rel=1e-5)
        assert together["statistic"] == pytest.approx(omnibus["chisq"], rel=1e-6)
        assert together["df"] == omnibus["df"]
        assert together["p"] == pytest.approx(omnibus["pvalue"], rel=1e-5)
        assert together["loglik_same"] == pytest.approx(omnibus["logl"], abs=LOGLIK)

    def test_one_model_for_both_equals_lme4(self, pairs, stored):
        entry = stored["apim_indist_lmer_REML"]
        found = oc.apim(pairs, **NAMES, **MODELS["apim_indist_simple"])
        table, fixed = found.variances.set_index("name")["estimate"], found.coefficients
        for mine, theirs in zip(fixed.itertuples(), entry["fixef"], strict=True):
            assert mine.estimate == pytest.approx(theirs["Estimate"], rel=COEFFICIENT)
            assert mine.se == pytest.approx(theirs["Std..Error"], rel=ERRORS)
            assert mine.statistic == pytest.approx(theirs["t.value"], rel=ERRORS)
        couple, rest = (row["vcov"] for row in entry["varcorr"])
        assert table["residual covariance"] == pytest.approx(couple, rel=VARIANCE)
        assert table["residual variance"] == pytest.approx(couple + rest, rel=VARIANCE)
        assert found.loglik == pytest.approx(entry["logLik"], abs=LOGLIK)

    def test_structural_model_equals_lavaan(self, pairs, stored):
        found = oc.apim(
            pairs,
            **NAMES,
            **MODELS["apim_dist_two_intercept"],
            reml=False,
            ddf="none",
            ratio="delta",
        )
        self._structural(found, {row["label"] or _path(row): row
                                 for row in stored["apim_sem_saturated"]},
                         {WIFE: ("aw", "pw", "kw"), HUSBAND: ("ah", "ph", "kh")})  # fmt: skip

    def test_exchangeable_structural_model_equals_lavaan(self, pairs, stored):
        found = oc.apim(
            pairs, **NAMES, **MODELS["apim_indist_simple"], reml=False, ddf="none", ratio="delta"
        )
        rows = {row["label"] or _path(row): row for row in stored["apim_sem_indist"]}
        self._structural(found, rows, {"both partners": ("a", "p", "k")})
        intercept = found.coefficients.iloc[0]
        assert intercept["estimate"] == pytest.approx(rows["i"]["est"], rel=LAVAAN)
        assert intercept["se"] == pytest.approx(rows["i"]["se"], rel=LAVAAN)

    @staticmethod
    def _structural(found, rows, roles):
        effects = found.effects.set_index(["role", "effect"])
        ratios = found.ratios.set_index("role")
        variances = found.variances.set_index("name")
        for role, (actor, partner, k) in roles.items():
            for effect, label in (("actor", actor), ("partner", partner)):
                mine, theirs = effects.loc[(role, effect)], rows[label]
                for name, other in (("estimate", "est"), ("se", "se"), ("statistic", "z"),
                                    ("low", "ci.lower"), ("high", "ci.upper")):  # fmt: skip
                    assert mine[name] == pytest.approx(theirs[other], rel=LAVAAN)
                if "std.all" in theirs:
                    assert mine["standardised"] == pytest.approx(theirs["std.all"], rel=LAVAAN)
            for name, other in (("k", "est"), ("se", "se"), ("low", "ci.lower"),
                                ("high", "ci.upper")):  # fmt: skip
                assert ratios.loc[role, name] == pytest.approx(rows[k][other], rel=5 * LAVAAN)
            suffix = "" if role == "both partners" else f": {role}"
            side = {WIFE: "sat_w~~sat_w", HUSBAND: "sat_h~~sat_h"}.get(role, "vy")
            mine = variances.loc[f"residual variance{suffix}"]
            assert mine["estimate"] == pytest.approx(rows[side]["est"], rel=LAVAAN)
            assert mine["se"] == pytest.approx(rows[side]["se"], rel=LAVAAN)
            if "std.all" in rows[side]:
                share = found.explained.set_index("role").loc[role, "r_squared"]
                assert 1 - share == pytest.approx(rows[side]["std.all"], rel=LAVAAN)
        mine, theirs = variances.loc["residual covariance"], rows["sat_w~~sat_h"]
        for name, other in (("estimate", "est"), ("se", "se"), ("low", "ci.lower"),
                            ("high", "ci.upper")):  # fmt: skip
            assert mine[name] == pytest.approx(theirs[other], rel=LAVAAN)

    def test_predictors_of_the_structural_models_equal_lavaan(self, pairs, stored):
        """The model of the predictor alone, which the omnibus test adds."""
        columns = ApimColumns("CoupleID", "Gender_A", "OtherPos_A", None, None, ())
        people = read_people(pairs, columns, [WIFE, HUSBAND], told_apart=True)
        apart, same = both_fits(people)
        one = {row["label"] or _path(row): row for row in stored["apim_sem_saturated"]}
        two = {row["label"] or _path(row): row for row in stored["apim_sem_indist"]}
        expected = {
            "op_w~~op_w": (apart, 0), "op_h~~op_h": (apart, 1), "op_w~~op_h": (apart, 2),
        }  # fmt: skip
        for path, (found, place) in expected.items():
            assert found.t[place] == pytest.approx(one[path]["est"], rel=LAVAAN)
            se = math.sqrt(found.t_expected[place, place])
            assert se == pytest.approx(one[path]["se"], rel=LAVAAN)
        assert apart.at.beta == pytest.approx(
            [one["op_w~1"]["est"], one["op_h~1"]["est"]], rel=LAVAAN
        )
        assert same.at.beta[0] == pytest.approx(two["mx"]["est"], rel=LAVAAN)
        assert same.t == pytest.approx([two["vx"]["est"], two["op_w~~op_h"]["est"]], rel=LAVAAN)
        assert math.sqrt(same.at.covariance[0, 0]) == pytest.approx(two["mx"]["se"], rel=LAVAAN)

    @pytest.mark.parametrize(
        ("ddf", "entry"), [("satterthwaite", "Satterthwaite"), ("kenward-roger", "Kenward-Roger")]
    )
    def test_df_equal_lmertest_and_pbkrtest(self, pairs, ddf, entry):
        numbers = rederived()
        found = oc.apim(pairs, **NAMES, **MODELS["apim_indist_simple"], ddf=ddf).coefficients
        for row, term in zip(
            found.itertuples(), ("(Intercept)", "OtherPos_A", "OtherPos_P"), strict=True
        ):
            assert row.df == pytest.approx(numbers[f"acitelli/{entry}/{term}/df"], abs=DF)
            assert row.se == pytest.approx(numbers[f"acitelli/{entry}/{term}/se"], rel=ERRORS)

    def test_agreement_equals_the_reml_estimate(self, pairs, stored):
        found = oc.partner_agreement(pairs, "Satisfaction_A", couple="CoupleID", role="Gender_A")
        assert found.icc == pytest.approx(stored["empty_indist_REML"]["rho"], rel=1e-8)
        assert found.verdict is Verdict.SUPPORTED

    def test_double_entry_equals_the_ml_estimate(self, pairs, stored):
        found = oc.partner_agreement(
            pairs, "Satisfaction_A", couple="CoupleID", role="Gender_A", method="pairwise"
        )
        assert found.icc == pytest.approx(stored["empty_indist_ML"]["rho"], rel=1e-8)


def _path(row: dict) -> str:
    return f"{row['lhs']}{row['op']}{row['rhs']}"


class TestClosedForms:
    @pytest.mark.parametrize("ddf", ["satterthwaite", "kenward-roger"])
    @pytest.mark.parametrize("rho", [-0.7, 0.0, 0.7])
    def test_told_apart_and_complete_it_is_one_regression_for_each_role(self, rho, ddf):
        """Both roles have the same regressors: least squares with n - 3 df (Zellner 1962)."""
        frame = couples(30, rho, seed=5)
        found = oc.apim(frame, outcome="y", actor="x", distinguishable=True, ddf=ddf)
        assert found.effects["df"].to_numpy() == pytest.approx(27, rel=1e-6)
        wide = frame.pivot_table(index="couple", columns="role", values=["x", "y"])
        X = np.column_stack([np.ones(30), wide["x"]["a"], wide["x"]["b"]])
        for role, order in (("a", [1, 2]), ("b", [2, 1])):
            beta, rest, *_ = np.linalg.lstsq(X, wide["y"][role].to_numpy(), rcond=None)
            se = np.sqrt(np.diag(np.linalg.inv(X.T @ X)) * rest[0] / 27)
            mine = found.effects[found.effects["role"].eq(role)]
            np.testing.assert_allclose(mine["estimate"], beta[order], rtol=1e-9)
            np.testing.assert_allclose(mine["se"], se[order], rtol=1e-7)

    def test_the_partial_correlation_may_be_negative(self):
        found = oc.apim(couples(80, -0.6, seed=6), outcome="y", actor="x", distinguishable=False)
        assert found.icc < -0.3
        assert found.variances["high"].iloc[-1] < 0

    def test_sums_and_differences_of_exchangeable_partners_are_two_regressions(self):
        """Complete couples: OLS of sums on sums and of differences on differences."""
        frame = couples(40, -0.4, seed=7)
        found = oc.apim(frame, outcome="y", actor="x", distinguishable=False, reml=False)
        wide = frame.pivot_table(index="couple", columns="role", values=["x", "y"])
        sx, sy = (wide[name]["a"] + wide[name]["b"] for name in "xy")
        dx, dy = (wide[name]["a"] - wide[name]["b"] for name in "xy")
        plus = np.polyfit(sx, sy, 1)[0]
        minus = (dx @ dy) / (dx @ dx)
        actor, partner = found.effects["estimate"]
        assert actor + partner == pytest.approx(plus, rel=1e-9)
        assert actor - partner == pytest.approx(minus, rel=1e-9)

    @pytest.mark.parametrize("rho", [-0.5, 0.6])
    def test_limits_of_a_correlation_are_those_of_its_variances(self, rho):
        """Nothing but a mean and complete couples: the exact limits of the one-way ANOVA."""
        frame = couples(25, rho, seed=4)
        columns = ApimColumns("couple", "role", "y", None, None, ())
        people = read_people(frame, columns, None, told_apart=False)
        found = fit(
            people.rows(people.base), pair_residual(distinguishable=False), np.zeros(0), reml=True
        )
        low, high = exchangeable_limits(found.t, found.t_expected, 0.95)
        exact = oc.partner_agreement(frame, "y")
        # The ANOVA has n df within couples, REML the same: both means are estimated as one.
        assert (low, high) == pytest.approx((exact.low, exact.high), rel=1e-6)

    def test_fishers_limits_of_a_correlation_of_two_variances(self):
        """n pairs have n - 1 df: 1 / sqrt(n - 3) (Fisher 1921)."""
        low, high = fisher_limits(0.5, 1 / 27, 0.95)
        assert low == pytest.approx(math.tanh(math.atanh(0.5) - 1.959964 / 5), rel=1e-6)
        assert high == pytest.approx(math.tanh(math.atanh(0.5) + 1.959964 / 5), rel=1e-6)
        assert all(math.isnan(limit) for limit in fisher_limits(0.5, 1.0, 0.95))

    def test_fieller_is_its_own_equation(self):
        spread = np.array([[0.04, 0.01], [0.01, 0.02]])
        low, high = fieller(1.0, 2.0, spread, 12.0, 0.95)
        for k in (low, high):
            distance = (1.0 - 2.0 * k) ** 2
            variance = spread[0, 0] - 2 * k * spread[0, 1] + k**2 * spread[1, 1]
            assert distance == pytest.approx(2.178812829663418**2 * variance, rel=1e-9)

    def test_fieller_is_unbounded_where_the_actor_effect_may_be_zero(self):
        assert fieller(1.0, 0.1, np.eye(2), 12.0, 0.95) == (-math.inf, math.inf)

    def test_double_entry_and_anova_by_hand(self):
        frame = pd.DataFrame(
            {"couple": [1, 1, 2, 2, 3, 3], "role": list("ab") * 3, "y": [1.0, 3, 2, 4, 6, 2]}
        )
        one = oc.partner_agreement(frame, "y")
        # Means 2, 3, 4: MSB = 2 * 2 / 2 = 2; within: (2 + 2 + 8) / 3 = 4.
        assert one.icc == pytest.approx((2 - 4) / (2 + 4))
        two = oc.partner_agreement(frame, "y", method="pairwise")
        rest = np.array([[-2.0, 0], [-1, 1], [3, -1]])
        assert two.icc == pytest.approx(2 * (rest[:, 0] @ rest[:, 1]) / (rest**2).sum())


class TestIncomplete:
    def test_one_partner_stays_and_is_counted(self):
        frame = couples(40, 0.5, seed=8, lost=0.2)
        found = oc.apim(frame, outcome="y", actor="x", distinguishable=True)
        lost = int(frame["y"].isna().sum())
        assert found.dropped == {"y": lost}
        assert found.n_used == 80 - lost
        known = frame.dropna().groupby("couple").size()
        assert (found.n_complete, found.n_one) == (int(known.eq(2).sum()), int(known.eq(1).sum()))
        assert f"y is missing: {lost} people" in found.explain()

    def test_first_occasion_with_missing_partners_equals_nlme(self):
        rows = pd.read_csv(HERE / "growth.csv").query("time == 0")
        numbers = rederived()
        columns = ApimColumns("couple", "role", "score", None, None, ())
        people = read_people(rows, columns, ["husband", "wife"], told_apart=True)
        flags = np.column_stack([people.role == 0, people.role == 1]).astype(float)
        for reml, name in ((True, "first_REML"), (False, "first_ML")):
            found = fit(
                people.rows(flags), pair_residual(distinguishable=True), np.zeros(0), reml=reml
            )
            assert found.loglik == pytest.approx(numbers[f"{name}/logLik"], abs=LOGLIK)
            for place, role in enumerate(("husband", "wife")):
                expected = numbers[f"{name}/estimate/{role}"]
                # gls stops its search at about 1e-6 of the correlation.
                assert found.at.beta[place] == pytest.approx(expected, rel=2e-6)

    def test_an_empty_couple_changes_nobody(self):
        frame = couples(30, 0.3, seed=9)
        empty = pd.DataFrame({"couple": ["z", "z"], "role": ["a", "b"], "x": np.nan, "y": np.nan})
        one = oc.apim(frame, outcome="y", actor="x", distinguishable=True)
        two = oc.apim(pd.concat([frame, empty]), outcome="y", actor="x", distinguishable=True)
        pd.testing.assert_frame_equal(one.effects, two.effects)
        assert two.n_rows == one.n_rows + 2


class TestChoices:
    def test_roles_that_do_not_differ_are_not_told_apart(self):
        found = oc.apim(couples(60, 0.4, seed=17), outcome="y", actor="x")
        assert found.test.p > 0.05
        assert not found.distinguishable
        assert any("by the test" in text for text in found.warnings)

    def test_roles_that_differ_are_told_apart(self):
        frame = couples(60, 0.4, seed=11)
        frame["y"] = frame["y"] + 2 * frame["role"].eq("b")
        found = oc.apim(frame, outcome="y", actor="x")
        assert found.test.p < 0.001
        assert found.distinguishable
        assert "intercept: b - a" in set(found.differences["contrast"])

    def test_partners_without_common_roles_are_not_tested(self):
        frame = couples(30, 0.4, seed=12)
        frame["role"] = frame["couple"] + frame["role"]
        found = oc.apim(frame, outcome="y", actor="x")
        assert found.test is None
        assert not found.distinguishable

    def test_both_codings_are_one_model(self):
        frame = couples(50, 0.4, seed=13, lost=0.1)
        one, two = (
            oc.apim(frame, outcome="y", actor="x", distinguishable=True, coding=coding)
            for coding in ("two_intercept", "interaction")
        )
        pd.testing.assert_frame_equal(one.effects, two.effects, rtol=1e-6)
        pd.testing.assert_frame_equal(one.differences, two.differences, rtol=1e-5, atol=1e-9)

    @pytest.mark.slow
    def test_a_bootstrap_of_couples_gives_limits_near_fiellers(self):
        frame = couples(60, 0.3, seed=14)
        given = {"outcome": "y", "actor": "x", "distinguishable": False}
        one = oc.apim(frame, **given).ratios.iloc[0]
        two = oc.apim(frame, **given, ratio="bootstrap", seed=3).ratios.iloc[0]
        again = oc.apim(frame, **given, ratio="bootstrap", seed=3).ratios.iloc[0]
        assert two["low"] == again["low"]
        assert two["low"] == pytest.approx(one["low"], abs=0.15)
        assert two["high"] == pytest.approx(one["high"], abs=0.25)

    def test_covariates_are_by_role_where_roles_are_apart(self):
        frame = couples(40, 0.2, seed=15).assign(site=np.repeat(["n", "s"], 40))
        found = oc.apim(
            frame, outcome="y", actor="x", covariates=["site"], distinguishable=True
        ).coefficients["term"]
        assert {"site=s: a", "site=s: b"} <= set(found)

    def test_joint_test_of_an_effect(self):
        frame = couples(60, 0.3, seed=16)
        found = oc.apim(frame, outcome="y", actor="x", distinguishable=True)
        test = found.joint_test("partner")
        assert test.df1 == 2
        assert 0 <= test.p <= 1


class TestRefusals:
    def test_three_partners(self):
        frame = couples(4, 0.3, seed=1)
        third = frame.iloc[[0]].assign(role="c")
        with pytest.raises(UsageError, match="more than two people") as caught:
            oc.apim(pd.concat([frame, third]), outcome="y", actor="x")
        assert caught.value.how_many == 1
        assert "c0" not in str(caught.value)

    def test_the_same_role_twice(self):
        frame = couples(4, 0.3, seed=1)
        frame.loc[1, "role"] = "a"
        with pytest.raises(UsageError, match="same role twice"):
            oc.pair_partners(frame, "x")

    def test_roles_of_other_words_are_refused(self):
        frame = couples(30, 0.3, seed=1)
        frame.loc[1, "role"] = "c"
        with pytest.raises(UsageError, match="exactly two roles"):
            oc.apim(frame, outcome="y", actor="x", distinguishable=True)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("ddf", "between"), ("coding", "dummy"), ("ratio", "guess"), ("distinguishable", "no")],
    )
    def test_unknown_choices(self, name, value):
        with pytest.raises(UsageError, match=name):
            oc.apim(couples(10, 0.3, seed=1), outcome="y", actor="x", **{name: value})

    def test_kenward_and_roger_belong_to_reml(self):
        with pytest.raises(UsageError, match="restricted"):
            oc.apim(
                couples(20, 0.3, seed=1), outcome="y", actor="x", reml=False, ddf="kenward-roger"
            )

    def test_a_missing_column_and_words_for_numbers(self):
        frame = couples(10, 0.3, seed=1)
        with pytest.raises(UsageError, match="no column"):
            oc.apim(frame, outcome="z", actor="x")
        with pytest.raises(UsageError, match="does not hold numbers"):
            oc.apim(frame.assign(y="high"), outcome="y", actor="x")

    def test_too_few_people(self):
        with pytest.raises(NotEnoughData):
            oc.apim(couples(2, 0.3, seed=1), outcome="y", actor="x", distinguishable=True)

    def test_few_couples_give_no_verdict(self):
        found = oc.apim(couples(19, 0.3, seed=3), outcome="y", actor="x", distinguishable=False)
        assert found.verdict("actor") is Verdict.CANNOT_TELL
        assert "cannot be told" in found.sentence
        found = oc.apim(couples(20, 0.3, seed=3), outcome="y", actor="x", distinguishable=False)
        assert not [text for text in found.warnings if "Fewer" in text]


class TestPairing:
    def test_each_gets_the_other_ones_value(self):
        frame = couples(5, 0.3, seed=1).sample(frac=1, random_state=2)
        found = oc.pair_partners(frame, ["x", "y"])
        assert list(found.index) == list(frame.index)
        for _, both in found.groupby("couple"):
            assert both["x"].tolist() == both["x_partner"].tolist()[::-1]

    def test_one_alone_and_one_without_a_couple_have_none(self):
        frame = pd.DataFrame(
            {"couple": ["p", "p", "q", None, None], "role": list("abaab"), "x": [1, 2, 3, 4, 5]}
        )
        found = oc.pair_partners(frame, "x")["x_partner"]
        assert found.tolist()[:2] == [2, 1]
        assert found[2:].isna().all()

    def test_a_column_that_is_there_is_not_overwritten(self):
        frame = couples(3, 0.1, seed=1).assign(x_partner=0)
        with pytest.raises(UsageError, match="already there"):
            oc.pair_partners(frame, "x")


class TestProperties:
    @settings(max_examples=15, deadline=None)
    @given(seed=st.integers(0, 1000), rho=st.sampled_from([-0.5, 0.0, 0.6]))
    def test_row_order_and_names_do_not_matter(self, seed, rho):
        frame = couples(25, rho, seed, lost=0.1)
        mixed = frame.sample(frac=1, random_state=seed)
        mixed["couple"] = mixed["couple"].map(
            {name: f"other {k}" for k, name in enumerate(reversed(frame["couple"].unique()))}
        )
        one, two = (
            oc.apim(table, outcome="y", actor="x", distinguishable=True) for table in (frame, mixed)
        )
        pd.testing.assert_frame_equal(one.effects, two.effects, rtol=1e-6)
        pd.testing.assert_frame_equal(one.variances, two.variances, rtol=1e-5, atol=1e-8)

    def test_a_constant_covariate_and_a_shift_change_no_slope(self):
        frame = couples(30, 0.3, seed=5, lost=0.1).assign(site="one")
        given = {"outcome": "y", "actor": "x", "distinguishable": True}
        one = oc.apim(frame, **given)
        two = oc.apim(frame.assign(y=frame["y"] + 100), **given, covariates=["site"])
        pd.testing.assert_frame_equal(one.effects, two.effects, rtol=1e-6)
        assert any("site" in text for text in two.warnings)

    def test_scaling_scales(self):
        frame = couples(30, 0.3, seed=5)
        given = {"outcome": "y", "actor": "x", "distinguishable": False}
        one, two = (oc.apim(table, **given) for table in (frame, frame.assign(y=1000 * frame["y"])))
        np.testing.assert_allclose(
            two.effects["estimate"], 1000 * one.effects["estimate"], rtol=1e-7
        )
        np.testing.assert_allclose(two.effects["p"], one.effects["p"], rtol=1e-5)
        assert two.icc == pytest.approx(one.icc, rel=1e-6)

    def test_the_same_couples_under_other_names_add_their_likelihood(self):
        frame = couples(30, -0.3, seed=6, lost=0.1)
        twice = pd.concat([frame, frame.assign(couple=frame["couple"] + " again")])
        given = {"outcome": "y", "actor": "x", "distinguishable": True, "reml": False}
        one, two = (oc.apim(table, **given) for table in (frame, twice))
        assert two.loglik == pytest.approx(2 * one.loglik, rel=1e-9)
        np.testing.assert_allclose(two.effects["estimate"], one.effects["estimate"], rtol=1e-6)
        np.testing.assert_allclose(two.effects["se"], one.effects["se"] / np.sqrt(2), rtol=1e-6)

    def test_swapping_exchangeable_partners_changes_nothing(self):
        frame = couples(25, 0.4, seed=3)
        turned = frame.assign(role=frame["role"].map({"a": "b", "b": "a"}))
        one, two = (
            oc.apim(table, outcome="y", actor="x", distinguishable=False)
            for table in (frame, turned)
        )
        pd.testing.assert_frame_equal(one.effects, two.effects, rtol=1e-9)

    def test_words_have_no_value_of_a_client_and_say_association(self):
        found = oc.apim(couples(30, 0.4, seed=3), outcome="y", actor="x")
        assert "nothing was assigned" in found.explain()
        assert "goes with" in found.sentence
        assert "NOT CONVERGED" not in repr(found)

"""Every lme4 entry of the growth models, and their emmeans, profiles and comparison."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from outcomes.models import mixed
from outcomes.models.mixed import predictors

LOGLIK_TOL = 1e-6
# lme4 stops where its derivative-free search stops moving; ours is the higher likelihood and
# its scaled gradient is below 1e-6. Where both agree to 1e-9 in likelihood, so do estimates.
LME4_STOPPED = {
    "BtheB_HSAUR_rs_ML": 2e-4,
    "BtheB_gxt_rs_REML": 5e-5,
    "BtheB_gxt_rs_ML": 5e-6,
    "implement_bai_3level_REML": 1e-5,
    "implement_bai_2level_REML": 2e-5,
    "implement_wai_3level_REML": 1e-5,
}
BETA_TOL = 1e-6
VARIANCE_TOL = 1e-4
SE_TOL = 1e-4  # follows the variances
# The slope variance of BtheB is known to 1e-4 of its own standard error only (flat optimum),
# and its covariance with the intercept is near zero: told in standard deviations' units.
FLAT_VARIANCE_TOL = 1e-3
DF_TOL = 1e-3
KR_TOL = 1e-3
MODELS = {
    "BtheB_HSAUR_ri_ML": "bdi ~ bdi_pre + month + drug + treatment + length + (1 | subject)",
    "BtheB_HSAUR_rs_ML": "bdi ~ bdi_pre + month + drug + treatment + length + (month | subject)",
    "BtheB_gxt_ri_REML": "bdi ~ treatment * month + (1 | subject)",
    "BtheB_gxt_rs_REML": "bdi ~ treatment * month + (month | subject)",
    "BtheB_gxt_rs_ML": "bdi ~ treatment * month + (month | subject)",
    "BtheB_gxt_rs_uncor_REML": "bdi ~ treatment * month + (month || subject)",
    "implement_bai_3level_REML": "bai ~ session + (session | patient) + (1 | therapist)",
    "implement_bai_2level_REML": "bai ~ session + (session | patient)",
    "implement_wai_3level_REML": "wai ~ session + (session | patient) + (1 | therapist)",
    "implement_wai_icc_null": "wai ~ 1 + (1 | therapist) + (1 | patient)",
    "implement_lagged_alliance_REML": "bai ~ bai_lag + wai_w_lag + wai_b + session + (1 | patient)",
}


@pytest.fixture(scope="module")
def numbers(shared):
    return json.loads((shared / "reference" / "growth_mixed.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def frames(shared):
    folder = shared / "data" / "BtheB"
    scores = pd.read_csv(folder / "BtheB_long_all.csv")
    post = pd.read_csv(folder / "BtheB_long_post.csv").rename(columns={"bdi.pre": "bdi_pre"})
    for frame in (scores, post):
        frame["treatment"] = pd.Categorical(frame["treatment"], ["TAU", "BtheB"])
    sessions = pd.read_csv(shared / "data" / "implement_gad_sessions/implement_gad_sessions.csv")
    sessions["bai_lag"] = predictors.lagged(sessions, "bai", "patient", "session")
    sessions["own"] = predictors.within(sessions, "wai", "patient")
    sessions["wai_w_lag"] = predictors.lagged(sessions, "own", "patient", "session")
    sessions["wai_b"] = predictors.grand_centred(sessions, "wai", "patient")
    return {"HSAUR": post, "gxt": scores, "implement": sessions}


def frame_of(name, frames):
    return frames[next(key for key in frames if key in name)]


@pytest.mark.parametrize("name", MODELS)
def test_equals_lme4(name, numbers, frames):
    known = numbers[name]
    fit = mixed(MODELS[name], frame_of(name, frames), reml=known["REML"])
    fixef = pd.DataFrame(known["fixef"])
    tolerance = LME4_STOPPED.get(name, BETA_TOL)
    assert fit.converged and fit.convergence.gradient < 1e-4
    assert fit.loglik == pytest.approx(known["logLik"], abs=LOGLIK_TOL)
    assert fit.loglik >= known["logLik"] - 1e-9
    assert fit.n_used == known["nobs"] and fit.n_groups == known["ngrps"]
    np.testing.assert_allclose(fit.coefficients["estimate"], fixef["estimate"], rtol=tolerance)
    np.testing.assert_allclose(fit.coefficients["se"], fixef["se"], rtol=SE_TOL)
    np.testing.assert_allclose(fit.coefficients["df"], fixef["df_satterthwaite"], rtol=DF_TOL)
    assert fit.aic == pytest.approx(known["AIC"], abs=3 * LOGLIK_TOL)
    assert fit.bic == pytest.approx(known["BIC"], abs=3 * LOGLIK_TOL)


@pytest.mark.parametrize("name", MODELS)
def test_variances_equal_lme4(name, numbers, frames):
    known = numbers[name]
    fit = mixed(MODELS[name], frame_of(name, frames), reml=known["REML"])
    tolerance = FLAT_VARIANCE_TOL if name in LME4_STOPPED else VARIANCE_TOL
    residual = fit.residual_sd**2
    for row in known["varcorr"]:
        group = "residual" if row["grp"] == "Residual" else row["grp"].split(".")[0]
        table = fit.variances[fit.variances["group"].eq(group)]
        for column, value in (("name1", row["var1"]), ("name2", row["var2"])):
            wanted = None if value is None else value.replace("(Intercept)", "(intercept)")
            table = table[table[column].isna() if wanted is None else table[column].eq(wanted)]
        assert len(table) == 1
        # A variance far below the residual (4e-9 of 0.07) is zero in both.
        assert table["estimate"].iloc[0] == pytest.approx(
            row["vcov"], rel=tolerance, abs=2e-5 * residual
        )


@pytest.mark.parametrize("name", [n for n in MODELS if n.endswith("REML") and "uncor" not in n])
def test_kenward_roger_equals_pbkrtest(name, numbers, frames):
    fit = mixed(MODELS[name], frame_of(name, frames), ddf="kenward-roger")
    known = pd.DataFrame(numbers[name]["kenward_roger"])
    np.testing.assert_allclose(fit.coefficients["se"], known["se"], rtol=KR_TOL)
    np.testing.assert_allclose(fit.coefficients["df"], known["df"], rtol=KR_TOL)


def test_a_variance_of_zero_is_an_answer(frames):
    fit = mixed(MODELS["implement_bai_3level_REML"], frames["implement"])
    assert fit.converged and fit.singular
    assert fit.variances.loc[fit.variances["group"].eq("therapist"), "estimate"].iloc[0] == 0
    assert "variance of (intercept) over therapist is 0" in fit.convergence.on_bound
    assert any("edge" in text for text in fit.warnings)


@pytest.mark.parametrize("ddf", ["satterthwaite", "kenward-roger"])
def test_marginal_means_equal_emmeans(ddf, numbers, frames):
    fit = mixed(MODELS["BtheB_gxt_rs_REML"], frames["gxt"], ddf=ddf)
    key = "BtheB_gxt_rs_emmeans" + ("_KR" if ddf == "kenward-roger" else "")
    months = {"month": [0, 2, 3, 5, 8]}
    known = pd.DataFrame(numbers[key]["contrasts"])
    made = fit.contrasts("treatment", by="month", at=months)
    np.testing.assert_allclose(made["estimate"], known["estimate"], rtol=1e-5)  # lme4 stopped
    np.testing.assert_allclose(made["se"], known["SE"], rtol=1e-4)
    np.testing.assert_allclose(made["df"], known["df"], rtol=DF_TOL)
    if ddf == "satterthwaite":
        means = pd.DataFrame(numbers[key]["emmeans"])
        made = fit.means(["month", "treatment"], at=months)
        np.testing.assert_allclose(made["estimate"], means["emmean"], rtol=1e-5)
        np.testing.assert_allclose(made["df"], means["df"], rtol=DF_TOL)


@pytest.mark.slow
def test_profile_intervals_equal_lme4(numbers, frames):
    fit = mixed(MODELS["BtheB_gxt_rs_REML"], frames["gxt"])
    made = fit.confint("profile")
    known = pd.DataFrame(numbers["BtheB_gxt_rs_profileCI"])
    # lme4 reads its limits off an interpolating spline: 1e-3 of the interval.
    width = (known["hi"] - known["lo"]).to_numpy()
    assert (np.abs(made["low"] - known["lo"]) < 1e-3 * width).all()
    assert (np.abs(made["high"] - known["hi"]) < 1e-3 * width).all()


def test_likelihood_ratio_equals_anova(numbers, frames):
    slope = mixed(MODELS["BtheB_gxt_rs_ML"], frames["gxt"], reml=False)
    only = mixed(MODELS["BtheB_gxt_ri_REML"], frames["gxt"], reml=False)
    test, known = slope.compare(only), numbers["BtheB_LRT_ri_vs_rs_ML"]
    assert test.statistic == pytest.approx(known["chisq"], abs=1e-5)
    assert test.df == known["df"] and test.p_plain == pytest.approx(known["p"], rel=1e-5)
    assert test.mixture == ((1, 0.5), (2, 0.5)) and test.p < test.p_plain


def test_uncorrelated_equals_nlme_where_the_model_is_the_same(numbers, frames):
    fit = mixed(MODELS["BtheB_gxt_rs_REML"], frames["gxt"])
    known = numbers["BtheB_gxt_rs_nlme_REML"]
    assert fit.loglik == pytest.approx(known["logLik"], abs=LOGLIK_TOL)
    np.testing.assert_allclose(
        fit.coefficients["estimate"], [row["estimate"] for row in known["fixef"]], rtol=1e-5
    )

"""Cox's model and the discrete-time model of leaving, against R's survival package and glm."""

from __future__ import annotations

import time as clock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leaving_data import REAL_TERMS, antidepressant, btheb, reference, simulated

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.leaving import cox, leaving_by_visit
from outcomes.models.leaving.concordance import concordance
from outcomes.models.leaving.cox_fit import cox_fit
from outcomes.models.leaving.cox_robust import robust
from outcomes.models.leaving.hazard import hazard_fit, person_periods
from outcomes.models.leaving.partial import score_residuals
from outcomes.schema.verdicts import Verdict

ONE = "time ~ treatment"
ALL = "time ~ treatment + pre + drug + length"
# Entries of the reference and the call that gives them again.
COX = {
    **{f"BtheB_cox_{ties}": (ONE, ties) for ties in ("efron", "breslow", "exact")},
    **{f"BtheB_cox_adj_{ties}": (ALL, ties) for ties in ("efron", "breslow", "exact")},
}
SHOWN_WALD = 5e-3  # R prints Wald's test to two decimals, and the reference holds what it prints


def check(result, known):
    table = result.coefficients.set_index("term")
    for row in known["coef"]:
        mine = table.loc[REAL_TERMS[row["term"]]]
        assert mine["estimate"] == pytest.approx(row["coef"], rel=1e-9, abs=1e-12)
        assert mine["ratio"] == pytest.approx(row["exp.coef."], rel=1e-9)
        if "robust.se" not in row:
            assert mine["se"] == pytest.approx(row["se.coef."], rel=1e-9)
            assert mine["statistic"] == pytest.approx(row["z"], rel=1e-8)
            assert mine["p"] == pytest.approx(row["Pr...z.."], rel=1e-8)
    for row in known["hr_ci"]:
        mine = table.loc[REAL_TERMS[row["term"]]]
        if "robust.se" not in known["coef"][0]:
            assert mine["ratio_low"] == pytest.approx(row["lower..95"], rel=1e-8)
            assert mine["ratio_high"] == pytest.approx(row["upper..95"], rel=1e-8)
    assert (result.loglik_null, result.loglik) == pytest.approx(known["loglik"], abs=1e-9)
    tests = result.tests.set_index("test")
    for name, key in (("score", "score"), ("likelihood ratio", "lrt")):
        assert tuple(tests.loc[name, ["chi2", "df", "p"]]) == pytest.approx(known[key], rel=1e-7)
    if "robust.se" not in known["coef"][0]:
        assert tests.loc["wald", "chi2"] == pytest.approx(known["wald"][0], abs=SHOWN_WALD)
        assert tests.loc["wald", "p"] == pytest.approx(known["wald"][2], rel=1e-7)
    mine = (result.concordance.share, result.concordance.se)
    assert mine == pytest.approx(known["concordance"], rel=1e-9)
    assert (result.n_used, result.n_events) == (known["n"], known["nevent"])


@pytest.mark.parametrize("entry", COX)
def test_equals_r_on_btheb(shared, entry):
    formula, ties = COX[entry]
    check(cox(formula, btheb(shared), event="event", ties=ties), reference(shared)[entry])


def test_equals_r_on_the_antidepressant_trial(shared):
    result = cox("time ~ THERAPY + BASVAL + GENDER", antidepressant(shared), event="event")
    check(result, reference(shared)["antidep_cox_efron"])


def test_robust_errors_equal_r(shared):
    known, frame = reference(shared)["BtheB_cox_adj_robust"], btheb(shared)
    check(cox(ALL, frame, event="event"), known)
    X = np.column_stack(
        [frame["treatment"].eq("BtheB"), frame["pre"], frame["drug"].eq("Yes"),
         frame["length"].eq(">6m")]
    ).astype(float)  # fmt: skip
    fit = cox_fit(frame["time"].to_numpy(float), frame["event"].to_numpy(), X)
    se = np.sqrt(np.diag(robust(fit, frame["subject"].to_numpy(), "CR0").covariance))
    np.testing.assert_allclose(se, [row["robust.se"] for row in known["coef"]], rtol=1e-9)
    z = fit.beta / se
    np.testing.assert_allclose(z, [row["z"] for row in known["coef"]], rtol=1e-8)
    reach = 1.959963984540054 * se
    limits = [(row["lower..95"], row["upper..95"]) for row in known["hr_ci"]]
    np.testing.assert_allclose(
        np.exp(np.column_stack([fit.beta - reach, fit.beta + reach])), limits, rtol=1e-8
    )
    whole = robust(fit, frame["subject"].to_numpy(), "CR0").covariance
    wald = float(fit.beta @ np.linalg.solve(whole, fit.beta))
    assert wald == pytest.approx(known["wald"][0], abs=SHOWN_WALD)


def test_proportional_hazards_equal_r(shared):
    result = cox(ALL, btheb(shared), event="event")
    known = reference(shared)["BtheB_cox_zph"]
    names = {"bdi.pre": "pre", "GLOBAL": "all"}
    table = result.proportional.set_index("term")
    assert len(table) == len(known)
    for row in known:
        mine = table.loc[names.get(row["term"], row["term"])]
        assert mine["chi2"] == pytest.approx(row["chisq"], rel=1e-8)
        assert (mine["df"], mine["p"]) == pytest.approx((row["df"], row["p"]), rel=1e-8)


def test_strata_and_clusters_equal_r(shared):
    """Numbers of tests/reference/leaving.R, survival 3.5."""
    frame = btheb(shared)
    result = cox("time ~ treatment + pre", frame, event="event", strata="drug", cluster="site")
    np.testing.assert_allclose(
        result.coefficients["estimate"], [0.07912277445654756, 0.00827177951201069], rtol=1e-9
    )
    assert (result.loglik_null, result.loglik) == pytest.approx(
        (-174.995595753226, -174.812586536432), abs=1e-9
    )
    assert result.concordance.share == pytest.approx(0.5445937690897984, rel=1e-12)
    assert result.concordance.se == pytest.approx(0.0345457926739438, rel=1e-9)
    zph = result.proportional["chi2"].to_numpy()
    np.testing.assert_allclose(
        zph, [0.1451709884649724, 0.0935585234567763, 0.2870280232694489], rtol=1e-7
    )
    X = np.column_stack([frame["treatment"].eq("BtheB"), frame["pre"]]).astype(float)
    strata = frame["drug"].eq("Yes").to_numpy().astype(int)
    fit = cox_fit(frame["time"].to_numpy(float), frame["event"].to_numpy(), X, strata=strata)
    se = np.sqrt(np.diag(robust(fit, frame["site"], "CR0").covariance))
    np.testing.assert_allclose(se, [0.2415510809180988, 0.0120290039166895], rtol=1e-9)
    cr1 = robust(fit, frame["site"], "CR1")
    np.testing.assert_allclose(np.diag(cr1.covariance), se**2 * 12 / 11, rtol=1e-9)
    assert cr1.df == 11


# One Newton step from the whole fit instead of a full refit without the cluster: with a twelfth
# of 48 people left out the second step moves β by some thousandths.
ONE_STEP = 0.01


def test_the_jackknife_over_clusters_is_near_full_refits(shared):
    frame = btheb(shared)
    result = cox(ONE, frame, event="event", cluster="site")
    assert result.covariance_kind == "CR3"
    # R: coxph without each of twelve sites, (G - 1) / G times the sum of squares.
    assert result.coefficients["se"].iloc[0] == pytest.approx(0.205643565075913, rel=ONE_STEP)


TIGHT = {
    "logit": (
        [-3.63434016491534351, 2.36587519094033505, 2.12592277232980109, 1.32300009264991014,
         0.00534517137518583, 0.00656235581791265],
        [0.7159934309393772, 0.6318209551737426, 0.6540179386739589, 0.7279967736511654,
         0.3243514425074048, 0.0152015806253769],
    ),
    "cloglog": (
        [-3.65077132052269393, 2.23426892741121863, 2.02524432336485383, 1.28079802663155840,
         0.02940365265703052, 0.00609506315395395],
        [0.6837340547152351, 0.6125958030153293, 0.6325961805879708, 0.7075703854922774,
         0.2902913649014556, 0.0135374608720408],
    ),
}  # fmt: skip
# R's glm stops when the deviance moves by less than 1e-8 of itself and takes its covariance from
# the step before, so the reference is that far off; with a tight control R gives TIGHT.
GLM_STOPS_EARLY = {"rtol": 2e-5, "atol": 1e-6}
CLOGLOG = 1e-8  # Fisher scoring ends in linear steps; the last one left is below this


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_discrete_time_equals_r(shared, link):
    frame = btheb(shared)
    known = reference(shared)[f"BtheB_discrete_{link}"]
    rows = person_periods(frame["time"].to_numpy(float), frame["event"].to_numpy())
    X = np.column_stack(
        [np.ones(len(rows.person)), *[rows.period == k for k in (1, 2, 3)],
         frame["treatment"].eq("BtheB").to_numpy()[rows.person],
         frame["pre"].to_numpy()[rows.person]]
    ).astype(float)  # fmt: skip
    fit = hazard_fit(rows.event, X, link)
    assert len(X) == known["n"]
    assert fit.deviance == pytest.approx(known["deviance"], abs=1e-9)
    se = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(fit.beta, TIGHT[link][0], rtol=1e-6, atol=CLOGLOG)
    np.testing.assert_allclose(se, TIGHT[link][1], rtol=1e-7)
    beta = [row["estimate"] for row in known["coef"]]
    np.testing.assert_allclose(fit.beta, beta, **GLM_STOPS_EARLY)
    np.testing.assert_allclose(se, [row["se"] for row in known["coef"]], **GLM_STOPS_EARLY)
    result = leaving_by_visit("time ~ treatment + pre", frame, event="event", link=link)
    np.testing.assert_allclose(result.coefficients["estimate"], fit.beta[4:], rtol=1e-6)
    np.testing.assert_allclose(result.coefficients["se"], se[4:], rtol=1e-6)
    assert result.visits["events"].tolist() == [3, 24, 15, 6]


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_discrete_time_equals_statsmodels(link):
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(400), rng.normal(size=(400, 3))])
    y = (rng.random(400) < 0.3).astype(int)
    links = {"logit": sm.families.links.Logit(), "cloglog": sm.families.links.CLogLog()}
    other = sm.GLM(y, X, family=sm.families.Binomial(links[link])).fit(tol=1e-14, maxiter=200)
    fit = hazard_fit(y, X, link)
    np.testing.assert_allclose(fit.beta, other.params, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), other.bse, rtol=1e-6)


def test_every_entry_of_the_reference_is_tested(shared):
    curves = {
        *(f"BtheB_km_{transform}" for transform in ("log", "log-log", "plain")),
        *("BtheB_logrank", "BtheB_peto_rho1", "BtheB_rmst_tau8", "antidep_km", "antidep_logrank"),
    }
    models = {
        *COX, "BtheB_cox_zph", "BtheB_cox_adj_robust", "antidep_cox_efron",
        "BtheB_discrete_logit", "BtheB_discrete_cloglog",
    }  # fmt: skip
    assert set(reference(shared)) == curves | models


def test_the_gradient_is_that_of_the_likelihood_and_residuals_add_up_to_it():
    frame = simulated(60, 1, ties=True)
    X = frame[["x", "z"]].to_numpy()
    args = (frame["time"].to_numpy(), frame["event"].to_numpy(), X)
    for ties in ("efron", "breslow", "exact"):
        fit = cox_fit(*args, ties=ties)
        # At the maximum the curvature by differences is minus the information.
        shifts = np.eye(2) * 1e-3
        up, down = (cox_loglik(fit, fit.scaled_beta + s) for s in (shifts[0], -shifts[0]))
        curvature = (up - 2 * fit.loglik + down) / 1e-6
        information = np.linalg.inv(fit.covariance / np.outer(1 / fit.scale, 1 / fit.scale))
        assert -curvature == pytest.approx(information[0, 0], rel=1e-4)
        if fit.partial is not None:
            residuals = score_residuals(fit.rows, fit.partial)
            np.testing.assert_allclose(residuals.sum(axis=0), 0, atol=1e-8)


def cox_loglik(fit, beta):
    from outcomes.models.leaving.exact import evaluate_exact
    from outcomes.models.leaving.partial import evaluate

    value = evaluate_exact if fit.ties == "exact" else evaluate
    return value(fit.rows, beta).loglik


def test_exact_ties_by_hand():
    """Two leave at once of three: exp(x1 + x2) over the three pairs."""
    X = np.array([[0.0], [1.0], [3.0]])
    fit = cox_fit(np.ones(3), np.array([1, 1, 0]), X, ties="exact")
    beta = fit.scaled_beta[0]
    z = fit.rows.X[np.argsort(fit.rows.order)][:, 0]
    pairs = np.exp(beta * np.array([z[0] + z[1], z[0] + z[2], z[1] + z[2]]))
    assert fit.loglik == pytest.approx(np.log(pairs[0] / pairs.sum()))


def test_without_ties_all_ways_agree():
    frame = simulated(40, 2)
    X = frame[["x", "z"]].to_numpy()
    fits = [
        cox_fit(frame["time"].to_numpy(), frame["event"].to_numpy(), X, ties=ties)
        for ties in ("efron", "breslow", "exact")
    ]
    for other in fits[1:]:
        np.testing.assert_allclose(fits[0].beta, other.beta, rtol=1e-8)
        assert fits[0].loglik == pytest.approx(other.loglik, abs=1e-9)


def test_a_coefficient_without_end_cannot_tell():
    frame = pd.DataFrame(
        {
            "weeks": [1, 2, 3, 4, 5, 6, 7, 8.0],
            "left": [1, 1, 1, 1, 0, 0, 0, 0],
            "arm": ["b"] * 4 + ["a"] * 4,
            "pre": [5, 3, 6, 4, 7, 2, 8, 1.0],
        }
    )
    result = cox("weeks ~ arm + pre", frame, event="left")
    assert not result.converged
    assert "arm[b]" in result.endless
    assert repr(result).startswith("NOT CONVERGED")
    assert "Cannot tell" in repr(result)
    assert result.to_frame().empty
    assert result.verdict("arm[b]") is Verdict.CANNOT_TELL
    visit = leaving_by_visit("weeks ~ arm", frame.assign(weeks=[1, 1, 2, 2, 2, 2, 2, 2]),
                             event="left")  # fmt: skip
    assert not visit.converged
    assert "Cannot tell" in repr(visit)


def test_an_empty_level_is_no_separation():
    """A group in which few leave is not one in which nobody does."""
    frame = simulated(300, 4)
    frame["arm"] = np.where(frame["x"] > 1.5, "b", "a")
    result = cox("time ~ arm", frame, event="event")
    assert result.converged
    assert result.endless == ()


def test_concordance_by_counting_all_pairs():
    rng = np.random.default_rng(6)
    for _ in range(20):
        n = 25
        time, event = rng.integers(1, 8, n).astype(float), rng.integers(0, 2, n)
        risk, strata = rng.integers(0, 5, n).astype(float), rng.integers(0, 2, n)
        right = pairs = 0.0
        for i in range(n):
            for j in range(n):
                later = time[j] > time[i] or (time[j] == time[i] and not event[j])
                if event[i] and later and strata[i] == strata[j]:
                    pairs += 1
                    right += (risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j])
        found = concordance(time, event, risk, strata=strata)
        assert found.pairs == pairs
        if pairs:
            assert found.share == pytest.approx(right / pairs)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.booleans())
def test_order_scale_of_time_and_labels_change_nothing(seed, ties):
    frame = simulated(50, seed, ties=ties)
    frame["site"] = np.arange(50) % 9
    try:
        one = cox("time ~ x + z", frame, event="event", cluster="site")
    except NotEnoughData:
        return
    mixed = frame.sample(frac=1, random_state=seed)
    mixed["time"] *= 3
    mixed["site"] = "s" + mixed["site"].astype(str)
    other = cox("time ~ x + z", mixed, event="event", cluster="site")
    np.testing.assert_allclose(
        one.coefficients["estimate"], other.coefficients["estimate"], rtol=1e-7, atol=1e-9
    )
    np.testing.assert_allclose(
        one.coefficients["se"], other.coefficients["se"], rtol=1e-6, atol=1e-9
    )
    assert one.concordance.share == pytest.approx(other.concordance.share)


def test_a_covariate_in_other_units_changes_its_coefficient_only():
    frame = simulated(80, 9)
    one = cox("time ~ x + z", frame, event="event")
    other = cox("time ~ x + z", frame.assign(x=100 * frame["x"] + 3), event="event")
    assert other.loglik == pytest.approx(one.loglik, abs=1e-9)
    np.testing.assert_allclose(
        other.coefficients["estimate"] * [100, 1], one.coefficients["estimate"], rtol=1e-8
    )
    np.testing.assert_allclose(
        other.coefficients["se"] * [100, 1], one.coefficients["se"], rtol=1e-8
    )


def test_strata_of_one_person_say_nothing():
    frame = simulated(40, 11).assign(layer=0)
    extra = pd.DataFrame({"time": [1.0], "event": [1], "x": [9.0], "z": [0.0], "layer": [1]})
    one = cox("time ~ x + z", frame, event="event", strata="layer")
    other = cox("time ~ x + z", pd.concat([frame, extra]), event="event", strata="layer")
    np.testing.assert_allclose(
        one.coefficients["estimate"], other.coefficients["estimate"], rtol=1e-8
    )


def test_rows_without_a_value_are_left_out_and_counted(shared):
    frame = btheb(shared)
    frame.loc[:4, "pre"] = np.nan
    frame["drug"] = frame["drug"].where(frame["subject"] > 2)
    result = cox("time ~ pre + drug", frame, event="event")
    assert result.dropped == {"pre": 5, "drug": 2}
    assert (result.n_rows, result.n_used) == (100, 95)
    assert "5 without pre" in result.explain()


def test_words_say_which_ending_counts():
    frame = simulated(60, 12)
    frame["how"] = np.where(frame["event"].eq(1), "dropout", "open")
    frame.loc[frame.index[:10], "how"] = "planned"
    by_word = cox("time ~ x", frame, event="how", cause="dropout")
    by_flag = cox("time ~ x", frame.assign(e=frame["how"].eq("dropout")), event="e")
    assert by_word.loglik == by_flag.loglik
    assert "how = dropout" in repr(by_word)
    with pytest.raises(UsageError, match="cause"):
        cox("time ~ x", frame, event="how", cause="gone")
    with pytest.raises(UsageError, match="cause="):
        cox("time ~ x", frame, event="how")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ties": "middle"}, "ties"),
        ({"formula": "time ~ x + (1 | z)"}, "random"),
        ({"event": "nothing"}, "nothing"),
        ({"formula": "time ~ 1"}, "no term"),
        ({"formula": "time ~ unknown"}, "unknown"),
    ],
)
def test_wrong_arguments_say_what_is_wrong(change, message):
    options = {"formula": "time ~ x", "event": "event"} | change
    with pytest.raises(UsageError, match=message):
        cox(options.pop("formula"), simulated(30, 1), **options)


def test_nobody_leaves_or_a_covariate_never_varies():
    frame = simulated(30, 1)
    with pytest.raises(NotEnoughData, match="Nobody"):
        cox("time ~ x", frame.assign(event=0), event="event")
    with pytest.raises(UsageError, match="0 or 1"):
        cox("time ~ x", frame.assign(event=2), event="event")


def test_exact_ties_know_their_limits():
    frame = pd.DataFrame({"time": 1.0, "event": np.arange(9000) % 2, "x": np.arange(9000) % 7})
    with pytest.raises(UsageError, match="too long"):
        cox("time ~ x", frame, event="event", ties="exact")
    with pytest.raises(UsageError, match="Exact ties"):
        cox("time ~ x", simulated(40, 2).assign(site=np.arange(40) % 8), event="event",
            ties="exact", cluster="site")  # fmt: skip


def test_warns_of_few_events_and_clusters_and_changing_hazards():
    few = cox("time ~ x + z", simulated(20, 3).assign(site=np.arange(20) % 4), event="event",
              cluster="site")  # fmt: skip
    assert any("clusters" in text for text in few.warnings)
    assert any("are few" in text for text in few.warnings)
    rng = np.random.default_rng(2)
    z = rng.integers(0, 2, 600)
    # One group leaves early or not at all, the other late: the ratio turns round.
    time = np.where(z == 1, rng.exponential(1, 600), 2 + rng.exponential(1, 600))
    frame = pd.DataFrame({"time": np.minimum(time, 6.0), "z": z, "event": 1})
    frame.loc[(z == 1) & (time > 1), ["time", "event"]] = [6.0, 0]
    result = cox("time ~ z", frame, event="event")
    assert any("changes over time" in text for text in result.warnings)


def test_person_periods_by_hand():
    rows = person_periods(np.array([2.0, 3.0, 5.0]), np.array([1, 0, 1]))
    assert rows.person.tolist() == [0, 1, 1, 2, 2, 2]
    assert rows.event.tolist() == [1, 0, 0, 0, 0, 1]
    # Between visits: a censored person was at risk up to the visit before, an ending is known
    # at the next.
    rows = person_periods(np.array([2.5, 2.5]), np.array([0, 1]), np.array([1.0, 2.0, 3.0]))
    assert rows.person.tolist() == [0, 0, 1, 1, 1]
    with pytest.raises(UsageError, match="after the last visit"):
        person_periods(np.array([9.0]), np.array([1]), np.array([1.0]))


def test_a_visit_at_which_nobody_leaves_is_skipped_and_named():
    frame = pd.DataFrame(
        {"visit": [1, 1, 2, 3, 3, 3, 3, 4, 4, 4], "left": [1, 1, 0, 1, 1, 0, 0, 0, 0, 0],
         "x": [1, 2, 3, 4, 2, 5, 1, 3, 2, 4.0]}
    )  # fmt: skip
    result = leaving_by_visit("visit ~ x", frame, event="left")
    assert result.skipped == (2.0, 4.0)
    assert result.converged


@pytest.mark.slow
def test_fifty_thousand_people_take_less_than_a_second():
    frame = simulated(50_000, 1)
    start = clock.process_time()
    cox_fit(frame["time"].to_numpy(), frame["event"].to_numpy(), frame[["x", "z"]].to_numpy())
    assert clock.process_time() - start < 1.0

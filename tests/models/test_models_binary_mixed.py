"""The logistic mixed model: against lme4, against integrals, at its bounds, and its words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad
from scipy.special import expit
from scipy.stats import norm

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.binary.clusters import one_factor
from outcomes.models.binary.counts import compress, counts
from outcomes.models.binary.factors import Factor, triangle
from outcomes.models.binary.marginal import logistic_normal
from outcomes.models.binary.several import elimination_order, several_factors
from outcomes.schema.verdicts import Verdict

LOGLIK_TOL = 1e-6
COEFFICIENT_TOL = 1e-6  # relative
VARIANCE_TOL = 1e-4
# bobyqa ends the reference's search where the deviance is flat to 1e-9: coefficients of a flat
# direction are then known to their fifth digit.
SEARCH_TOL = 2e-5
# confint reads the limits from a spline through the profile.
SPLINE_TOL = 1e-3
# glmer's inner iterations stop at tolPwrss = 1e-7 by default: its Laplace log-likelihood is
# 2.8e-4 below the optimum, which lme4 reaches with tolPwrss = 1e-13 (tests/reference/binary).
SLOPES_LOGLIK, SLOPES_TOL = 5e-5, 5e-4
# glmer's inner iterations end at 1e-13 of the penalised sum of squares.
INNER_TOL = 3e-6
PWRSS_LOGLIK, PWRSS_COEFFICIENT = 5e-4, 1.5e-3
REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "binary" / "binary.json").read_text("utf-8")
)
FORMULA = "low ~ treatment * month + (1 | subject)"
TERMS = {
    "(intercept)": "(Intercept)",
    "treatment[BtheB]": "treatmentBtheB",
    "month": "month",
    "treatment[BtheB]:month": "treatmentBtheB:month",
    "session": "session",
}


@pytest.fixture(scope="session")
def btheb(shared):
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB_long_all.csv")
    frame["treatment"] = pd.Categorical(frame["treatment"], ["TAU", "BtheB"])
    return frame.assign(low=frame["bdi"].lt(14).astype(float).mask(frame["bdi"].isna()))


@pytest.fixture(scope="session")
def providers(shared):
    folder = shared / "data" / "nhs_talking_therapies"
    frame = pd.read_csv(folder / "provider_recovery_glmm_input.csv")
    first = "Cognitive Behaviour Therapy (CBT)"
    levels = [first, *sorted(set(frame["therapy_type"]) - {first})]
    return frame.assign(
        therapy=pd.Categorical(frame["therapy_type"], levels), year=frame["reporting_period"]
    )


def equals_r(fit, entry, variances, tolerance=SEARCH_TOL, loglik=LOGLIK_TOL):
    assert fit.converged
    assert fit.loglik == pytest.approx(REFERENCE[f"{entry}/logLik"], abs=loglik)
    assert fit.loglik >= REFERENCE[f"{entry}/logLik"] - LOGLIK_TOL
    table = fit.coefficients.set_index("term")
    for term, row in table.iterrows():
        name = TERMS.get(term) or term.replace("[", "").replace("]", "")
        start = f"{entry}/fixef/{name}"
        assert row["estimate"] == pytest.approx(REFERENCE[f"{start}/estimate"], rel=tolerance)
        assert row["se"] == pytest.approx(REFERENCE[f"{start}/se"], rel=max(1e-4, tolerance))
    found = fit.variances.set_index(["group", "effect", "other"])["variance"]
    for place, name in variances.items():
        expected = REFERENCE[f"{entry}/vcov/{name}"]
        assert found[place] == pytest.approx(expected, rel=max(VARIANCE_TOL, tolerance), abs=1e-8)


def test_laplace_equals_lme4_searched_to_the_end(btheb):
    fit = oc.mixed_logistic(FORMULA, btheb, ddf="none")
    equals_r(fit, "laplace", {("subject", "(intercept)", ""): "subject,(Intercept),"}, 1e-6)


@pytest.mark.parametrize("points", [5, 25])
def test_quadrature_equals_lme4(btheb, points):
    fit = oc.mixed_logistic(FORMULA, btheb, method="quadrature", points=points, ddf="none")
    place = {("subject", "(intercept)", ""): "subject,(Intercept),"}
    equals_r(fit, f"quadrature {points}", place)


def test_stored_reference_numbers_with_the_default_search_of_lme4(btheb, shared):
    stored = json.loads((shared / "reference" / "misc.json").read_text("utf-8"))
    for method, entry, loglik, coefficient in (
        ("laplace", "BtheB_glmer_laplace", PWRSS_LOGLIK, PWRSS_COEFFICIENT),
        ("quadrature", "BtheB_glmer_agq25", LOGLIK_TOL, 1e-4),
    ):
        fit = oc.mixed_logistic(FORMULA, btheb, method=method, ddf="none")
        row = stored[entry]
        assert fit.loglik == pytest.approx(row["logLik"], abs=loglik)
        # Never below the reference: the search went at least as far.
        assert fit.loglik >= row["logLik"] - LOGLIK_TOL
        found = fit.coefficients["estimate"].to_numpy()
        assert found == pytest.approx([c["estimate"] for c in row["coef"]], rel=coefficient)
        assert fit.coefficients["p"].iloc[2] == pytest.approx(row["coef"][2]["p"], rel=0.02)
        assert fit.variances["sd"][0] == pytest.approx(row["sd_subject"], rel=coefficient)


@pytest.mark.parametrize(
    ("random", "entry", "groups"),
    [
        ("(month | subject)", "slopes", ("subject", "subject")),
        ("(month || subject)", "slopes apart", ("subject", "subject.1")),
    ],
)
def test_random_slopes_equal_lme4(btheb, random, entry, groups):
    fit = oc.mixed_logistic(f"low ~ treatment * month + {random}", btheb, ddf="none")
    names = {
        ("subject", "(intercept)", ""): f"{groups[0]},(Intercept),",
        ("subject", "month", ""): f"{groups[1]},month,",
    }
    # bobyqa stops short in so many dimensions (by 1.5e-5 of the log-likelihood).
    equals_r(fit, entry, names, SLOPES_TOL, SLOPES_LOGLIK)


@pytest.mark.parametrize(
    ("random", "entry", "theta", "beta"),
    [
        ("(month | subject)", "slopes", [2.34, 0.14, 0.92], [-2.92, 1.28, 0.36, 0.51]),
        ("(month || subject)", "slopes apart", [2.54, 0.95], [-3.03, 1.3, 0.4, 0.51]),
    ],
)
def test_the_likelihood_of_random_slopes_is_that_of_lme4(btheb, random, entry, theta, beta):
    fit = oc.mixed_logistic(f"low ~ treatment * month + {random}", btheb)
    value = -fit.fitted.engine.evaluate(np.r_[beta, theta])[0] / 2
    assert value == pytest.approx(REFERENCE[f"{entry}/logLik at"], abs=INNER_TOL)


def test_nested_groups_equal_lme4_and_a_spread_of_zero_is_an_answer(shared):
    folder = shared / "data" / "implement_gad_sessions"
    frame = pd.read_csv(folder / "implement_gad_sessions_derived.csv").dropna(subset="bai")
    frame = frame.assign(low=(frame["bai"] < frame["bai"].median()).astype(float))
    fit = oc.mixed_logistic("low ~ session + (1 | therapist / patient)", frame, ddf="none")
    names = {
        ("therapist:patient", "(intercept)", ""): "patient:therapist,(Intercept),",
        ("therapist", "(intercept)", ""): "therapist,(Intercept),",
    }
    equals_r(fit, "nested", names, loglik=INNER_TOL)
    assert fit.convergence.singular
    assert any("do not prove" in text for text in fit.warnings)
    high = fit.variances.set_index("group").loc["therapist", "high"]
    assert 0 < high < 5


def test_counts_of_providers_equal_lme4(providers, shared):
    fit = oc.mixed_logistic(
        "ther_recovery_count ~ therapy + year + (1 | org_code)", providers, trials="case"
    )
    stored = json.loads((shared / "reference" / "nhs.json").read_text("utf-8"))
    row = stored["nhs_provider_glmer_recovery"]
    assert fit.loglik == pytest.approx(row["logLik"], abs=1e-4)  # default tolPwrss, of 7,416
    assert fit.variances["variance"][0] == pytest.approx(row["varcorr"][0]["vcov"], rel=1e-3)
    found = fit.coefficients.set_index("term")["estimate"]
    for one in row["coef"][1:5]:
        term = one["term"].replace("therapy", "therapy[", 1) + "]"
        assert found[term] == pytest.approx(one["estimate"], rel=1e-3)
    # Providers searched to the end.
    assert fit.loglik == pytest.approx(REFERENCE["providers/logLik"], abs=LOGLIK_TOL)


def test_crossed_groups_equal_lme4(providers):
    fit = oc.mixed_logistic(
        "ther_recovery_count ~ therapy + (1 | org_code) + (1 | year)",
        providers,
        trials="case",
        ddf="none",
    )
    names = {
        ("org_code", "(intercept)", ""): "org,(Intercept),",
        ("year", "(intercept)", ""): "year,(Intercept),",
    }
    equals_r(fit, "crossed", names, 1e-4)


def test_profile_limits_equal_lme4(btheb):
    fit = oc.mixed_logistic(FORMULA, btheb, interval="profile")
    for row in fit.coefficients.itertuples():
        for end in ("low", "high"):
            expected = REFERENCE[f"laplace/profile/{TERMS[row.term]}/{end}"]
            assert getattr(row, end) == pytest.approx(expected, abs=SPLINE_TOL)
    for end in ("low", "high"):
        expected = REFERENCE[f"laplace/profile/.sig01/{end}"]
        assert fit.variances[end][0] == pytest.approx(expected, abs=SPLINE_TOL)


def test_conditional_modes_equal_lme4(btheb):
    modes = oc.mixed_logistic(FORMULA, btheb).modes("subject").set_index("level")
    for level in (1, 2, 50):
        for name in ("mode", "se"):
            expected = REFERENCE[f"laplace/modes/{level}/{name}"]
            assert modes.loc[level, name] == pytest.approx(expected, rel=1e-5)


def small_factor(n, groups, slope, seed=5):
    rng = np.random.default_rng(seed)
    codes = np.sort(np.concatenate([np.arange(groups), rng.integers(0, groups, n - groups)]))
    x = rng.normal(size=n)
    design = np.column_stack([np.ones(n), x]) if slope else np.ones((n, 1))
    names = ("1", "x")[: design.shape[1]]
    factor = Factor("g", codes, tuple(range(groups)), design, names, triangle((len(names),)))
    y = (rng.random(n) < expit(0.3 * x)).astype(float)
    return counts(y, np.ones(n)), np.column_stack([np.ones(n), x]), factor


def test_quadrature_is_the_integral_of_one_effect():
    given_, X, factor = small_factor(24, 4, slope=False)
    engine = one_factor(given_, X, factor, 40)
    beta, sd = np.array([-0.4, 0.7]), 1.3
    linear = X @ beta
    total = 0.0
    for group in range(4):
        own = factor.codes == group

        def density(b, own=own):
            return np.exp(given_.kernel(linear + sd * b)[own].sum()) * norm.pdf(b)

        total += np.log(quad(density, -10, 10, epsabs=1e-13)[0])
    assert engine.evaluate(np.r_[beta, sd])[0] == pytest.approx(-2 * total, abs=1e-8)


def test_quadrature_is_the_integral_of_two_effects():
    given_, X, factor = small_factor(10, 2, slope=True)
    engine = one_factor(given_, X, factor, 30)
    parameters = np.array([-0.4, 0.7, 1.1, -0.3, 0.8])
    root = factor.root(parameters[2:])
    linear = X @ parameters[:2]
    total = 0.0
    for group in range(2):
        own = factor.codes == group

        def density(second, first, own=own):
            effects = factor.design[own] @ root @ np.array([first, second])
            likelihood = expit(
                np.where(given_.successes[own] == 1, 1, -1) * (linear[own] + effects)
            )
            return likelihood.prod() * norm.pdf(first) * norm.pdf(second)

        total += np.log(dblquad(density, -7, 7, -7, 7, epsabs=1e-9, epsrel=1e-9)[0])
    assert engine.evaluate(parameters)[0] == pytest.approx(-2 * total, abs=1e-6)


def numeric_gradient(engine, at, step=1e-5):
    eye = np.eye(len(at)) * step
    return np.array(
        [(engine.evaluate(at + e)[0] - engine.evaluate(at - e)[0]) / (2 * step) for e in eye]
    )


@pytest.mark.parametrize("points", [1, 2, 9])
@pytest.mark.parametrize("slope", [False, True])
def test_the_gradient_is_that_of_the_approximation(points, slope):
    given_, X, factor = small_factor(60, 7, slope=slope)
    engine = one_factor(given_, X, factor, points)
    at = np.r_[-0.2, 0.5, factor.start(0.8)] + 0.1
    assert engine.evaluate(at)[1] == pytest.approx(numeric_gradient(engine, at), abs=1e-6)


def many_factors(n=400, seed=3):
    rng = np.random.default_rng(seed)
    practice = rng.integers(0, 4, n)
    practitioner = practice * 3 + rng.integers(0, 3, n)
    client = practitioner * 6 + rng.integers(0, 6, n)
    site = rng.integers(0, 5, n)
    x = rng.normal(size=n)
    y = (rng.random(n) < expit(x + rng.normal(size=72)[client])).astype(float)

    def factor(name, codes, *, slope=False):
        levels, codes = np.unique(codes, return_inverse=True)
        design = np.column_stack([np.ones(n), x]) if slope else np.ones((n, 1))
        free = triangle((design.shape[1],))
        return Factor(name, codes, tuple(levels), design, ("1", "x")[: design.shape[1]], free)

    return counts(y, np.ones(n)), np.column_stack([np.ones(n), x]), factor, {
        "practice": practice, "practitioner": practitioner, "client": client, "site": site,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("named", "chain"),
    [
        (["client", "practitioner"], 2),
        (["client+", "practitioner", "practice+"], 3),
        (["practitioner", "site+"], 1),
        (["client+", "practitioner", "site", "practice"], 2),
    ],
)
def test_the_gradient_with_several_factors(named, chain):
    given_, X, factor, codes = many_factors()
    made = [factor(n, codes[n.rstrip("+")], slope=n.endswith("+")) for n in named]
    engine = several_factors(given_, X, elimination_order(tuple(made)))
    assert len(engine.chain) == chain
    theta = np.concatenate([one.start(0.7) + 0.1 for one in engine.factors])
    at = np.r_[0.1, 0.8, theta]
    found, expected = engine.evaluate(at)[1], numeric_gradient(engine, at, 1e-4)
    assert found == pytest.approx(expected, abs=2e-4)


def test_several_factors_hold_one_factor_as_a_special_case():
    given_, X, factor, codes = many_factors()
    one = factor("client", codes["client"], slope=True)
    at = np.r_[0.1, 0.8, 0.9, 0.2, 0.3]
    value, gradient = one_factor(given_, X, one, 1).evaluate(at)
    other, slope = several_factors(given_, X, (one,)).evaluate(at)
    assert other == pytest.approx(value, abs=1e-8)
    assert slope == pytest.approx(gradient, abs=1e-6)


def simulated(groups=30, size=12, sd=0.8, effect=0.6, seed=1):
    rng = np.random.default_rng(seed)
    practitioner = np.repeat(np.arange(groups), size)
    arm = np.where(rng.random(len(practitioner)) < 0.5, "therapy", "coaching")
    severity = rng.normal(size=len(practitioner))
    linear = -0.2 + effect * (arm == "therapy") + 0.4 * severity
    linear = linear + sd * rng.normal(size=groups)[practitioner]
    improved = rng.random(len(practitioner)) < expit(linear)
    return pd.DataFrame(
        {"improved": improved, "arm": arm, "severity": severity, "practitioner": practitioner}
    )


MODEL = "improved ~ arm + severity + (1 | practitioner)"


def test_counts_and_their_rows_give_one_answer():
    frame = simulated().assign(severity=0.0)
    rows = oc.mixed_logistic("improved ~ arm + (1 | practitioner)", frame)
    together = frame.groupby(["practitioner", "arm"])["improved"].agg(["sum", "size"])
    grouped = oc.mixed_logistic(
        "sum ~ arm + (1 | practitioner)", together.reset_index(), trials="size"
    )
    one, two = rows.coefficients, grouped.coefficients
    assert two["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), rel=1e-7)
    assert two["se"].to_numpy() == pytest.approx(one["se"].to_numpy(), rel=1e-6)
    assert grouped.loglik > rows.loglik  # the counts have their binomial coefficients


def test_compressing_loses_nothing():
    given_, X, factor = small_factor(50, 5, slope=False)
    X = np.round(X)
    put = compress(given_, np.column_stack([factor.codes, X]))
    whole = one_factor(given_, X, factor, 3)
    small = one_factor(put.counts, X[put.first], factor.take(put.first), 3)
    at = np.array([0.2, 0.4, 0.9])
    assert small.evaluate(at)[0] == pytest.approx(whole.evaluate(at)[0], abs=1e-9)
    assert (put.counts.trials.sum(), len(put.row)) == (50, 50)


def test_without_spread_it_is_the_plain_logistic_model():
    # Every group has the same share: the spread is zero, an answer and not an error.
    frame = pd.DataFrame(
        {"improved": [1, 0, 0] * 40, "x": [0.1, -1, 1, 0, 0.5, -0.4] * 20, "g": range(120)}
    )
    frame["g"] //= 6
    fit = oc.mixed_logistic("improved ~ x + (1 | g)", frame, ddf="none")
    assert fit.converged
    assert fit.convergence.singular
    assert fit.variances["sd"][0] == 0
    plain = sm.Logit(frame["improved"], sm.add_constant(frame["x"])).fit(disp=0)
    assert fit.loglik == pytest.approx(plain.llf, abs=1e-8)
    assert fit.coefficients["estimate"].to_numpy() == pytest.approx(
        plain.params.to_numpy(), rel=1e-6
    )
    assert fit.coefficients["se"].to_numpy() == pytest.approx(plain.bse.to_numpy(), rel=1e-5)
    assert fit.variances["low"][0] == 0 < fit.variances["high"][0] < 2
    table = fit.probabilities("x", values=[0])
    assert table["probability"][0] == pytest.approx(table["typical"][0])


@pytest.mark.parametrize("value", [False, True])
def test_separation_is_told_and_no_number_is(value):
    frame = simulated()
    frame.loc[frame["arm"].eq("therapy"), "improved"] = value
    fit = oc.mixed_logistic(MODEL, frame)
    assert fit.separated == ("arm[therapy]",)
    assert fit.verdict is Verdict.CANNOT_TELL
    assert repr(fit).startswith("CANNOT TELL: some values of arm[therapy]")
    assert "estimate" not in fit._repr_html_()
    assert fit.coefficients["estimate"].isna().all()
    assert fit.odds_ratios["odds_ratio"].isna().all()
    assert "e+" not in repr(fit)
    with pytest.raises(NotEnoughData, match="Cannot tell"):
        fit.differences("arm")
    with pytest.raises(NotEnoughData, match="Cannot tell"):
        fit.beside()
    drawn = fit.plot()
    assert "cannot tell" in drawn.alt
    assert drawn.data["odds_ratio"].isna().all()


def test_everybody_improved_is_separation_too():
    frame = simulated().assign(improved=1)
    assert "(intercept)" in oc.mixed_logistic(MODEL, frame).separated


def test_groups_with_one_answer_each_have_no_finite_spread():
    frame = pd.DataFrame({"g": np.repeat(np.arange(40), 5), "x": np.tile(np.arange(5), 40)})
    frame["improved"] = (frame["g"] % 2).astype(int)
    fit = oc.mixed_logistic("improved ~ x + (1 | g)", frame)
    assert not fit.converged
    assert fit.verdict is Verdict.CANNOT_TELL
    assert repr(fit).startswith("NOT CONVERGED")
    assert fit.to_frame()["estimate"].isna().all()
    with pytest.raises(NotEnoughData):
        fit.modes()


def test_degrees_of_freedom_follow_where_a_term_varies():
    frame = simulated(groups=20, size=10)
    frame = frame.assign(role=np.where(frame["practitioner"] % 2, "coach", "therapist"))
    table = oc.mixed_logistic(
        "improved ~ severity + role + role:severity + (1 + severity | practitioner)", frame
    ).coefficients.set_index("term")["df"]
    assert table["(intercept)"] == table["role[therapist]"] == 20 - 2
    assert table["severity"] == 20 - 2
    interaction = [name for name in table.index if ":" in name]
    assert table[interaction[0]] == 20 - 2
    fits = [oc.mixed_logistic(MODEL, frame, ddf=ddf) for ddf in ("between-within", "none")]
    corrected, plain = (fit.coefficients.set_index("term")["se"] for fit in fits)
    ratio = corrected / plain
    assert ratio["(intercept)"] == pytest.approx(np.sqrt(20 / 19))
    assert ratio["arm[therapy]"] == pytest.approx(1)
    within = fits[0].coefficients.set_index("term")["df"]
    assert within["arm[therapy]"] == 200 - 20 - 2
    assert within["(intercept)"] == 19


def test_probabilities_are_integrals_and_their_errors_are_delta():
    frame = simulated()
    fit = oc.mixed_logistic(MODEL, frame, method="quadrature", points=15)
    table = fit.probabilities("arm", at={"severity": 0.5}).set_index("arm")
    beta = fit.coefficients.set_index("term")["estimate"]
    sd = fit.variances["sd"][0]
    linear = beta["(intercept)"] + beta["arm[therapy]"] + 0.5 * beta["severity"]
    expected = quad(lambda z: expit(linear + sd * z) * norm.pdf(z), -9, 9)[0]
    assert table.loc["therapy", "probability"] == pytest.approx(expected, abs=1e-9)
    assert table.loc["therapy", "typical"] == pytest.approx(expit(linear), abs=1e-12)
    fitted = fit.fitted
    found = fitted.averages("arm", ["coaching", "therapy"], {})

    def moved(place, by):
        parameters = fitted.optimum.parameters.copy()
        parameters[place] += by
        X = fitted.rows.fixed.rows(frame.assign(arm="therapy"))
        return logistic_normal(X @ parameters[:3], np.full(len(X), parameters[3]))[0].mean()

    numeric = [(moved(place, 1e-5) - moved(place, -1e-5)) / 2e-5 for place in range(4)]
    assert found[1].gradient == pytest.approx(numeric, abs=1e-8)
    difference = fit.differences("arm")
    assert difference["difference"][0] == pytest.approx(found[1].value - found[0].value)
    assert difference["ratio"][0] == pytest.approx(found[1].value / found[0].value)
    assert difference["low"][0] < difference["difference"][0] < difference["high"][0]
    # The population's odds ratio is nearer to 1 than that within a practitioner.
    assert (
        1
        < difference["odds_ratio"][0]
        < fit.odds_ratios.set_index("term").loc["arm[therapy]", "odds_ratio"]
    )


def test_logistic_normal_equals_quadrature():
    for sd in (0.0, 0.3, 2.7, 8.0):
        found = logistic_normal(np.array([-1.2]), np.array([sd]))
        for place, function in enumerate(
            (
                lambda z, sd=sd: expit(-1.2 + sd * z),
                lambda z, sd=sd: expit(-1.2 + sd * z) * expit(1.2 - sd * z),
                lambda z, sd=sd: z * expit(-1.2 + sd * z) * expit(1.2 - sd * z),
            )
        ):
            value = quad(lambda z: function(z) * norm.pdf(z), -9, 9, epsabs=1e-13, limit=400)[0]  # noqa: B023
            assert found[place][0] == pytest.approx(value, abs=1e-11)


def test_beside_shows_both_and_why_they_differ():
    fit = oc.mixed_logistic(MODEL, simulated(groups=60, sd=1.5, effect=1.0, seed=4))
    both = fit.beside()
    row = both.table.set_index("term").loc["arm[therapy]"]
    assert row["population"] < row["within"]
    assert row["expected"] == pytest.approx(row["population"], rel=0.15)
    assert "different questions" in repr(both)
    assert set(both.plot().data["compares"]) == {"within a group", "in the population"}


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_labels_and_units_do_not_matter(seed):
    frame = simulated(groups=12, size=8)
    fit = oc.mixed_logistic(MODEL, frame)
    rng = np.random.default_rng(seed)
    changed = frame.sample(frac=1, random_state=seed).assign(constant=3.0)
    names = rng.permutation(100)[:12]
    changed["practitioner"] = ["p" + str(names[code]) for code in changed["practitioner"]]
    changed["severity"] = 10 * changed["severity"]
    other = oc.mixed_logistic(MODEL.replace("severity", "severity + constant"), changed)
    assert other.loglik == pytest.approx(fit.loglik, abs=1e-7)
    one = fit.coefficients.set_index("term")["estimate"]
    two = other.coefficients.set_index("term")["estimate"]
    assert two["severity"] == pytest.approx(one["severity"] / 10, rel=1e-5)
    assert two["arm[therapy]"] == pytest.approx(one["arm[therapy]"], rel=1e-5)
    assert any("constant" in text for text in other.warnings)


def test_rows_without_a_value_are_counted_by_column():
    frame = simulated()
    frame["improved"] = frame["improved"].astype("boolean").mask(frame.index < 7)
    frame.loc[10:12, "severity"] = np.nan
    fit = oc.mixed_logistic(MODEL, frame)
    assert (fit.n_rows, fit.n_used) == (360, 350)
    assert fit.dropped == {"improved": 7, "severity": 3}


@pytest.mark.parametrize(
    ("formula", "options", "match"),
    [
        ("improved ~ arm", {}, "no random term"),
        ("improved ~ arm + (1 | nobody)", {}, "does not have"),
        ("severity ~ arm + (1 | practitioner)", {}, "neither yes/no"),
        (MODEL, {"method": "magic"}, "Unknown method"),
        (MODEL, {"points": 5}, "one point"),
        (MODEL, {"method": "quadrature", "points": 1000}, "1 to 100"),
        (MODEL, {"ddf": "kenward-roger"}, "Unknown ddf"),
        (MODEL, {"level": 95}, "between 0 and 1"),
        (MODEL, {"trials": "severity"}, "whole number"),
    ],
)
def test_mistakes_are_named(formula, options, match):
    with pytest.raises(UsageError, match=match):
        oc.mixed_logistic(formula, simulated(), **options)


def test_quadrature_refuses_several_factors():
    frame = simulated().assign(site=lambda f: f["practitioner"] % 3)
    with pytest.raises(UsageError, match="one grouping factor"):
        oc.mixed_logistic(
            "improved ~ arm + (1 | practitioner) + (1 | site)", frame, method="quadrature"
        )


def test_one_answer_in_each_group_is_refused():
    frame = simulated().assign(practitioner=range(360))
    with pytest.raises(NotEnoughData, match="one answer"):
        oc.mixed_logistic(MODEL, frame)


def test_unknown_columns_of_questions_are_refused():
    fit = oc.mixed_logistic(MODEL, simulated())
    with pytest.raises(UsageError, match="does not use"):
        fit.probabilities("practice")
    with pytest.raises(UsageError, match="values="):
        fit.probabilities("severity")
    with pytest.raises(UsageError, match="nothing to compare"):
        fit.differences("arm", reference="yoga")


def test_words():
    fit = oc.mixed_logistic(MODEL, simulated(groups=6))
    text = fit.explain()
    assert "What this does not tell" in text
    assert "population" in text
    assert any("6 levels of practitioner" in text for text in fit.warnings)
    assert "effect of" not in text
    shared = fit.heterogeneity
    assert 0 <= shared["share"][0] < 1 <= shared["median_odds_ratio"][0]

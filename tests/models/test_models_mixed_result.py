"""What can be asked of a fitted mixed model, and the predictors over sessions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.errors import UsageError
from outcomes.models import mixed
from outcomes.models.mixed import predictors
from outcomes.models.mixed.likelihood_ratio import _mixture


@pytest.fixture(scope="module")
def frame():
    draw = np.random.default_rng(2)
    client = np.repeat(np.arange(60), 5)
    t = np.tile(np.arange(5.0), 60)
    arm = np.where(client % 2 == 0, "coaching", "therapy")
    u = draw.standard_normal((60, 2)) @ np.diag([3, 0.6])
    y = 20 - t - 0.5 * t * (arm == "therapy") + u[client, 0] + u[client, 1] * t
    y += 2 * draw.standard_normal(300)
    made = pd.DataFrame({"client": client, "practitioner": client % 7, "t": t, "arm": arm, "y": y})
    made.loc[[3, 77], "y"] = np.nan
    return made


@pytest.fixture(scope="module")
def fit(frame):
    return mixed("y ~ arm * t + (t | client)", frame)


def test_rows_that_lack_a_value_are_counted(fit):
    assert (fit.n_rows, fit.n_used, fit.dropped) == (300, 298, {"y": 2})
    assert "2 rows lack a value" in fit.explain()


def test_the_input_is_not_edited(frame):
    before = frame.copy()
    mixed("y ~ arm * t + (t | client)", frame).fitted()
    pd.testing.assert_frame_equal(frame, before)


def test_an_average_client_is_predicted_by_the_fixed_part(fit, frame):
    new = pd.DataFrame({"client": ["nobody"], "arm": ["coaching"], "t": [0.0]})
    known = fit.coefficients.iloc[0]
    made = fit.predict(new, clients="new", interval="mean").iloc[0]
    assert made["estimate"] == pytest.approx(known["estimate"])
    assert made["se"] == pytest.approx(known["se"])
    table = fit.variances.set_index(["group", "name1"])["estimate"]
    intercept = fit.variances["estimate"].iloc[0]
    unseen = fit.predict(new).iloc[0]
    assert unseen["se"] ** 2 == pytest.approx(known["se"] ** 2 + intercept)
    one = fit.predict(new, clients="new", interval="observation").iloc[0]
    assert one["se"] ** 2 == pytest.approx(known["se"] ** 2 + intercept + fit.residual_sd**2)
    assert len(table)


def test_a_seed_gives_the_same_draws(fit):
    one, two = fit.simulate(3, n=2), fit.simulate(3, n=2)
    np.testing.assert_array_equal(one, two)
    assert one.shape == (2, 298)


def test_refit_of_the_same_outcome_is_the_same(fit):
    again = fit.refit(fit.data.outcome)
    np.testing.assert_allclose(again.coefficients["estimate"], fit.coefficients["estimate"])
    with pytest.raises(UsageError):
        fit.refit(fit.data.outcome[1:])


@pytest.mark.parametrize("formula", ["y ~ t + (t | client)", "y ~ t + (1 | client) + (1 | item)"])
def test_bootstrap_refits_equal_whole_fits_whatever_the_jobs(frame, formula):
    rows = frame.assign(item=frame["t"])
    fit = mixed(formula, rows)
    one, two = fit.bootstrap(6, seed=5), fit.bootstrap(6, seed=5, jobs=2)
    pd.testing.assert_frame_equal(one.draws, two.draws)
    from outcomes.models.mixed.modes import fixed_values
    from outcomes.models.mixed.simulate import drawer

    seed = np.random.SeedSequence(5).spawn(6)[0]
    outcome = fit.data.fixed.matrix @ fixed_values(fit.fit, fit.data)
    outcome = outcome + drawer(fit.fit, fit.data)(np.random.default_rng(seed))
    whole = fit.refit(outcome)
    np.testing.assert_allclose(
        one.draws.iloc[0, :2], whole.coefficients["estimate"], rtol=1e-4, atol=1e-5
    )
    assert one.draws.iloc[0, -1] == pytest.approx(whole.residual_sd, rel=1e-4)


def test_standardised_effect_by_hand(fit):
    rows = fit.contrasts("arm", at={"t": [4]})
    made = fit.standardised(rows, sd=5.0).iloc[0]
    assert made["d"] == pytest.approx(rows["estimate"].iloc[0] / 5)
    assert made["se"] == pytest.approx(rows["se"].iloc[0] / 5)
    baseline = fit.standardised(rows, sd="baseline").iloc[0]
    sd = np.sqrt(fit.variances["estimate"].iloc[0] + fit.residual_sd**2)
    assert baseline["sd"] == pytest.approx(sd)
    assert baseline["se"] > rows["se"].iloc[0] / sd
    Z = np.column_stack([np.ones(298), fit.data.groupings[0].columns[:, 1]])
    S = fit.fit.covariances[0]
    total = np.sqrt(np.einsum("nq,qr,nr->n", Z, S, Z).mean() + fit.residual_sd**2)
    assert fit.standardised(rows).iloc[0]["sd"] == pytest.approx(total)
    with pytest.raises(UsageError):
        fit.standardised(rows, sd="pooled")


def test_wald_intervals_are_those_of_the_coefficients(fit):
    made = fit.confint()
    np.testing.assert_array_equal(made["low"], fit.coefficients["low"])


def test_one_row_f_test_is_the_squared_t(fit):
    test, row = fit.test("arm:t"), fit.coefficients.iloc[-1]
    assert test.statistic == pytest.approx(row["statistic"] ** 2)
    assert test.df2 == pytest.approx(row["df"]) and test.p == pytest.approx(row["p"])


@pytest.mark.parametrize(
    ("extra", "mixture"),
    [
        ((0, 1, 0), ((0, 0.5), (1, 0.5))),  # Self & Liang case 5
        ((0, 1, 1), ((1, 0.5), (2, 0.5))),  # Stram & Lee case 3
        ((1, 1, 0), ((1, 0.5), (2, 0.5))),  # Self & Liang case 6
        ((0, 2, 0), ((0, 0.25), (1, 0.5), (2, 0.25))),  # Self & Liang case 9
        ((2, 0, 1), ((3, 1.0),)),
    ],
)
def test_mixtures_at_the_boundary(extra, mixture):
    assert _mixture(*extra)[0] == mixture


def test_comparison_of_a_variance_halves_the_p(frame):
    larger = mixed("y ~ arm * t + (1 | client) + (1 | practitioner)", frame)
    smaller = mixed("y ~ arm * t + (1 | client)", frame)
    test = larger.compare(smaller)
    assert test.method == "restricted likelihoods" and test.df == 1
    if test.statistic > 0:
        assert test.p == pytest.approx(stats.chi2.sf(test.statistic, 1) / 2)
    fixed = mixed("y ~ t + (1 | client)", frame)
    assert smaller.compare(fixed).method == "maximum likelihood"
    with pytest.raises(UsageError, match="Neither"):
        larger.compare(mixed("y ~ arm * t + (t | client)", frame))


def test_predictors_by_hand():
    rows = pd.DataFrame(
        {"client": ["a", "a", "b", "a", "b"], "n": [0, 1, 0, 3, 1], "x": [1.0, 2, 10, 6, None]}
    )
    np.testing.assert_allclose(predictors.between(rows, "x", "client"), [3, 3, 10, 3, 10])
    np.testing.assert_allclose(predictors.within(rows, "x", "client")[:4], [-2, -1, 0, 3])
    np.testing.assert_allclose(predictors.grand_centred(rows, "x", "client")[:3], [-3.5, -3.5, 3.5])
    lagged = predictors.lagged(rows, "x", "client", "n")
    assert lagged.isna().tolist() == [True, False, True, True, False]
    assert predictors.lagged(rows, "x", "client", "n", step=None)[3] == 2
    with pytest.raises(UsageError):
        predictors.lagged(pd.concat([rows, rows]), "x", "client", "n")


def test_kinds_of_time():
    dates = pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-08", "2026-02-01"])
    rows = pd.DataFrame({"client": ["a", "a", "a", "b"], "on": dates})
    np.testing.assert_allclose(predictors.weeks(rows, "on", "client"), [0, 2, 1, 0])
    assert predictors.session_numbers(rows, "on", "client").tolist() == [0, 2, 1, 0]
    time = pd.Series([0.0, 2, 5, 9], name="week")
    np.testing.assert_allclose(predictors.log_time(time), np.log([1, 3, 6, 10]))
    pieces = predictors.piecewise(time, [4])
    np.testing.assert_allclose(pieces["week_1"], [0, 2, 4, 4])
    np.testing.assert_allclose(pieces["week_2"], [0, 0, 1, 5])
    np.testing.assert_allclose(pieces.sum(axis=1), time)

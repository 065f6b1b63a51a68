"""Control limits of the funnel: exact distributions, published constants, false alarms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

import outcomes as oc
from outcomes.models.practitioners.count_limits import FINE, Counts, count_limits
from outcomes.models.practitioners.limits import mean_limits, thompson
from outcomes.models.practitioners.random_intercept import random_intercept
from outcomes.models.practitioners.sums import sums

LEVELS = (0.95, 0.998)


def every_count(n, p, spread=0.0):
    """Limits for a practitioner with each possible count of n clients."""
    counts = np.arange(n + 1.0)
    one = np.ones(n + 1)
    chance = one * (p * (1 - p)).sum()
    return count_limits(Counts(counts, one * n, one * p.sum(), chance), spread, LEVELS)


class TestCounts:
    @pytest.mark.parametrize(("n", "p"), [(10, 0.5), (20, 0.4), (37, 0.15), (400, 0.03)])
    def test_outside_is_the_mid_p_of_the_binomial(self, n, p):
        limits = every_count(n, np.full(n, p))
        counts = np.arange(n + 1)
        middle = stats.binom.cdf(counts, n, p) - stats.binom.pmf(counts, n, p) / 2
        for found, level in zip(limits.beyond(), LEVELS, strict=True):
            tail = (1 - level) / 2
            expected = np.where(middle < tail, -1, np.where(1 - middle < tail, 1, 0))
            np.testing.assert_array_equal(found, expected)

    def test_where_even_zero_is_likely_there_is_no_lower_limit(self):
        limits = every_count(8, np.full(8, 0.2))
        assert np.isnan(limits.inner_low).all()
        assert np.isfinite(limits.inner_high).all()

    def test_unequal_chances_are_close_to_their_exact_distribution(self):
        p = np.random.default_rng(1).beta(2, 3, 40)
        exact = np.array([1.0])
        for one in p:
            exact = np.convolve(exact, [1 - one, one])
        middle = np.cumsum(exact) - exact / 2
        limits = every_count(40, p)
        for tail, found in ((0.025, limits.inner_low), (0.975, limits.inner_high)):
            place = np.interp(tail, middle, np.arange(41))
            # The matched binomial is within a tenth of a client of the exact limit.
            assert found[0] * 40 + p.sum() == pytest.approx(place, abs=0.1)

    @pytest.mark.parametrize(("n", "p", "spread"), [(30, 0.4, 0.01), (150, 0.2, 0.004)])
    def test_spread_is_the_beta_binomial(self, n, p, spread):
        total = p * (1 - p) / spread - 1
        law = stats.betabinom(n, p * total, (1 - p) * total)
        counts = np.arange(n + 1)
        middle = law.cdf(counts) - law.pmf(counts) / 2
        inner = every_count(n, np.full(n, p), spread).beyond()[0]
        expected = np.where(middle < 0.025, -1, np.where(1 - middle < 0.025, 1, 0))
        np.testing.assert_array_equal(inner, expected)

    def test_where_counts_are_fine_the_beta_joins_without_a_step(self):
        # The skew of a count is not that of its beta: a hundredth of the limit's distance.
        ends = [every_count(n, np.full(n, 0.3), 0.003).inner_low[0] for n in (FINE, FINE + 1)]
        assert ends[1] == pytest.approx(ends[0], rel=0.02)

    @pytest.mark.parametrize("n", [10, 15, 30, 80])
    def test_false_alarms_are_few_on_average_over_rates(self, n):
        alarms = []
        for p in np.linspace(0.2, 0.8, 61):
            inner = every_count(n, np.full(n, p)).beyond()[0]
            alarms.append(stats.binom.pmf(np.arange(n + 1), n, p)[inner != 0].sum())
        assert 0.03 < np.mean(alarms) < 0.055


class TestMeans:
    def test_thompsons_published_constants(self):
        # Thompson's tau (deviation over the sample's SD) at 5 %: n = 5: 1.5712, n = 10: 1.7984.
        for n, tau in ((5, 1.5712), (10, 1.7984)):
            assert thompson(0.95, n - 1) * np.sqrt((n - 1) / n) == pytest.approx(tau, abs=5e-5)
        assert thompson(0.95, 1e7) == pytest.approx(1.959964, abs=1e-5)
        assert thompson(0.95, 1) == np.inf

    def test_chance_alone_is_the_exact_t_of_one_against_the_others(self):
        rng = np.random.default_rng(3)
        who = np.repeat(np.arange(7), [3, 9, 4, 12, 6, 5, 8])
        x, y = rng.normal(size=(2, len(who)))
        y -= pd.Series(y).groupby(who).transform("mean").to_numpy()
        y += pd.Series(x).groupby(who).transform("mean").to_numpy() / 10
        fit = random_intercept(sums(y, x[:, None], who))
        assert fit.practitioner == 0
        limits = mean_limits(fit, LEVELS, spread=False)
        # Independent: variance of the group mean's residual in least squares, by dense algebra.
        X = np.column_stack([np.ones(len(y)), x])
        M = np.eye(len(y)) - X @ np.linalg.solve(X.T @ X, X.T)
        take = np.equal.outer(np.arange(7), who) / np.bincount(who)[:, None]
        whole = np.column_stack([np.eye(7)[who], x])
        error = y - whole @ np.linalg.lstsq(whole, y, rcond=None)[0]
        df = len(y) - 8
        se = np.sqrt(np.diag(take @ M @ take.T) * (error @ error) / df)
        np.testing.assert_allclose(limits.difference, take @ M @ y, atol=1e-10)
        np.testing.assert_allclose(limits.inner_high, stats.t.ppf(0.975, df) * se, rtol=1e-8)
        np.testing.assert_allclose(limits.outer_low, -stats.t.ppf(0.999, df) * se, rtol=1e-8)

    def test_spread_has_the_variance_of_the_model(self):
        rng = np.random.default_rng(4)
        who = np.repeat(np.arange(9), [3, 9, 4, 12, 6, 5, 8, 20, 7])
        x = rng.normal(size=len(who))
        y = x + rng.normal(size=9)[who] + rng.normal(size=len(who))
        fit = random_intercept(sums(y, x[:, None], who))
        limits = mean_limits(fit, LEVELS, spread=True)
        V = fit.rest * np.eye(len(y)) + fit.practitioner * np.equal.outer(who, who)
        X = np.column_stack([np.ones(len(y)), x])
        hat = X @ np.linalg.solve(X.T @ np.linalg.solve(V, X), X.T @ np.linalg.inv(V))
        take = np.equal.outer(np.arange(9), who) / np.bincount(who)[:, None]
        left = take @ (np.eye(len(y)) - hat)
        se = np.sqrt(np.diag(left @ V @ left.T))
        np.testing.assert_allclose(limits.difference, left @ y, atol=1e-9)
        np.testing.assert_allclose(limits.inner_high, thompson(0.95, 8) * se, rtol=1e-8)


def test_the_drawn_limits_are_those_of_an_average_practitioner():
    who = np.repeat(np.arange(12), 15)
    y = np.sin(who * 1.9) + np.cos(np.arange(180) * 2.1)
    result = oc.practitioners(pd.DataFrame({"who": who, "y": y}), outcome="y", practitioner="who")
    drawn = result.curve.set_index("n").loc[15]
    assert drawn["inner_high"] == pytest.approx(result.table["inner_high"].iloc[0], rel=1e-9)


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(8)
    who = np.repeat(np.arange(15), rng.integers(10, 60, 15))
    pre = rng.normal(15, 4, len(who))
    chance = 1 / (1 + np.exp(-(-2 + 0.15 * pre)))
    return pd.DataFrame({"who": who, "pre": pre, "better": rng.random(len(who)) < chance})


class TestShares:
    def test_expected_equals_statsmodels(self, frame):
        X = sm.add_constant(frame[["pre"]])
        fit = sm.GLM(frame["better"].astype(float), X, family=sm.families.Binomial()).fit(tol=1e-12)
        result = oc.practitioners(frame, outcome="better", practitioner="who", case_mix=["pre"])
        expected = pd.Series(fit.fittedvalues).groupby(frame["who"]).mean()
        np.testing.assert_allclose(result.table["expected"], expected, rtol=1e-8)
        np.testing.assert_allclose(result.coefficients["estimate"], fit.params, rtol=1e-8)
        assert result.unit == "proportion"

    def test_robust_errors_equal_statsmodels(self, frame):
        X = sm.add_constant(frame[["pre"]])
        model = sm.GLM(frame["better"].astype(float), X, family=sm.families.Binomial())
        options = {"groups": frame["who"].to_numpy(), "use_correction": False}
        fit = model.fit(tol=1e-12, cov_type="cluster", cov_kwds=options)
        result = oc.practitioners(frame, outcome="better", practitioner="who", case_mix=["pre"])
        np.testing.assert_allclose(result.coefficients["se"], fit.bse * np.sqrt(15 / 14), rtol=1e-7)
        assert (result.coefficients["df"] == 14).all()

    def test_observed_less_expected_adds_up_to_none(self, frame):
        result = oc.practitioners(frame, outcome="better", practitioner="who", case_mix=["pre"])
        assert (result.table["n"] * result.table["difference"]).sum() == pytest.approx(0, abs=1e-8)


def test_nhs_providers(shared):
    file = shared / "data" / "nhs_talking_therapies" / "provider_recovery_glmm_input.csv"
    rows = pd.read_csv(file)
    rows = rows[rows["reporting_period"].eq("2024-25")]
    result = oc.practitioners(
        rows,
        outcome="ther_recovery_count",
        trials="case",
        practitioner="org_code",
        case_mix=["therapy_type"],
        direction="higher",
    )
    assert result.n_practitioners == rows["org_code"].nunique()
    assert result.n_used == rows["case"].sum()
    by = rows.groupby("org_code")[["ther_recovery_count", "case"]].sum()
    np.testing.assert_allclose(
        result.table["observed"], by["ther_recovery_count"] / by["case"], rtol=1e-12
    )
    # With the usual spread added, about as many lie outside as chance puts there.
    assert result.outside() <= 3 * result.outside_by_chance()
    alone = oc.practitioners(
        rows,
        outcome="ther_recovery_count",
        trials="case",
        practitioner="org_code",
        case_mix=["therapy_type"],
        limits="chance",
    )
    assert alone.outside() > 3 * alone.outside_by_chance()

"""Pooling against R's mice on Beat the Blues: every entry of multiple_imputation_btheb.json."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, stdtr, stdtrit
from scipy.stats import ttest_ind

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models import pool
from outcomes.models.least_squares import least_squares
from outcomes.models.missing import (
    Imputations,
    barnard_rubin,
    enough_imputations,
    fmi_limits,
    pool_r_squared,
    pool_statistics,
    pool_wald,
    tipping_point,
    two_part_df,
)

CLOSED = 1e-10  # the same formulas in the same precision, relative
# mitml 0.4-4, testModels(fits, null, method, df.com), both slopes, on the stored sets.
D1_TWO = (9.25741293495601, 56.722844895926, 0.757955423880725)
D1_TWO_LARGE = 176.109687571808
D2_TWO = (8.0055126477188, 69.6933126873316, 0.982879691043966)
TERMS = ["(Intercept)", "treatment", "bdi_pre"]
COLUMNS = {
    "estimate": "estimate",
    "std.error": "se",
    "statistic": "statistic",
    "df": "df",
    "p.value": "p",
    "2.5 %": "low",
    "97.5 %": "high",
}


@pytest.fixture(scope="module")
def stored(shared):
    return json.loads((shared / "reference" / "multiple_imputation_btheb.json").read_text())


@pytest.fixture(scope="module")
def sets(shared):
    """The 20 completed data sets that R drew."""
    return pd.read_csv(shared / "reference" / "BtheB_imputed_norm_m20.csv")


@pytest.fixture(scope="module")
def before(shared):
    """The data with its gaps, coded as R coded them."""
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB.csv")
    frame.columns = [name.replace(".", "_") for name in frame.columns]
    return frame.assign(treatment=frame["treatment"].eq("BtheB").astype(int))


def columns_of(frame):
    return np.column_stack([np.ones(len(frame)), frame["treatment"], frame["bdi_pre"]])


def regression(frame):
    fit = least_squares(frame["bdi_8m"].to_numpy(float), columns_of(frame))
    return fit.coefficients, np.sqrt(np.diag(fit.covariance)), fit.covariance, fit.df


def one_by_one(entry):
    return tuple(
        pd.DataFrame(entry[f"per_imputation_{part}"])[TERMS].to_numpy() for part in ("est", "se")
    )


def check_summary(found, rows, tolerance=CLOSED):
    table = found.coefficients.set_index("term")
    for row in rows:
        for theirs, ours in COLUMNS.items():
            assert table.loc[row["term"], ours] == pytest.approx(row[theirs], rel=tolerance), theirs


class TestRubin:
    def test_each_imputation_equals_r(self, stored, sets):
        estimates, errors = one_by_one(stored["pool_ancova8m_norm"])
        for place, (_, frame) in enumerate(sets.groupby(".imp")):
            ours = regression(frame)
            np.testing.assert_allclose(ours[0], estimates[place], rtol=CLOSED)
            np.testing.assert_allclose(ours[1], errors[place], rtol=CLOSED)

    @pytest.mark.parametrize("kind", ["norm", "pmm"])
    def test_pooled_coefficients_equal_r(self, stored, kind):
        entry = stored[f"pool_ancova8m_{kind}"]
        found = pool(*one_by_one(entry), 97, terms=TERMS)
        check_summary(found, entry["summary"])
        table = found.to_frame().set_index("term")
        names = {"within": "ubar", "between": "b", "total": "t", "riv": "riv", "lambda": "lambda",
                 "fmi": "fmi", "df": "df"}  # fmt: skip
        for row in entry["pooled"]:
            for ours, theirs in names.items():
                assert table.loc[row["term"], ours] == pytest.approx(row[theirs], rel=CLOSED)

    @pytest.mark.parametrize("kind", ["norm", "pmm"])
    def test_large_samples_equal_r(self, stored, kind):
        found = pool(*one_by_one(stored[f"pool_ancova8m_{kind}"]), terms=TERMS)
        check_summary(found, stored[f"pool_ancova8m_{kind}_dfcomInf"])

    def test_logistic_regression_equals_r(self, stored, sets):
        parts = [logistic_as_r(frame) for _, frame in sets.groupby(".imp")]
        estimates, errors = (np.array([part[place] for part in parts]) for place in (0, 1))
        found = pool(estimates, errors, 97, terms=TERMS)
        check_summary(found, stored["pool_logit_resp_norm"], tolerance=1e-8)

    def test_logistic_rows_of_matching_hang_together(self, stored):
        # The single estimates behind them are not stored: t, p and limits follow from the rest.
        for row in stored["pool_logit_resp_pmm"]:
            t = row["estimate"] / row["std.error"]
            reach = stdtrit(row["df"], 0.975) * row["std.error"]
            assert t == pytest.approx(row["statistic"], rel=CLOSED)
            assert 2 * stdtr(row["df"], -abs(t)) == pytest.approx(row["p.value"], rel=CLOSED)
            assert row["estimate"] - reach == pytest.approx(row["2.5 %"], rel=1e-8)

    @pytest.mark.parametrize(("n", "complete"), [("50", 47), ("100", 97), ("Inf", np.inf)])
    def test_a_number_alone_equals_r(self, stored, n, complete):
        # R was asked with three coefficients, so n = 50 leaves 47 degrees of freedom.
        entry = stored[f"pool_scalar_n{n}"]
        found = pool(entry["qhat"], np.sqrt(entry["u"]), complete)
        row = found.to_frame().iloc[0]
        names = {"estimate": "qbar", "within": "ubar", "between": "b", "total": "t", "df": "df",
                 "riv": "r", "fmi": "fmi"}  # fmt: skip
        for ours, theirs in names.items():
            assert row[ours] == pytest.approx(entry[theirs], rel=CLOSED)
        assert found.df <= complete
        assert found.mc_error == pytest.approx(np.sqrt(entry["b"] / entry["m"]), rel=CLOSED)


def logistic_as_r(frame):
    """Iteratively reweighted least squares with R's start and R's rule for stopping.

    R stops when the deviance moves by less than 1e-8 of itself, five digits short of the
    maximum in the standard errors; equal numbers need the same stop.
    """
    X, y = columns_of(frame), (frame["bdi_8m"] < frame["bdi_pre"] / 2).to_numpy(float)
    mu = (y + 0.5) / 2
    eta, old = np.log(mu / (1 - mu)), np.inf
    for _ in range(25):
        weight = mu * (1 - mu)
        precision = (X * weight[:, None]).T @ X
        beta = np.linalg.solve(precision, X.T @ (weight * eta + y - mu))
        eta = X @ beta
        mu = 1 / (1 + np.exp(-eta))
        deviance = -2 * np.log(np.where(y == 1, mu, 1 - mu)).sum()
        if abs(deviance - old) / (abs(deviance) + 0.1) < 1e-8:
            break
        old = deviance
    return beta, np.sqrt(np.diag(np.linalg.inv(precision)))


class TestJoint:
    @pytest.mark.parametrize("kind", ["norm", "pmm"])
    def test_d1_and_d2_equal_r(self, stored, kind):
        entry = stored[f"pool_ancova8m_{kind}"]
        estimates, errors = one_by_one(entry)
        covariances = errors[:, 1, None, None] ** 2
        d1 = pool_wald(estimates[:, 1:2], covariances, 97)
        d2 = pool_statistics((estimates[:, 1] / errors[:, 1]) ** 2, 1)
        for found, row in ((d1, entry["D1"][0]), (d2, entry["D2"][0])):
            assert (found.df1, found.m) == (row["df1"], 20)
            assert found.f == pytest.approx(row["F.value"], rel=CLOSED)
            assert found.df2 == pytest.approx(row["df2"], rel=CLOSED)
            assert found.p == pytest.approx(row["P(>F)"], rel=CLOSED)
            assert found.riv == pytest.approx(row["RIV"], rel=CLOSED)

    def test_two_terms_equal_mitml(self, sets):
        parts = [regression(frame) for _, frame in sets.groupby(".imp")]
        estimates = np.array([part[0][1:] for part in parts])
        covariances = np.array([part[2][1:, 1:] for part in parts])
        d1 = pool_wald(estimates, covariances, 97)
        assert (d1.f, d1.df2, d1.riv) == pytest.approx(D1_TWO, rel=1e-8)
        large = pool_wald(estimates, covariances)
        assert large.df2 == pytest.approx(D1_TWO_LARGE, rel=1e-8)
        wald = [q @ np.linalg.solve(u, q) for q, u in zip(estimates, covariances, strict=True)]
        d2 = pool_statistics(wald, 2)
        assert (d2.f, d2.df2, d2.riv) == pytest.approx(D2_TWO, rel=1e-8)

    def test_one_term_of_d1_is_the_square_of_t(self, stored):
        estimates, errors = one_by_one(stored["pool_ancova8m_norm"])
        d1 = pool_wald(estimates[:, :1], errors[:, :1, None] ** 2)
        t = pool(estimates[:, 0], errors[:, 0]).coefficients["statistic"].iloc[0]
        assert d1.f == pytest.approx(t**2, rel=CLOSED)


class TestRSquared:
    LEVEL = 2 * ndtr(1.96) - 1  # R writes 1.96 for the quantile

    def test_equals_r(self, stored, sets):
        squares = []
        for _, frame in sets.groupby(".imp"):
            y = frame["bdi_8m"].to_numpy(float)
            residuals = least_squares(y, columns_of(frame)).residuals
            squares.append(1 - (residuals**2).sum() / ((y - y.mean()) ** 2).sum())
        self.check(squares, stored["pool_ancova8m_norm"]["pool_r2"][0])

    def test_matching_equals_r(self, stored, before):
        # R² follows from coefficients and standard errors, since start and arm have no gaps.
        X = columns_of(before)
        inverse = np.linalg.inv(X.T @ X)
        squares = []
        for beta, errors in zip(*one_by_one(stored["pool_ancova8m_pmm"]), strict=True):
            rest = 97 * errors[0] ** 2 / inverse[0, 0]
            fitted = X @ beta
            told = ((fitted - fitted.mean()) ** 2).sum()
            squares.append(told / (told + rest))
        self.check(squares, stored["pool_ancova8m_pmm"]["pool_r2"][0])

    def check(self, squares, row):
        found = pool_r_squared(squares, 100, level=self.LEVEL)
        assert found.estimate == pytest.approx(row["est"], rel=1e-8)
        assert (found.low, found.high) == pytest.approx((row["lo 95"], row["hi 95"]), rel=1e-8)
        assert found.fmi == pytest.approx(row["fmi"], rel=1e-8)


@pytest.fixture(scope="module")
def imputed(before, sets):
    """R's imputed values in our shape."""
    gaps = before["bdi_8m"].isna().to_numpy()
    values = sets["bdi_8m"].to_numpy().reshape(20, 100)[:, gaps]
    empty = pd.DataFrame()
    return Imputations(
        source_frame=before, values={"bdi_8m": values}, summary=empty, convergence=empty,
        rhat=empty, m=20, cycles=1, groups=("all",), together="all rows together", clusters="",
        passive={}, seed=0, warnings=(),
    )  # fmt: skip


def treatment_effect(frame):
    estimates, errors, _, df = regression(frame)
    return estimates[1], errors[1], df


class TestDelta:
    def test_frames_are_analysed_and_pooled(self, stored, imputed):
        found = imputed.fit(lambda frame: (*regression(frame)[:2], 97))
        table = found.coefficients
        for place, row in enumerate(stored["pool_ancova8m_norm"]["summary"]):
            assert table["estimate"][place] == pytest.approx(row["estimate"], rel=CLOSED)
            assert table["df"][place] == pytest.approx(row["df"], rel=1e-9)

    def test_shifted_outcomes_equal_r(self, stored, imputed):
        found = tipping_point(
            imputed, treatment_effect, outcome="bdi_8m", arm="treatment", shift="1",
            direction="lower", limits=(-20, 20),
        )  # fmt: skip
        rows = stored["delta_adjust_norm"]
        pooled = found.course.at([row["delta"] for row in rows])
        assert found.course.exact
        for ours, theirs in (("estimate", "est"), ("se", "se"), ("df", "df"), ("fmi", "fmi")):
            expected = [row[theirs] for row in rows]
            np.testing.assert_allclose(getattr(pooled, ours), expected, rtol=1e-9)

    def test_the_turn_lies_where_the_interval_touches_zero(self, imputed):
        found = tipping_point(
            imputed, treatment_effect, outcome="bdi_8m", arm="treatment", shift=["1"],
            direction="lower", limits=(-30, 30), reliable_change=9.0,
        )  # fmt: skip
        assert found.verdict == "cannot tell"
        for value, side in ((found.value, "low"), (found.better_value, "high")):
            pooled = pool(*per_set(found.course, value), 97)
            assert getattr(pooled, side) == pytest.approx(0, abs=1e-8)
        assert found.value > 0 > found.better_value
        assert found.in_reliable_changes == pytest.approx(found.value / 9)
        assert found.n_shifted == {"1": int(found.n_shifted["1"])}
        assert "turns at" in found.words

    def test_an_analysis_that_is_not_linear_is_done_anew_for_each_shift(self, imputed):
        def squared(frame):
            beta, error, df = treatment_effect(frame)
            return beta**3, 3 * beta**2 * error, df

        found = tipping_point(
            imputed, squared, outcome="bdi_8m", arm="treatment", direction="lower", limits=(-2, 2)
        )
        assert not found.course.exact
        estimates, _ = per_set(found.course, 1.5)
        assert found.course.at(1.5).estimate[0] == pytest.approx(estimates.mean())


def per_set(course, delta):
    found = course.evaluate(delta)
    return found[0], found[1]


class TestRules:
    def test_nothing_imputed_keeps_the_complete_degrees_of_freedom(self):
        found = pool([2.0, 2.0, 2.0], [0.5, 0.5, 0.5], 40)
        assert (found.se, found.fmi, found.mc_error) == (0.5, 0.0, 0.0)
        # Barnard and Rubin's df_obs with lambda 0.
        assert found.df == pytest.approx(41 / 43 * 40)
        assert np.isinf(pool([2.0, 2.0], [0.5, 0.5]).df)

    def test_degrees_of_freedom_of_rubin_without_end(self):
        assert barnard_rubin(5, 0.5, np.inf) == pytest.approx(4 / 0.25)

    def test_degrees_of_freedom_that_count_clusters_are_those_of_two_mean_squares(self):
        # Welch's problem: two means of 8 and 21 people, variances s²/n of 2.0 and 0.7. The same
        # numbers as parts of a total variance, the second between m = 21 imputations.
        values = [np.linspace(-1, 1, 8), np.linspace(-1, 1, 21)]
        scaled = [
            one / one.std(ddof=1) * np.sqrt(size * len(one))
            for one, size in zip(values, (2.0, 0.7), strict=True)
        ]
        welch = ttest_ind(*scaled, equal_var=False).df
        assert two_part_df(21, 0.7 / 2.7, 7) == pytest.approx(welch, rel=CLOSED)

    def test_nothing_imputed_keeps_the_clusters_degrees_of_freedom(self):
        found = pool([2.0, 2.0, 2.0], [0.5, 0.5, 0.5], 3.4, df_method="satterthwaite")
        assert found.df == pytest.approx(3.4, rel=CLOSED)
        assert "Satterthwaite" in found.method and "1946" in found.source
        assert two_part_df(5, 0.5, np.inf) == pytest.approx(4 / 0.25)
        assert np.isinf(two_part_df(5, 0.0, np.inf))

    def test_degrees_of_freedom_must_have_a_known_name(self):
        with pytest.raises(UsageError, match="not known"):
            pool([1.0, 2.0], [0.1, 0.1], 5, df_method="z")

    @pytest.mark.parametrize(("fmi", "cv", "enough"), [(0.49, 0.05, 50), (0.29, 0.05, 18)])
    def test_von_hippels_rule_with_the_fraction_known(self, fmi, cv, enough):
        # With ever more pilot imputations the interval shrinks to fmi itself.
        assert enough_imputations(fmi, 10**10, cv=cv) == enough

    def test_von_hippels_interval(self):
        low, high = fmi_limits(0.5, 20)
        reach = 1.959963984540054 * np.sqrt(0.1)
        assert low == pytest.approx(1 / (1 + np.exp(reach)))
        assert high == pytest.approx(1 / (1 + np.exp(-reach)))

    def test_refusals_name_what_is_wrong(self):
        with pytest.raises(NotEnoughData):
            pool([1.0], [0.1])
        with pytest.raises(UsageError, match="shapes"):
            pool([1.0, 2.0], [0.1])
        with pytest.raises(UsageError, match="no estimate"):
            pool([1.0, np.nan], [0.1, 0.1])
        with pytest.raises(UsageError, match="terms were pooled"):
            _ = pool([[1.0, 2.0], [1.0, 2.5]], [[0.1, 0.1], [0.1, 0.1]]).estimate
        with pytest.raises(UsageError, match="R²"):
            pool_r_squared([1.2], 30)

"""Share of variance, shrunken estimates and funnel of practitioners, against R and closed forms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.cluster_robust import cluster_inference
from outcomes.models.least_squares import least_squares
from outcomes.models.practitioners.interventions import equal_variances
from outcomes.models.practitioners.random_intercept import random_intercept, solve
from outcomes.models.practitioners.share import (
    likelihood_limit,
    pivot,
    reliability,
    share_interval,
)
from outcomes.models.practitioners.shrinkage import comparison_reach, prediction, shrunken
from outcomes.models.practitioners.sums import sums
from outcomes.schema import Verdict

STORED = json.loads(
    (Path(__file__).parents[1] / "reference" / "practitioners.json").read_text(encoding="utf-8")
)
LOGLIK_TOL = 1e-6
COEFFICIENT_TOL = 1e-6
# lme4 stops on a flat optimum of a variance near zero; the stored share is right to 1e-7.
VARIANCE_TOL = 1e-6
DF_TOL = 1e-3


@pytest.fixture(scope="module")
def implement(shared):
    """Anxiety before the first and the fifteenth session: 31 patients, 12 therapists."""
    file = shared / "data" / "implement_gad_sessions" / "implement_gad_sessions.csv"
    sessions = pd.read_csv(file)
    at = {n: sessions[sessions["occasion"].eq(n)].set_index("patient") for n in (1, 15)}
    frame = pd.DataFrame(
        {"pre": at[1]["bai"], "post": at[15]["bai"], "therapist": at[1]["therapist"]}
    )
    return frame.dropna().reset_index()


@pytest.fixture(scope="module")
def by_formula():
    """The rows that practitioners.R makes by formula."""
    size = 3 + (np.arange(24) * 7) % 11
    who = np.repeat(np.arange(24), size)
    place = np.concatenate([np.arange(1, n + 1) for n in size])
    arm = who % 2
    x = ((who * 5 + place * 3) % 13) / 4
    own = ((who * 11) % 24 - 11.5) / 12 * np.where(arm == 1, 2.4, 0.8)
    noise = ((who * 37 + place * 61 + who * place * 17) % 29 - 14) / 7 * np.where(arm == 1, 1, 1.4)
    return pd.DataFrame({"y": 10 + 0.8 * x + arm + own + noise, "x": x, "arm": arm, "who": who})


def balanced(k=6, n=5):
    """k practitioners with n clients each; rows in the order of the practitioners."""
    who = np.repeat(np.arange(k), n)
    y = 3 * np.sin(who * 2.3) + np.cos(np.arange(k * n) * 1.7) * 2
    return y, who


def fitted(y, who, x=None):
    X = np.empty((len(y), 0)) if x is None else np.asarray(x)[:, None]
    return random_intercept(sums(np.asarray(y, float), X, np.asarray(who, dtype=np.intp)))


def made(k, mean, share, seed, slope=0.5):
    """Simulated clients of k practitioners with unequal numbers of clients."""
    rng = np.random.default_rng(seed)
    n = rng.negative_binomial(3, 3 / (3 + mean), k) + 2
    who = np.repeat(np.arange(k), n)
    own = rng.normal(0, np.sqrt(share), k)
    x = rng.normal(size=len(who))
    y = slope * x + own[who] + rng.normal(0, np.sqrt(1 - share), len(who))
    return pd.DataFrame({"who": [f"p{i:03d}" for i in who], "x": x, "y": y}), own


class TestAgainstR:
    def test_share_and_likelihood_equal_lme4(self, implement, shared):
        stored = json.loads((shared / "reference" / "misc.json").read_text(encoding="utf-8"))
        entry = stored["implement_therapist_icc_prepost"]
        result = oc.practitioners(
            implement, outcome="post", practitioner="therapist", case_mix=["pre"], client="patient"
        )
        assert result.share == pytest.approx(entry["icc"], rel=VARIANCE_TOL)
        for part, row in zip(result.variances["variance"], entry["varcorr"], strict=True):
            assert part == pytest.approx(row["vcov"], rel=VARIANCE_TOL)
        for case_mix, name in (("before", "implement_before"), ("after", "implement_after")):
            row = result.shares.set_index("case_mix").loc[case_mix]
            assert row["share"] == pytest.approx(STORED[name]["share"], rel=1e-5)
        assert result.loglik == pytest.approx(STORED["implement_after"]["logLik"], abs=LOGLIK_TOL)

    def test_coefficients_and_df_equal_lmertest(self, implement):
        result = oc.practitioners(
            implement, outcome="post", practitioner="therapist", case_mix=["pre"]
        )
        table = result.coefficients.set_index("term")
        for term, name in (("(intercept)", "(Intercept)"), ("pre", "pre")):
            stored = STORED["implement_after"]["fixef"][name]
            assert table.loc[term, "estimate"] == pytest.approx(
                stored["estimate"], rel=COEFFICIENT_TOL
            )
            assert table.loc[term, "se"] == pytest.approx(stored["se"], rel=COEFFICIENT_TOL)
            assert table.loc[term, "df"] == pytest.approx(stored["df"], rel=DF_TOL)

    def test_modes_equal_lme4(self, implement):
        result = oc.practitioners(
            implement, outcome="post", practitioner="therapist", case_mix=["pre"]
        )
        found = result.table.set_index("practitioner")["estimate"]
        for name, value in STORED["implement_after"]["modes"].items():
            # Modes are proportional to a variance that lme4 finds to 1e-7.
            assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-8)

    def test_cr2_by_therapist_equals_clubsandwich(self, implement, shared):
        stored = json.loads((shared / "reference" / "misc.json").read_text(encoding="utf-8"))
        X = np.column_stack([np.ones(len(implement)), implement["pre"]])
        fit = least_squares(implement["post"].to_numpy(), X)
        found = cluster_inference(X, fit.residuals, None, implement["therapist"], np.eye(2))
        for place, row in enumerate(stored["implement_prepost_CR2_therapist"]["coef"]):
            assert fit.coefficients[place] == pytest.approx(row["beta"], rel=1e-10)
            assert found.se[place] == pytest.approx(row["SE"], rel=1e-10)
            assert found.df[place] == pytest.approx(row["df_Satt"], rel=1e-10)

    def test_two_variances_equal_nlme(self, by_formula):
        fits = [fitted(d["y"], d["who"] // 2, d["x"]) for _, d in by_formula.groupby("arm")]
        test = equal_variances(fits, 0)
        stored = STORED["equal_variances"]
        own = sum(fit.loglik for fit in fits)
        assert own == pytest.approx(stored["own"]["logLik"], abs=LOGLIK_TOL)
        assert test.loglik == pytest.approx(stored["common"]["logLik"], abs=LOGLIK_TOL)
        # nlme stops where the likelihood is flat: five digits of the variance.
        assert test.common == pytest.approx(stored["common"]["variance"], rel=1e-4)
        expected = 2 * (stored["own"]["logLik"] - stored["common"]["logLik"])
        assert test.statistic == pytest.approx(expected, abs=1e-5)


class TestCouples:
    @pytest.fixture(scope="class")
    @staticmethod
    def couples(by_formula):
        """The partners of practitioners.R: two clients in a row of one practitioner."""
        d = by_formula
        place = d.groupby("who").cumcount() + 1
        half = (place + 1) // 2
        shared = ((d["who"] * 13 + half * 29) % 11 - 5) / 4
        z = d["y"] - d["arm"] + shared
        return d.assign(z=z, pair=d["who"].astype(str) + "/" + half.astype(str))

    def test_three_variances_equal_lme4(self, couples):
        stored = STORED["couples"]
        found = oc.practitioners(
            couples, outcome="z", practitioner="who", case_mix=["x"], couple="pair"
        )
        row = found.shares[found.shares["case_mix"].eq("after")].iloc[0]
        alike = row["couple_correlation"]
        assert found.loglik == pytest.approx(stored["logLik"], abs=LOGLIK_TOL)
        # The correlation is searched to 1e-6.
        assert row["variance_practitioner"] == pytest.approx(stored["who"], rel=1e-4)
        assert row["variance_rest"] * alike == pytest.approx(stored["pair"], rel=1e-4)
        assert row["variance_rest"] * (1 - alike) == pytest.approx(stored["Residual"], rel=1e-4)
        assert found.coefficients["estimate"].iloc[1] == pytest.approx(stored["x"], rel=1e-5)
        modes = found.table.set_index("practitioner")["estimate"]
        for name, value in stored["modes"].items():
            assert modes[name] == pytest.approx(value, rel=1e-4, abs=1e-5)

    def test_without_partners_nothing_changes(self, couples):
        alone = couples.assign(pair=pd.NA)
        a = oc.practitioners(alone, outcome="z", practitioner="who", couple="pair")
        b = oc.practitioners(alone, outcome="z", practitioner="who")
        pd.testing.assert_frame_equal(a.table, b.table)
        assert a.dropped == {}


class TestBalancedClosedForms:
    def test_reml_is_the_analysis_of_variance(self):
        y, who = balanced()
        fit = fitted(y, who)
        groups = [y[who == g] for g in range(6)]
        between = 5 * np.var([g.mean() for g in groups], ddof=1)
        within = np.mean([np.var(g, ddof=1) for g in groups])
        assert fit.rest == pytest.approx(within, rel=1e-10)
        assert fit.practitioner == pytest.approx((between - within) / 5, rel=1e-10)

    def test_interval_is_the_exact_f_interval(self):
        y, who = balanced()
        f = stats.f_oneway(*[y[who == g] for g in range(6)]).statistic
        fit = fitted(y, who)
        assert pivot(fit.sums, 0.0) == pytest.approx(f, rel=1e-10)
        found = share_interval(fit)
        for value, tail in ((found.low, 0.975), (found.high, 0.025)):
            ratio = (f / stats.f.ppf(tail, 5, 24) - 1) / 5
            assert value == pytest.approx(ratio / (1 + ratio), rel=1e-9)

    def test_estimate_is_the_shrunken_mean(self):
        y, who = balanced()
        fit = fitted(y, who)
        means = np.array([y[who == g].mean() for g in range(6)])
        weight = 5 * fit.practitioner / (5 * fit.practitioner + fit.rest)
        found = shrunken(fit)
        np.testing.assert_allclose(found.estimate, weight * (means - y.mean()), rtol=1e-9)
        np.testing.assert_allclose(found.weight, reliability(np.full(6, 5), fit.share), rtol=1e-9)
        # Searle, Casella & McCulloch 1992: τ²(1 − w) + w² (τ² + σ²/n) / k for a mean estimated.
        variance = fit.practitioner * (1 - weight)
        variance += weight**2 * (fit.practitioner + fit.rest / 5) / 6
        np.testing.assert_allclose(found.se, np.sqrt(variance), rtol=1e-9)

    def test_nobody_differs(self):
        y = np.tile([1.0, 2.0, 3.0, 5.0], 6)
        fit = fitted(y, np.repeat(np.arange(6), 4))
        assert fit.share == 0
        assert fit.convergence.converged
        assert fit.convergence.on_bound
        found = share_interval(fit)
        # F = 0: the exact interval is empty, and no sample shows a share of exactly zero.
        assert found.from_likelihood
        assert found.low == 0
        assert found.high == likelihood_limit(fit) > 0.05
        guess = shrunken(fit)
        assert (guess.estimate == 0).all()
        assert (guess.low < 0).all()
        assert (guess.high > 0).all()


class TestUnbalanced:
    def test_pivot_equals_the_eigenvalues_of_harville_and_fenech(self):
        frame, _ = made(9, 7, 0.2, seed=3)
        who = pd.factorize(frame["who"])[0]
        X = np.column_stack([np.ones(len(frame)), frame["x"]])
        Z = np.eye(9)[who]
        y = frame["y"].to_numpy()
        fit = fitted(y, who, frame["x"])
        M = np.eye(len(y)) - X @ np.linalg.solve(X.T @ X, X.T)
        values, vectors = np.linalg.eigh(Z.T @ M @ Z)
        kept = values > 1e-9
        t = (vectors[:, kept].T @ Z.T @ M @ y) / np.sqrt(values[kept])
        whole = np.column_stack([X, Z[:, 1:]])
        sse = ((y - whole @ np.linalg.lstsq(whole, y, rcond=None)[0]) ** 2).sum()
        f = len(y) - whole.shape[1]
        for ratio in (0.0, 0.1, 1.0):
            quadratic = (t**2 / (1 + ratio * values[kept])).sum()
            expected = (quadratic / kept.sum()) / (sse / f)
            assert pivot(fit.sums, ratio) == pytest.approx(expected, rel=1e-9)

    def test_prediction_equals_hendersons_equations(self):
        frame, _ = made(7, 6, 0.2, seed=8)
        who = pd.factorize(frame["who"])[0]
        X = np.column_stack([np.ones(len(frame)), frame["x"]])
        Z = np.eye(7)[who]
        fit = fitted(frame["y"], who, frame["x"])
        ratio = 0.3
        left = np.block([[X.T @ X, X.T @ Z], [Z.T @ X, Z.T @ Z + np.eye(7) / ratio]])
        right = np.r_[X.T @ frame["y"], Z.T @ frame["y"]]
        inverse = np.linalg.inv(left)
        estimate, variance, _ = prediction(fit.sums, solve(fit.sums, ratio))
        np.testing.assert_allclose(estimate, (inverse @ right)[2:], rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(variance, np.diag(inverse)[2:], rtol=1e-8)

    def test_likelihood_equals_the_dense_one(self):
        frame, _ = made(7, 6, 0.2, seed=9)
        who = pd.factorize(frame["who"])[0]
        X = np.column_stack([np.ones(len(frame)), 50 + 10 * frame["x"]])
        y = frame["y"].to_numpy()
        fit = random_intercept(sums(y, X[:, 1:], who.astype(np.intp)))
        V = fit.rest * np.eye(len(y)) + fit.practitioner * np.equal.outer(who, who)
        inside = X.T @ np.linalg.solve(V, X)
        beta = np.linalg.solve(inside, X.T @ np.linalg.solve(V, y))
        error = y - X @ beta
        expected = -0.5 * (
            (len(y) - 2) * np.log(2 * np.pi)
            + np.linalg.slogdet(V)[1]
            + np.linalg.slogdet(inside)[1]
            + error @ np.linalg.solve(V, error)
        )
        assert fit.loglik == pytest.approx(expected, abs=1e-8)
        np.testing.assert_allclose(fit.sums.unscaled(fit.solved.beta), beta, rtol=1e-9)

    def test_counts_by_row_are_the_same_as_clients_one_by_one(self):
        rng = np.random.default_rng(2)
        n, k = rng.integers(5, 30, 12), np.arange(12)
        events = rng.binomial(n, 0.3 + 0.02 * k)
        table = pd.DataFrame({"site": [f"s{i:02d}" for i in k], "n": n, "events": events})
        table["urban"] = k % 2 == 0
        one = table.loc[np.repeat(k, n)].assign(
            hit=np.concatenate([np.arange(a) < b for a, b in zip(n, events, strict=True)])
        )
        counted = oc.practitioners(
            table, outcome="events", trials="n", practitioner="site", case_mix=["urban"]
        )
        single = oc.practitioners(one, outcome="hit", practitioner="site", case_mix=["urban"])
        assert counted.n_used == single.n_used == n.sum()
        pd.testing.assert_frame_equal(counted.table, single.table, rtol=1e-7)
        pd.testing.assert_frame_equal(counted.shares, single.shares, rtol=1e-7)


def test_comparison_reach():
    assert comparison_reach(np.full(5, 0.3)) == pytest.approx(1.959964 / np.sqrt(2), abs=1e-6)
    # By Goldstein & Healy's equation for two: z (a + b) / √(a² + b²) = 1.96.
    expected = 1.959964 * np.hypot(1, 3) / 4
    assert comparison_reach(np.array([1.0, 3.0])) == pytest.approx(expected, abs=1e-6)
    assert np.isnan(comparison_reach(np.array([1.0])))
    many = np.random.default_rng(0).gamma(9, 1, 3000)
    few = comparison_reach(np.quantile(many, (np.arange(150) + 0.5) / 150))
    assert comparison_reach(many) == pytest.approx(few, abs=2e-3)


class TestVerdict:
    def test_few_practitioners_cannot_tell(self):
        frame, _ = made(4, 60, 0.4, seed=1)
        result = oc.practitioners(frame, outcome="y", practitioner="who")
        assert result.verdict is Verdict.CANNOT_TELL
        assert result.reasons == ("few_practitioners",)
        assert "from so few" in result.sentence()

    def test_large_differences_are_supported(self):
        frame, _ = made(30, 40, 0.4, seed=1)
        result = oc.practitioners(frame, outcome="y", practitioner="who", case_mix=["x"])
        assert result.verdict is Verdict.SUPPORTED
        assert result.low > 0

    def test_the_same_everywhere_is_not_supported(self):
        rng = np.random.default_rng(5)
        who = np.repeat(np.arange(40), 400)
        frame = pd.DataFrame({"who": who, "y": rng.normal(size=len(who))})
        result = oc.practitioners(frame, outcome="y", practitioner="who")
        assert result.high < 0.01
        assert result.verdict is Verdict.NOT_SUPPORTED

    def test_separated_events_cannot_tell(self):
        frame, _ = made(8, 20, 0.1, seed=1)
        frame["hit"] = frame["x"] > 0
        result = oc.practitioners(frame, outcome="hit", practitioner="who", case_mix=["x"])
        assert result.verdict is Verdict.CANNOT_TELL
        assert repr(result).startswith("NOT CONVERGED")
        assert "%" not in repr(result)


class TestInterventions:
    def frame(self, **kwargs):
        frame, _ = made(20, 25, 0.3, seed=6)
        number = frame["who"].str[1:].astype(int)
        return frame.assign(arm=np.where(number % 2 == 0, "coaching", "therapy"), **kwargs)

    def test_each_has_its_own_share(self):
        frame = self.frame()
        result = oc.practitioners(
            frame, outcome="y", practitioner="who", case_mix=["x"], intervention="arm"
        )
        alone = oc.practitioners(
            frame[frame["arm"].eq("coaching")], outcome="y", practitioner="who", case_mix=["x"]
        )
        row = (
            result.shares[result.shares["group"].eq("coaching")].set_index("case_mix").loc["after"]
        )
        assert (row["share"], row["low"], row["high"]) == pytest.approx(
            (alone.share, alone.low, alone.high), rel=1e-8
        )
        assert result.equal is not None
        assert result.equal.in_several == 0
        assert any("cannot be told" in text for text in result.warnings)

    def test_equal_twins_have_no_difference(self):
        frame = self.frame()
        twin = frame.assign(arm="coaching", who="c" + frame["who"])
        both = pd.concat([frame.assign(arm="therapy"), twin])
        result = oc.practitioners(both, outcome="y", practitioner="who", intervention="arm")
        assert result.equal.statistic == pytest.approx(0, abs=1e-7)
        assert result.equal.p == pytest.approx(1, abs=1e-3)

    def test_who_works_in_both_is_one_person(self):
        frame = self.frame()
        frame.loc[frame["who"].eq("p000") & (frame.index % 2 == 0), "arm"] = "therapy"
        result = oc.practitioners(frame, outcome="y", practitioner="who", intervention="arm")
        assert result.n_in_several == 1
        row = result.table.set_index("practitioner").loc["p000"]
        assert row["intervention"] == "coaching and therapy"
        assert result.n_practitioners == 20
        assert any("one deviation" in text for text in result.warnings)

    def test_an_intervention_too_small_says_so(self):
        frame = self.frame()
        frame.loc[frame["who"].eq("p001"), "arm"] = "other"
        result = oc.practitioners(frame, outcome="y", practitioner="who", intervention="arm")
        assert "other: too few practitioners or clients for a share of its own." in result.warnings
        assert "other" not in set(result.shares["group"])


class TestTheTable:
    def test_no_league_table(self):
        frame, _ = made(15, 30, 0.3, seed=2)
        result = oc.practitioners(
            frame.sample(frac=1, random_state=1), outcome="y", practitioner="who"
        )
        assert list(result.table["practitioner"]) == sorted(result.table["practitioner"])
        assert "ranked" in result.explain()
        assert not any("rank" in name for name in result.table.columns)

    def test_few_clients_have_no_numbers(self):
        frame, _ = made(30, 20, 0.2, seed=2)
        result = oc.practitioners(frame, outcome="y", practitioner="who")
        few = result.to_frame()[~result.table["enough"]]
        assert len(few)
        assert few["finding"].eq("too_few").all()
        assert few[["difference", "estimate", "low", "observed"]].isna().all(axis=None)

    @pytest.mark.parametrize(("clients", "enough"), [(9, False), (10, True)])
    def test_enough_at_the_boundary(self, clients, enough):
        rng = np.random.default_rng(1)
        who = np.r_[np.zeros(clients), np.repeat(np.arange(1, 12), 40)]
        y = 9.0 * who + rng.normal(size=len(who))
        result = oc.practitioners(
            pd.DataFrame({"who": who, "y": y}), outcome="y", practitioner="who"
        )
        assert result.table["enough"].iloc[0] == enough

    def test_numbers_stand_in_the_order_of_numbers(self):
        who = np.repeat([2, 10, 1], 12)
        y = np.sin(np.arange(36) * 1.3)
        result = oc.practitioners(
            pd.DataFrame({"who": who, "y": y}), outcome="y", practitioner="who"
        )
        assert list(result.table["practitioner"]) == ["1", "2", "10"]


class TestErrors:
    def test_two_rows_of_a_client(self):
        frame, _ = made(5, 10, 0.1, seed=1)
        frame["id"] = np.arange(len(frame)) // 2
        with pytest.raises(UsageError, match="more than one row"):
            oc.practitioners(frame, outcome="y", practitioner="who", client="id")

    def test_one_practitioner(self):
        frame = pd.DataFrame({"who": "a", "y": [1.0, 2.0, 4.0]})
        with pytest.raises(NotEnoughData, match="One practitioner"):
            oc.practitioners(frame, outcome="y", practitioner="who")

    def test_one_client_each(self):
        frame = pd.DataFrame({"who": list("abcdef"), "y": [1.0, 2.0, 4.0, 3.0, 5.0, 0.0]})
        with pytest.raises(NotEnoughData, match="told apart"):
            oc.practitioners(frame, outcome="y", practitioner="who")

    def test_more_events_than_trials(self):
        frame = pd.DataFrame({"who": list("aabb"), "n": [3, 3, 3, 3], "y": [1, 4, 2, 0]})
        with pytest.raises(UsageError, match="whole numbers from 0"):
            oc.practitioners(frame, outcome="y", trials="n", practitioner="who")

    @pytest.mark.parametrize("option", [{"limits": "none"}, {"level": 1.0}, {"case_mix": ["y"]}])
    def test_unknown_options(self, option):
        frame, _ = made(5, 10, 0.1, seed=1)
        with pytest.raises(UsageError):
            oc.practitioners(frame, outcome="y", practitioner="who", **option)


SETTINGS = settings(max_examples=25, deadline=None)


class TestProperties:
    @SETTINGS
    @given(seed=st.integers(0, 500), order=st.integers(0, 500))
    def test_row_order_never_matters(self, seed, order):
        frame, _ = made(6, 8, 0.2, seed=seed)
        mixed = frame.sample(frac=1, random_state=order)
        a, b = (
            oc.practitioners(f, outcome="y", practitioner="who", case_mix=["x"])
            for f in (frame, mixed)
        )
        pd.testing.assert_frame_equal(a.table, b.table, rtol=1e-6, atol=1e-7)
        pd.testing.assert_frame_equal(a.shares, b.shares, rtol=1e-6, atol=1e-9)

    @SETTINGS
    @given(seed=st.integers(0, 500), shift=st.floats(-1e4, 1e4), scale=st.floats(0.01, 100))
    def test_shift_and_scale(self, seed, shift, scale):
        frame, _ = made(6, 8, 0.2, seed=seed)
        a = oc.practitioners(frame, outcome="y", practitioner="who", case_mix=["x"])
        moved = frame.assign(y=shift + scale * frame["y"])
        b = oc.practitioners(moved, outcome="y", practitioner="who", case_mix=["x"])
        assert b.share == pytest.approx(a.share, rel=1e-5, abs=1e-7)
        assert b.high == pytest.approx(a.high, rel=1e-5, abs=1e-7)
        np.testing.assert_allclose(
            b.table["low"], scale * a.table["low"], rtol=1e-4, atol=1e-6 * scale
        )
        assert list(a.table["finding"]) == list(b.table["finding"])

    @SETTINGS
    @given(seed=st.integers(0, 500))
    def test_a_client_without_outcome_changes_nobody(self, seed):
        frame, _ = made(6, 8, 0.2, seed=seed)
        empty = pd.DataFrame({"who": ["p000"], "x": [0.0], "y": [np.nan]})
        a = oc.practitioners(frame, outcome="y", practitioner="who", case_mix=["x"])
        b = oc.practitioners(
            pd.concat([frame, empty]), outcome="y", practitioner="who", case_mix=["x"]
        )
        pd.testing.assert_frame_equal(a.table, b.table)
        assert b.dropped == {"y": 1}

    @SETTINGS
    @given(seed=st.integers(0, 500))
    def test_a_constant_column_changes_nothing(self, seed):
        frame, _ = made(6, 8, 0.2, seed=seed)
        frame["one"] = 1.0
        a = oc.practitioners(frame, outcome="y", practitioner="who", case_mix=["x"])
        b = oc.practitioners(frame, outcome="y", practitioner="who", case_mix=["x", "one"])
        pd.testing.assert_frame_equal(a.table, b.table)
        assert any("constant" in text for text in b.warnings)


def test_arguments_stay_and_the_result_shows_itself():
    frame, _ = made(12, 20, 0.2, seed=4)
    copy = frame.copy()
    result = oc.practitioners(frame, outcome="y", practitioner="who", case_mix=["x"])
    pd.testing.assert_frame_equal(frame, copy)
    assert "verdict" in repr(result)
    assert "<table" in result._repr_html_()
    assert "Harville" in result.explain()
    assert result.plot().id == "practitioners_funnel"
    assert result.plot(kind="shrunken").id == "practitioners_shrunken"

"""Imputation: draws against closed forms, and what must never change them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models import impute
from outcomes.models.missing.categories import draw_levels
from outcomes.models.missing.convergence import potential_scale_reduction
from outcomes.models.missing.matching import donors
from outcomes.models.missing.normal import draw_regression
from outcomes.models.missing.policy import numbers
from outcomes.models.missing.two_level import _log_density, _sums, draw_two_level

DRAWS = 20_000
# Five Monte Carlo standard errors of a mean of the draws, in standard deviations.
MONTE_CARLO = 5 / np.sqrt(DRAWS)


def people(seed=1, n=120, clusters=12, gone=0.25):
    """Start, middle, end, a word and a yes/no, with gaps in the last four."""
    rng = np.random.default_rng(seed)
    who = rng.integers(clusters, size=n)
    pre = rng.normal(15, 5, size=n)
    middle = 3 + 0.7 * pre + rng.normal(0, 3, size=n) + rng.normal(size=clusters)[who]
    post = np.clip(2 + 0.7 * middle + rng.normal(0, 3, size=n), 0, 27).round()
    frame = pd.DataFrame(
        {
            "pre": pre,
            "middle": middle,
            "post": post,
            "work": np.where(rng.random(n) < 1 / (1 + np.exp((pre - 15) / 4)), "yes", "no"),
            "home": rng.choice(["alone", "couple", "family"], size=n),
            "arm": rng.choice(["coaching", "therapy"], size=n),
            "practitioner": who,
        }
    )
    for name in ("middle", "post", "work", "home"):
        frame.loc[rng.random(n) < gone, name] = np.nan
    return frame


NAMES = ["pre", "middle", "post", "work", "home"]


class TestDraws:
    def test_regression_draws_have_the_posterior_of_the_closed_form(self):
        rng = np.random.default_rng(2)
        Z = np.column_stack([np.ones(30), rng.normal(size=(30, 2))])
        y = Z @ [1.0, 0.5, -0.3] + rng.normal(size=30)
        found = draw_regression(Z[None], y, DRAWS, rng)
        beta = np.linalg.solve(Z.T @ Z, Z.T @ y)
        rss = ((y - Z @ beta) ** 2).sum()
        # sigma² is RSS over chi² with 27 df; the coefficients are t with 27 df.
        spread = np.sqrt(np.diag(np.linalg.inv(Z.T @ Z)) * rss / 25)
        np.testing.assert_allclose(found.fitted[0], beta, rtol=1e-10)
        assert np.abs((found.drawn.mean(axis=0) - beta) / spread).max() < MONTE_CARLO
        np.testing.assert_allclose(found.drawn.std(axis=0), spread, rtol=0.03)
        assert (found.sigma**2).mean() == pytest.approx(rss / 25, rel=0.02)

    def test_a_column_that_repeats_another_gets_no_wild_coefficient(self):
        rng = np.random.default_rng(3)
        x = rng.normal(size=40)
        Z = np.column_stack([np.ones(40), x, 2 * x, np.zeros(40)])
        found = draw_regression(Z[None], x + rng.normal(size=40), 500, rng)
        assert np.abs(found.drawn).max() < 5
        assert (found.drawn[:, 3] == 0).all()

    def test_density_of_the_intraclass_correlation_equals_dense_matrices(self):
        rng = np.random.default_rng(3)
        codes = np.repeat(np.arange(6), [1, 2, 3, 4, 5, 5])
        n = len(codes)
        Z = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
        y = rng.normal(size=n) + rng.normal(size=6)[codes]
        grid = np.array([0.0, 0.1, 0.4, 0.8])
        ours = _log_density(_sums(Z[None], y, codes, 6), grid[None])[0]
        theirs = []
        for icc in grid:
            ratio = icc / (1 - icc)
            V = np.eye(n) + ratio * (codes[:, None] == codes[None])
            inverse = np.linalg.inv(V)
            precision = Z.T @ inverse @ Z
            left = y - Z @ np.linalg.solve(precision, Z.T @ inverse @ y)
            logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(precision)[1]
            theirs.append(-0.5 * logs - (n - 3) / 2 * np.log(left @ inverse @ left))
        np.testing.assert_allclose(ours - ours[0], np.array(theirs) - theirs[0], rtol=1e-9)

    def test_two_level_draws_follow_the_density_and_shrink_effects(self):
        rng = np.random.default_rng(4)
        codes = np.repeat(np.arange(30), 8)
        Z = np.column_stack([np.ones(240), rng.normal(size=240)])
        own = rng.normal(0, 0.7, size=30)
        y = Z @ [0.2, 0.5] + own[codes] + rng.normal(size=240)
        found = draw_two_level(Z[None], y, codes, 31, m=DRAWS, rng=rng)
        grid = np.linspace(0, 0.95, 2000)
        density = _log_density(_sums(Z[None], y, codes, 31), grid[None])[0]
        mass = np.exp(density - density.max())
        mean = (grid * mass).sum() / mass.sum()
        spread = np.sqrt(((grid - mean) ** 2 * mass).sum() / mass.sum())
        assert abs(found.icc.mean() - mean) / spread < 2 * MONTE_CARLO
        assert found.icc.std() == pytest.approx(spread, rel=0.03)
        # The cluster without anybody gets N(0, tau²), the others what is known of them.
        tau = found.sigma * np.sqrt(found.icc / (1 - found.icc))
        assert found.drawn_effects[:, 30].std() == pytest.approx(np.sqrt((tau**2).mean()), rel=0.03)
        # The closed-form conditional means are those of `effects`; draws scatter about them.
        off = (found.drawn_effects - found.effects)[:, :30]
        assert np.abs(off.mean(axis=0) / off.std(axis=0)).max() < MONTE_CARLO

    def test_chains_with_the_same_predictors_get_the_same_distribution(self):
        rng = np.random.default_rng(5)
        codes = np.repeat(np.arange(10), 4)
        Z = np.column_stack([np.ones(40), rng.normal(size=40)])
        y = rng.normal(size=40)
        one = draw_two_level(Z[None], y, codes, 10, m=6, rng=np.random.default_rng(1))
        six = np.repeat(Z[None], 6, axis=0)
        many = draw_two_level(six, y, codes, 10, m=6, rng=np.random.default_rng(1))
        np.testing.assert_allclose(one.drawn, many.drawn, rtol=1e-8)

    def test_logistic_draws_centre_on_the_maximum_of_the_likelihood(self):
        import statsmodels.api as sm

        rng = np.random.default_rng(6)
        Z = np.column_stack([np.ones(4000), rng.normal(size=4000)])
        codes = (rng.random(4000) < 1 / (1 + np.exp(-(0.3 + 0.8 * Z[:, 1])))).astype(int)
        wanted = np.array([[1.0, -1.0], [1.0, 1.0]])
        drawn = draw_levels(Z[None], codes, wanted[None], 2, m=DRAWS, rng=rng)
        # The added rows weigh 2 of 4,000.
        chance = sm.Logit(codes, Z).fit(disp=0).predict(wanted)
        np.testing.assert_allclose(drawn.mean(axis=0), chance, atol=0.02)

    def test_three_words_are_drawn_with_their_shares(self):
        rng = np.random.default_rng(7)
        codes = rng.choice(3, size=3000, p=[0.5, 0.3, 0.2])
        Z = np.ones((1, 3000, 1))
        drawn = draw_levels(Z, codes, np.ones((1, 1, 1)), 3, m=DRAWS, rng=rng)
        shares = np.bincount(drawn.ravel(), minlength=3) / DRAWS
        np.testing.assert_allclose(shares, np.bincount(codes) / 3000, atol=0.02)

    def test_a_word_foretold_perfectly_is_drawn_and_not_certain(self):
        x = np.r_[np.linspace(-2, -0.5, 30), np.linspace(0.5, 2, 30)]
        Z = np.column_stack([np.ones(60), x])
        rng = np.random.default_rng(8)
        wanted = np.array([[[1.0, -1.5], [1.0, 0.0], [1.0, 1.5]]])
        drawn = draw_levels(Z[None], (x > 0).astype(int), wanted, 2, m=2000, rng=rng).mean(axis=0)
        assert drawn[0] < 0.15
        assert 0.2 < drawn[1] < 0.8
        assert drawn[2] > 0.85


class TestMatching:
    def test_a_donor_is_one_of_the_nearest(self):
        fitted = np.array([0.0, 1.0, 2.0, 3.0, 10.0])
        rng = np.random.default_rng(1)
        found = [donors(fitted, np.array([0.9, 9.0]), 2, rng) for _ in range(200)]
        assert {int(pair[0]) for pair in found} == {0, 1}
        assert {int(pair[1]) for pair in found} == {3, 4}

    def test_ties_are_shared_out_evenly(self):
        rng = np.random.default_rng(1)
        found = np.concatenate(
            [donors(np.zeros(20), np.zeros(1), 5, rng) for _ in range(DRAWS // 5)]
        )
        counts = np.bincount(found, minlength=20)
        # Three and a half standard deviations around 200 of 4,000.
        assert np.abs(counts - 200).max() < 55

    def test_with_fewer_people_than_donors_all_are_taken(self):
        assert donors(np.array([1.0]), np.array([5.0]), 5, np.random.default_rng(1)).tolist() == [0]


class TestFrames:
    def test_observed_values_stay_and_every_gap_is_filled(self):
        frame = people()
        before = frame.copy()
        found = impute(frame, variables=NAMES, cluster="practitioner", arm="arm", m=3, seed=1)
        pd.testing.assert_frame_equal(frame, before)
        for one in found.frames():
            assert not one[NAMES].isna().any().any()
            for name in NAMES:
                there = frame[name].notna()
                assert (one.loc[there, name] == frame.loc[there, name]).all()
        assert found.summary.set_index("variable")["method"].to_dict() == {
            "middle": "pmm",
            "post": "pmm",
            "work": "logistic",
            "home": "multinomial",
        }

    def test_matched_values_keep_to_the_scale(self):
        frame = people()
        found = impute(frame, variables=NAMES, bounds={"post": (0, 27)}, m=5, seed=1)
        assert set(np.unique(found.values["post"])) <= set(frame["post"].dropna())
        with pytest.raises(UsageError, match="bounds"):
            impute(frame, variables=NAMES, methods={"post": "norm"}, bounds={"post": (0, 27)})
        with pytest.raises(UsageError, match="outside"):
            impute(frame, variables=NAMES, bounds={"post": (0, 5)})

    def test_passive_columns_follow(self):
        found = impute(people(), variables=["pre", "post"], passive={"change": "post - pre"}, m=2)
        one = found.frame(1)
        np.testing.assert_allclose(one["change"], one["post"] - one["pre"])
        assert len(found.long()) == 240

    def test_a_seed_decides_every_draw(self):
        first, again, other = (
            impute(people(), variables=NAMES, m=2, cycles=3, seed=seed) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first.values["post"], again.values["post"])
        assert (first.values["post"] != other.values["post"]).any()

    @pytest.mark.parametrize("options", [{}, {"cluster": "practitioner", "arm": "arm"}])
    def test_the_order_of_rows_does_not_matter(self, options):
        frame = people()
        shuffled = frame.sample(frac=1, random_state=3)
        first = impute(frame, variables=NAMES, m=2, cycles=3, seed=1, **options).frame(1)
        again = impute(shuffled, variables=NAMES, m=2, cycles=3, seed=1, **options).frame(1)
        pd.testing.assert_frame_equal(first, again.sort_index())

    def test_chains_are_traced_and_judged(self):
        found = impute(people(n=300), variables=NAMES[:3], m=10, cycles=20, seed=1)
        assert len(found.convergence) == 10 * 20 * 2
        assert found.rhat[["rhat_mean", "rhat_sd"]].max().max() < 1.1
        assert not found.warnings
        assert found.plot().alt

    def test_one_incomplete_column_needs_one_cycle(self):
        found = impute(people(), variables=["pre", "post"], m=4, cycles=10)
        assert found.cycles == 1
        assert found.convergence["cycle"].eq(1).all()

    def test_few_clusters_get_means_of_their_own(self):
        frame = people(clusters=int(numbers()["few_clusters"]) - 1)
        found = impute(frame, variables=["pre", "post"], cluster="practitioner", m=2)
        assert "mean of its own" in found.clusters
        many = impute(people(), variables=["pre", "post"], cluster="practitioner", m=2)
        assert "random intercept" in many.clusters

    def test_a_small_arm_is_imputed_with_the_other(self):
        frame = people()
        frame.loc[frame.index[:112], "arm"] = "therapy"
        frame.loc[frame.index[112:], "arm"] = "coaching"
        frame.loc[frame.index[112:], "post"] = [1, 2, 3, 4, 5, np.nan, 6, 7]
        found = impute(frame, variables=NAMES, arm="arm", m=2, seed=1)
        assert any("together" in text for text in found.warnings)

    def test_few_rows_keep_the_columns_that_tell_most(self):
        frame = people(n=14)
        found = impute(frame, variables=NAMES, m=2, seed=1)
        assert any("rows are few" in text for text in found.warnings)

    def test_arms_are_imputed_from_themselves(self):
        rng = np.random.default_rng(1)
        arm = np.repeat(["coaching", "therapy"], 400)
        x = rng.normal(size=800)
        y = np.where(arm == "therapy", 5 + 2 * x, -5 - 2 * x) + rng.normal(0, 0.1, size=800)
        gone = rng.random(800) < 0.3
        for cluster in (None, "practitioner"):
            frame = pd.DataFrame(
                {
                    "x": x,
                    "y": np.where(gone, np.nan, y),
                    "arm": arm,
                    "practitioner": np.arange(800) % 20,
                }
            )
            found = impute(frame, variables=["x", "y"], arm="arm", cluster=cluster, m=2,
                           methods={"y": "norm"}).frame(0)  # fmt: skip
            assert np.abs(found["y"] - y).max() < 1


class TestRefusals:
    def test_a_column_without_values(self):
        with pytest.raises(NotEnoughData, match="without any value"):
            impute(people().assign(post=np.nan), variables=NAMES)

    def test_an_arm_without_values(self):
        frame = people()
        frame.loc[frame["arm"].eq("therapy"), "post"] = np.nan
        with pytest.raises(NotEnoughData, match="nobody in arm 'therapy'"):
            impute(frame, variables=NAMES, arm="arm")

    def test_too_few_values(self):
        frame = people()
        frame.loc[frame.index[4:], "post"] = np.nan
        with pytest.raises(NotEnoughData, match="too few observed"):
            impute(frame, variables=NAMES)

    @pytest.mark.parametrize(
        "options",
        [
            {"variables": []},
            {"variables": ["pre", "pre"]},
            {"variables": ["pre", "arm"], "arm": "arm"},
            {"variables": NAMES, "methods": {"post": "magic"}},
            {"variables": NAMES, "methods": {"post": "logistic"}},
            {"variables": NAMES, "methods": {"work": "pmm"}},
            {"variables": NAMES, "methods": {"home": "logistic"}},
            {"variables": NAMES, "methods": {"arm": "pmm"}},
            {"variables": NAMES, "m": 0},
            {"variables": NAMES, "bounds": {"post": (5, 5)}},
        ],
    )
    def test_wrong_usage(self, options):
        with pytest.raises(UsageError):
            impute(people(), **options)

    def test_a_row_without_an_arm(self):
        frame = people()
        frame.loc[3, "arm"] = None
        with pytest.raises(UsageError, match="no arm"):
            impute(frame, variables=NAMES, arm="arm")


def test_chains_that_differ_have_a_large_reduction():
    rng = np.random.default_rng(1)
    same = rng.normal(size=(20, 40))
    assert potential_scale_reduction(same) == pytest.approx(1, abs=0.05)
    assert potential_scale_reduction(same + np.arange(20)[:, None]) > 3
    assert np.isnan(potential_scale_reduction(same[:, :3]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-50, 50), st.floats(0.1, 20))
def test_shifting_and_scaling_a_score_shifts_and_scales_what_is_drawn(seed, shift, scale):
    frame = people(seed=seed % 5)
    moved = frame.assign(post=frame["post"] * scale + shift)
    first = impute(frame, variables=["pre", "post"], methods={"post": "norm"}, m=2, seed=seed)
    again = impute(moved, variables=["pre", "post"], methods={"post": "norm"}, m=2, seed=seed)
    expected = first.values["post"] * scale + shift
    np.testing.assert_allclose(again.values["post"], expected, rtol=1e-6, atol=1e-6 * scale)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_constant_column_changes_no_distribution(seed):
    frame = people(seed=1)
    found = impute(
        frame.assign(one=1.0), variables=["pre", "post", "one"], methods={"post": "norm"}, m=5,
        seed=seed,
    )  # fmt: skip
    assert np.isfinite(found.values["post"]).all()
    assert abs(found.values["post"].mean() - frame["post"].mean()) < 5

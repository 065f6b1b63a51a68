"""The numbers behind process, satisfaction, goals and benefits, against independent references."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from outcomes.errors import RangeError, UsageError
from outcomes.instruments.goals import gas_t
from outcomes.process.correlation import (
    Correlation,
    association_verdict,
    correlation,
    icc_agreement,
)
from outcomes.process.moments import becker_d, mean_interval, sd_interval
from outcomes.process.net_promoter import net_promoter
from outcomes.schema.verdicts import Verdict

EXACT = 1e-12  # closed forms
PRINTED_7 = 5e-7  # R output with seven digits
PRINTED_3 = 5e-4  # R output with three decimals
# Two-sided 99.9 % Monte Carlo band of a coverage of 0.95 at 2,000 runs is 0.934 to 0.966.
RUNS, COVERAGE_BAND = 2000, (0.925, 0.972)

# Shrout & Fleiss 1979, Psychol Bull 86:420-428, table 2: six targets, four judges.
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]


class TestAgreement:
    def test_shrout_and_fleiss(self):
        found = icc_agreement(SHROUT_FLEISS)
        assert found.icc == pytest.approx(0.29, abs=5e-3)  # published, two decimals
        # psych::ICC of the same table prints 0.019 and 0.761.
        assert (found.low, found.high) == pytest.approx((0.019, 0.761), abs=PRINTED_3)

    def test_closed_form_of_two_raters_who_differ_by_one(self):
        # MSR = 2, MSE = 0, MSC = 1.5 with three rows: 2 / (2 + 2 * 1.5 / 3) = 2 / 3.
        assert icc_agreement([[1, 2], [2, 3], [3, 4]]).icc == pytest.approx(2 / 3, abs=EXACT)

    def test_full_agreement_and_none_to_have(self):
        assert icc_agreement([[1, 1], [2, 2], [5, 5]]).icc == 1
        assert math.isnan(icc_agreement([[3, 3], [3, 3], [3, 3]]).icc)
        assert math.isnan(icc_agreement([[1, 2], [2, 1]]).icc)

    def test_a_row_with_a_missing_rating_is_left_out(self):
        rows = [*SHROUT_FLEISS, [1, np.nan, 2, 3]]
        assert icc_agreement(rows).icc == icc_agreement(SHROUT_FLEISS).icc

    @pytest.mark.slow
    @pytest.mark.parametrize(("between", "band"), [(0.25, COVERAGE_BAND), (1.0, (0.85, 0.97))])
    def test_coverage(self, between, band):
        # Variances of people 4, of raters `between`, of the rest 1. Two raters who differ as much
        # as chance does leave one degree of freedom: the limits are then too narrow, as known.
        rng = np.random.default_rng(27)
        truth, hits = 4 / (5 + between), 0
        for _ in range(RUNS):
            raters = rng.normal(0, math.sqrt(between), (1, 2))
            x = rng.normal(0, 2, (30, 1)) + raters + rng.normal(0, 1, (30, 2))
            found = icc_agreement(x)
            hits += found.low <= truth <= found.high
        assert band[0] < hits / RUNS < band[1]


class TestCorrelation:
    def test_spearman_equals_statpsych(self):
        # statpsych::ci.spear, example of its manual (Bonett & Wright 2000).
        y = [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19]
        x = [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51]
        found = correlation(x, y, "spearman")
        expected = (0.8699639, 0.5840951, 0.9638297)
        assert (found.r, found.low, found.high) == pytest.approx(expected, abs=PRINTED_7)

    def test_pearson_equals_scipy(self):
        x, y = [1.0, 2, 3, 4, 5, 6, 7], [2.0, 1, 4, 3, 7, 5, 8]
        expected = stats.pearsonr(x, y)
        found = correlation(x, y)
        limits = expected.confidence_interval(0.95)
        assert found.r == pytest.approx(expected.statistic, abs=EXACT)
        assert (found.low, found.high) == pytest.approx((limits.low, limits.high), abs=EXACT)

    def test_too_few_or_no_spread_is_missing_not_zero(self):
        assert math.isnan(correlation([1, 2, 3], [3, 1, 2]).r)
        assert math.isnan(correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]).r)
        one = correlation([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
        assert one.r == pytest.approx(1, abs=EXACT)
        assert math.isnan(one.low)

    @pytest.mark.parametrize(
        ("n", "low", "high", "verdict"),
        [
            (10, 0.01, 0.5, Verdict.SUPPORTED),
            (10, 0.0, 0.5, Verdict.CANNOT_TELL),
            (10, -0.5, -0.01, Verdict.NOT_SUPPORTED),
            (9, 0.01, 0.5, Verdict.CANNOT_TELL),
            (11, 0.01, 0.5, Verdict.SUPPORTED),
            (10, math.nan, math.nan, Verdict.CANNOT_TELL),
        ],
    )
    def test_the_verdict_is_a_function_of_the_interval(self, n, low, high, verdict):
        assert association_verdict(Correlation(n, 0.2, low, high), 10) is verdict

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["pearson", "spearman"])
    def test_coverage(self, kind):
        rng = np.random.default_rng(4)
        rho = 0.5
        # Spearman's rho of a bivariate normal (Pearson 1907).
        truth = rho if kind == "pearson" else 6 / math.pi * math.asin(rho / 2)
        hits = 0
        for _ in range(RUNS):
            x = rng.normal(size=40)
            found = correlation(x, rho * x + math.sqrt(1 - rho**2) * rng.normal(size=40), kind)
            hits += found.low <= truth <= found.high
        assert COVERAGE_BAND[0] < hits / RUNS < COVERAGE_BAND[1]


class TestMeans:
    def test_alone_it_is_the_t_interval(self):
        y = [3.0, 5, 4, 8, 1]
        found = mean_interval(y)
        expected = stats.t.interval(0.95, 4, loc=np.mean(y), scale=stats.sem(y))
        assert (found.low, found.high) == pytest.approx(expected, abs=EXACT)

    def test_closed_form_with_clusters_of_two(self):
        # Cluster means 1, 2, 6: t interval of three equal clusters.
        found = mean_interval([0, 2, 1, 3, 5, 7], list("aabbcc"))
        expected = stats.t.interval(0.95, 2, loc=3, scale=stats.sem([1, 2, 6]))
        assert (found.low, found.high) == pytest.approx(expected, abs=EXACT)

    def test_one_cluster_has_no_limits_and_nobody_no_mean(self):
        one = mean_interval([1, 2, 3], ["a", "a", "a"])
        assert one.mean == 2
        assert math.isnan(one.low)
        assert math.isnan(mean_interval([]).mean)
        assert mean_interval([1.0, np.nan]).n == 1

    def test_sd_interval_closed_form(self):
        sd, low, high = sd_interval([1, 2, 3, 4, 5])
        assert sd == pytest.approx(math.sqrt(2.5), abs=EXACT)
        assert low == pytest.approx(math.sqrt(10 / stats.chi2.ppf(0.975, 4)), abs=EXACT)
        assert high == pytest.approx(math.sqrt(10 / stats.chi2.ppf(0.025, 4)), abs=EXACT)

    @pytest.mark.slow
    def test_coverage_of_the_mean_in_clusters(self):
        # 12 practitioners with 8 people each, ICC 0.2.
        rng = np.random.default_rng(12)
        names = np.repeat(np.arange(12), 8)
        hits = 0
        for _ in range(RUNS):
            y = rng.normal(0, math.sqrt(0.2), 12)[names] + rng.normal(0, math.sqrt(0.8), 96)
            found = mean_interval(y, names)
            hits += found.low <= 0 <= found.high
        assert COVERAGE_BAND[0] < hits / RUNS < COVERAGE_BAND[1]

    def test_coverage_of_the_standard_deviation(self):
        rng = np.random.default_rng(13)
        limits = [sd_interval(row)[1:] for row in rng.normal(0, 3, (RUNS, 12))]
        hits = np.mean([low <= 3 <= high for low, high in limits])
        assert COVERAGE_BAND[0] < hits < COVERAGE_BAND[1]


class TestStandardisedChange:
    PRE = (10.0, 12, 14, 16, 18, 20)
    POST = (8.0, 11, 10, 13, 15, 15)

    def test_closed_form(self):
        n, sd = 6, math.sqrt(14.0)
        d = (1 - 3 / (4 * 5 - 1)) * 3 / sd  # mean falls from 15 to 12; df = n - 1
        r = stats.pearsonr(self.PRE, self.POST).statistic
        adjusted = r + r * (1 - r**2) / (2 * (n - 4))
        se = math.sqrt(2 * (1 - min(1, adjusted)) / n + d**2 / (2 * n))
        found = becker_d(self.PRE, self.POST, higher_is_better=False)
        assert found.d == pytest.approx(d, abs=EXACT)
        assert found.se == pytest.approx(se, abs=EXACT)

    def test_positive_is_better_whatever_the_direction(self):
        down = becker_d(self.PRE, self.POST, higher_is_better=False)
        up = becker_d(self.PRE, self.POST, higher_is_better=True)
        assert up.d == -down.d
        assert (up.low, up.high) == (-down.high, -down.low)

    def test_below_five_pairs_or_without_spread_there_is_none(self):
        assert math.isnan(becker_d(self.PRE[:4], self.POST[:4], higher_is_better=True).d)
        assert not math.isnan(becker_d(self.PRE[:5], self.POST[:5], higher_is_better=True).d)
        assert math.isnan(becker_d([5] * 6, self.POST, higher_is_better=True).d)

    @pytest.mark.slow
    @pytest.mark.parametrize("n", [15, 60])
    def test_coverage(self, n):
        rng = np.random.default_rng(n)
        truth, r = 0.8, 0.5
        hits = 0
        for _ in range(RUNS):
            pre = rng.normal(size=n)
            post = r * pre + math.sqrt(1 - r**2) * rng.normal(size=n) + truth
            found = becker_d(pre, post, higher_is_better=True)
            hits += found.low <= truth <= found.high
        # Large-sample variance: a little below the nominal level at n = 15.
        assert 0.91 < hits / RUNS < 0.98


class TestNetPromoter:
    def test_closed_form(self):
        # p = 40.75 / 103, d = 20.75 / 103, Var = (p + d - (p - d)^2) / 103.
        score, low, high = net_promoter(40, 20, 100)
        p, d = 40.75 / 103, 20.75 / 103
        half = stats.norm.ppf(0.975) * math.sqrt((p + d - (p - d) ** 2) / 103)
        assert score == pytest.approx(0.2, abs=EXACT)
        assert (low, high) == pytest.approx((p - d - half, p - d + half), abs=EXACT)

    def test_all_alike_still_has_a_width_within_the_scale(self):
        score, low, high = net_promoter(8, 0, 8)
        assert score == 1
        assert low < high <= 1

    def test_nobody_is_missing_and_nonsense_stops(self):
        assert all(math.isnan(value) for value in net_promoter(0, 0, 0))
        with pytest.raises(UsageError):
            net_promoter(5, 6, 10)

    @pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05)])
    def test_coverage(self, shares):
        rng = np.random.default_rng(9)
        truth = shares[0] - shares[2]
        draws = rng.multinomial(40, shares, RUNS)
        limits = [net_promoter(int(p), int(d), 40)[1:] for p, _, d in draws]
        hits = np.mean([low <= truth <= high for low, high in limits])
        assert COVERAGE_BAND[0] < hits < COVERAGE_BAND[1] + 0.01


class TestGoalAttainment:
    def test_published_vectors(self):
        # R gasr, and a published calculator: six weighted goals give 55.
        assert gas_t([-2, 0, -1, 2, 0, 1], [3, 5, 1, 4, 2, 6]) == pytest.approx(55, abs=EXACT)
        assert gas_t([0, 0]) == 50
        assert gas_t([1, 1, 1]) == pytest.approx(63.6931, abs=5e-5)
        assert gas_t([-1, -1, -1]) == pytest.approx(36.3069, abs=5e-5)
        assert gas_t([1, 0, -2], [3, 2, 1]) == pytest.approx(52.2033, abs=5e-5)

    def test_many_parties_at_once_equal_each_alone(self):
        found = gas_t([1, 0, -2, 1, 1], [3, 2, 1, 5, 5], 0.3, [0, 0, 0, 2, 2])
        assert found[0] == gas_t([1, 0, -2], [3, 2, 1])[0]
        assert math.isnan(found[1])
        assert found[2] == gas_t([1, 1], [5, 5])[0]

    def test_missing_is_not_zero(self):
        assert gas_t([2, np.nan]) == gas_t([2])
        assert gas_t([2, np.nan]) != gas_t([2, 0])
        assert math.isnan(gas_t([])[0])

    def test_weights_of_zero_or_none_weigh_alike(self):
        assert gas_t([1, 2], [0, 0]) == gas_t([1, 2])
        assert gas_t([1, 2], [np.nan, np.nan]) == gas_t([1, 2])

    def test_levels_at_and_beyond_the_ends(self):
        assert gas_t([2])[0] == 70
        with pytest.raises(RangeError):
            gas_t([2.1])
        with pytest.raises(UsageError):
            gas_t([1], [-1])

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(st.integers(-2, 2), st.integers(1, 9)), min_size=1, max_size=6))
    def test_order_of_goals_never_matters(self, goals):
        x, w = zip(*goals, strict=True)
        assert gas_t(x[::-1], w[::-1])[0] == pytest.approx(gas_t(x, w)[0], abs=1e-9)

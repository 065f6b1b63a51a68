"""Exact intervals, effective sizes and contrasts against R, closed forms and simulation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from outcomes.errors import UsageError
from outcomes.proportions import (
    Proportion,
    clopper_pearson,
    correlation,
    counted_share,
    difference_limits,
    effective_size,
    newcombe,
    ratio_limits,
    wilson,
)

R_TOL = 1e-9  # R's binom.test finds the limits by qbeta
EXACT = 1e-12


class TestClopperPearson:
    def test_against_r(self, shared):
        text = (shared / "reference" / "misc.json").read_text(encoding="utf-8")
        expected = json.loads(text)["ci_prop_18_37"]["clopper"]
        assert clopper_pearson(18, 37) == pytest.approx(expected, abs=R_TOL)

    @pytest.mark.parametrize("n", [1, 10, 200])
    @pytest.mark.parametrize("confidence", [0.90, 0.95])
    def test_closed_form_of_none_and_all(self, n, confidence):
        limit = 1 - ((1 - confidence) / 2) ** (1 / n)
        assert clopper_pearson(0, n, confidence) == pytest.approx((0, limit), abs=EXACT)
        assert clopper_pearson(n, n, confidence) == pytest.approx((1 - limit, 1), abs=EXACT)

    def test_never_covers_less_than_it_says(self):
        for n in (5, 20):
            limits = [clopper_pearson(k, n) for k in range(n + 1)]
            for share in np.linspace(0.02, 0.98, 25):
                odds = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
                covered = sum(
                    p for p, (low, high) in zip(odds, limits, strict=True) if low <= share <= high
                )
                assert covered >= 0.95

    def test_nobody_and_the_impossible(self):
        assert all(math.isnan(limit) for limit in clopper_pearson(0, 0))
        with pytest.raises(UsageError):
            clopper_pearson(4, 3)


class TestEffectiveSize:
    def test_nobody_repeats(self):
        assert effective_size(np.array([True, False, True]), np.arange(3)) == (3, 1)

    def test_one_cluster_shows_no_spread(self):
        assert effective_size(np.array([True, False]), np.zeros(2, np.intp)) == (2, 1)

    def test_t_on_clusters_less_one(self):
        hits = np.tile([True, False], 8)  # eight couples that never agree: no design effect
        worth, effect = effective_size(hits, np.repeat(np.arange(8), 2))
        # t(.975, 7) = 2.364624 (any table).
        assert worth == pytest.approx(16 * (1.959964 / 2.364624) ** 2, rel=1e-6)
        assert effect == 1

    @pytest.mark.slow
    @pytest.mark.parametrize("k", [8, 20, 50])
    def test_coverage_with_unequal_clusters(self, k):
        """Beta-binomial, sizes 2 to 30, ICC .2; without the t, 8 clusters cover 90 %."""
        rng = np.random.default_rng(k)
        runs, share, icc = 1200, 0.7, 0.2
        sizes = rng.integers(2, 31, k)
        clusters = np.repeat(np.arange(k), sizes)
        weight = (1 - icc) / icc
        covered = 0
        for _ in range(runs):
            own = rng.beta(share * weight, (1 - share) * weight, k)
            found = counted_share(rng.random(len(clusters)) < own[clusters], clusters)
            covered += found.low <= share <= found.high
        noise = 3 * math.sqrt(0.95 * 0.05 / runs)
        assert covered / runs == pytest.approx(0.95, abs=0.01 + noise)


def made(n: int, total: int) -> Proportion:
    return Proportion(n / total, *wilson(n, total))


class TestContrasts:
    def test_without_correlation_it_is_newcombe(self):
        found = difference_limits(made(56, 70), made(48, 80))
        assert found == pytest.approx(newcombe(56, 70, 48, 80), abs=EXACT)

    def test_paired_by_hand(self):
        """Zou & Donner: root of squares less twice r times the product."""
        one, two, r = made(26, 61), made(17, 61), 0.35
        a, b = one.rate - one.low, two.high - two.rate
        low = one.rate - two.rate - math.sqrt(a * a + b * b - 2 * r * a * b)
        assert difference_limits(one, two, r)[0] == pytest.approx(low, abs=EXACT)

    def test_correlation_is_phi_where_each_cluster_is_once_in_both(self):
        rng = np.random.default_rng(1)
        one, two = rng.random(50) < 0.6, rng.random(50) < 0.4
        codes = np.arange(50)
        expected = np.corrcoef(one, two)[0, 1]
        assert correlation(one, codes, two, codes) == pytest.approx(expected, abs=EXACT)
        assert correlation(one, codes, two, codes + 50) == 0

    def test_ratio_solves_its_equation(self):
        """At a limit x of the ratio, one - x * two has the limit 0 (Donner & Zou 2012)."""
        one, two = made(14, 40), made(9, 50)
        low, high = ratio_limits(one, two)
        gap = one.rate - low * two.rate
        assert gap == pytest.approx(
            math.hypot(one.rate - one.low, low * (two.high - two.rate)), abs=1e-9
        )
        gap = high * two.rate - one.rate
        assert gap == pytest.approx(
            math.hypot(one.high - one.rate, high * (two.rate - two.low)), abs=1e-9
        )

    def test_nobody_on_either_side(self):
        assert all(math.isnan(limit) for limit in ratio_limits(made(0, 9), made(0, 9)))

    @pytest.mark.slow
    def test_ratio_covers(self):
        rng = np.random.default_rng(6)
        runs, covered, tried = 1500, 0, 0
        for one, two in ((0.5, 0.3), (0.1, 0.2)):
            for first, second in zip(
                rng.binomial(60, one, runs), rng.binomial(50, two, runs), strict=True
            ):
                if first == 0 == second:
                    continue
                low, high = ratio_limits(made(first, 60), made(second, 50))
                covered += low <= one / two <= high
                tried += 1
        assert covered / tried == pytest.approx(0.95, abs=0.01 + 3 * math.sqrt(0.0475 / tried))

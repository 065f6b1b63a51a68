"""Intervals against published examples, R, and simulation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from outcomes.change import jacobson_truax as jt
from outcomes.errors import UsageError
from outcomes.proportions import critical_value, design_effect, intraclass, newcombe, wilson

R_TOL = 1e-12  # the same closed form in R, fifteen digits stored
PRINTED = 5e-5  # published with four decimals


class TestWilson:
    def test_against_r(self, shared):
        text = (shared / "reference" / "misc.json").read_text(encoding="utf-8")
        expected = json.loads(text)["ci_prop_18_37"]["wilson"]
        assert wilson(18, 37) == pytest.approx(expected, abs=R_TOL)

    # Newcombe 1998, Stat Med 17:857-872, Table I, method 3.
    @pytest.mark.parametrize(
        ("n", "total", "low", "high"),
        [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_published_examples(self, n, total, low, high):
        assert wilson(n, total) == pytest.approx((low, high), abs=PRINTED)

    def test_zero_and_all_are_shown_exactly(self):
        assert wilson(0, 10)[0] == 0
        assert wilson(10, 10)[1] == 1
        assert wilson(10, 10)[0] == pytest.approx(1 - wilson(0, 10)[1])

    def test_nobody_gives_no_interval(self):
        assert all(math.isnan(limit) for limit in wilson(0, 0))

    @pytest.mark.parametrize(("n", "total"), [(-1, 5), (6, 5)])
    def test_impossible_counts_are_refused(self, n, total):
        with pytest.raises(UsageError):
            wilson(n, total)


class TestNewcombe:
    # Newcombe 1998, Stat Med 17:873-890, Table II, method 10.
    @pytest.mark.parametrize(
        ("first", "second", "low", "high"),
        [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((10, 10), (0, 20), 0.6791, 1.0000),
            ((10, 10), (0, 10), 0.6075, 1.0000),
        ],
    )
    def test_published_examples(self, first, second, low, high):
        assert newcombe(*first, *second) == pytest.approx((low, high), abs=PRINTED)

    def test_swapping_the_groups_swaps_the_signs(self):
        low, high = newcombe(5, 30, 12, 40)
        assert newcombe(12, 40, 5, 30) == pytest.approx((-high, -low))

    def test_an_empty_group_gives_no_interval(self):
        assert all(math.isnan(limit) for limit in newcombe(0, 0, 3, 10))


class TestClusters:
    def test_partners_who_always_agree_count_as_one(self):
        hits = np.repeat([True, False, True, False, False], 2)
        couples = np.repeat(np.arange(5), 2)
        assert intraclass(hits, couples) == pytest.approx(1.0)
        assert design_effect(hits, couples) == pytest.approx(2.0)

    def test_closed_form_of_unequal_clusters(self):
        # Sizes 3 and 2, cases 2 and 0: means 2/3 and 0, overall 2/5.
        hits = np.array([True, True, False, False, False])
        clusters = np.array([0, 0, 0, 1, 1])
        between = (3 * (2 / 3 - 2 / 5) ** 2 + 2 * (2 / 5) ** 2) / 1
        within = (2 * (1 / 3)) / 3
        typical = 5 - 13 / 5
        icc = (between - within) / (between + (typical - 1) * within)
        assert intraclass(hits, clusters) == pytest.approx(icc)
        assert design_effect(hits, clusters) == pytest.approx(1 + (13 / 5 - 1) * icc)

    def test_partners_who_always_differ_claim_no_extra_precision(self):
        hits = np.tile([True, False], 6)
        couples = np.repeat(np.arange(6), 2)
        assert intraclass(hits, couples) == pytest.approx(-1.0)
        assert design_effect(hits, couples) == 1.0

    @pytest.mark.parametrize(
        ("hits", "clusters"),
        [
            ([True, False], [0, 1]),  # everybody alone
            ([True, False], [0, 0]),  # one cluster only
            ([True, True, True, True], [0, 0, 1, 1]),  # nothing varies
            ([], []),
        ],
    )
    def test_where_it_cannot_be_estimated_it_is_one(self, hits, clusters):
        found = design_effect(np.array(hits, bool), np.array(clusters, np.intp))
        assert found == 1.0


@pytest.mark.slow
class TestSimulation:
    SEED = 20260101

    def test_wilson_covers_about_as_often_as_it_says(self):
        rng = np.random.default_rng(self.SEED)
        runs, covered, tried = 2000, 0, 0
        for share in (0.1, 0.3, 0.5):
            for n in (20, 60):
                limits = [wilson(k, n) for k in range(n + 1)]
                hits = rng.binomial(n, share, runs)
                covered += sum(limits[k][0] <= share <= limits[k][1] for k in hits)
                tried += runs
        # Wilson is correct on average over shares, not at each; 0.01 is its known wobble.
        noise = 3 * math.sqrt(0.95 * 0.05 / tried)
        assert covered / tried == pytest.approx(0.95, abs=0.01 + noise)

    def test_the_design_effect_restores_coverage_for_couples(self):
        rng = np.random.default_rng(self.SEED)
        couples, runs, share, agreement = 60, 1500, 0.4, 0.6
        clusters = np.repeat(np.arange(couples), 2)
        plain = adjusted = 0
        for _ in range(runs):
            first = rng.random(couples) < share
            own = rng.random(couples) < share
            second = np.where(rng.random(couples) < agreement, first, own)
            hits = np.column_stack([first, second]).ravel()
            effect = design_effect(hits, clusters)
            n, total = hits.sum(), len(hits)
            low, high = wilson(n, total)
            plain += low <= share <= high
            low, high = wilson(n / effect, total / effect)
            adjusted += low <= share <= high
        noise = 3 * math.sqrt(0.95 * 0.05 / runs)
        assert adjusted / runs == pytest.approx(0.95, abs=noise + 0.005)
        assert plain / runs < 0.95 - noise  # the mistake that is avoided

    def test_false_positives_equal_alpha_when_nothing_changed(self):
        rng = np.random.default_rng(self.SEED)
        n, sd, r = 200_000, 6.0, 0.85
        true = rng.normal(15, sd * math.sqrt(r), n)
        error = jt.sem(sd, r)
        pre = true + rng.normal(0, error, n)
        post = true + rng.normal(0, error, n)
        index = jt.index(pre, post, jt.s_diff(error))
        for confidence in (0.90, 0.95):
            alpha = 1 - confidence
            rate = (np.abs(index) > critical_value(confidence)).mean()
            noise = 3 * math.sqrt(alpha * (1 - alpha) / n)
            assert rate == pytest.approx(alpha, abs=noise)

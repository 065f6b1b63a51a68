"""Omitted-variable bias against sensemakr on Darfur, the closed form, and a refit."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overturn_data import ASKED, practice

import outcomes as oc
from outcomes.comparison.overturn import partial_r2 as r2
from outcomes.comparison.overturn.turning import room, smallest_room, verdict_at
from outcomes.comparison.verdict import decide, equivalence_interval, t_interval
from outcomes.errors import UsageError
from outcomes.models.least_squares import least_squares
from outcomes.schema.verdicts import Verdict

# Cinelli and Hazlett 2020, section 5; digits as sensemakr's own tests state them.
ESTIMATE, ERROR, DF = 0.09731582, 0.02325654, 783
T = ESTIMATE / ERROR
DIGITS = 1e-5  # of the published numbers
REFIT = 1e-9  # the same algebra, two ways


def test_darfur_from_t_and_df_alone():
    assert r2.partial_r2(T, DF) == pytest.approx(0.02187309, rel=DIGITS)
    assert r2.robustness_value(T, DF) == pytest.approx(0.1387764, rel=DIGITS)
    assert r2.robustness_value(T, DF, confidence=0.95) == pytest.approx(0.07625797, rel=DIGITS)


@pytest.mark.parametrize(
    ("arm", "outcome", "left"),
    [
        (0.00916428667504862, 0.12464092303637, 0.0752202698486415),
        (0.0183285733500972, 0.249324064199975, 0.0529151689180575),
        (0.0274928600251459, 0.374050471038094, 0.0303960178770157),
    ],
)
def test_darfur_one_two_and_three_times_as_strong_as_female(arm, outcome, left):
    assert ESTIMATE - r2.bias(arm, outcome, ERROR, DF) == pytest.approx(left, rel=1e-8)


def test_darfur_bounds_grow_with_the_multiple():
    # Female's own partial R², from the bound for 1 x: arm = r / (1 - r).
    own = 0.00916428667504862 / (1 + 0.00916428667504862)
    grown = math.sqrt(own**2 / ((1 - own) ** 2))
    bound = ((1 + grown) / math.sqrt(1 - grown**2)) ** 2
    with_outcome = 0.12464092303637 / bound / (1 + 0.12464092303637 / bound)
    for k, (arm, outcome) in enumerate(
        [(0.00916428667504862, 0.12464092303637), (0.0183285733500972, 0.249324064199975),
         (0.0274928600251459, 0.374050471038094)], start=1,
    ):  # fmt: skip
        assert r2.bounds(own, with_outcome, k) == pytest.approx((arm, outcome), rel=1e-6)


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.9), st.floats(0.1, 3))
def test_the_robustness_value_brings_the_estimate_to_nothing(effect, share, scale):
    both = r2.from_effect(effect)
    assert r2.bias(both, both, scale, 100) == pytest.approx(effect * scale * 10)
    assert 0 < both < 1
    assert r2.partial_r2(-2.0, 50) == r2.partial_r2(2.0, 50)
    assert share < 1


def test_what_cannot_be_so_strong_has_no_bound():
    assert all(math.isnan(value) for value in r2.bounds(0.5, 0.3, 2.0))
    assert r2.bounds(0.1, 0.9, 1.0)[1] == 1.0
    assert r2.from_effect(0.0) == 0.0
    assert r2.robustness_value(1.0, 100, confidence=0.95) == 0.0


def test_the_bias_is_what_leaving_a_covariate_out_does():
    rng = np.random.default_rng(3)
    n = 200
    z, x = rng.normal(size=(2, n))
    arm = (z + x + rng.normal(size=n) > 0).astype(float)
    y = arm + z + x + rng.normal(size=n)
    short, full = np.column_stack([np.ones(n), arm, x]), np.column_stack([np.ones(n), arm, x, z])
    without, with_it = least_squares(y, short), least_squares(y, full)

    def share(target, design, more):
        first = least_squares(target, design)
        second = least_squares(target, np.column_stack([design, more]))
        return 1 - (second.residuals @ second.residuals) / (first.residuals @ first.residuals)

    size = r2.bias(
        share(arm, short[:, [0, 2]], z), share(y, short, z), math.sqrt(without.covariance[1, 1]),
        without.df,
    )  # fmt: skip
    moved = abs(without.coefficients[1] - with_it.coefficients[1])
    assert size == pytest.approx(moved, rel=REFIT)


class TestTurning:
    """How far a verdict is from changing, against the verdict itself."""

    found = oc.compare(practice(n=80, gone=0), **ASKED, method="ancova")

    def result(self, estimate, se, margin, direction):
        span, equal = (
            make(estimate, se, 60.0, 0.95) for make in (t_interval, equivalence_interval)
        )
        verdict, _ = decide(
            interval=span, equivalence=equal, margin=margin, direction=direction, failed=(),
            few=(), converged=True,
        )  # fmt: skip
        return replace(
            self.found, estimate=estimate, se=se, df=60.0, low=span.low, high=span.high,
            equivalence_low=equal.low, equivalence_high=equal.high, verdict=verdict,
            margin=margin, direction=direction,
            diagnostics=replace(self.found.diagnostics, failed=(), few=()),
        )  # fmt: skip

    @settings(max_examples=60, deadline=None)
    @given(
        estimate=st.floats(-6, 6), se=st.floats(0.1, 2),
        margin=st.sampled_from([None, 1.0, 3.0]), direction=st.sampled_from(["lower", "higher"]),
        way=st.sampled_from([-1.0, 1.0]),
    )  # fmt: skip
    def test_just_short_of_it_stays_and_just_beyond_changes(
        self, estimate, se, margin, direction, way
    ):
        one = self.result(estimate, se, margin, direction)
        far = room(one, way)
        if math.isinf(far) or far < 1e-6:
            return
        far_enough = far + 1e-6
        assert verdict_at(one, way * far * (1 - 1e-9)) is one.verdict
        assert verdict_at(one, way * far_enough) is not one.verdict

    def test_a_finding_is_overturned_towards_nothing_only(self):
        one = self.result(-3.0, 0.5, None, "lower")
        assert math.isinf(room(one, -1.0))
        assert smallest_room(one) == (pytest.approx(-one.high), 1.0)

    def test_without_an_estimate_nothing_is_known(self):
        one = replace(self.result(1.0, 0.5, None, "lower"), estimate=math.nan)
        assert math.isnan(room(one, 1.0))
        assert all(math.isnan(part) for part in smallest_room(one))


class TestHidden:
    def test_a_finding_beside_a_strong_start_score(self):
        frame = practice()
        found = oc.hidden_confounding(oc.compare(frame, **ASKED), frame)
        assert found.robustness > found.robustness_limit > 0
        assert {one.covariate for one in found.bounds} == {"pre", "age"}
        assert found.nearest.covariate == "pre"
        assert found.comparison.verdict is Verdict.SUPPORTED
        assert not found.flagged

    @pytest.mark.parametrize("method", ["weighting", "ancova", "aipw", "g_computation"])
    def test_times_is_where_the_verdict_turns(self, method):
        frame = practice(effect=-1.2)
        result = oc.compare(frame, **ASKED, cluster="practitioner", method=method)
        found = oc.hidden_confounding(result, frame)
        near = found.nearest
        arm, outcome = r2.bounds(near.r2_arm, near.r2_outcome, near.times)
        size = float(r2.bias(arm, outcome, found.error, found.df))
        assert size == pytest.approx(found.reach, rel=1e-6)

    def test_robustness_equals_the_formula_for_covariance(self):
        frame = practice()
        result = oc.compare(frame, **ASKED, method="ancova")
        found = oc.hidden_confounding(result, frame)
        t = found.slope / found.error
        assert found.slope == pytest.approx(result.estimate)
        assert found.robustness == pytest.approx(r2.robustness_value(t, found.df))
        # The published value takes t on one df fewer; the interval that is shown does not.
        exact = r2.robustness_value(t, found.df, confidence=0.95)
        assert found.robustness_limit == pytest.approx(exact, abs=1e-3)

    def test_a_small_finding_is_flagged(self):
        frame = practice(effect=-1.0, hidden=1.0, pull=0.8)
        result = oc.compare(frame, **ASKED)
        found = oc.hidden_confounding(replace(result), frame)
        if result.verdict is Verdict.SUPPORTED:
            assert found.flagged == any(one.overturns for one in found.bounds)

    def test_not_comparable_has_nothing_and_no_flag(self):
        frame = practice(pull=30.0)
        result = oc.compare(frame, **ASKED)
        assert result.verdict is Verdict.NOT_COMPARABLE
        found = oc.hidden_confounding(result, frame)
        assert not found.flagged
        assert math.isnan(found.robustness)
        assert "no estimate" in found.sentence

    def test_another_frame_is_refused(self):
        frame = practice()
        result = oc.compare(frame, **ASKED)
        with pytest.raises(UsageError, match="not the one"):
            oc.hidden_confounding(result, frame.iloc[:-20])

    @settings(max_examples=5, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_order_of_rows_and_an_empty_client_change_nothing(self, random):
        frame = practice(n=120)
        first = oc.hidden_confounding(oc.compare(frame, **ASKED), frame)
        rows = list(range(len(frame)))
        random.shuffle(rows)
        empty = pd.DataFrame({"arm": ["therapy"], "post": [np.nan], "pre": [12.0], "age": ["old"]})
        mixed = pd.concat([frame.iloc[rows], empty], ignore_index=True)
        second = oc.hidden_confounding(oc.compare(mixed, **ASKED), mixed)
        assert second.robustness == pytest.approx(first.robustness)
        assert second.to_frame()["times"].tolist() == pytest.approx(first.to_frame()["times"])

    def test_the_line_of_equal_bias(self):
        frame = practice()
        found = oc.hidden_confounding(oc.compare(frame, **ASKED), frame)
        line = found.line(1.0)
        sizes = r2.bias(line["r2_arm"], line["r2_outcome"], found.error, found.df)
        assert np.asarray(sizes) == pytest.approx(1.0)
        both = found.equal_shares(1.0)
        assert float(r2.bias(both, both, found.error, found.df)) == pytest.approx(1.0)

"""The verdict as a table: stored quantities in, word out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from outcomes.comparison import comparison_policy, decide
from outcomes.comparison.verdict import equivalence_interval, t_interval
from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict

EXACT = 1e-12
STOP = (("overlap", 0.1, 0.2),)
FEW = (("df", 2.5, 4.0),)


def judge(estimate, se, *, margin=None, direction="lower", failed=(), few=(), converged=True):
    return decide(
        interval=t_interval(estimate, se, 60.0, 0.95),
        equivalence=equivalence_interval(estimate, se, 60.0, 0.95),
        margin=margin,
        direction=direction,
        failed=failed,
        few=few,
        converged=converged,
    )


@pytest.mark.parametrize(
    ("estimate", "se", "options", "verdict", "reason"),
    [
        # No margin: the interval excludes 0, or nothing can be said.
        (-3.0, 1.0, {}, "supported", "interval_excludes_zero"),
        (3.0, 1.0, {}, "supported", "interval_excludes_zero"),
        (-1.0, 1.0, {}, "cannot tell", "interval_includes_zero"),
        (0.0, 0.01, {}, "cannot tell", "interval_includes_zero"),
        # A margin of 2 points: equivalence wins over a small but certain difference.
        (0.0, 0.5, {"margin": 2.0}, "equivalent", "within_margin"),
        (-1.0, 0.4, {"margin": 2.0}, "equivalent", "within_margin"),
        (-3.0, 1.0, {"margin": 2.0}, "supported", "interval_excludes_zero"),
        # Lower is better: -2 to better by more than 2 is ruled out at [-1.6, 3.6].
        (1.0, 1.3, {"margin": 2.0}, "not supported", "rules_out_better_by_margin"),
        (1.0, 1.3, {"margin": 2.0, "direction": "higher"}, "cannot tell", "interval_includes_zero"),
        (-1.0, 1.3, {"margin": 2.0}, "cannot tell", "interval_includes_zero"),
        (1.0, 1.3, {"margin": 2.0, "direction": None}, "cannot tell", "interval_includes_zero"),
        # Checks come first.
        (-3.0, 1.0, {"failed": STOP}, "not comparable", "overlap"),
        (-3.0, 1.0, {"failed": STOP, "few": FEW}, "not comparable", "overlap"),
        (-3.0, 1.0, {"few": FEW}, "cannot tell", "df"),
        (0.0, 0.5, {"few": FEW, "margin": 2.0}, "cannot tell", "df"),
        (-3.0, 1.0, {"converged": False}, "cannot tell", "not_converged"),
        (math.nan, math.nan, {}, "cannot tell", "not_estimated"),
        (0.0, 0.0, {}, "cannot tell", "not_estimated"),
    ],
)
def test_verdict(estimate, se, options, verdict, reason):
    assert judge(estimate, se, **options) == (Verdict(verdict), (reason,))


def test_interval_equals_scipy():
    found = t_interval(-4.0, 1.7, 11.3, 0.95)
    low, high = stats.t.interval(0.95, 11.3, loc=-4.0, scale=1.7)
    assert (found.low, found.high) == pytest.approx((low, high), rel=EXACT)
    assert found.p == pytest.approx(2 * stats.t.sf(4 / 1.7, 11.3), rel=1e-10)
    tost = equivalence_interval(-4.0, 1.7, 11.3, 0.95)
    assert tost.low == pytest.approx(stats.t.interval(0.90, 11.3, loc=-4.0, scale=1.7)[0])


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-10, 10), st.floats(0.01, 5), st.floats(0.1, 8), st.sampled_from(["lower", "higher"])
)
def test_turning_the_scale_round_keeps_the_verdict(estimate, se, margin, direction):
    turned = {"lower": "higher", "higher": "lower"}[direction]
    assert judge(estimate, se, margin=margin, direction=direction) == judge(
        -estimate, se, margin=margin, direction=turned
    )


def test_policy_names_a_source_for_every_limit():
    policy = comparison_policy()
    for rule in policy.rules.values():
        assert rule.action in {"stop", "few", "caution"}
        assert rule.side in {"at_least", "at_most"}
        assert len(rule.source) > 8
    assert policy.limit("ess") == 30
    assert policy.check("ess", 29.9) == ("ess", 29.9, 30.0)
    assert policy.check("ess", 30) is None
    assert policy.check("ess", math.nan) is None


def test_other_limits_are_a_copy_and_unknown_ones_are_refused():
    assert comparison_policy().with_limits(ess=5).limit("ess") == 5
    assert comparison_policy().limit("ess") == 30
    with pytest.raises(UsageError, match="unknown rule"):
        comparison_policy().with_limits(esss=5)

"""False positives and coverage of the methods whose rule does not depend on the sample."""

from __future__ import annotations

import numpy as np
import pytest
import simulate

SAMPLES = 60
pytestmark = pytest.mark.slow


def test_false_positives_where_nobody_was_chosen_by_score():
    """2.5 % on each side at 95 % for jt, gln and hll; three Monte Carlo errors allowed."""
    found = simulate.false_positives(SAMPLES, 200, 3, chosen=False).set_index("method")
    for method in ("jt", "gln", "hll"):
        row = found.loc[method]
        assert row["improved"] == pytest.approx(2.5, abs=3 * row["mcse"] + 0.1)
        assert row["deteriorated"] == pytest.approx(2.5, abs=3 * row["mcse_2"] + 0.1)
    # One SEM where two errors are at work: Phi(-1.96 / sqrt(1 + r)) each side, 7.5 %.
    assert found.loc["en", "improved"] > 6


def test_choosing_high_scores_makes_jt_count_regression_to_the_mean():
    found = simulate.false_positives(SAMPLES, 200, 4, chosen=True).set_index("method")
    assert found.loc["jt", "improved"] > 4
    assert found.loc["hll", "improved"] == pytest.approx(2.5, abs=0.6)


def test_interval_of_a_share_covers_it():
    """jt, 150 samples: Monte Carlo error 1.8 points."""
    rng = np.random.default_rng(5)
    more = {"method": "jt", "reliability": simulate.R, "sd": simulate.SD}
    truth = simulate._share(simulate.changed(rng, 200_000, within=simulate.WITHIN), more)[0]
    hits = 0
    for _ in range(150):
        frame = simulate.changed(rng, 100, within=simulate.WITHIN)
        _, low, high = simulate._share(frame, {**more, "cluster": "couple"})
        hits += low <= truth <= high
    assert 0.90 <= hits / 150 <= 0.99

"""How often the interval covers the truth, and how often the verdict is right. Seeded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.comparison import compare
from outcomes.schema.verdicts import Verdict

TRUTH = -2.0
RUNS = 400


def practice(rng, *, n=240, practitioners=24, one_arm=False, effect=TRUTH, shift=0.8):
    """Baseline drives both arm and outcome; practitioners differ in outcome and in case-mix."""
    who = np.arange(n) % practitioners
    pre = rng.normal(15, 5, size=n)
    if one_arm:
        arm = who % 2 == 0
        pre = pre + 5 * shift * 0.6 * arm
    else:
        lean = rng.normal(size=practitioners) * 0.5
        chance = 1 / (1 + np.exp(-(shift * (pre - 15) / 5 + lean[who])))
        arm = rng.uniform(size=n) < chance
    own = rng.normal(size=practitioners) * 1.2
    post = 3 + 0.7 * pre + effect * arm + own[who] + rng.normal(0, 4, size=n)
    words = np.where(arm, "therapy", "coaching")
    return pd.DataFrame({"pre": pre, "post": post, "arm": words, "practitioner": who})


def naive_covers(frame):
    """Whether the unadjusted difference with its usual 95 % interval covers the truth."""
    groups = [frame.loc[frame["arm"].eq(arm), "post"] for arm in ("therapy", "coaching")]
    se = np.sqrt(sum(group.var() / len(group) for group in groups))
    return abs(groups[0].mean() - groups[1].mean() - TRUTH) <= 1.96 * se


@pytest.mark.slow
@pytest.mark.parametrize("one_arm", [False, True], ids=["mixed", "one-armed practitioners"])
def test_the_overlap_interval_covers_and_the_naive_one_does_not(one_arm, record_property):
    rng = np.random.default_rng(20260)
    hits, naive, estimates = 0, 0, []
    for _ in range(RUNS):
        frame = practice(rng, one_arm=one_arm)
        found = compare(frame, reference="coaching", covariates=["pre"], cluster="practitioner")
        hits += found.low <= TRUTH <= found.high
        naive += naive_covers(frame)
        estimates.append(found.estimate)
    coverage, error = hits / RUNS, np.sqrt(0.95 * 0.05 / RUNS)
    record_property("coverage", f"{coverage:.3f} (Monte-Carlo error {error:.3f})")
    assert abs(coverage - 0.95) <= 3 * error, f"coverage {coverage:.3f} ± {error:.3f}"
    assert naive / RUNS < 0.6, f"naive coverage {naive / RUNS:.3f}"
    bias_error = np.std(estimates) / np.sqrt(RUNS)
    assert abs(np.mean(estimates) - TRUTH) <= 3 * bias_error


@pytest.mark.slow
@pytest.mark.parametrize("method", ["weighting", "ancova", "aipw"])
def test_no_effect_is_rarely_called_supported(method):
    rng = np.random.default_rng(5)
    runs = 300
    wrong = 0
    for _ in range(runs):
        frame = practice(rng, effect=0.0)
        found = compare(
            frame, reference="coaching", covariates=["pre"], cluster="practitioner", method=method
        )
        wrong += found.verdict is Verdict.SUPPORTED
    # 5 % and three Monte-Carlo standard errors of 1.3 points.
    assert wrong / runs <= 0.088, f"{wrong / runs:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("n", [80, 240])
def test_arms_without_overlap_are_called_not_comparable(n):
    rng = np.random.default_rng(6)
    runs = 60
    refused = 0
    for _ in range(runs):
        arm = np.arange(n) % 2 == 0
        pre = rng.normal(15, 5, size=n) + 15 * arm
        words = np.where(arm, "therapy", "coaching")
        frame = pd.DataFrame({"pre": pre, "post": pre + rng.normal(size=n), "arm": words})
        found = compare(frame, reference="coaching", covariates=["pre"])
        refused += found.verdict is Verdict.NOT_COMPARABLE
    assert refused / runs >= 0.95

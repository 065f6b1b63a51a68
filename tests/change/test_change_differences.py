"""Differences of rates between groups: independent, and with clusters in both groups."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from outcomes.change import change, difference
from outcomes.change.differences import rate_differences
from outcomes.errors import UsageError
from outcomes.proportions import newcombe

EXACT = 1e-12


def frame_of(hits: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """People by arm: so many of so many reliably better (PHQ-9, 20 to 5)."""
    rows = [
        (arm, 20.0, 5.0 if place < n else 20.0)
        for arm, (n, total) in hits.items()
        for place in range(total)
    ]
    return pd.DataFrame(rows, columns=["arm", "pre", "post"])


def row_of(found, measure="reliable_improvement", denominator="paired"):
    table = found.frame
    return table[table["measure"].eq(measure) & table["denominator"].eq(denominator)].iloc[0]


def test_newcombes_example_and_the_older_function():
    result = change(frame_of({"a": (56, 70), "b": (48, 80)}), instrument="phq9", by="arm")
    row = row_of(rate_differences(result, "b"))
    assert row["difference"] == pytest.approx(0.2, abs=EXACT)
    # Newcombe 1998, Stat Med 17:873-890, Table II, method 10.
    assert (row["low"], row["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (row["difference"], row["low"], row["high"]) == pytest.approx(
        difference(result.rates, "reliable_improvement", "a", "b"), abs=EXACT
    )
    assert row["ratio"] == pytest.approx((56 / 70) / (48 / 80))


def test_swapping_the_reference_swaps_signs_and_inverts_ratios():
    result = change(frame_of({"a": (12, 30), "b": (9, 40)}), instrument="phq9", by="arm")
    one, two = (row_of(rate_differences(result, name)) for name in "ab")
    assert (one["low"], one["high"]) == pytest.approx((-two["high"], -two["low"]), abs=EXACT)
    assert (one["ratio_low"], one["ratio_high"]) == pytest.approx(
        (1 / two["ratio_high"], 1 / two["ratio_low"]), abs=1e-9
    )


def test_zero_cases_need_no_correction():
    result = change(frame_of({"a": (0, 20), "b": (5, 20)}), instrument="phq9", by="arm")
    row = row_of(rate_differences(result, "b"))
    assert (row["ratio"], row["ratio_low"]) == (0, 0)
    assert 0 < row["ratio_high"] < 1.5
    other = row_of(rate_differences(result, "a"))
    assert math.isnan(other["ratio"])
    assert other["ratio_high"] == math.inf


def test_one_practitioner_in_both_arms_is_a_paired_comparison():
    """Each practitioner has one client in each arm: phi of the fourfold table 12 14 5 30."""
    first = np.repeat([1, 1, 0, 0], [12, 14, 5, 30])
    second = np.repeat([1, 0, 1, 0], [12, 14, 5, 30])
    frames = [
        pd.DataFrame({"arm": arm, "who": np.arange(61), "pre": 20.0, "post": np.where(hit, 5, 20)})
        for arm, hit in (("a", first), ("b", second))
    ]
    result = change(pd.concat(frames), instrument="phq9", by="arm", cluster="who")
    row = row_of(rate_differences(result, "b"))
    phi = (12 * 30 - 14 * 5) / math.sqrt(26 * 35 * 17 * 44)
    assert row["correlation"] == pytest.approx(phi, abs=EXACT)
    low, high = newcombe(26, 61, 17, 61)
    # Positive correlation makes the difference surer than that of strangers.
    assert low < row["low"] < row["difference"] < row["high"] < high


def test_cluster_names_do_not_matter_and_strangers_are_not_correlated():
    frame = frame_of({"a": (12, 30), "b": (9, 40)}).assign(who=np.arange(70) // 5)
    result = change(frame, instrument="phq9", by="arm", cluster="who")
    assert row_of(rate_differences(result))["correlation"] == 0


@pytest.mark.slow
def test_coverage_where_practitioners_give_both():
    """Twenty practitioners of unequal size, who raise or lower the rate in both arms."""
    rng = np.random.default_rng(8)
    runs, covered, truth = 400, 0, 0.6 - 0.45
    sizes = rng.integers(2, 15, 20)
    who = np.tile(np.repeat(np.arange(20), sizes), 2)
    arm = np.repeat(["a", "b"], sizes.sum())
    for _ in range(runs):
        shift = rng.uniform(-0.2, 0.2, 20)
        hit = rng.random(len(who)) < np.where(arm == "a", 0.6, 0.45) + shift[who]
        frame = pd.DataFrame({"arm": arm, "who": who, "pre": 20.0, "post": np.where(hit, 5, 20)})
        result = change(frame, instrument="phq9", by="arm", cluster="who")
        row = row_of(rate_differences(result, "b", measures=["reliable_improvement"]))
        covered += row["low"] <= truth <= row["high"]
    noise = 3 * math.sqrt(0.95 * 0.05 / runs)
    assert 0.95 - noise <= covered / runs <= 0.99


class TestRefusals:
    def test_one_group(self):
        with pytest.raises(UsageError, match="one group"):
            rate_differences(change(frame_of({"a": (5, 9)}), instrument="phq9"))

    def test_unknown_names(self):
        result = change(frame_of({"a": (5, 9), "b": (5, 9)}), instrument="phq9", by="arm")
        with pytest.raises(UsageError, match="no group"):
            rate_differences(result, "c")
        with pytest.raises(UsageError, match="Unknown measures"):
            rate_differences(result, measures=["thriving"])

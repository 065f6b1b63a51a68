"""Rates: denominators within the group, everybody accounted for, clusters respected."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from outcomes.change import CATEGORIES, change, difference, rates
from outcomes.proportions import newcombe, wilson

FIVE = ["recovered", "improved", "unchanged", "deteriorated", "harmed"]
EXACT = 1e-12


def frame_of(*rows: tuple[str, str, int]) -> tuple[np.ndarray, pd.Series]:
    """Codes and groups from (group, category, how many)."""
    codes, groups = [], []
    for group, category, n in rows:
        codes += [CATEGORIES.index(category)] * n
        groups += [group] * n
    return np.array(codes, dtype=np.int8), pd.Series(groups)


def get(table, group, measure, denominator="paired"):
    chosen = table[
        table["group"].eq(group)
        & table["measure"].eq(measure)
        & table["denominator"].eq(denominator)
    ]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_shares_are_of_the_group_and_not_of_the_grand_total():
    """Negative test: a peer prints 8, 7 and 4 of 19 as 20, 17.5 and 10 % (of 40)."""
    codes, groups = frame_of(
        ("TAU", "recovered", 8),
        ("TAU", "improved", 7),
        ("TAU", "unchanged", 4),
        ("PA", "recovered", 17),
        ("PA", "unchanged", 4),
    )
    table = rates(codes, groups=groups, clinical_at_start=np.ones(40, bool))
    shares = [get(table, "TAU", name)["rate"] for name in ("recovered", "improved", "unchanged")]
    assert shares == pytest.approx([8 / 19, 7 / 19, 4 / 19])
    assert get(table, "PA", "recovered")["rate"] == pytest.approx(17 / 21)


def test_the_five_add_up_among_pairs_and_with_the_missing_among_all():
    codes, groups = frame_of(*[("A", name, n + 1) for n, name in enumerate(CATEGORIES)])
    table = rates(codes, groups=groups, clinical_at_start=np.zeros(21, bool))
    paired = [get(table, "A", name) for name in FIVE]
    assert sum(row["n"] for row in paired) == paired[0]["n_total"] == 15
    started = [get(table, "A", name, "started") for name in [*FIVE, "missing"]]
    assert sum(row["n"] for row in started) == started[0]["n_total"] == 21
    better = get(table, "A", "reliable_improvement")["n"]
    worse = get(table, "A", "reliable_deterioration")["n"]
    assert (better, worse) == (3, 9)


def test_recovery_is_counted_among_those_who_could_recover():
    codes, groups = frame_of(("A", "recovered", 3), ("A", "unchanged", 5), ("A", "missing", 2))
    clinical = np.array([True] * 3 + [True, True, False, False, False] + [True, False])
    table = rates(codes, groups=groups, clinical_at_start=clinical)
    row = get(table, "A", "reliable_recovery", "clinical at start")
    assert (row["n"], row["n_total"], row["rate"]) == (3, 5, 0.6)
    assert get(table, "A", "clinical_at_start")["n"] == 5
    assert get(table, "A", "clinical_at_start", "started")["n"] == 6


def test_without_a_cutoff_recovery_is_unknown_and_not_zero():
    codes, groups = frame_of(("A", "improved", 3))
    measures = set(rates(codes, groups=groups)["measure"])
    assert measures.isdisjoint({"recovered", "harmed", "reliable_recovery", "clinical_at_start"})


def test_zero_is_zero_and_nobody_is_not_a_number():
    codes, groups = frame_of(("A", "unchanged", 4), ("B", "missing", 2))
    table = rates(codes, groups=groups)
    zero = get(table, "A", "improved")
    assert (zero["n"], zero["rate"], zero["low"]) == (0, 0, 0)
    nobody = get(table, "B", "improved")
    assert nobody["n_total"] == 0
    assert all(math.isnan(nobody[name]) for name in ("rate", "low", "high"))


def test_groups_are_sorted_and_the_unnamed_come_last():
    codes, _ = frame_of(("x", "improved", 4))
    table = rates(codes, groups=pd.Series(["b", None, "a", "b"]))
    assert table["group"].unique().tolist() == ["a", "b", "not stated"]
    numbers = rates(codes, groups=pd.Series([10, 9, 10, 9]))
    assert numbers["group"].unique().tolist() == ["9", "10"]
    assert rates(codes)["group"].unique().tolist() == ["all"]


def test_every_definition_names_its_denominator_and_interval():
    codes, groups = frame_of(("A", "improved", 4))
    table = rates(codes, groups=groups, confidence=0.9)
    assert table["definition"].str.contains("Wilson interval, 90 % confidence").all()
    assert "both scores" in get(table, "A", "improved")["definition"]
    assert "everybody who started" in get(table, "A", "improved", "started")["definition"]


def test_intervals_are_wilson():
    codes, groups = frame_of(("A", "improved", 18), ("A", "unchanged", 19))
    row = get(rates(codes, groups=groups), "A", "reliable_improvement")
    assert (row["low"], row["high"]) == pytest.approx(wilson(18, 37), abs=EXACT)


class TestClusters:
    def test_agreeing_partners_have_the_interval_of_couples(self):
        codes, _ = frame_of(("A", "improved", 20), ("A", "unchanged", 20))
        couples = pd.Series(np.repeat(np.arange(20), 2))
        row = get(rates(codes, clusters=couples), "all", "improved")
        assert (row["n"], row["n_total"], row["rate"]) == (20, 40, 0.5)
        # Twenty couples, and t on 19 degrees of freedom: 2.0930 (any table of t).
        worth = 20 * (1.959964 / 2.093024) ** 2
        assert row["n_effective"] == pytest.approx(worth, rel=1e-6)
        assert (row["low"], row["high"]) == pytest.approx(wilson(worth / 2, worth), abs=1e-6)
        assert "effective sample size 17.5 (design effect 2.00)" in row["definition"]

    def test_people_without_a_cluster_stand_alone(self):
        codes, _ = frame_of(("A", "improved", 20), ("A", "unchanged", 20))
        alone = pd.Series([None] * 40, dtype="string")
        row = get(rates(codes, clusters=alone), "all", "improved")
        assert (row["low"], row["high"]) == pytest.approx(wilson(20, 40), abs=EXACT)

    def test_names_and_order_of_clusters_do_not_matter(self):
        rng = np.random.default_rng(5)
        codes = rng.integers(0, 6, 60).astype(np.int8)
        clusters = pd.Series(rng.integers(0, 15, 60))
        order = rng.permutation(60)
        renamed = (clusters.iloc[order].reset_index(drop=True) * 7 + 100).astype(str)
        one = rates(codes, clusters=clusters)
        other = rates(codes[order], clusters=renamed)
        pd.testing.assert_frame_equal(one, other)


def test_difference_is_newcombe_within_groups():
    codes, groups = frame_of(
        ("A", "improved", 56), ("A", "unchanged", 14), ("B", "improved", 48), ("B", "unchanged", 32)
    )
    found = difference(rates(codes, groups=groups), "reliable_improvement", "A", "B")
    assert found == pytest.approx((0.2, *newcombe(56, 70, 48, 80)), abs=EXACT)


def test_change_by_arm_uses_one_threshold_for_all_arms():
    rng = np.random.default_rng(3)
    arms = np.repeat(["coaching", "therapy"], [30, 30])
    pre = rng.normal(15, 4, 60) + np.where(arms == "therapy", 4, 0)
    frame = pd.DataFrame({"arm": arms, "pre": pre, "post": pre - 5})
    both = change(frame, direction="lower", reliability=0.85, by="arm")
    assert both.sd == pytest.approx(frame["pre"].std(ddof=1))
    assert both.rates["group"].unique().tolist() == ["coaching", "therapy"]
    own = change(frame[frame["arm"].eq("coaching")], direction="lower", reliability=0.85)
    assert own.threshold < both.threshold

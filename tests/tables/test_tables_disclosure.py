"""No shown number lets a hidden one be computed: attacked with linear algebra and search."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from outcomes.change import change
from outcomes.privacy import policy
from outcomes.showing.disclosure import releasable, visible_flow, visible_rates, visible_steps

ON, OFF = policy(), policy("off")
SMALL = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 20, 57])
# linprog's own tolerance is 1e-7; a count known to less than this is known.
KNOWN = 1e-4
CLINICAL, HEALTHY = 15, 5


def span_of(atoms, shown):
    """Every set of atoms whose count an attacker can compute, as its true count."""
    k = len(atoms)
    matrix = np.array(shown, dtype=float).reshape(-1, k)
    values = matrix @ np.array(atoms, dtype=float)
    for parts in product((0, 1), repeat=k):
        if not any(parts):
            continue
        ends = [
            linprog(
                sign * np.array(parts, dtype=float),
                A_eq=matrix if len(matrix) else None,
                b_eq=values if len(matrix) else None,
                bounds=[(0, None)] * k,
            )
            for sign in (1, -1)
        ]
        if all(end.success for end in ends) and abs(ends[0].fun + ends[1].fun) < KNOWN:
            yield int(np.dot(parts, atoms))


class TestReleasable:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(SMALL, min_size=2, max_size=4), st.data())
    def test_an_attacker_with_linear_programming_learns_no_small_count(self, atoms, data):
        row = st.lists(st.booleans(), min_size=len(atoms), max_size=len(atoms))
        asked = data.draw(st.lists(row.filter(any), min_size=1, max_size=5))
        answers = releasable(atoms, asked, ON)
        shown = [parts for parts, ok in zip(asked, answers, strict=True) if ok]
        if shown:
            assert not [n for n in span_of(atoms, shown) if 0 < n < ON.minimum_count]

    def test_a_difference_of_two_shown_counts_is_not_small(self):
        everybody, one = (True, True), (True, False)
        assert releasable([50, 3], [everybody, one], ON) == [True, False]
        assert releasable([50, 5], [everybody, one], ON) == [True, True]
        assert releasable([50, 0], [everybody, one], ON) == [True, True]

    def test_a_sum_of_zero_gives_away_its_parts(self):
        # a + b = 0 and a + c + d = 9 are shown; with b + d = 6 that leaves c = 3.
        sums = [(1, 1, 0, 0), (1, 0, 1, 1), (0, 1, 0, 1)]
        assert releasable([0, 0, 3, 6], sums, ON) == [True, True, False]

    def test_nothing_is_hidden_when_the_policy_is_off(self):
        assert releasable([1, 2], [(True, False), (False, True)], OFF) == [True, True]


class TestSteps:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(SMALL, min_size=1, max_size=7))
    def test_shown_counts_differ_by_nothing_or_by_enough(self, lost):
        counts = np.cumsum(lost)[::-1].tolist()
        seen = visible_steps(counts, ON)
        shown = [n for n, ok in zip(counts, seen, strict=True) if ok]
        gaps = -np.diff([*shown, 0])
        assert not [gap for gap in gaps if 0 < gap < ON.minimum_count]

    def test_the_last_count_is_kept_before_the_others(self):
        assert visible_steps([103, 100, 80], ON).tolist() == [True, False, True]
        assert visible_steps([103, 100, 80], ON, anchors=[1]).tolist() == [False, True, True]


def people(cells: dict[tuple[str, bool], int]) -> pd.DataFrame:
    """One group with chosen counts by category and clinical start (PHQ-9)."""
    scores = {
        ("recovered", True): (15, 5),
        ("improved", True): (22, 14),
        ("improved", False): (8, 1),
        ("unchanged", True): (15, 14),
        ("unchanged", False): (5, 5),
        ("deteriorated", True): (12, 20),
        ("deteriorated", False): (1, 8),
        ("harmed", False): (8, 18),
        ("missing", True): (15, None),
        ("missing", False): (5, None),
    }
    rows = [scores[cell] for cell, n in cells.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["pre", "post"]).astype("float64")
    return frame.assign(arm="coaching")


CELLS = [
    ("recovered", True),
    ("improved", True),
    ("improved", False),
    ("unchanged", True),
    ("unchanged", False),
    ("deteriorated", True),
    ("deteriorated", False),
    ("harmed", False),
    ("missing", True),
    ("missing", False),
]


class TestRates:
    @settings(max_examples=40, deadline=None)
    @given(st.lists(SMALL, min_size=len(CELLS), max_size=len(CELLS)))
    def test_every_hidden_count_stays_unknown(self, counts):
        cells = dict(zip(CELLS, counts, strict=True))
        if not sum(n for (category, _), n in cells.items() if category != "missing"):
            return
        result = change(people(cells), instrument="phq9", by="arm")
        flags = visible_rates(result, ON)
        shown = result.rates[flags["n"]]
        assert not [n for n in shown["n"] if 0 < n < ON.minimum_count]
        known = {(r.measure, r.denominator): r.n for r in shown.itertuples()}
        totals = {r.denominator: r.n_total for r in result.rates[flags["n_total"]].itertuples()}
        for (measure, denominator), n in known.items():
            rest = totals.get(denominator, n) - n
            assert not 0 < rest < ON.minimum_count, (measure, denominator)
        pairs = [("recovered", "improved", "reliable_improvement")]
        pairs += [("deteriorated", "harmed", "reliable_deterioration")]
        for one, two, both in pairs:
            states = [(name, "paired") in known for name in (one, two, both)]
            assert states.count(False) != 1 or known_zero(known, one, two, both)

    def test_the_numbers_readers_need_most_are_kept(self):
        cells = dict.fromkeys(CELLS, 0)
        cells |= {("recovered", True): 30, ("improved", True): 12, ("unchanged", True): 40}
        cells |= {("deteriorated", True): 2, ("missing", True): 9}
        result = change(people(cells), instrument="phq9", by="arm")
        flags = visible_rates(result, ON).assign(
            measure=result.rates["measure"], denominator=result.rates["denominator"]
        )
        seen = flags[flags["denominator"] == "paired"].set_index("measure")["n"]
        assert seen[["reliable_improvement", "recovered", "improved"]].all()
        assert not seen[["unchanged", "reliable_deterioration", "deteriorated"]].any()

    def test_a_small_number_without_end_score_hides_the_number_who_started(self):
        cells = dict.fromkeys(CELLS, 0) | {("recovered", True): 30, ("unchanged", True): 40}
        result = change(people(cells | {("missing", True): 2}), instrument="phq9", by="arm")
        started = result.rates["denominator"] == "started"
        assert not visible_rates(result, ON).loc[started, "n_total"].any()

    def test_without_groups_and_without_a_cutoff(self):
        frame = people(dict.fromkeys(CELLS, 6))
        result = change(frame, direction="lower", reliability=0.9, sd=5.0)
        assert visible_rates(result, ON).to_numpy().all()


def known_zero(known, one, two, both):
    """One of three numbers hidden is safe only if it is a part that is no longer unknown."""
    missing = [name for name in (one, two, both) if (name, "paired") not in known]
    rest = [known[name, "paired"] for name in (one, two, both) if (name, "paired") in known]
    value = abs(rest[0] - rest[1]) if both not in missing else rest[0] + rest[1]
    return value == 0 or value >= ON.minimum_count


@pytest.fixture
def flow():
    rows = []
    for step, coaching, therapy, rest in (
        ("read", 103, 80, 9),
        ("first", 100, 80, 9),
        ("start_score", 100, 78, 0),
        ("paired", 60, 70, 0),
    ):
        everybody = coaching + therapy + rest
        rows += [(step, "all", everybody, 0), (step, "coaching", coaching, 0)]
        rows += [(step, "therapy", therapy, 4), (step, "both", rest, 0)]
    return pd.DataFrame(rows, columns=["step", "arm", "persons", "couples"])


class TestFlow:
    def test_a_sum_is_hidden_with_its_part(self, flow):
        flags = visible_flow(flow, ("coaching", "therapy"), ON)
        seen = flags.assign(step=flow["step"], arm=flow["arm"]).pivot_table(
            index="step", columns="arm", values="persons"
        )
        assert seen["coaching"].to_dict() == {
            "read": False,
            "first": True,
            "start_score": True,
            "paired": True,
        }
        assert not seen.loc["start_score", "therapy"]  # 80 - 78 is small
        assert not seen.loc["read", "all"]
        assert not seen.loc["start_score", "all"]
        assert not seen["both"].any()

    def test_small_numbers_of_couples_are_hidden(self, flow):
        flags = visible_flow(flow, ("coaching", "therapy"), ON)
        assert not flags.loc[flow["arm"] == "therapy", "couples"].any()
        assert flags.loc[flow["arm"] == "coaching", "couples"].all()

    def test_everything_is_shown_when_the_policy_is_off(self, flow):
        flags = visible_flow(flow, ("coaching", "therapy"), OFF)
        assert flags.loc[flow["arm"] != "both"].to_numpy().all()

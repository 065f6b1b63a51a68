"""What may be shown, and what would give the hidden away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import UsageError
from outcomes.privacy import hidden, policy, scan, suppress_counts, suppress_rate


def test_boundaries():
    rules = policy()
    assert [n for n in range(7) if hidden(n, rules)] == [1, 2, 3, 4]
    assert not hidden(3, policy("off"))
    assert suppress_rate(3, 50, rules)
    assert suppress_rate(48, 50, rules), "the rest, two people, would be as good as shown"
    assert not suppress_rate(0, 50, rules), "zero is shown as zero"
    assert not suppress_rate(50, 50, rules)
    assert suppress_rate(0, 3, rules)


def test_unknown_policy_names_the_known_ones():
    with pytest.raises(UsageError, match="default, off"):
        policy("loose")


def feasible(counts: list[int], mask: list[bool], minimum: int) -> list[set[int]]:
    """For each hidden cell, the values an outsider who knows the total cannot rule out."""
    hidden_total = sum(n for n, m in zip(counts, mask, strict=True) if m)
    cells = sum(mask)
    if cells == 1:
        return [{hidden_total}]
    return [set(range(hidden_total + 1)) for _ in range(cells)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=7))
def test_no_hidden_count_follows_from_the_total(counts):
    rules = policy()
    mask = suppress_counts(pd.Series(counts), rules).tolist()
    for n, is_hidden in zip(counts, mask, strict=True):
        assert is_hidden or not hidden(n, rules)
    if any(mask) and not all(mask):
        for values in feasible(counts, mask, rules.minimum_count):
            assert len(values) > 1
            assert max(values) >= rules.minimum_count


def test_nothing_small_hides_nothing():
    assert not suppress_counts(pd.Series([0, 5, 9]), policy()).any()
    assert not suppress_counts(pd.Series([1, 2]), policy("off")).any()


FOUND = {
    "e-mail address": "write to anna.b@example.org",
    "IP address": "from 192.168.2.17 today",
    "phone number": "call 020 7946 0958",
    "UK postcode": "lives in SW1A 1AA",
    "date of birth": "DOB: 12/03/1980",
    "national identity number": "NI QQ 12 34 56 C".replace("QQ", "AB"),
}


@pytest.mark.parametrize("kind", FOUND)
def test_identifiers_are_found_and_not_repeated(kind):
    findings = scan(FOUND[kind])
    assert [f.kind for f in findings] == [kind]
    assert FOUND[kind] not in repr(findings)


def test_known_ids_are_found_as_words_only():
    assert scan("see C0001, C0002", ["C0001", "C0002", "12", "4711"])[0].count == 2
    assert scan("see XC0001 and 4711", ["C0001", "4711"]) == []


def test_a_report_raises_no_false_alarm():
    text = (
        "3.1 to 0.4, 43 of 100 people, 2025-01-31, p 0.003, doi 10.1080/07350015.2016.1247004, "
        "Stat Med 2009;28:3083-3107, version 3.1.1, 1,234 rows, −12.5, 0.123 0.456 0.789, "
        "sha256 0a9f8e7d6c5b, 20260930, Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672"
    )
    assert scan(text) == []


def test_the_scan_is_quick_enough_to_run_on_every_report():
    rng = np.random.default_rng(1)
    text = " ".join(map(str, rng.integers(0, 10_000, 100_000)))
    assert scan(text, [f"C{i:05d}" for i in range(5_000)]) == []

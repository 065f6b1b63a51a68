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


def largest_possible(counts: list[int], mask: list[bool]) -> int:
    """The most any hidden cell can be, to a reader who knows the total and that zeros show."""
    concealed = [n for n, is_hidden in zip(counts, mask, strict=True) if is_hidden]
    return sum(concealed) - (len(concealed) - 1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=7))
def test_no_hidden_count_follows_from_the_total(counts):
    rules = policy()
    mask = suppress_counts(pd.Series(counts), rules).tolist()
    for n, is_hidden in zip(counts, mask, strict=True):
        assert is_hidden or not hidden(n, rules)
    if any(mask) and not all(mask):
        assert sum(mask) > 1
        assert largest_possible(counts, mask) >= rules.minimum_count


SUPPRESSED = [
    ([3, 20, 30], [True, True, False]),  # one alone follows from the total
    ([1, 2, 50, 60], [True, True, True, False]),  # 1 + 2 would show as a small sum
    ([1, 1, 1, 1, 1, 9], [True] * 6),  # five cells that add up to five are all 1
    ([4, 4, 30], [True, True, False]),  # 8 in two cells can be 7 and 1
    ([0, 3, 20, 30], [False, True, True, False]),  # zero is shown as zero
    ([4, 0, 0], [True, True, True]),  # nothing else is left
]


@pytest.mark.parametrize(("counts", "expected"), SUPPRESSED)
def test_primary_and_complementary(counts, expected):
    assert suppress_counts(pd.Series(counts), policy()).tolist() == expected


def test_equal_counts_are_hidden_by_label_not_by_position():
    counts = pd.Series({"a": 2, "b": 7, "c": 7, "d": 30})
    mask = suppress_counts(counts, policy())
    other = suppress_counts(counts[["d", "c", "b", "a"]], policy())
    assert mask.to_dict() == other.to_dict()
    assert mask["b"]
    assert not mask["c"]


def test_a_missing_count_is_not_hidden():
    counts = pd.Series([None, 20, 30], dtype="Int64")
    assert not suppress_counts(counts, policy()).any()


def test_nothing_small_hides_nothing():
    assert not suppress_counts(pd.Series([0, 5, 9]), policy()).any()
    assert not suppress_counts(pd.Series([1, 2]), policy("off")).any()


FOUND = {
    "e-mail address": "write to anna.b@example.org",
    "IP address": "from 192.168.2.17 today",
    "phone number": "call 020 7946 0958",
    "postcode": "lives in SW1A 1AA",
    "date of birth": "DOB: 12/03/1980",
    "national identity or tax number": "NI QQ 12 34 56 C".replace("QQ", "AB"),
}


MORE = {
    "a co.uk address": ("e-mail address", "anna_b@mail.example.co.uk"),
    "an escaped address": ("e-mail address", "anna&#64;example.org"),
    "an international number": ("phone number", "+447700900123"),
    "a mobile number": ("phone number", "07700900123"),
    "a North American number": ("phone number", "(212) 555-0147"),
    "a link to a machine": ("IP address", "http://10.0.0.7/report"),
    "a column header": ("date of birth", "<th scope='col'>Date of birth</th>"),
    "a JSON key": ("date of birth", '{"dob": "1980-03-12"}'),
}


@pytest.mark.parametrize("case", MORE)
def test_other_ways_to_write_them_are_found(case):
    kind, text = MORE[case]
    assert [f.kind for f in scan(text)] == [kind]


@pytest.mark.parametrize("kind", FOUND)
def test_identifiers_are_found_and_not_repeated(kind):
    findings = scan(FOUND[kind])
    assert [f.kind for f in findings] == [kind]
    assert FOUND[kind] not in repr(findings)


def test_known_ids_are_found_as_words_only():
    assert scan("see C0001, C0002", ["C0001", "C0002", "12", "4711"])[0].count == 2
    assert scan("see XC0001 and 4711 and C00012", ["C0001", "4711"]) == []


def test_known_ids_are_found_beside_any_sign_and_however_they_are_made():
    ids = ["C0001", "AB/12", "k-7.x", "É123"]
    for text in ("path_C0001", "C0001-b.", '"C0001"', "(AB/12)", "of k-7.x,", "É123!"):
        assert [f.count for f in scan(text, ids)] == [1], text
    assert scan("AB 12, k-7, É1234", ids) == []


def test_pictures_and_coordinates_are_not_read():
    text = (
        '<img src="data:image/png;base64,C0001/C0001+C0001="/>'
        '<path d="M 0123 456 7890 L 020 7946 0958"/>'
    )
    assert scan(text, ["C0001"]) == []
    assert scan(text + " C0001", ["C0001"])[0].count == 1


def test_a_report_raises_no_false_alarm():
    text = (
        "3.1 to 0.4, 43 of 100 people, 2025-01-31, p 0.003, doi 10.1080/07350015.2016.1247004, "
        "Stat Med 2009;28:3083-3107, version 3.1.1, 1,234 rows, −12.5, 0.123 0.456 0.789, "
        "sha256 0a9f8e7d6c5b, 20260930, logo@2x.png, scipy==1.15.0.1, no date of birth is kept, "
        "+5 to +12 points, HC3, (0.12 to 0.34), Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672"
    )
    assert scan(text) == []


def test_the_scan_is_quick_enough_to_run_on_every_report():
    rng = np.random.default_rng(1)
    text = " ".join(map(str, rng.integers(0, 10_000, 100_000)))
    assert scan(text, [f"C{i:05d}" for i in range(5_000)]) == []

"""The risk sentence: before any result, and without a small number or its complement."""

from __future__ import annotations

from itertools import combinations, product

import pandas as pd
import pytest

from outcomes.instruments import RiskFlags, get
from outcomes.privacy import policy
from outcomes.reports.companion_words import risk
from outcomes.reports.page_results import risk_records
from outcomes.showing.risk import shown_risk

ON, OFF = policy(), policy("off")
SIZES = (0, 1, 4, 5, 40)


def flags(silent: int, never: int, once: int, latest: int) -> RiskFlags:
    """So many people: never asked, never flagged, flagged before only, flagged at the end."""
    kinds = [(pd.NA, pd.NA)] * silent + [(False, False)] * never
    kinds += [(True, False)] * once + [(True, True)] * latest
    people = pd.DataFrame(kinds, columns=["ever", "latest"]).astype("boolean")
    people["client_id"] = [f"C{place}" for place in range(len(people))]
    return RiskFlags(people, people, (get("phq9"),), len(people), len(people) - silent)


@pytest.mark.parametrize("atoms", list(product(SIZES, repeat=4)))
def test_nothing_small_follows_from_what_is_said(atoms):
    total = sum(atoms)
    seen = shown_risk(flags(*atoms), ON, total)
    said = {n for n in (seen.latest, seen.ever, seen.asked) if n is not None}
    assert not [n for n in said if 0 < n < ON.minimum_count]
    known = said | ({total} if total >= ON.minimum_count else set())
    assert not [(a, b) for a, b in combinations(known, 2) if 0 < abs(a - b) < ON.minimum_count]


@pytest.mark.parametrize(("latest", "shown"), [(4, False), (5, True), (0, True)])
def test_a_number_is_said_from_the_limit_on(latest, shown):
    sentence = risk(flags(0, 40, 20, latest), ON, 60 + latest)
    assert (f"{latest} of them on their latest form" in sentence) is shown


def test_a_small_complement_hides_the_number_and_says_so():
    """38 of 40 flagged: the 2 who were not would stand out."""
    sentence = risk(flags(0, 2, 0, 38), ON, 40)
    assert "hidden" in sentence
    assert "38" not in sentence
    assert "38" in risk(flags(0, 2, 0, 38), OFF, 40)


def test_people_never_asked_do_not_follow_from_the_flow():
    """43 are in the report and 40 were asked: 3 were not."""
    seen = shown_risk(flags(3, 20, 10, 10), ON, 43)
    assert seen.asked is None
    assert (seen.ever, seen.latest) == (20, 10)
    assert "Of the people asked about risk" in risk(flags(3, 20, 10, 10), ON, 43)


def test_the_number_flagged_is_not_claimed_where_nobody_was():
    assert "None of the 40 people" in risk(flags(0, 40, 0, 0), ON, 40)
    few = risk(flags(0, 3, 0, 0), ON, 3)
    assert "3" not in few
    assert "Some people answered" not in few


def test_without_a_question_about_risk_that_is_said():
    nothing = flags(0, 0, 0, 0)
    empty = RiskFlags(nothing.frame, nothing.people, (), 0, 0)
    assert risk(empty, ON, 40) == "No questionnaire with a question about risk was used."


@pytest.mark.parametrize("atoms", [(0, 2, 0, 38), (0, 40, 20, 4), (3, 20, 10, 10), (0, 9, 9, 9)])
def test_results_hold_what_the_sentence_says_and_no_more(atoms):
    total = sum(atoms)
    seen = shown_risk(flags(*atoms), ON, total)
    ever, latest = risk_records(flags(*atoms), total, ON)
    assert (ever.value, latest.value, ever.n_total) == (seen.ever, seen.latest, seen.asked)
    assert ever.suppressed is (seen.ever is None)

"""What cleaning does to one fault at a time: the table a practitioner can read."""

from __future__ import annotations

import pytest

from outcomes.cleaning import reasons
from outcomes.errors import InputError
from outcomes.ledger import Action

# table, row (from 0), changes to its cells, and what the ledger then says:
# (table, action, reason, line, column)
FAULTS = {
    "no identifier": (
        ("referrals", 0, {"client_id": " "}),
        [("referrals", "dropped", "missing_key", 2, "client_id")],
    ),
    "no start date": (
        ("sessions", 0, {"held_on": "NA"}),
        [
            ("sessions", "dropped", "required_empty", 2, "held_on"),
            ("sessions", "flagged", "missing_word", 2, "held_on"),
        ],
    ),
    "no answer": (
        ("responses", 3, {"value": ""}),
        [("responses", "dropped", "no_answer", 5, "value")],
    ),
    "no such day, needed": (
        ("sessions", 0, {"held_on": "2026-02-31"}),
        [("sessions", "dropped", "bad_date", 2, "held_on")],
    ),
    "no such day, not needed": (
        ("episodes", 0, {"ended_on": "soon"}),
        [("episodes", "emptied", "bad_date", 2, "ended_on")],
    ),
    "year of two digits": (
        ("episodes", 0, {"referred_on": "01/02/25"}),
        [("episodes", "emptied", "two_digit_year", 2, "referred_on")],
    ),
    "date of an epoch": (
        ("episodes", 0, {"referred_on": "1900-01-01"}),
        [("episodes", "emptied", "impossible_date", 2, "referred_on")],
    ),
    "date after the export": (
        ("sessions", 0, {"held_on": "2026-10-06"}),
        [("sessions", "dropped", "future_date", 2, "held_on")],
    ),
    "date after the export, still planned": (
        ("sessions", 0, {"held_on": "2026-10-06", "status": "planned", "episode_id": "E2"}),
        [],
    ),
    "not a number": (
        ("sessions", 0, {"minutes": "an hour"}),
        [("sessions", "emptied", "not_a_number", 2, "minutes")],
    ),
    "half a minute": (
        ("sessions", 0, {"minutes": "50.5"}),
        [("sessions", "emptied", "not_a_number", 2, "minutes")],
    ),
    "infinite minutes": (
        ("sessions", 0, {"minutes": "inf"}),
        [("sessions", "emptied", "not_a_number", 2, "minutes")],
    ),
    "too many minutes": (
        ("sessions", 0, {"minutes": "601"}),
        [("sessions", "emptied", "out_of_range", 2, "minutes")],
    ),
    "code for missing minutes": (
        ("sessions", 0, {"minutes": "999"}),
        [("sessions", "emptied", "sentinel", 2, "minutes")],
    ),
    "neither yes nor no": (
        ("clients", 0, {"prior_care": "perhaps"}),
        [("clients", "emptied", "not_yes_or_no", 2, "prior_care")],
    ),
    "answer outside the range": (
        ("responses", 0, {"value": "7"}),
        [("responses", "dropped", "out_of_range", 2, "value")],
    ),
    "answer between two codes": (
        ("responses", 0, {"value": "1.5"}),
        [("responses", "dropped", "out_of_range", 2, "value")],
    ),
    "total outside the range": (
        ("responses", 3, {"value": "28"}),
        [("responses", "dropped", "out_of_range", 5, "value")],
    ),
    "code for a missing answer": (
        ("responses", 0, {"value": "99"}),
        [("responses", "dropped", "sentinel", 2, "value")],
    ),
    "no such item": (
        ("responses", 0, {"item": "10"}),
        [("responses", "dropped", "unknown_item", 2, "item")],
    ),
    "item in another form": (
        ("responses", 0, {"item": "01"}),
        [("responses", "dropped", "unknown_item", 2, "item")],
    ),
    "a goal code that is also a code for missing": (
        ("goal_ratings", 0, {"value": "-1"}),
        [],
    ),
    "a rating the goal's scale does not have": (
        ("goal_ratings", 0, {"value": "7"}),
        [("goal_ratings", "dropped", "out_of_range", 2, "value")],
    ),
    "a couple of one person": (
        ("couples", 0, {"client_b": "C1"}),
        [
            ("couples", "dropped", "same_partner", 2, None),
            ("episodes", "dropped", "orphan", 3, "couple_id"),
            ("responses", "dropped", "orphan", 4, "episode_id"),
            ("responses", "dropped", "orphan", 5, "episode_id"),
        ],
    ),
    "an individual without a client": (
        ("episodes", 1, {"unit": "individual"}),
        [
            ("episodes", "dropped", "unit_mismatch", 3, "unit"),
            ("responses", "dropped", "orphan", 4, "episode_id"),
            ("responses", "dropped", "orphan", 5, "episode_id"),
        ],
    ),
    "a lost practitioner": (
        ("episodes", 0, {"practitioner_id": "T9"}),
        [("episodes", "emptied", "orphan", 2, "practitioner_id")],
    ),
    "a lost client takes everything along": (
        ("clients", 2, {"client_id": ""}),
        [
            ("clients", "dropped", "missing_key", 4, "client_id"),
            ("episodes", "dropped", "orphan", 2, "client_id"),
            ("sessions", "dropped", "orphan", 2, "episode_id"),
            ("responses", "dropped", "orphan", 2, "client_id"),
            ("responses", "dropped", "orphan", 3, "client_id"),
            ("goals", "dropped", "orphan", 2, "episode_id"),
            ("goal_ratings", "dropped", "orphan", 2, "goal_id"),
            ("referrals", "dropped", "orphan", 2, "client_id"),
        ],
    ),
    "answers filed under somebody else's episode": (
        ("responses", 2, {"client_id": "C3"}),
        [("responses", "dropped", "orphan", 4, "client_id")],
    ),
    "a referral made in somebody else's episode": (
        ("referrals", 0, {"episode_id": "E2"}),
        [("referrals", "emptied", "orphan", 2, "episode_id")],
    ),
    "an end before the start": (
        ("episodes", 0, {"ended_on": "2026-01-09"}),
        [("episodes", "emptied", "ends_before_start", 2, "ended_on")],
    ),
    "an answer sixty-one days early": (
        ("responses", 0, {"taken_on": "2025-11-10"}),
        [("responses", "flagged", "before_episode", 2, "taken_on")],
    ),
    "an answer sixty days early": (("responses", 0, {"taken_on": "2025-11-11"}), []),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault(fault, rows, cleaned, found):
    (table, row, changes), expected = FAULTS[fault]
    rows[table][row].update(changes)
    study = cleaned(rows)
    assert sorted(found(study), key=str) == sorted(expected, key=str)
    assert study.ledger.balanced()


def test_sound_rows_leave_no_entry(rows, cleaned, found):
    study = cleaned(rows)
    assert found(study) == []
    assert {n: len(f) for n, f in study.tables().items() if len(f)} == {
        table: len(entries) for table, entries in rows.items()
    }


REPEATS = {
    "the same client again": (
        ("clients", 0, {}),
        [("clients", "dropped", "duplicate_row", 5, None)],
    ),
    "the same identifier for somebody else": (
        ("clients", 0, {"gender": "man"}),
        [("clients", "dropped", "conflicting_key", 5, None)],
    ),
    "the same form sent twice": (
        ("responses", 0, {}),
        [("responses", "dropped", "duplicate_row", 6, None)],
    ),
    "another answer on the same day": (
        ("responses", 3, {"value": "13"}),
        [("responses", "dropped", "resubmitted", 5, None)],
    ),
    "another answer on the same day, of a form with more answers": (
        ("responses", 0, {"value": "1"}),
        [("responses", "dropped", "resubmitted", 6, None)],
    ),
    "another rating of a goal on the same day": (
        ("goal_ratings", 0, {"value": "2"}),
        [("goal_ratings", "dropped", "resubmitted", 2, None)],
    ),
    "the same date written otherwise": (
        ("responses", 0, {"taken_on": "2026-2-11 10:30"}),
        [("responses", "dropped", "duplicate_row", 6, None)],
    ),
}


@pytest.mark.parametrize("repeat", REPEATS)
def test_one_repeat(repeat, rows, cleaned, found):
    (table, row, changes), expected = REPEATS[repeat]
    rows[table].append({**rows[table][row], **changes})
    assert found(cleaned(rows)) == expected


def test_the_last_of_three_answers_counts_also_when_it_repeats_the_first(rows, cleaned, found):
    first = rows["responses"][3]
    rows["responses"] += [{**first, "value": "13"}, {**first, "value": "14"}]
    study = cleaned(rows)
    kept = study.responses.query("client_id == 'C2'")
    assert kept["value"].tolist() == [14]
    reasons_found = {(reason, line) for _, _, reason, line, _ in found(study)}
    assert reasons_found == {("resubmitted", 6), ("duplicate_row", 7)}


def test_a_client_in_two_couples_is_flagged_in_both(rows, cleaned, found):
    rows["couples"].append({"couple_id": "K2", "client_a": "C3", "client_b": "C1"})
    study = cleaned(rows)
    assert len(study.couples) == 2
    assert found(study) == [
        ("couples", "flagged", "client_in_two_couples", 2, "client_a"),
        ("couples", "flagged", "client_in_two_couples", 3, "client_b"),
    ]


def test_a_table_that_is_needed_and_absent_stops_the_read(rows, cleaned):
    del rows["couples"]
    with pytest.raises(InputError, match="couples") as error:
        cleaned(rows)
    assert error.value.how_many == 1
    assert error.value.where == "episodes.couple_id"


def test_an_unknown_table_and_an_absent_column_are_refused(rows, cleaned):
    with pytest.raises(InputError, match="diaries"):
        cleaned({"diaries": [{"client_id": "C1"}]})
    for row in rows["clients"]:
        del row["client_id"]
    with pytest.raises(InputError, match="no column client_id"):
        cleaned(rows)


def test_every_reason_given_is_declared_with_its_action():
    declared = reasons()
    for _, expected in [*FAULTS.values(), *REPEATS.values()]:
        for _, action, reason, _, _ in expected:
            assert action in declared[reason].actions


def test_every_reason_says_what_to_do():
    for reason in reasons().values():
        assert reason.actions
        assert all((reason.title, reason.meaning, reason.to_do))
        assert set(reason.actions) <= {*Action, "stops"}
        assert not reason.accept or {"quarantined", "flagged"} <= set(reason.actions)

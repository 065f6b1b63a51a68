"""How episodes ended, by several definitions of dropping out; small literal cases."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.derive.leaving import DEFINITIONS, UNITS, endings, leaving_rules
from outcomes.errors import NotEnoughData, UsageError


def episode(key, start, end=None, reason=None, who=None, **more):
    return {
        "episode_id": key,
        "client_id": who or f"C-{key}",
        "unit": "individual",
        "intervention": "therapy",
        "started_on": start,
        "ended_on": end,
        "end_reason": reason,
        **more,
    }


def session(key, episode_id, day, status="attended", **more):
    return {
        "session_id": key,
        "episode_id": episode_id,
        "held_on": day,
        "status": status,
        **more,
    }


def words(study, key, **options):
    frame = endings(study, **options).frame.set_index("episode_id")
    return [frame.loc[key, name] for name in DEFINITIONS]


@pytest.fixture
def study(make_study):
    return make_study(
        episodes=[
            episode("agreed", "2026-01-01", "2026-03-12", "completed"),
            episode("left", "2026-01-01", "2026-02-05", "dropped_out"),
            episode("unknown", "2026-01-01", "2026-02-05", "not_known"),
            episode("nothing", "2026-01-01", "2026-02-05"),
            episode("moved", "2026-01-01", "2026-01-08", "referred_on"),
            episode("died", "2026-01-01", "2026-01-08", "died"),
            episode("on", "2026-05-01"),
        ],
        sessions=[
            session("1", "agreed", "2026-01-01"),
            session("2", "agreed", "2026-01-08"),
            session("3", "agreed", "2026-01-15", "late_seen"),
            session("4", "left", "2026-01-01"),
            session("5", "left", "2026-01-08"),
            session("6", "left", "2026-01-15", "no_show"),
            session("7", "unknown", "2026-01-01"),
            session("8", "unknown", "2026-01-08"),
            session("9", "unknown", "2026-01-15"),
            session("10", "unknown", "2026-01-22", "cancelled_provider"),
            session("11", "on", "2026-05-01"),
            session("12", "on", "2026-06-30", "planned"),
            session("13", "moved", "2026-01-01"),
        ],
    )


def test_definitions_side_by_side(study):
    # unplanned, unplanned or not known, few sessions (< 3), missed the last
    assert words(study, "agreed") == ["planned", "planned", "planned", "planned"]
    assert words(study, "left") == ["dropout", "dropout", "dropout", "dropout"]
    # The practice's own cancellation was not the client's to miss.
    assert words(study, "unknown") == ["other", "dropout", "planned", "planned"]
    # No session is recorded: fewer than three, and none that could be missed.
    assert words(study, "nothing") == ["other", "dropout", "dropout", "other"]
    assert words(study, "moved") == ["other"] * 4
    assert words(study, "died") == ["other"] * 4
    assert words(study, "on") == ["open"] * 4


def test_durations_in_days_weeks_and_sessions(study):
    found = endings(study)
    assert found.as_of == pd.Timestamp("2026-05-01")  # the appointment to come is not the past
    frame = found.frame.set_index("episode_id")
    assert frame.loc["agreed", list(UNITS)].tolist() == [10.0, 70.0, 3.0]
    assert frame.loc["left", list(UNITS)].tolist() == [5.0, 35.0, 2.0]
    assert frame.loc["on", "days"] == 0


@pytest.mark.parametrize(("few", "word"), [(2, "planned"), (3, "dropout"), (4, "dropout")])
def test_the_number_of_sessions_decides_below_it(study, few, word):
    assert words(study, "left", few=few)[2] == word
    assert words(study, "agreed", few=few)[2] == ("dropout" if few == 4 else "planned")


def test_an_earlier_day_opens_what_ended_later(study):
    found = endings(study, as_of="2026-02-04")
    frame = found.frame.set_index("episode_id")
    assert frame.loc["left", "unplanned"] == "open"
    assert frame.loc["left", "days"] == 34
    assert frame.loc["moved", "unplanned"] == "other"
    assert found.left_out == {"begun after the day the export tells of": 1}
    on_the_day = endings(study, as_of="2026-02-05").frame.set_index("episode_id")
    assert on_the_day.loc["left", "unplanned"] == "dropout"


def test_a_period_chooses_by_the_start(study):
    assert len(endings(study, begun="2026Q1").frame) == 6
    late = endings(study, begun="2026Q2").frame
    assert late["episode_id"].tolist() == ["on"]
    assert late["unplanned"].tolist() == ["open"]
    with pytest.raises(UsageError, match="period"):
        endings(study, begun="spring")


def test_what_cannot_be_used_is_counted(make_study):
    study = make_study(
        episodes=[
            episode("a", "2026-01-01", "2026-02-01", "completed"),
            episode("b", "2026-01-10", "2026-01-02", "completed"),
            episode("c", "2026-01-01", None, "completed"),
        ]
    )
    found = endings(study)
    assert found.frame["episode_id"].tolist() == ["a"]
    assert found.left_out == {
        "ended before it began": 1,
        "ended, without a date of the end": 1,
    }


@pytest.mark.parametrize(("quiet", "silent"), [(90, False), (91, True)])
def test_open_on_paper_only(make_study, quiet, silent):
    day = pd.Timestamp("2026-06-30")
    active = (day - pd.Timedelta(days=quiet)).strftime("%Y-%m-%d")
    study = make_study(
        episodes=[episode("a", "2025-01-01"), episode("b", "2026-06-01")],
        sessions=[session("1", "a", active), session("2", "b", "2026-06-30")],
    )
    assert leaving_rules()["silent"]["after_days"] == 90
    found = endings(study)
    assert found.n_silent == int(silent)
    # It stays open: nobody knows when it ended.
    assert found.frame["unplanned"].tolist() == ["open", "open"]


def test_an_appointment_to_come_is_no_silence(make_study):
    study = make_study(
        episodes=[episode("a", "2025-01-01"), episode("b", "2026-06-01")],
        sessions=[
            session("1", "a", "2025-01-01"),
            session("2", "a", "2026-08-01", "planned"),
            session("3", "b", "2026-06-30"),
        ],
    )
    assert endings(study).n_silent == 0


def test_partners_leave_together_and_their_appointment_counts_once(make_study):
    study = make_study(
        couples=[{"couple_id": "K1", "client_a": "A", "client_b": "B"}],
        episodes=[
            {
                "episode_id": "e", "couple_id": "K1", "unit": "couple", "intervention": "coaching",
                "started_on": "2026-01-01", "ended_on": "2026-02-01", "end_reason": "completed",
            }
        ],
        sessions=[
            session("1", "e", "2026-01-01", client_id="A"),
            session("2", "e", "2026-01-01", client_id="B"),
            # One partner came: the appointment took place.
            session("3", "e", "2026-01-08", "no_show", client_id="A"),
            session("4", "e", "2026-01-08", client_id="B"),
        ],
    )  # fmt: skip
    frame = endings(study).frame
    assert len(frame) == 1
    assert frame.loc[0, "party"] == "K1"
    assert frame.loc[0, "sessions"] == 2
    assert frame.loc[0, "missed_last"] == "planned"


def test_row_order_changes_nothing(study):
    from dataclasses import replace

    mixed = replace(
        study,
        episodes=study.episodes.sample(frac=1, random_state=1),
        sessions=study.sessions.sample(frac=1, random_state=2),
    )
    keys = ["episode_id", *UNITS, "silent", *DEFINITIONS]
    one, other = (
        endings(each).frame[keys].sort_values("episode_id", ignore_index=True)
        for each in (study, mixed)
    )
    pd.testing.assert_frame_equal(one, other)


def test_wrong_days_and_numbers_are_refused(study):
    with pytest.raises(UsageError, match="day"):
        endings(study, as_of="soon")
    with pytest.raises(UsageError, match="below 1"):
        endings(study, few=0)
    with pytest.raises(NotEnoughData, match="begun"):
        endings(study, as_of="2020-01-01")


def test_every_definition_names_its_source():
    rules = leaving_rules()
    assert set(DEFINITIONS) <= set(rules)
    assert all(rules[name]["source"] and rules[name]["text"] for name in DEFINITIONS)

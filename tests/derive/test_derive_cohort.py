"""Cohorts: one row for each person, and a line for everybody who was left out."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.derive import Period, cohort
from outcomes.errors import NotEnoughData, UsageError

COUPLES = [{"couple_id": "K1", "client_a": "C8", "client_b": "C9"}]


@pytest.fixture
def study(make_study, rows):
    """Nine people: every way of being left out occurs once."""
    ended = "2026-05-01"
    episodes = [
        rows.episode("E1", "C1", "therapy", "2026-01-05", ended, practitioner_id="P1"),
        rows.episode("E1b", "C1", "therapy", "2026-06-05", "2026-08-01"),  # a later one
        rows.episode("E2", "C2", "coaching", "2026-01-05", ended),
        rows.episode("E3", "C3", "therapy", "2026-01-05", ended),  # in both
        rows.episode("E3b", "C3", "coaching", "2026-01-12", ended),
        rows.episode("E4", "C4", "other", "2026-01-05", ended),  # not compared
        rows.episode("E5", "C5", "therapy", "2026-01-05"),  # still open
        rows.episode("E6", "C6", "therapy", "2026-01-05", ended),  # no start score
        rows.episode("E7", "C7", "therapy", "2026-01-05", ended),  # no end score
        rows.episode("E8", "K1", "coaching", "2026-01-05", ended),
        rows.episode("E10", "C10", "therapy", "2026-01-05", ended, practice_id="south"),
    ]
    answers = []
    for who in ("C1", "C2", "C3", "C5", "C7", "C10"):
        answers.append(rows.answer(who, who.replace("C", "E"), "2026-01-05", 18, "intake"))
    for who in ("C1", "C2", "C3", "C6", "C10"):
        answers.append(rows.answer(who, who.replace("C", "E"), "2026-04-30", 9, "end"))
    answers.append(rows.answer("C8", "E8", "2026-01-05", 12, "intake"))
    answers.append(rows.answer("C8", "E8", "2026-04-30", 8, "end"))
    answers.append(rows.answer("C2", "E1", "2026-04-30", 1, "end"))  # no part in E1
    return make_study(episodes, answers, couples=COUPLES)


def chosen(study, **more):
    settings = {
        "interventions": ["coaching", "therapy"],
        "period": "2026",
        "practice": "north",
        **more,
    }
    return cohort(study, "phq9", **settings)


def test_one_row_for_each_person_with_the_missing_kept(study):
    found = chosen(study)
    assert found.frame["client_id"].tolist() == ["C1", "C2", "C6", "C7", "C8", "C9"]
    assert found.frame["episode_id"].tolist() == ["E1", "E2", "E6", "E7", "E8", "E8"]
    assert found.frame["status"].tolist() == [
        "paired",
        "paired",
        "no_start_score",
        "no_end_score",
        "paired",
        "no_score",
    ]


def test_the_flow_accounts_for_everybody(study):
    flow = chosen(study).flow
    total = flow[flow["arm"].eq("all")].set_index("step")
    counts = total[["persons", "left_out", "couples", "episodes", "episodes_left_out"]]
    assert counts.apply(tuple, axis=1).to_dict() == {
        "read": (10, 0, 1, 11, 0),
        "practice": (9, 1, 1, 10, 1),
        "period": (8, 1, 1, 9, 1),
        "intervention": (7, 1, 1, 8, 1),
        "first": (7, 0, 1, 6, 2),
        "one_kind": (6, 1, 1, 5, 1),
        "start_score": (4, 2, 1, 4, 1),
        "paired": (3, 1, 1, 3, 1),
    }


def test_the_flow_by_arm_adds_up_once_a_person_has_one_row(study):
    flow = chosen(study).flow
    for step in ("first", "one_kind", "start_score", "paired"):
        part = flow[flow["step"].eq(step)].set_index("arm")["persons"]
        assert part.drop("all").sum() == part["all"]
    wide = flow[flow["step"].eq("paired")].set_index("arm")["persons"]
    assert wide[["coaching", "therapy"]].to_dict() == {"coaching": 2, "therapy": 1}


def test_lost_in_every_step_and_arm_is_the_difference_of_the_counts(study):
    flow = chosen(study).flow
    for _, part in flow.groupby("arm"):
        drop = -part["persons"].diff().fillna(0)
        assert (part["left_out"] == drop).all()


def test_both_may_be_compared_when_it_is_named(study):
    found = chosen(study, interventions=["coaching", "both"])
    assert found.frame.set_index("client_id").loc["C3", "arm"] == "both"
    assert "one_kind" not in set(found.flow["step"])
    assert found.arms == ("coaching", "both")


def test_open_episodes_belong_to_all_only(study):
    assert "C5" in set(chosen(study, period="all").frame["client_id"])
    assert "C5" not in set(chosen(study).frame["client_id"])
    assert chosen(study, period=Period.parse("2026Q2")).period.label == "2026 Q2"


def test_the_first_episode_of_the_period_is_the_index(study):
    with pytest.raises(NotEnoughData, match="coaching"):
        chosen(study, period="2026Q3")
    found = chosen(study, period="2026Q2..2026Q3")
    assert found.frame.set_index("client_id").loc["C1", "episode_id"] == "E1"


def test_usual_care_beside_therapy_is_in_no_arm(make_study, rows):
    episodes = [
        rows.episode("E1", "C1", "other", "2026-01-05"),
        rows.episode("E2", "C1", "therapy", "2026-01-12"),
        rows.episode("E3", "C2", "other", "2026-01-05"),
        rows.episode("E4", "C3", "therapy", "2026-01-05"),
        rows.episode("E5", "C4", "therapy", "2026-01-05"),
        rows.episode("E6", "C4", "coaching", "2026-01-05"),
    ]
    answers = [
        rows.answer("C2", "E3", "2026-01-05", 18, "intake"),
        rows.answer("C2", "E3", "2026-02-05", 9, "end"),
    ]
    study = make_study(episodes, answers)
    plain = cohort(study, "phq9", interventions=["therapy", "other"])
    assert plain.frame["client_id"].tolist() == ["C2", "C3"]
    wide = cohort(study, "phq9", interventions=["therapy", "other", "both"])
    assert wide.frame.set_index("client_id")["arm"].to_dict() == {
        "C2": "other",
        "C3": "therapy",
        "C4": "both",
    }


def test_clusters_are_practitioners_then_couples_then_persons(study):
    clusters = chosen(study).frame.set_index("client_id")["practitioner_or_couple"]
    assert clusters.to_dict() == {
        "C1": "practitioner P1",
        "C2": "client C2",
        "C6": "client C6",
        "C7": "client C7",
        "C8": "couple K1",
        "C9": "couple K1",
    }


def test_scores_that_belong_to_nobody_in_the_episode_are_counted(study):
    found = chosen(study)
    assert found.unplaced_scores == 1
    assert "1 scores name a client who has no part" in found.explain()


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"interventions": ["coaching", "yoga"]}, UsageError, ["yoga", "therapy", "both"]),
        ({"interventions": []}, UsageError, ["No intervention", "coaching"]),
        ({"interventions": ["therapy", "therapy"]}, UsageError, ["twice"]),
        ({"practice": "west"}, UsageError, ["west", "north, south"]),
        ({"period": "last year"}, UsageError, ["cannot be read", "2026Q3"]),
        ({"practice": "south"}, NotEnoughData, ["coaching", "practice south"]),
        ({"period": "2019"}, NotEnoughData, ["coaching, therapy", "2019"]),
        ({"interventions": ["other"]}, NotEnoughData, ["both at the start and at the end"]),
        ({"interventions": ["therapy", "both", "other"], "practice": "south"}, NotEnoughData, []),
    ],
)
def test_refusals_name_the_mistake_and_the_way_out(study, more, error, words):
    with pytest.raises(error) as caught:
        chosen(study, **more)
    for word in words:
        assert word in str(caught.value)
    assert caught.value.fix


def test_an_arm_that_is_wholly_in_both_is_told_to_name_both(make_study, rows):
    study = make_study(
        [
            rows.episode("E1", "C1", "therapy", "2026-01-05"),
            rows.episode("E2", "C1", "coaching", "2026-01-05"),
        ]
    )
    with pytest.raises(NotEnoughData, match="compare 'both' as an arm"):
        cohort(study, "phq9", interventions=["coaching", "therapy"])


def test_row_order_changes_nothing(study, make_study):
    from dataclasses import replace

    turned = {
        name: frame.iloc[::-1].reset_index(drop=True) for name, frame in study.tables().items()
    }
    one, other = chosen(study), chosen(replace(study, **turned))
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.flow, other.flow)


def test_shows_itself_plainly_and_escapes(study):
    found = chosen(study)
    assert repr(found) == (
        "Cohort(phq9, 2026, practice north: coaching 3 (2 with both scores); "
        "therapy 3 (1 with both scores))"
    )
    assert "<table" in found._repr_html_()
    assert found.to_frame() is not found.frame
    assert "time zero" in found.explain()

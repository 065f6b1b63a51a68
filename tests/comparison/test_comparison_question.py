"""The question: what it refuses, how it reads, and what it makes of a study."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import pandas as pd
import pytest

import outcomes as oc
from outcomes.comparison import contrast, not_measurable
from outcomes.errors import InputError, UsageError

TWO = {"strategies": ("coaching", "therapy"), "instrument": "phq9"}
TOML = """
[question]
title = "Coaching or therapy"
strategies = ["coaching", "therapy"]
instrument = "phq9"
family = ["gad7", "who5"]
registered = "osf.io/abcde"

[eligibility]
start_at_least = 5
others = ["speaks English"]

[intercurrent]
dropout = "while_on_treatment"
switching = "treatment_policy"
adding_other_service = "hypothetical"
separation = "treatment_policy"

[margin]
instrument = "phq9"
fraction_of_reliable_change = 0.5
source = "steering group"
"""


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"strategies": ("coaching",)}, "strategies"),
        ({"strategies": ("coaching", "therapy", "both", "other")}, "strategies"),
        ({"strategies": ("coaching", "coaching")}, "strategies"),
        ({"strategies": ("coaching", "yoga")}, "strategies"),
        ({"outcome": "happiness"}, "outcome"),
        ({"method": "magic"}, "method"),
        ({"correction": "none"}, "correction"),
        ({"estimand": "LATE"}, "estimand"),
        ({"family": ("phq9",)}, "family"),
        ({"covariates": ()}, "covariates"),
        ({"covariates": ("pre", "sessions_attended")}, "covariates"),
        ({"intercurrent": {"death": "composite"}}, "intercurrent"),
        ({"intercurrent": {"dropout": "ignore"}}, "intercurrent"),
        ({"intercurrent": {"dropout": "composite"}}, "intercurrent"),
        ({"intercurrent": {"dropout": "treatment_policy"}}, "intercurrent"),
        ({"intercurrent": {"separation": "hypothetical"}}, "intercurrent"),
        ({"time_zero": "landmark"}, "landmark_days"),
        ({"landmark_days": 60}, "landmark_days"),
        ({"time_zero": "landmark", "landmark_days": 60}, "time_zero"),
        ({"grace_days": -1}, "grace_days"),
        ({"grace_days": 2.5}, "grace_days"),
        ({"follow_up_days": 28}, "follow_up_days"),
        ({"follow_up_window": 14}, "follow_up_window"),
        ({"margin": 3.0}, "margin"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(fields, field):
    with pytest.raises(UsageError) as caught:
        oc.Question(**{**TWO, **fields})
    assert field in (caught.value.where or "")


def test_follow_up_just_after_the_grace_period_is_allowed():
    assert oc.Question(**TWO, follow_up_days=29).follow_up_days == 29


def test_a_margin_in_points_is_no_margin_of_shares():
    declared = oc.margin(points=3, source="x")
    with pytest.raises(UsageError):
        oc.Question(**TWO, outcome="recovery", margin=declared)
    share = oc.margin(points=0.1, unit="share of people", source="x")
    assert oc.Question(**TWO, outcome="recovery", margin=share).margin is share


def test_it_is_frozen_and_edits_no_argument():
    ways = {"adding_other_service": "hypothetical"}
    question = oc.Question(**TWO, intercurrent=ways)
    assert ways == {"adding_other_service": "hypothetical"}
    with pytest.raises(FrozenInstanceError):
        question.estimand = "ATE"
    with pytest.raises(TypeError):
        question.intercurrent["dropout"] = "composite"
    assert question.declared_events == ("adding_other_service",)
    assert question.changed(estimand="ATE").declared_events == ("adding_other_service",)


def test_events_that_nobody_declared_follow_from_the_follow_up():
    assert oc.Question(**TWO).intercurrent["dropout"] == "while_on_treatment"
    assert oc.Question(**TWO, follow_up_days=180).intercurrent["dropout"] == "treatment_policy"


def test_toml_and_back(tmp_path):
    place = tmp_path / "question.toml"
    place.write_text(TOML, encoding="utf-8")
    question = oc.read_question(place)
    assert question.margin.points == pytest.approx(3.0)
    assert question.eligibility.start_at_least == 5
    kept = json.loads(json.dumps(question.record()))
    again = oc.Question.from_dict(kept)
    assert again.record() == question.record()
    assert again.to_frame().equals(question.to_frame())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"question": {"instrument": "phq9"}}, UsageError),
        ({"question": {**TWO, "strategies": "coaching"}}, UsageError),
        ({"question": {**TWO, "outcomme": "score"}}, UsageError),
        ({"questions": {}}, UsageError),
        ({"question": [1]}, UsageError),
        ({"question": TWO, "eligibility": {"agee": 1}}, UsageError),
        ({"question": TWO, "margin": {"points": 1, "because": "x"}}, UsageError),
    ],
)
def test_unknown_words_are_refused(body, error):
    with pytest.raises(error):
        oc.Question.from_dict(body)


def test_text_that_is_no_toml(tmp_path):
    with pytest.raises(InputError):
        oc.Question.from_text("strategies = [")
    with pytest.raises(InputError):
        oc.read_question(tmp_path / "nothing.toml")


def test_its_family_is_what_was_declared():
    none = not_measurable(reference="coaching", other="therapy", outcome="post")
    question = oc.Question(**TWO, family=("gad7", "who5"), correction="bh")
    found = question.as_family({"phq9": none, "gad7": none, "rdas": none})
    roles = found.table.set_index("name")["role"].to_dict()
    assert roles == {
        "phq9": "primary", "gad7": "family", "who5": "family", "rdas": "exploratory",
    }  # fmt: skip
    assert found.size == 2 and found.method == "bh"


def test_prints_as_target_trial():
    question = oc.Question.from_text(TOML)
    table = question.to_frame()
    assert list(table.columns) == ["element", "target_trial", "emulation"]
    assert table.shape == (12, 3)
    assert "target trial:" in repr(question)
    html = question._repr_html_()
    assert html.count("<tr>") == 13 and "Target trial" in html
    assert "Hernan and Robins 2016" in question.explain()
    assert "hypothetical (declared)" in repr(question)


class TestChecklist:
    def test_21_items_in_their_order(self):
        found = oc.Question(**TWO).checklist().to_frame()
        numbers = [int(item.split(".")[0].rstrip("abcdefgh")) for item in found["item"]]
        assert sorted(set(numbers)) == list(range(1, 22))
        assert numbers == sorted(numbers)
        assert found["reported"].str.len().gt(0).all()

    def test_what_the_tool_cannot_know_is_left_to_the_authors(self):
        found = oc.Question(**TWO).checklist()
        assert {"2", "4", "17", "18", "20", "21"} <= set(found.to_do)
        registered = oc.Question(**TWO, registered="osf.io/abcde").checklist()
        assert "18" not in registered.to_do

    def test_results_fill_it_in(self, example_study, plain):
        question, asked = plain.question, plain
        effect = asked.run()
        found = question.checklist(effect, study=example_study, cohort=asked.cohort).to_frame()
        assert not found["filled_by"].eq("later").any()
        row = found.set_index("item").loc["13", "reported"]
        assert f"{effect.estimate:.2f}" in row

    def test_no_effect_is_printed_where_there_is_none(self):
        effect = not_measurable(reference="coaching", other="therapy", outcome="post")
        found = oc.Question(**TWO).checklist(effect).to_frame().set_index("item")
        assert found.loc["13", "reported"].startswith("No effect is shown: not measurable")


@pytest.fixture(scope="module")
def plain(example_study):
    return oc.Question(**TWO).ask(example_study)


class TestAsk:
    def test_equals_the_comparison_made_by_hand(self, example_study):
        cohort = oc.cohort(example_study, "phq9", interventions=["coaching", "therapy"])
        by_hand = oc.compare(**contrast(cohort, margin=3.0))
        declared = oc.margin(points=3, source="x")
        asked = oc.Question(**TWO, margin=declared).ask(example_study)
        found = asked.run()
        # The last score in care of somebody who left is the last one up to that day anyway.
        assert found.estimate == pytest.approx(by_hand.estimate, rel=1e-12)
        assert found.low == pytest.approx(by_hand.low, rel=1e-12)
        assert found.verdict is by_hand.verdict

    def test_of_a_cohort(self, example_study):
        cohort = oc.cohort(example_study, "phq9", interventions=["coaching", "therapy"])
        found = oc.Question(**TWO).ask(cohort).run()
        assert found.estimate == pytest.approx(oc.compare(**contrast(cohort)).estimate)
        with pytest.raises(UsageError):
            oc.Question(**TWO, outcome="recovery").ask(cohort)
        with pytest.raises(UsageError):
            oc.Question(**{**TWO, "instrument": "gad7"}).ask(cohort)

    @pytest.mark.slow
    def test_third_strategy_by_name(self, example_study):
        question = oc.Question(strategies=("coaching", "therapy", "both"), instrument="phq9")
        assert question.ask(example_study, "both").arguments["other"] == "both"
        with pytest.raises(UsageError):
            question.ask(example_study, "other")

    def test_eligibility_is_applied_and_counted(self, example_study):
        question = oc.Question(**TWO, eligibility=oc.Eligibility(start_at_least=10))
        asked = question.ask(example_study)
        assert asked.arguments["frame"]["pre"].min() >= 10
        assert asked.left_out["not eligible by unit or start score"] > 0

    def test_composite_counts_those_who_left_as_no(self, example_study):
        way = {"dropout": "composite"}
        strict = oc.Question(**TWO, outcome="reliable_improvement", intercurrent=way)
        asked = strict.ask(example_study)
        frame = asked.arguments["frame"]
        left = frame["end_reason"].eq("dropped_out").fillna(False)
        assert left.any() and not frame.loc[left, "reliable_improvement"].any()
        assert asked.run().unit == "share of people"

    @pytest.mark.slow
    def test_yes_or_no_with_beliefs_about_the_missing(self, example_study):
        asked = oc.Question(**TWO, outcome="recovery", covariates=("pre",)).ask(example_study)
        found = asked.missing(m=5, seed=1)
        assert "complete cases" in repr(found) and "worst case" in repr(found)

    def test_hypothetical_takes_the_end_score_away(self, example_study, plain):
        way = {"adding_other_service": "hypothetical"}
        asked = oc.Question(**TWO, intercurrent=way).ask(example_study)
        added = plain.events.set_index(["event", "arm"])["persons"]["adding_other_service"].sum()
        lost = (
            plain.arguments["frame"]["post"].notna().sum()
            - asked.arguments["frame"]["post"].notna().sum()
        )
        assert 0 < lost <= added

    def test_a_landmark_keeps_only_people_still_in_care(self, example_study):
        question = oc.Question(
            strategies=("coaching", "both"), instrument="phq9", time_zero="landmark",
            landmark_days=60,
        )  # fmt: skip
        frame = question.ask(example_study).arguments["frame"]
        stayed = (frame["ended_on"] - frame["started_on"]).dt.days
        assert (stayed.isna() | (stayed >= 60)).all()
        measured = (frame["post_on"] - frame["started_on"]).dt.days
        assert (measured[frame["post"].notna()] > 60).all()

    @pytest.mark.slow
    def test_row_order_does_not_matter(self, example_study):
        question = oc.Question(**TWO, intercurrent={"switching": "while_on_treatment"})
        turned = replace(
            example_study,
            episodes=example_study.episodes.iloc[::-1].reset_index(drop=True),
            responses=example_study.responses.iloc[::-1].reset_index(drop=True),
        )
        one, two = (question.ask(study).arguments["frame"] for study in (example_study, turned))
        pd.testing.assert_series_equal(one["post"], two["post"])

"""Attendance, homework, phases, satisfaction, goals and benefits from small literal practices."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import outcomes as oc
from outcomes.errors import RangeError, UsageError
from outcomes.process.associations import tasks_done
from outcomes.process.benefits import couple_effect
from outcomes.process.goals import calibration_verdict
from outcomes.process.policy import benefits_claimed, rating_rules
from outcomes.schema.verdicts import Verdict


def rate(result, measure, group="coaching", family=None):
    row = result.share(group, measure, family)
    return int(row["n"]), int(row["n_total"])


def session(key, episode, day, status="attended", **more):
    return {
        "session_id": key,
        "episode_id": episode,
        "held_on": day,
        "status": status,
        **more,
    }


def srs(client, day, total, key=None):
    return {
        "client_id": client,
        "episode_id": client.replace("C", "E"),
        "session_id": key,
        "instrument": "srs",
        "item": "total",
        "value": total,
        "taken_on": day,
    }


class TestAttendance:
    @pytest.fixture
    def result(self, practice, alone):
        words = ["attended", "late_seen", "late_not_seen", "no_show", "cancelled_client"]
        words += ["cancelled_provider", "planned"]
        sessions = [session(f"S{i}", "E1", f"2026-02-{i + 1:02}", w) for i, w in enumerate(words)]
        return oc.process(practice(episodes=alone(2), sessions=sessions))

    def test_denominators(self, result):
        assert rate(result, "kept") == (2, 6)  # what is still to come is not due
        assert rate(result, "kept_of_offered") == (2, 5)  # nor what the practice cancelled
        for word in ("late_not_seen", "no_show", "cancelled_client", "cancelled_provider"):
            assert rate(result, word) == (1, 6)

    def test_an_appointment_with_a_row_for_each_partner_counts_once(self, practice):
        couple = {"couple_id": "K1", "client_a": "C1", "client_b": "C2"}
        episode = {
            "episode_id": "E1",
            "couple_id": "K1",
            "unit": "couple",
            "intervention": "therapy",
            "started_on": "2026-01-05",
        }
        pair = [
            session("S1", "E1", "2026-01-05", "no_show", client_id="C1", start_time="10:00"),
            session("S2", "E1", "2026-01-05", "attended", client_id="C2", start_time="10:00"),
        ]
        result = oc.process(practice(couples=[couple], episodes=[episode], sessions=pair))
        assert rate(result, "kept", "therapy") == (1, 1)

    def test_nothing_due_is_missing_not_zero(self, practice, alone):
        result = oc.process(practice(episodes=alone(1)))
        assert math.isnan(result.share("coaching", "kept")["rate"])
        assert any("tasks agreed" in text for text in result.absent)
        assert any(text.startswith("commitment") for text in result.absent)

    def test_an_unknown_grouping_is_refused(self, example):
        with pytest.raises(UsageError):
            oc.process(example, by="birth_year")


class TestHomework:
    def test_unknown_is_neither_done_nor_undone(self, practice, alone):
        sessions = [
            session("S1", "E1", "2026-01-05", homework_set=True),
            session("S2", "E1", "2026-01-12", homework_set=True, homework_done=True),
            session("S3", "E1", "2026-01-19", homework_set=False, homework_done=False),
            session("S4", "E1", "2026-01-26", homework_set=True),
            session("S5", "E1", "2026-02-02", homework_set=None),
            session("S6", "E1", "2026-02-09", "no_show"),
        ]
        result = oc.process(practice(episodes=alone(1), sessions=sessions))
        assert rate(result, "set") == (3, 4)
        assert rate(result, "set_recorded") == (4, 5)
        assert rate(result, "done") == (1, 2)
        assert rate(result, "done_recorded") == (2, 3)  # S5 did not say

    def test_tasks_count_only_before_the_day_of_the_last_score(self, practice, alone):
        study = practice(
            episodes=alone(1),
            sessions=[
                session("S1", "E1", "2026-01-12", homework_done=True),
                session("S2", "E1", "2026-01-19", homework_done=False),
                session("S3", "E1", "2026-01-20", homework_done=False),
            ],
        )
        until = pd.DataFrame({"episode_id": ["E1"], "post_on": pd.to_datetime(["2026-01-19"])})
        assert tasks_done(study.sessions, until)["done_share"].tolist() == [1.0]
        late = until.assign(post_on=pd.to_datetime(["2026-01-21"]))
        assert tasks_done(study.sessions, late)["done_share"].tolist() == [pytest.approx(1 / 3)]
        early = until.assign(post_on=pd.to_datetime(["2026-01-12"]))
        assert tasks_done(study.sessions, early)["done_share"].isna().all()


class TestPhases:
    @pytest.fixture
    def result(self, practice, alone):
        episodes = alone(5)
        episodes[1] |= {"end_reason": "dropped_out"}
        episodes[2] |= {"ended_on": None}
        sessions = [
            session("S1", "E1", "2026-01-05", phase="assessment"),
            session("S2", "E1", "2026-02-05", phase="evaluation"),
            session("S3", "E2", "2026-01-05", phase="assessment"),
            session("S4", "E2", "2026-02-05", "no_show", phase="planning"),
            session("S5", "E3", "2026-01-05", phase="planning"),
            session("S6", "E4", "2026-01-05", phase="implementation"),
            session("S7", "E5", "2026-01-05"),
        ]
        return oc.process(practice(episodes=episodes, sessions=sessions))

    def test_a_later_phase_implies_the_earlier_and_a_missed_session_reaches_none(self, result):
        closed = [rate(result, f"{word}_closed") for word in _PHASES]
        assert closed == [(3, 3), (2, 3), (2, 3), (1, 3)]

    def test_open_episodes_are_no_losses_yet(self, result):
        started = [rate(result, f"{word}_started") for word in _PHASES]
        assert started == [(4, 4), (3, 4), (2, 4), (1, 4)]
        losses = result.losses.set_index(["phase", "reason"])["n"].to_dict()
        assert losses == {
            ("assessment", "dropped_out"): 1,
            ("planning", "still open"): 1,
            ("implementation", "not_known"): 1,
        }


_PHASES = ("assessment", "planning", "implementation", "evaluation")


class TestExpectations:
    def test_ratings_at_or_before_the_start_and_no_later(self, practice, alone):
        def answer(client, day, value):
            return {
                "client_id": client,
                "episode_id": client.replace("C", "E"),
                "instrument": "commitment",
                "item": "1",
                "value": value,
                "taken_on": day,
                "occasion": "intake",
                "rater": "client",
            }

        responses = [
            answer("C1", "2026-01-01", 4),
            answer("C1", "2026-01-05", 8),  # the last at or before the start
            answer("C2", "2026-01-05", 6),
            answer("C3", "2026-02-05", 10),  # after the start
        ]
        result = oc.process(practice(episodes=alone(3), responses=responses))
        row = result.expectations.iloc[0]
        assert (row["n"], row["mean"]) == (2, 7)
        beyond = [answer("C1", "2026-01-01", 11)]
        with pytest.raises(RangeError):
            oc.process(practice(episodes=alone(1), responses=beyond))


class TestSatisfaction:
    def test_a_person_counts_once_by_the_last_rating(self, practice, alone):
        study = practice(
            episodes=alone(3),
            sessions=[session(f"S{i}", f"E{i}", "2026-01-05") for i in (1, 2, 3)],
            satisfaction=[
                srs("C1", "2026-01-05", 40, "S1"),
                srs("C1", "2026-01-12", 35.9, "S9"),
                srs("C2", "2026-01-05", 36, "S2"),
            ],
        )
        last = oc.satisfaction(study)
        assert rate(last, "alarm") == (1, 2)  # 35.9 is below 36, 36 is not
        assert rate(last, "best") == (1, 2)
        assert rate(last, "top") == (0, 2)
        assert rate(last, "response") == (2, 3)
        bounds = last.bounds.iloc[0]
        assert (bounds["worst"], bounds["best"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
        mean = oc.satisfaction(study, repeated="mean")
        assert rate(mean, "alarm") == (0, 2)  # (40 + 35.9) / 2
        with pytest.raises(UsageError):
            oc.satisfaction(study, repeated="first")

    def test_the_alliance_of_twelve_items(self, practice, alone):
        rows = [
            {
                **srs(f"C{i}", "2026-01-05", value, f"S{i}"),
                "instrument": "wai_sr",
                "item": str(item),
            }
            for i, value in ((1, 5), (2, 4), (3, 3))
            for item in range(1, 13)
        ]
        sessions = [session(f"S{i}", f"E{i}", "2026-01-05") for i in (1, 2, 3, 4)]
        result = oc.satisfaction(practice(episodes=alone(4), sessions=sessions, satisfaction=rows))
        assert rate(result, "best") == (2, 3)  # 60 and 48 reach 48 of 60, 36 does not
        assert rate(result, "top") == (1, 3)
        assert rate(result, "response") == (3, 4)

    def test_net_promoter_boundaries(self, practice, alone):
        values = [10, 9, 8, 7, 6, 0]
        rows = [
            {**srs(f"C{i}", "2026-04-01", v), "instrument": "nps", "item": "1"}
            for i, v in enumerate(values, 1)
        ]
        result = oc.satisfaction(practice(episodes=alone(6), satisfaction=rows))
        found = result.promoters.iloc[0]
        assert (found["promoters"], found["passives"], found["detractors"]) == (2, 2, 2)
        assert found["score"] == 0
        assert found["low"] < 0 < found["high"]

    def test_an_answer_beyond_the_scale_stops(self, practice, alone):
        row = {**srs("C1", "2026-04-01", 11), "instrument": "nps", "item": "1"}
        with pytest.raises(RangeError) as caught:
            oc.satisfaction(practice(episodes=alone(1), satisfaction=[row]))
        assert "C1" not in str(caught.value)

    def test_a_rating_without_a_rule_is_refused(self, practice, alone):
        row = {**srs("C1", "2026-04-01", 1), "instrument": "stars"}
        with pytest.raises(UsageError):
            oc.satisfaction(practice(episodes=alone(1), satisfaction=[row]))

    def test_no_rating_is_said(self, practice, alone):
        assert oc.satisfaction(practice(episodes=alone(1))).absent

    def test_every_rule_names_its_source(self):
        assert all(rule.source for rule in rating_rules().values())

    def test_an_empty_client_changes_only_what_was_asked(self, practice, alone):
        rows = [srs("C1", "2026-01-05", 40)]
        some = oc.satisfaction(practice(episodes=alone(1), satisfaction=rows))
        more = oc.satisfaction(practice(episodes=alone(2), satisfaction=rows))
        assert rate(some, "top") == rate(more, "top") == (1, 1)


def goal(key, episode="E1", **more):
    return {"goal_id": key, "episode_id": episode, "domain": "trust", "scale": "gas", **more}


def rated(key, day, value, rater="client"):
    return {"goal_id": key, "rated_on": day, "rater": rater, "value": value}


class TestGoals:
    def test_t_scores_at_start_and_latest(self, practice, alone):
        study = practice(
            episodes=alone(1),
            goals=[goal("G1", client_id="C1", weight=3), goal("G2", client_id="C1", weight=1)],
            goal_ratings=[
                rated("G1", "2026-01-05", -2),
                rated("G1", "2026-04-01", 0),
                rated("G2", "2026-01-05", -1),
                rated("G2", "2026-02-01", 2),
                rated("G2", "2026-04-01", 1),
            ],
        )
        result = oc.goals(study)
        row = result.means[result.means["domain"].eq("all")].iloc[0]
        root = math.sqrt(0.7 * 10 + 0.3 * 16)
        assert row["start"] == pytest.approx(50 - 70 / root, abs=1e-12)
        assert row["latest"] == pytest.approx(50 + 10 / root, abs=1e-12)
        assert rate(result, "met", family="goals.all") == (2, 2)

    def test_one_rating_is_no_progress_and_not_unmet(self, practice, alone):
        study = practice(
            episodes=alone(1),
            goals=[goal("G1", client_id="C1")],
            goal_ratings=[rated("G1", "2026-01-05", -1)],
        )
        result = oc.goals(study)
        assert rate(result, "met", family="goals.all") == (0, 0)
        assert rate(result, "rated_again", family="goals.all") == (0, 1)

    def test_boundaries_of_met_and_improved(self, practice, alone):
        ends = {"G1": (3, 10), "G2": (3, 9), "G3": (3, 6), "G4": (3, 5)}
        study = practice(
            episodes=alone(1),
            goals=[goal(key, client_id="C1", scale="rating") for key in ends],
            goal_ratings=[
                rated(key, day, value)
                for key, pair in ends.items()
                for day, value in zip(("2026-01-05", "2026-04-01"), pair, strict=True)
            ],
        )
        result = oc.goals(study)
        assert rate(result, "met", family="goals.all") == (1, 4)
        assert rate(result, "improved", family="goals.all") == (3, 4)

    def test_one_rater_is_followed_throughout(self, practice, alone):
        study = practice(
            episodes=alone(1),
            goals=[goal("G1", client_id="C1")],
            goal_ratings=[
                rated("G1", "2026-01-05", -2),
                rated("G1", "2026-01-05", 0, "practitioner"),
                rated("G1", "2026-04-01", 2, "practitioner"),
            ],
        )
        row = oc.goals(study).goals.iloc[0]
        assert (row["rater"], row["start"], row["latest"]) == ("practitioner", 0, 2)

    def test_partners_who_rate_one_goal_agree_or_not(self, practice, alone):
        pairs = [(1, 2), (2, 3), (3, 4)]
        study = practice(
            episodes=alone(1),
            goals=[goal(f"G{i}", scale="rating", shared=True) for i in range(3)],
            goal_ratings=[
                rated(f"G{i}", "2026-01-05", value, rater)
                for i, pair in enumerate(pairs)
                for rater, value in zip(("client", "partner"), pair, strict=True)
            ],
        )
        result = oc.goals(study)
        assert result.agreement["rating"].icc == pytest.approx(2 / 3, abs=1e-12)
        assert not any("agreement" in text for text in result.absent)

    @pytest.mark.parametrize(
        ("low", "high", "verdict"),
        [
            (45, 55, Verdict.EQUIVALENT),
            (44.9, 55, Verdict.CANNOT_TELL),
            (45, 55.1, Verdict.CANNOT_TELL),
            (40, 44.9, Verdict.NOT_SUPPORTED),
            (55.1, 60, Verdict.NOT_SUPPORTED),
            (math.nan, math.nan, Verdict.CANNOT_TELL),
        ],
    )
    def test_calibration(self, low, high, verdict):
        assert calibration_verdict(low, high) is verdict


class TestBenefits:
    def test_every_claimed_benefit_is_there_for_every_group(self, example):
        result = oc.benefits(example)
        claimed = {benefit.id for benefit in benefits_claimed()}
        for _, rows in result.profile.groupby("group"):
            assert set(rows["benefit"]) == claimed
        lost = result.profile[result.profile["verdict"].eq("not measurable")]
        assert {"motivation", "self_regulation"} <= set(lost["benefit"])
        assert lost["why"].ne("").all()
        assert lost["d"].isna().all()

    def test_without_any_data_nothing_is_measurable(self, practice, alone):
        result = oc.benefits(practice(episodes=alone(2)))
        assert result.profile["verdict"].eq("not measurable").all()
        assert len(result.absent) == len(benefits_claimed())

    def test_it_says_association(self, example):
        assert "association" in oc.benefits(example).explain()

    def test_partners_who_change_alike_are_worth_one(self):
        alike = couple_effect(pd.Series([1, 1, 5, 5, 9, 9.0]).to_numpy(), list("aabbcc"))
        # Robust / plain variance: (64 * 3 / 2 / 36 ...) = 2 * (5 / 4) of equal partners.
        assert alike == pytest.approx(2.5, abs=1e-9)
        apart = couple_effect(pd.Series([1, 9, 1, 9, 1, 9.0]).to_numpy(), list("aabbcc"))
        assert apart == 1

    def test_associations_have_their_verdict(self, example):
        table = oc.benefits(example).associations
        assert set(table["verdict"]) <= {"supported", "not supported", "cannot tell"}
        sure = table[table["verdict"].eq("supported")]
        assert (sure["low"] > 0).all()


@pytest.mark.parametrize("name", ["satisfaction", "goals", "process", "benefits"])
class TestEveryResult:
    def test_row_order_never_matters(self, name, example, shuffled):
        one, other = (getattr(oc, name)(study) for study in (example, shuffled))
        assert_frame_equal(one.to_frame(), other.to_frame())
        assert_frame_equal(one.atoms, other.atoms)

    def test_it_shows_explains_and_draws_itself(self, name, example):
        result = getattr(oc, name)(example)
        assert isinstance(result.to_frame(), pd.DataFrame)
        assert len(result.explain()) > 200
        assert "not tell" in result.explain()
        assert repr(result)
        assert "<" in result._repr_html_()
        figure = result.plot()
        assert figure.alt
        assert figure.svg.startswith("<svg")

    def test_no_argument_is_edited(self, name, example):
        before = {key: frame.copy() for key, frame in example.tables().items()}
        getattr(oc, name)(example, by=None)
        for key, frame in example.tables().items():
            assert_frame_equal(frame, before[key])


@pytest.mark.parametrize("name", ["satisfaction", "goals", "process"])
def test_no_rate_without_interval_denominator_and_definition(name, example):
    table = getattr(oc, name)(example).shares
    there = table[table["n_total"] > 0]
    assert there[["rate", "low", "high"]].notna().all().all()
    assert (there["low"] <= there["rate"]).all()
    assert (there["rate"] <= there["high"]).all()
    assert table["definition"].str.len().gt(20).all()


class TestSubscalesAsBenefits:
    def test_a_verified_part_of_a_questionnaire_is_scored_in_its_own_direction(self, example):
        profile = oc.benefits(example, by=None).profile.set_index("measure")
        row = profile.loc["rdas.satisfaction"]
        assert row["n"] > 50
        answers = example.responses[example.responses["instrument"].eq("rdas")]
        scored = oc.subscales(example)
        part = scored[scored["subscale"].eq("satisfaction")]
        assert part["score"].max() <= 20
        assert len(answers)
        assert row["pomp_low"] <= row["pomp"] <= row["pomp_high"]
        assert "rdas.cohesion" in profile.index

"""Subscales, tables of scores, POMP, risk items, and public scoring errors that are not ours."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import instruments
from outcomes.errors import InstrumentError, RangeError
from outcomes.instruments import load, score_items
from outcomes.instruments.cards import page

TOML = """
id = "made"
name = "Made"
full_name = "Made up"
construct = "nothing"
purpose = "outcome"
direction = "lower"
source = "this test"

[items]
n = 4
minimum = 0
maximum = 3
reversed = [4]

[scoring]
rule = "sum"
minimum = 0
maximum = 12

[[subscales]]
id = "one"
direction = "lower"
rule = "sum"
minimum = 0
maximum = 6
items = [1, 2]
source = "this test"
verified = true

[licence]
status = "free"
item_text = "no"
source = "this test"
"""
LOOKUP = """
[conversion]
source = "this test"
verified = true
[conversion.scores]
"""


def wide(*forms):
    return pd.DataFrame([dict(enumerate(form, 1)) for form in forms], dtype="float64")


def study(*forms):
    """(client, instrument, day, answers) as a study's responses."""
    rows = [
        (
            client,
            "E" + client,
            name,
            str(item),
            float(value),
            pd.Timestamp(day),
            "session",
            "client",
        )
        for client, name, day, answers in forms
        for item, value in answers.items()
    ]
    columns = ["client_id", "episode_id", "instrument", "item", "value", "taken_on", "occasion"]
    frame = pd.DataFrame(rows, columns=[*columns, "rater"])
    return SimpleNamespace(responses=frame)


class TestSubscales:
    def test_closed_form_with_reversal(self):
        rdas = {**dict.fromkeys(range(1, 15), 3)}
        scored = oc.subscales(study(("A", "rdas", "2026-01-01", rdas))).set_index("subscale")
        assert scored["score"].to_dict() == {"consensus": 18, "satisfaction": 12, "cohesion": 12}
        # CORE-OM wellbeing: items 4, 17 and 31 of which 4 and 31 are reversed: (4 - 1) twice.
        core = dict.fromkeys(range(1, 35), 1)
        found = oc.subscales(study(("A", "core_om", "2026-01-01", core))).set_index("subscale")
        assert found.loc["wellbeing", "score"] == pytest.approx(10 * (3 + 1 + 1 + 3) / 4)
        assert found.loc["risk", "score"] == 10

    def test_each_subscale_has_its_own_rule_for_missing_items(self):
        core = {item: 1 for item in range(1, 35) if item not in (2, 4)}
        found = oc.subscales(study(("A", "core_om", "2026-01-01", core))).set_index("subscale")
        assert found.loc["problems", "score"] == 10
        assert found.loc["problems", "prorated"]
        assert np.isnan(found.loc["wellbeing", "score"])

    def test_nothing_answered_is_missing_and_never_zero(self):
        rdas = dict.fromkeys(range(1, 7), 3)
        found = oc.subscales(study(("A", "rdas", "2026-01-01", rdas))).set_index("subscale")
        assert found["score"].isna().to_dict() == {
            "consensus": False,
            "satisfaction": True,
            "cohesion": True,
        }

    def test_parts_of_the_cpq_point_in_different_directions(self):
        answers = dict.fromkeys(range(1, 36), 9)
        found = oc.subscales(study(("A", "cpq35", "2026-01-01", answers))).set_index("subscale")
        assert found.loc["constructive", "score"] == 6 * 9 + 3 * 1
        assert found.loc["constructive", "direction"] == "higher"
        assert found.loc["self_demand_partner_withdraw", "score"] == 63
        assert found.loc["self_demand_partner_withdraw", "direction"] == "lower"
        assert oc.score(study(("A", "cpq35", "2026-01-01", answers)))["score"].isna().all()

    def test_an_unverified_key_is_refused_unless_asked_for(self):
        ras = instruments.get("ras")
        with pytest.raises(InstrumentError, match="nobody has verified which items of RAS"):
            score_items(ras, wide([5, 5, 5, 1, 5, 5, 1]))
        asked = score_items(ras, wide([5, 5, 5, 1, 5, 5, 1]), allow_unverified=True)
        assert asked["score"].tolist() == [5]

    def test_an_unverified_subscale_says_so(self):
        mine = replace(oc.instruments.get("rdas"), id="mine")
        parts = tuple(replace(part, verified=False) for part in mine.subscales)
        own = {"mine": replace(mine, subscales=parts), "sure": replace(mine, id="sure")}
        answers = dict.fromkeys(range(1, 15), 3)
        forms = study(("A", "mine", "2026-01-01", answers), ("A", "sure", "2026-01-01", answers))
        assert set(oc.subscales(forms, own=own)["instrument"]) == {"sure"}
        every = oc.subscales(forms, own=own, allow_unverified=True)
        said = every.groupby("instrument")["verified"].agg(["min", "max"])
        assert not said.loc["mine", "max"]
        assert said.loc["sure", "min"] == mine.reversed_verified


class TestTable:
    @pytest.mark.parametrize(
        ("raw", "metric"), [(7, 7.0), (8, 9.51), (21, 19.25), (34, 32.55), (35, 35.0)]
    )
    def test_swemwbs_equals_the_published_table(self, raw, metric):
        answers = [1] * 7
        for place in range(raw - 7):
            answers[place % 7] += 1
        scored = score_items(instruments.get("swemwbs"), wide(answers))
        assert scored["score"].tolist() == [metric]

    def test_a_table_needs_all_items(self):
        assert score_items(instruments.get("swemwbs"), wide([3] * 6 + [np.nan]))["score"].isna()[0]


class TestPomp:
    def test_a_hundred_is_always_best(self):
        assert oc.pomp(instruments.get("phq9"), pd.Series([0.0, 27.0])).tolist() == [100, 0]
        assert oc.pomp(instruments.get("swls"), pd.Series([5.0, 20.0, 35.0])).tolist() == [
            0,
            50,
            100,
        ]

    def test_of_a_subscale(self):
        cpq = instruments.get("cpq35")
        worst = oc.pomp(cpq, pd.Series([63.0]), part="self_demand_partner_withdraw")
        assert worst.tolist() == [0]
        with pytest.raises(InstrumentError, match="no score of the whole"):
            oc.pomp(cpq, pd.Series([50.0]))

    def test_refuses_what_the_scale_cannot_give(self):
        with pytest.raises(RangeError):
            oc.pomp(instruments.get("phq9"), pd.Series([28.0]))


class TestRisk:
    def test_item_nine_flags_whatever_the_total(self):
        low = dict.fromkeys(range(1, 10), 0)
        found = oc.risk_flags(
            study(
                ("A", "phq9", "2026-01-01", {**low, 9: 1}),
                ("A", "phq9", "2026-02-01", low),
                ("B", "phq9", "2026-01-01", dict.fromkeys(range(1, 9), 3) | {9: 0}),
                ("C", "phq9", "2026-01-01", dict.fromkeys(range(1, 9), 3)),
                ("D", "core10", "2026-01-01", dict.fromkeys(range(1, 11), 0) | {6: 4}),
            )
        )
        assert (found.n_people, found.n_open) == (2, 1)
        people = found.people.set_index("client_id")
        assert people["ever"].astype("object").where(people["ever"].notna(), None).to_dict() == {
            "A": True,
            "B": False,
            "C": None,
            "D": True,
        }
        assert not people.loc["A", "latest"]
        assert "Of 3 people asked about risk" in found.sentence
        assert "not counted as free of risk" in found.explain()

    def test_a_flag_is_not_undone_by_another_form_of_the_same_day(self):
        rows = study(
            ("A", "phq9", "2026-01-01", {9: 1}), ("A", "phq9", "2026-01-02", {9: 0})
        ).responses
        same = rows.assign(
            taken_on=pd.Timestamp("2026-01-01"), occasion=["session"] * (len(rows) - 1) + ["end"]
        )
        assert oc.risk_flags(SimpleNamespace(responses=same)).n_open == 1

    def test_a_questionnaire_of_the_project_is_named_too(self):
        own = {"mine": replace(oc.instruments.get("phq9"), id="mine", name="Mine")}
        found = oc.risk_flags(study(("A", "mine", "2026-01-01", {9: 1})), own=own)
        assert "(Mine)" in found.sentence
        assert "Mine: item 9" in found.explain()

    def test_says_so_where_nobody_was_asked(self):
        none = oc.risk_flags(study(("A", "who5", "2026-01-01", {1: 3})))
        assert none.sentence == "No questionnaire with a question about risk was used."
        assert none.n_people == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("items = [1, 2]", "items = [1, 5]", "names an item that the questionnaire does not have"),
        ("items = [1, 2]", "items = [1, 1]", "names an item twice"),
        ("maximum = 6\n", "maximum = 7\n", "its range is stated otherwise"),
        ('direction = "lower"\nrule', 'direction = "mixed"\nrule', "direction of a subscale"),
        ("items = [1, 2]", "items = [1, 2]\nmissing = 2", "missing items of the subscale"),
        ("items = [1, 2]", "items = [1, 2]\nn = 3", "another number of items"),
        ('rule = "sum"\nminimum = 0\nmaximum = 12', 'rule = "subscales"', ""),
        ("minimum = 0\nmaximum = 12\n", "", "a range of the score is needed"),
        ('rule = "sum"\nminimum = 0\nmaximum = 12', 'rule = "lookup"\nminimum = 0\nmaximum = 12',
         "a table of scores is needed"),
        ('source = "this test"\nverified = true\n\n[licence]', "verified = true\n\n[licence]",
         "needs source and verified"),
        ('direction = "lower"\nsource', 'direction = "mixed"\nsource', "direction must be"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused(old, new, says):
    assert old in TOML
    text = TOML.replace(old, new, 1)
    if not says:
        assert not load(text, "made.toml").has_total
        return
    with pytest.raises(InstrumentError) as caught:
        load(text, "made.toml")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("0 = 0\n1 = 2\n", "must have each sum from 0 to 12"),
        ("".join(f"{n} = {n}\n" for n in range(12)) + "12 = 5\n", "must rise"),
        ("".join(f"{n} = {n + 1}\n" for n in range(13)), "does not end where the range"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table, says):
    text = TOML.replace(
        'rule = "sum"\nminimum = 0\nmaximum = 12', 'rule = "lookup"\nminimum = 0\nmaximum = 12'
    )
    with pytest.raises(InstrumentError, match=says):
        load(text + LOOKUP + table, "made.toml")


class TestPublicErrorsThatAreNotOurs:
    """Each was found in public code or pages; see the traps of the questionnaires."""

    def test_core_om_item_30_is_not_reversed(self):
        answers = [0.0] * 34
        answers[29] = 4
        reversed_sum = 8 * 4  # the eight positive items answered 0
        scored = score_items(instruments.get("core_om"), wide(answers))
        assert scored["score"].tolist() == [pytest.approx(10 * (reversed_sum + 4) / 34)]

    def test_core10_positive_items_are_2_and_3(self):
        assert instruments.get("core10").reversed_items == (2, 3)

    def test_who5_is_the_sum_times_four(self):
        assert score_items(instruments.get("who5"), wide([5] * 5))["score"].tolist() == [100]
        assert score_items(instruments.get("who5"), wide([0] * 5))["score"].tolist() == [0]

    def test_swemwbs_35_stays_35(self):
        scored = score_items(instruments.get("swemwbs"), wide([5] * 7))
        assert scored["score"].tolist() == [35]  # an invented table ends at 29.41

    def test_wai_sr_runs_from_1_to_5(self):
        with pytest.raises(RangeError):
            score_items(instruments.get("wai_sr"), wide([7] * 12))

    def test_rdas_cohesion_ends_at_19_and_the_sum_at_69(self):
        part = {p.id: p for p in instruments.get("rdas").subscales}["cohesion"]
        assert part.maximum == 19
        assert instruments.get("rdas").total_max == 69

    def test_csi32_runs_to_161(self):
        assert instruments.get("csi32").total_max == 161

    def test_wsas_answers_run_to_8(self):
        assert score_items(instruments.get("wsas"), wide([8] * 5))["score"].tolist() == [40]

    def test_score15_and_srs_point_the_right_way(self):
        assert instruments.get("score15").direction == "lower"
        assert instruments.get("srs").direction == "higher"


def test_the_page_of_questionnaires_is_up_to_date(root):
    written = (root / "docs" / "instruments.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m outcomes.instruments.cards > docs/instruments.md"
    for name in instruments.library():
        assert f"(`{name}`)" in written


def test_scores_that_rest_on_something_unverified_say_so():
    seven = dict.fromkeys(range(1, 8), 1)  # two of nine unanswered: an unverified rule
    whole = dict.fromkeys(range(1, 10), 1)
    forms = study(("A", "phq9", "2026-01-01", seven), ("B", "phq9", "2026-01-01", whole))
    assert "unverified" not in oc.score(forms)
    asked = oc.score(forms, allow_unverified=True)
    assert asked["unverified"].tolist() == [True, False]
    ras = study(("A", "ras", "2026-01-01", dict.fromkeys(range(1, 8), 3)))
    assert oc.score(ras, allow_unverified=True)["unverified"].tolist() == [True]

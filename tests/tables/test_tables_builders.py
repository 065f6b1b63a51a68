"""What each table says, what it hides, and that its numbers are those of the results."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from outcomes import tables
from outcomes.change import change
from outcomes.instruments import get
from outcomes.ledger import Ledger
from outcomes.privacy import hidden, policy
from outcomes.tables import Table

ON, OFF = policy(), policy("off")


def cells(table: Table) -> dict[tuple[str, str], object]:
    """Cells by row header and column id."""
    return {
        (row[0].text, column.id): cell
        for row in table.rows
        for column, cell in zip(table.columns, row, strict=True)
    }


@pytest.fixture
def everything(frame, changes, effects, cohort):
    def build(rules):
        phq9 = get("phq9")
        return {
            "flow": tables.flow_table(cohort, rules),
            "baseline": tables.baseline_table(frame, rules, instrument=phq9),
            "rates": tables.rates_table(changes, rules),
            "comparison": tables.comparison_table(effects, rules),
            "balance": tables.balance_table(effects[0].weights),
            "diagnostics": tables.diagnostics_table(effects[0]),
            "missing": tables.missing_table(frame, rules),
            "instrument": tables.instrument_table(phq9),
        }

    return build


class TestEveryTable:
    def test_has_an_id_a_caption_and_no_blank_cell(self, everything):
        for name, table in everything(ON).items():
            assert table.id == name
            assert table.caption
            assert all(cell.text for row in table.rows for cell in row)

    def test_shows_no_small_count(self, everything):
        for table in everything(ON).values():
            shown = [c for row in table.rows for c in row if c.kind == "count" and c.value]
            assert not [cell for cell in shown if hidden(cell.value, ON)]

    def test_goes_through_json(self, everything):
        for table in everything(ON).values():
            assert Table.from_dict(json.loads(json.dumps(table.to_dict()))) == table

    def test_hides_nothing_when_the_policy_is_off(self, everything):
        for table in everything(OFF).values():
            assert not [c for row in table.rows for c in row if c.state == "suppressed"]

    def test_says_why_something_is_hidden(self, everything):
        for table in everything(ON).values():
            hides = any(c.state == "suppressed" for row in table.rows for c in row)
            assert hides == any("hidden (small)" in note for note in table.notes)

    def test_does_not_edit_its_arguments(self, frame, cohort):
        before, flow = frame.copy(), cohort.flow.copy()
        tables.baseline_table(frame, ON, instrument=get("phq9"))
        tables.missing_table(frame, ON)
        tables.flow_table(cohort, ON)
        pd.testing.assert_frame_equal(frame, before)
        pd.testing.assert_frame_equal(cohort.flow, flow)

    def test_row_order_does_not_matter(self, frame):
        mixed = frame.sample(frac=1, random_state=1)
        for build in (tables.baseline_table, tables.missing_table):
            assert build(mixed, ON) == build(frame, ON)
        one, two = (change(part, instrument="phq9", by="arm") for part in (mixed, frame))
        assert tables.rates_table(one, ON) == tables.rates_table(two, ON)


class TestRates:
    def test_numbers_are_those_of_the_result(self, changes):
        found = cells(tables.rates_table(changes, OFF))
        rates = changes.rates.set_index(["group", "measure", "denominator"])
        row = rates.loc["therapy", "unchanged", "paired"]
        assert found["No reliable change", "therapy_people"].value == row["n"]
        assert found["No reliable change", "therapy_people"].text == (
            f"{row['n']} of {row['n_total']}"
        )
        assert found["No reliable change", "therapy_share"].value == row["rate"]

    def test_many_groups_stand_below_each_other(self, frame):
        wide = frame.assign(site=[f"site {n % 5}" for n in range(len(frame))])
        table = tables.rates_table(change(wide, instrument="phq9", by="site"), OFF)
        assert [column.id for column in table.columns] == [
            "measure",
            "among",
            "group",
            "people",
            "share",
            "interval",
        ]

    def test_nobody_is_said_and_not_zero_percent(self, frame):
        none = frame.assign(pre=1.0)
        result = change(none, instrument="phq9", by="arm")
        found = tables.rates_table(result, ON)
        row = next(row for row in found.rows if row[0].text.startswith("Recovered"))
        assert [cell.text for cell in row[2:5]] == ["0 of 0", "not available", "not available"]

    def test_the_note_names_threshold_and_cutoff(self, changes):
        notes = " ".join(tables.rates_table(changes, ON).notes)
        assert "at least 6 points" in notes
        assert "at or above 10" in notes

    def test_the_effective_size_of_a_hidden_count_is_not_told(self, frame):
        result = change(frame, instrument="phq9", by="arm", cluster="cluster")
        assert "effective" not in repr(tables.rates_table(result, ON))


class TestBaseline:
    def test_numbers(self, frame):
        found = cells(tables.baseline_table(frame, OFF, instrument=get("phq9")))
        mine = frame[frame["arm"] == "coaching"]
        assert found["People", "coaching"].value == len(mine)
        assert found["PHQ-9 score, mean", "coaching"].value == pytest.approx(mine["pre"].mean())
        assert found["In the clinical range", "coaching"].value == (mine["pre"] >= 10).sum()
        assert found["Gender: woman", "coaching"].value == (mine["gender"] == "woman").sum()
        assert found["Therapy before: yes", "coaching"].value == mine["prior_care"].sum()

    def test_standardised_difference(self, frame):
        arms = [frame.loc[frame["arm"] == arm, "pre"] for arm in ("coaching", "therapy")]
        spread = ((arms[0].var() + arms[1].var()) / 2) ** 0.5
        found = cells(tables.baseline_table(frame, OFF, arms=("coaching", "therapy")))
        expected = (arms[1].mean() - arms[0].mean()) / spread
        assert found["Start score, mean", "smd"].value == pytest.approx(expected)

    def test_no_difference_beside_a_hidden_cell(self, frame):
        table = tables.baseline_table(frame, ON)
        for row in table.rows:
            if any(cell.state == "suppressed" for cell in row[1:3]):
                assert row[3].state == "suppressed"
        assert any(row[3].state == "suppressed" for row in table.rows)

    def test_shares_alone_where_those_without_an_end_score_are_few(self, frame):
        coaching = frame[(frame["arm"] == "coaching") & (frame["status"] == "paired")]
        lost = coaching.head(2).assign(status="no_end_score")
        found = cells(tables.baseline_table(pd.concat([coaching.iloc[2:], lost]), ON))
        assert found["People", "coaching"].state == "suppressed"
        assert found["Therapy before: yes", "coaching"].kind == "percent"

    def test_what_is_not_known_has_its_own_row(self, frame):
        gender = frame["gender"].where(frame.index % 9 != 0)
        found = cells(tables.baseline_table(frame.assign(gender=gender), OFF))
        assert found["Gender: not known", "therapy"].value > 0

    def test_three_arms_have_no_difference_column(self, people):
        table = tables.baseline_table(people({"coaching": 40, "therapy": 40, "both": 20}), ON)
        assert [column.id for column in table.columns] == ["fact", "both", "coaching", "therapy"]


class TestFlow:
    def test_a_small_loss_is_hidden(self, cohort):
        found = cells(tables.flow_table(cohort, ON))
        assert found["Episodes read", "therapy_persons"].state == "suppressed"
        assert found["The person's first such episode", "therapy_persons"].state == "shown"
        assert found["The person's first such episode", "left_out"].state == "suppressed"

    def test_numbers(self, cohort):
        found = cells(tables.flow_table(cohort, OFF))
        assert found["Episodes read", "all_persons"].value == 350
        assert found["The person's first such episode", "left_out"].value == 2


class TestMissing:
    def test_numbers(self, frame):
        found = cells(tables.missing_table(frame, OFF))
        mine = frame[frame["arm"] == "therapy"]
        lost = mine[mine["status"] == "no_end_score"]
        assert found["Started", "therapy"].text == str(len(mine))
        assert found["Score at the start, none at the end", "therapy"].value == len(lost)
        mean = found["Start score of those without an end score, mean", "therapy"].value
        assert mean == pytest.approx(lost["pre"].mean())

    def test_a_few_lost_are_hidden_with_what_gives_them_away(self, frame):
        mine = frame[(frame["arm"] == "coaching") & (frame["status"] == "paired")].copy()
        mine.loc[mine.index[:3], "status"] = "no_end_score"
        found = cells(tables.missing_table(mine, ON))
        assert found["Scores at the start and at the end", "coaching"].state == "shown"
        assert found["Started", "coaching"].state == "suppressed"
        assert found["Score at the start, none at the end", "coaching"].state == "suppressed"
        label = "Start score of those without an end score, mean"
        assert found[label, "coaching"].state == "suppressed"


class TestLedger:
    @staticmethod
    def ledger(counts):
        rows = [
            ("table", "clients", "dropped", "step", reason, "f.csv", line, None)
            for reason, n in counts.items()
            for line in range(n)
        ]
        columns = ["scope", "table", "action", "step", "reason", "file", "line", "column"]
        log = pd.DataFrame(rows, columns=columns)
        return Ledger.build([log], read={}, kept={}, lines={})

    def test_reasons_have_titles_and_few_rows_stand_together(self):
        table = tables.ledger_table(self.ledger({"blank_line": 9, "orphan": 3, "bad_date": 4}), ON)
        assert [(row[0].text, row[3].text) for row in table.rows] == [
            ("Blank line", "9"),
            ("Other reasons, each with few rows", "7"),
        ]

    def test_a_single_small_reason_stays_hidden(self):
        table = tables.ledger_table(self.ledger({"blank_line": 9, "orphan": 3}), ON)
        assert table.rows[-1][3].state == "suppressed"

    def test_an_empty_ledger_gives_an_empty_table(self):
        assert tables.ledger_table(Ledger.build([], read={}, kept={}, lines={}), ON).rows == ()


class TestComparison:
    def test_numbers_are_those_of_the_result(self, effects):
        table = tables.comparison_table(effects, ON)
        found = cells(table)
        name = "Analysis of covariance"
        assert found[name, "difference"].value == effects[1].estimate
        assert found[name, "p"].value == effects[1].p
        assert found[name, "therapy"].value == effects[1].n["therapy"]
        assert found[name, "verdict"].text == str(effects[1].verdict)
        assert "Margin set in advance: 2.0 points." in table.notes

    def test_arms_without_overlap_show_a_verdict_and_no_number(self, incomparable):
        row = tables.comparison_table([incomparable], ON).rows[0]
        assert [cell.state for cell in row[1:4]] == ["missing"] * 3
        assert row[-1].text == "not comparable"

    def test_diagnostics_say_which_rule_is_broken(self, effects, incomparable):
        fine = tables.diagnostics_table(effects[0])
        assert {row[3].text for row in fine.rows} == {"yes"}
        broken = tables.diagnostics_table(incomparable)
        overlap = next(row for row in broken.rows if row[0].text.startswith("Overlap"))
        assert (overlap[3].text, overlap[4].text) == ("no", "not comparable")

    def test_balance_keeps_to_whole_characteristics(self, effects):
        table = tables.balance_table(effects[0].weights)
        assert [row[0].text for row in table.rows] == ["Start score", "Gender", "Therapy before"]


class TestInstrument:
    def test_every_fact_has_a_source_and_says_whether_it_is_verified(self):
        table = tables.instrument_table(get("phq9"))
        assert {row[3].text for row in table.rows[1:]} == {"yes", "no"}
        assert all(row[2].state == "shown" for row in table.rows)


def test_a_share_alone_does_not_tell_the_hidden_number_of_people():
    from outcomes.tables.baseline import _fits_all

    assert not _fits_all(5 / 12, 12), "42 % fits 12 people and not 11"
    assert _fits_all(86 / 200, 200)
    assert not _fits_all(1 / 3, 8)

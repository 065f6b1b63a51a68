"""The tables of the data-quality report: their numbers, and what they hide."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.cleaning import reasons
from outcomes.ledger import FILE, LINE, Action, Ledger, entries
from outcomes.privacy import policy
from outcomes.tables import quality

ON, OFF = policy(), policy("off")
HIDDEN = "suppressed"


def ledger(dropped: int, waiting: int, kept: int = 100) -> Ledger:
    """One file of sessions, with this many rows dropped and waiting."""
    rows = pd.DataFrame({FILE: "sessions.csv", LINE: range(2, 2 + dropped + waiting)})
    parts = ((rows.iloc[:dropped], Action.DROPPED, "orphan"),
             (rows.iloc[dropped:], Action.QUARANTINED, "conflicting_key"))  # fmt: skip
    logs = [entries(part, table="sessions", action=action, step="s", reason=reason)
            for part, action, reason in parts]  # fmt: skip
    total = kept + dropped + waiting
    return Ledger.build(logs, read={"sessions": total}, kept={"sessions": kept},
                        lines={"sessions.csv": total})  # fmt: skip


def states(table) -> list[list[str]]:
    return [[cell.state for cell in row] for row in table.rows]


def values(table) -> list[list[object]]:
    return [[cell.value for cell in row[1:]] for row in table.rows]


@pytest.mark.parametrize("build", [quality.balance_table, quality.files_table])
class TestAccount:
    def test_it_adds_up(self, build):
        assert values(build(ledger(10, 20), ON)) == [[130, 100, 10, 20]]

    def test_zero_is_shown(self, build):
        assert values(build(ledger(0, 0), ON)) == [[100, 100, 0, 0]]

    @pytest.mark.parametrize(("n", "hides"), [(0, False), (1, True), (4, True), (5, False)])
    def test_a_small_number_hides_with_what_it_could_be_computed_from(self, build, n, hides):
        (row,) = states(build(ledger(n, 20), ON))
        assert row[3] == (HIDDEN if hides else "shown")
        if hides:  # one cell alone would follow from the sum
            assert row.count(HIDDEN) >= 2
        assert HIDDEN not in states(build(ledger(n, 20), OFF))[0]


def test_the_word_for_what_is_left_of_a_file_is_used():
    labels = [column.label for column in quality.files_table(ledger(0, 0), ON).columns]
    assert labels == ["File", "Read", "Used", "Dropped", "Waiting"]


def test_reasons_are_told_once_each_in_the_order_of_the_list():
    table = quality.reasons_table(ledger(3, 2))
    order = [code for code in reasons() if code in ("orphan", "conflicting_key")]
    assert [row[0].text for row in table.rows] == [reasons()[code].title for code in order]
    assert all(row[2].text for row in table.rows)


@pytest.mark.parametrize(("n", "hides"), [(1, True), (4, True), (5, False)])
def test_rows_that_wait(n, hides):
    ((_, table, count, to_do),) = quality.waiting_table(ledger(0, n), ON).rows
    assert table.text == "sessions"
    assert (count.state == HIDDEN) is hides
    assert to_do.text == reasons()["conflicting_key"].to_do


def test_nothing_waits():
    assert quality.waiting_table(ledger(5, 0), ON).rows == ()


class TestFilled:
    def frame(self, filled: int, rows: int) -> pd.DataFrame:
        return pd.DataFrame(
            {"table": ["clients"], "column": ["age_band"], "filled": [filled], "rows": [rows]}
        )

    def test_share(self):
        ((name, n, share),) = quality.filled_table(self.frame(75, 100), ON).rows
        assert name.text == "clients: Age band"
        assert (n.text, share.value) == ("75 of 100", 0.75)

    @pytest.mark.parametrize(("filled", "hides"), [(96, True), (95, False), (4, True), (5, False),
                                                   (0, False), (100, False)])  # fmt: skip
    def test_the_filled_and_the_empty_hide_each_other(self, filled, hides):
        (row,) = states(quality.filled_table(self.frame(filled, 100), ON))
        assert row[1:] == [HIDDEN if hides else "shown"] * 2


class TestFilledByGroup:
    def frame(self, dimension: str, sizes: dict[str, int]) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "dimension": dimension,
                "group": list(sizes),
                "episodes": list(sizes.values()),
                "filled": [8 * n for n in sizes.values()],
                "cells": [10 * n for n in sizes.values()],
            }
        )

    def test_a_small_group_takes_another_with_it(self):
        frame = self.frame("practice", {"north": 50, "south": 3, "west": 20})
        table = quality.filled_groups_table(frame, ON, begun="Quarter of start")
        shown = {row[0].text: row[1].state for row in table.rows}
        assert shown["Practice: south"] == HIDDEN
        assert list(shown.values()).count(HIDDEN) == 2
        assert {row[2].value for row in table.rows if row[1].state == "shown"} == {0.8}

    def test_practitioners_are_described_and_not_named(self):
        names = {f"T{n:02}": 5 + n for n in range(8)}
        table = quality.filled_spread_table(self.frame("practitioner", names), ON)
        (row,) = table.rows
        assert row[1].value == 8
        assert [cell.value for cell in row[2:]] == pytest.approx([0.8] * 3)
        assert not any(name in str(table) for name in names)

    def test_practitioners_below_the_minimum_do_not_count(self):
        names = {f"T{n:02}": 4 for n in range(8)}
        (row,) = quality.filled_spread_table(self.frame("practitioner", names), ON).rows
        assert {cell.state for cell in row[1:]} == {HIDDEN}


@pytest.mark.parametrize(("few", "hides"), [(4, True), (5, False)])
def test_quartiles_of_few_practitioners_are_hidden(few, hides):
    rates = pd.Series([0.5 + n / 20 for n in range(few)])
    (row,) = quality.spread_table({"phq9": rates}, ON).rows
    assert (row[1].state == HIDDEN) is hides
    if not hides:
        assert [c.value for c in row[2:]] == pytest.approx([0.55, 0.6, 0.65])


@pytest.mark.parametrize("off", [-1, 0])
def test_days_of_few_people_are_not_described(off):
    waits = pd.DataFrame({"instrument": ["phq9"], "measure": ["start"],
                          "n": [ON.minimum_plot + off], "q1": [-3.0], "median": [0.0],
                          "q3": [2.0]})  # fmt: skip
    (row,) = quality.waits_table(waits, ON).rows
    assert [cell.state for cell in row[1:]] == [HIDDEN if off < 0 else "shown"] * 3
    if not off:
        assert [cell.value for cell in row[1:]] == [-3.0, 0.0, 2.0]


def test_response_rates_hide_the_part_where_the_whole_is_hidden():
    rows = pd.DataFrame({"instrument": ["phq9", "phq9"], "group": ["all", "north"],
                         "started": [100, pd.NA], "with_start": [95, 9], "ended": [80, 10],
                         "with_end": [60, pd.NA]})  # fmt: skip
    table = quality.response_table(rows, ON, id="responses", caption="Scores")
    assert [row[0].text for row in table.rows] == ["PHQ-9", "PHQ-9, north"]
    assert [cell.text for cell in table.rows[0][1:]] == ["100", "95 (95 %)", "80", "60 (75 %)"]
    assert states(table)[1][1:] == [HIDDEN, HIDDEN, "shown", HIDDEN]

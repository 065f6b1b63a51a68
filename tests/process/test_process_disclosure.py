"""What tables and figures of process results show: zero, missing and hidden are three things."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.privacy import policy
from outcomes.process.phases import LOSS_COLUMNS, phases
from outcomes.process.result import Findings
from outcomes.process.shares import Asked, Counted, atom_frame, share_frame, shares
from outcomes.showing.process import visible_losses, visible_shares
from outcomes.tables import (
    benefits_table,
    goals_table,
    losses_table,
    satisfaction_table,
    shares_table,
)

pytestmark = pytest.mark.slow

RULES = policy()


def findings(blocks: dict[str, dict[str, int]], asked: list[Asked]) -> Findings:
    """One group, one family for each block of atom counts; everybody stands alone."""
    rows, atoms = [], []
    for family, counts in blocks.items():
        names = np.repeat(list(counts), list(counts.values()))
        people = np.arange(len(names)).astype(object)
        found, more = shares(
            Counted("coaching", family, "people", names, people, people), asked, 0.95
        )
        rows += found
        atoms += more
    return Findings(
        by=None,
        n_in=0,
        n_used=0,
        confidence=0.95,
        shares=share_frame(rows),
        atoms=atom_frame(atoms),
        absent=(),
        warnings=(),
        method="",
        sources=(),
    )


YES = Asked("yes", "Yes", ("yes",), ("yes", "no"), "Those who said yes, of all who answered.")


class TestShares:
    @pytest.mark.parametrize(
        ("yes", "no", "seen"),
        [(5, 5, True), (4, 20, False), (20, 4, False), (0, 20, True), (20, 0, True), (0, 4, False)],
    )
    def test_small_counts_and_small_rests_are_hidden_and_zero_is_not(self, yes, no, seen):
        result = findings({"family": {"yes": yes, "no": no}}, [YES])
        assert visible_shares(result, RULES).tolist() == [seen]

    def test_nothing_is_hidden_when_the_policy_says_so(self):
        result = findings({"family": {"yes": 1, "no": 3}}, [YES])
        assert visible_shares(result, policy("off")).all()

    def test_a_small_difference_of_two_shares_hides_one(self):
        sure = Asked("sure", "Sure", ("sure",), ("sure", "yes", "no"), "x")
        either = Asked("either", "Either", ("sure", "yes"), ("sure", "yes", "no"), "x")
        result = findings({"family": {"sure": 20, "yes": 3, "no": 20}}, [sure, either])
        assert visible_shares(result, RULES).tolist() == [True, False]

    def test_a_single_hidden_domain_takes_another_with_it(self):
        blocks = {
            "goals.domain.trust": {"yes": 2, "no": 10},
            "goals.domain.empathy": {"yes": 8, "no": 9},
            "goals.domain.work": {"yes": 30, "no": 30},
        }
        assert visible_shares(findings(blocks, [YES]), RULES).tolist() == [False, False, True]


class TestLosses:
    def losses(self, closed: list[int]):
        order = range(1, 5)
        n = sum(closed)
        frame = pd.DataFrame(
            {
                "episode_id": [f"E{i}" for i in range(n)],
                "cluster": [f"T{i}" for i in range(n)],
                "furthest": np.repeat(list(order), closed),
                "ended_on": pd.Timestamp("2026-04-01"),
                "end_reason": "dropped_out",
            }
        )
        found, atoms, lost = phases("coaching", frame, 0.95)
        base = findings({}, [])
        values = {name: getattr(base, name) for name in ("confidence", "absent", "warnings")}
        return oc.process.__globals__["ProcessResult"](
            by=None,
            n_in=n,
            n_used=n,
            shares=share_frame(found),
            atoms=atom_frame(atoms),
            method="",
            sources=(),
            losses=pd.DataFrame(lost, columns=LOSS_COLUMNS),
            expectations=pd.DataFrame(),
            **values,
        )

    def test_large_losses_are_shown(self):
        result = self.losses([10, 10, 10, 10])
        assert visible_losses(result, RULES).all()

    def test_a_loss_that_would_give_away_a_hidden_step_is_hidden(self):
        # 3 stopped after the first phase: with the 8 of the second one could subtract.
        result = self.losses([3, 8, 10, 10])
        seen = visible_losses(result, RULES)
        hidden = result.losses[~seen]["phase"].tolist()
        assert hidden == ["assessment", "planning"]


class TestExample:
    def small(self, table) -> list[int]:
        return [
            int(cell.value)
            for row in table.rows
            for cell in row
            if cell.kind == "count" and cell.state == "shown" and 0 < cell.value < 5
        ]

    def test_no_table_shows_a_small_count(self, example):
        process, goals = oc.process(example), oc.goals(example)
        ratings, benefits = oc.satisfaction(example), oc.benefits(example)
        tables = [shares_table(result, RULES) for result in (process, goals, ratings)]
        tables += [losses_table(process, RULES), goals_table(goals, RULES)]
        tables += [satisfaction_table(ratings, RULES), benefits_table(benefits, RULES)]
        assert [self.small(table) for table in tables] == [[]] * len(tables)

    def test_a_mean_stands_beside_n_scale_and_quartiles(self, example):
        table = satisfaction_table(oc.satisfaction(example), RULES)
        names = [column.id for column in table.columns]
        assert names.index("mean") > max(names.index(n) for n in ("n", "scale", "quartiles"))

    @pytest.mark.parametrize("name", ["satisfaction", "goals", "process", "benefits"])
    def test_a_figure_holds_nothing_that_is_hidden(self, name, example):
        data = getattr(oc, name)(example).plot().data
        counts = pd.to_numeric(data["n"]).dropna()
        assert not ((counts > 0) & (counts < RULES.minimum_count)).any()
        hidden = data[pd.to_numeric(data["n"]).isna()]
        assert len(hidden)  # the example has small cells
        numbers = hidden.drop(columns=["group", "measure", "domain", "benefit"], errors="ignore")
        if name in ("satisfaction", "process"):
            assert numbers.isna().all().all()

    def test_a_benefit_without_measure_has_one_row_that_says_so(self, example):
        table = benefits_table(oc.benefits(example), RULES)
        rows = [row for row in table.rows if row[0].text == "Motivation"]
        assert len(rows) == 1
        assert rows[0][-1].text == "not measurable"

"""Several methods side by side: what is shown, and that no small share follows from another."""

from __future__ import annotations

import numpy as np
import pandas as pd

import outcomes as oc
from outcomes.tables import methods_table

ON, OFF = oc.policy(), oc.policy("off")


def people(starts: list[float], ends: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"pre": starts, "post": ends}, dtype="float64")


def many(**more: object) -> oc.MethodsResult:
    rng = np.random.default_rng(5)
    pre = np.clip(np.round(rng.normal(16, 5, 160)), 0, 27)
    frame = people(pre, np.clip(np.round(pre - rng.normal(5, 5, 160)), 0, 27))
    frame["arm"] = np.where(np.arange(160) % 2, "coaching", "therapy")
    return oc.change_methods(frame, instrument="phq9", by="arm", **more)


def test_one_row_for_each_group_method_and_criterion_without_counts():
    result = many(functional_mean=5.0, functional_sd=4.0)
    table = methods_table(result, ON)
    assert len(table.rows) == 2 * len(result.combinations)
    assert not [column for column in table.columns if column.kind == "count"]
    assert "Criterion" in [column.label for column in table.columns]


def test_shares_are_those_of_the_result():
    result = many(functional_mean=5.0, functional_sd=4.0)
    frame = result.rates.set_index(["method", "criterion", "group", "measure"])["rate"]
    row = next(r for r in methods_table(result, OFF).rows if r[1].text == "Jacobson and Truax"
               and r[2].text == "c" and r[0].text == "Coaching")  # fmt: skip
    assert row[3].value == frame["jt", "c", "coaching", "reliable_improvement"]
    assert row[5].value == frame["jt", "c", "coaching", "recovered"]


def test_with_one_criterion_recovery_and_the_criterion_are_left_out_and_that_is_said():
    table = methods_table(many(criteria=("a",)), ON)
    assert [column.id for column in table.columns] == [
        "group",
        "method",
        "reliable_improvement_share",
        "reliable_improvement_interval",
    ]
    assert any("Recovery by these methods is not shown" in note for note in table.notes)


def test_a_method_that_was_not_used_is_named_without_words_for_programmers():
    notes = " ".join(methods_table(many(criteria=("a",)), ON).notes)
    assert "Growth model: not used" in notes
    assert "occasions=" not in notes


def test_recovered_is_hidden_where_better_less_recovered_is_small():
    """20 of 40 are better, 18 of them recovered: 2 are better and not recovered."""
    starts = [20.0] * 18 + [27.0] * 2 + [12.0] * 20
    ends = [4.0] * 18 + [16.0] * 2 + [12.0] * 20
    result = oc.change_methods(
        people(starts, ends), instrument="phq9", functional_mean=5.0, functional_sd=4.0,
        methods=["jt"], criteria=("b", "c"),
    )  # fmt: skip
    counts = result.rates.set_index(["criterion", "measure"])["n"]
    assert counts["c", "reliable_improvement"] - counts["c", "recovered"] == 2
    (row,) = [row for row in methods_table(result, ON).rows if row[2].text == "c"]
    assert [cell.state for cell in row[3:]] == ["shown", "shown", "suppressed", "suppressed"]
    (row,) = [row for row in methods_table(result, OFF).rows if row[2].text == "c"]
    assert {cell.state for cell in row} == {"shown"}

"""The declarations validate, document, and contradict nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.schema import TABLES, dangling, empty_table, failures, vocabularies
from outcomes.schema.dictionary import render


def test_the_data_dictionary_is_the_declaration(root):
    committed = (root / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert committed == render(), "run: make dictionary"


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_declarations_hold_together(table):
    assert len(set(table.names)) == len(table.names)
    assert set(table.key) <= set(table.names)
    for column in table.columns:
        assert column.description.endswith(".")
        assert column.vocabulary is None or column.vocabulary in vocabularies()
    for reference in table.references:
        assert TABLES[reference.table].key == (TABLES[reference.table].names[0],)
        assert reference.cardinality in ("many-to-one", "one-to-one")
    assert failures(empty_table(table.name), table).empty


def clients(**changes) -> pd.DataFrame:
    columns = {c.name: pd.Series([None, None], dtype=c.dtype) for c in TABLES["clients"].columns}
    frame = pd.DataFrame(columns)
    frame["client_id"] = pd.Series(["A", "B"], dtype="string")
    return frame.assign(**changes)


BROKEN = {
    "duplicate_key": {"client_id": pd.Series(["A", "A"], dtype="string")},
    "required": {"client_id": pd.Series(["A", None], dtype="string")},
    "vocabulary": {"gender": pd.Series(["woman", "female"], dtype="string")},
    "wrong_type": {"prior_care": pd.Series(["yes", "no"], dtype="string")},
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_names_its_row(rule):
    found = failures(clients(**BROKEN[rule]), TABLES["clients"])
    assert rule in set(found["rule"])
    assert 1 in set(found["row"])


def test_an_absent_column_and_a_range():
    found = failures(clients().drop(columns="gender"), TABLES["clients"])
    assert found.to_dict("records") == [{"row": -1, "column": "gender", "rule": "absent_column"}]
    sessions = empty_table("sessions").reindex([0]).astype(empty_table("sessions").dtypes)
    sessions = sessions.assign(minutes=pd.Series([900], dtype="Int64"))
    found = failures(sessions, TABLES["sessions"])
    assert ("minutes", "range") in set(zip(found["column"], found["rule"], strict=True))


def test_an_infinite_number_and_an_early_date_are_out_of_range():
    rows = empty_table("responses").reindex([0, 1]).astype(empty_table("responses").dtypes)
    rows = rows.assign(
        value=pd.array([float("inf"), 1.0], dtype="Float64"),
        taken_on=pd.to_datetime(["2025-01-01", "1900-01-01"]),
    )
    found = failures(rows, TABLES["responses"])
    ranges = found[found["rule"] == "range"]
    assert list(zip(ranges["row"], ranges["column"], strict=True)) == [
        (0, "value"),
        (1, "taken_on"),
    ]


def test_any_width_of_number_and_date_will_do():
    plain = pd.DataFrame({"goal_id": ["G1"], "rater": ["client"], "value": [2]}).assign(
        rated_on=pd.to_datetime(["2025-02-01"]).astype("datetime64[ns]")
    )
    assert failures(plain, TABLES["goal_ratings"]).empty


def test_a_whole_number_column_with_fractions_is_of_the_wrong_type():
    sessions = empty_table("sessions").reindex([0]).astype(empty_table("sessions").dtypes)
    found = failures(sessions.assign(minutes=[50.5]), TABLES["sessions"])
    assert ("minutes", "wrong_type") in set(zip(found["column"], found["rule"], strict=True))


def test_an_empty_cell_of_a_key_is_a_value_of_the_key():
    columns = {c.name: pd.Series([None] * 2, dtype=c.dtype) for c in TABLES["satisfaction"].columns}
    found = failures(pd.DataFrame(columns), TABLES["satisfaction"])
    assert found.loc[found["rule"] == "duplicate_key", "row"].tolist() == [1]


def test_a_person_is_in_one_couple_on_each_side():
    couples = pd.DataFrame(
        {"couple_id": ["K1", "K2"], "client_a": ["A", "A"], "client_b": ["B", None]},
        dtype="string",
    )
    found = dangling({"clients": clients(), "couples": couples})
    assert found.to_dict("records") == [
        {"table": "couples", "row": 1, "column": "client_a", "rule": "not_unique"}
    ]


def test_nothing_dangles_where_nothing_is_wrong():
    found = dangling({name: empty_table(name) for name in TABLES})
    assert list(found.columns) == ["table", "row", "column", "rule"]
    assert found.empty


def test_dangling_references():
    couples = pd.DataFrame(
        {"couple_id": ["K1"], "practice_id": [None], "client_a": ["A"], "client_b": ["Z"]},
        dtype="string",
    )
    found = dangling({"clients": clients(), "couples": couples})
    assert found.to_dict("records") == [
        {"table": "couples", "row": 0, "column": "client_b", "rule": "orphan"}
    ]

"""What holds for any export, however messy."""

from __future__ import annotations

import pandas as pd
from cleaning_practice import EXPORTED_ON, frames
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.cleaning import clean, reasons
from outcomes.errors import OutcomesError
from outcomes.schema import TABLES

ids = st.sampled_from(["1", "2", " 3 ", "", "NA", "9"])
days = st.sampled_from(
    ["2026-01-01", "2026-03-05", "2025-10-01", "1900-01-01", "2031-01-01", "31/02/2026", "", "x"]
)
numbers = st.sampled_from(["0", "1", "2", "3", "3.0", "7", "99", "-1", "1.5", "often", "", "1e400"])
KINDS = {
    "date": days,
    "number": numbers,
    "integer": numbers,
    "boolean": st.sampled_from(["yes", "NO", "1", "maybe", ""]),
    "text": st.text(max_size=8),
}


def cell(table, column):
    """Any text a cell of this column may hold, good or bad."""
    if column.vocabulary:
        from outcomes.schema import vocabularies

        return st.sampled_from([*vocabularies()[column.vocabulary].words, ""])
    if column.name == "instrument":
        return st.sampled_from(["phq9", "who5", ""])
    if column.name == "item":
        return st.sampled_from(["1", "2", "total", "12", "x", ""])
    return KINDS.get(column.kind.value, ids)


def rows_of(table):
    return st.lists(
        st.fixed_dictionaries({c.name: cell(table, c) for c in table.columns}), max_size=6
    )


# The tables whose rules differ; the others follow the same steps.
MESSY = ["clients", "couples", "practitioners", "episodes", "sessions", "responses"]
exports = st.fixed_dictionaries({name: rows_of(TABLES[name]) for name in MESSY})
FEW = settings(max_examples=12, deadline=None)


def run(raw):
    return clean(raw, exported_on=EXPORTED_ON, lines={})


def outcome(raw):
    try:
        return run(raw)
    except OutcomesError as error:
        # Few rows can look recoded; what matters here is that nothing else comes out.
        assert error.fix
        return None


@FEW
@given(exports)
def test_the_ledger_always_balances(rows):
    raw = frames(rows)
    before = {name: frame.copy() for name, frame in raw.items()}
    study = outcome(raw)
    for name, frame in raw.items():
        pd.testing.assert_frame_equal(frame, before[name])
    if study is None:
        return
    assert study.ledger.balanced()
    balance = study.ledger.balance().set_index("table")
    for name, frame in study.tables().items():
        if name not in rows:
            continue
        assert balance.loc[name, "rows_read"] == len(rows[name])
        assert balance.loc[name, "rows_kept"] == len(frame)
    log = study.ledger.to_frame()
    for action, reason in set(zip(log["action"], log["reason"], strict=True)):
        assert action in reasons()[reason].actions


@FEW
@given(exports)
def test_clean_tables_are_what_the_schema_declares(rows):
    study = outcome(frames(rows))
    if study is None:
        return
    for name, frame in study.tables().items():
        table = TABLES[name]
        assert list(frame.columns) == table.names
        assert {c: str(t) for c, t in frame.dtypes.items()} == {
            c.name: c.dtype for c in table.columns
        }
        assert frame.index.tolist() == list(range(len(frame)))
        assert not frame.duplicated(list(table.key)).any()
        for column in table.columns:
            assert column.nullable or frame[column.name].notna().all()
        for reference in table.references:
            target = study.tables()[reference.table]
            (key,) = TABLES[reference.table].key
            assert frame[reference.column].dropna().isin(target[key]).all()


@FEW
@given(exports, st.randoms(use_true_random=False))
def test_row_order_matters_only_where_a_line_decides(rows, random):
    study = outcome(frames(rows))
    if study is None:
        return
    decided = {"resubmitted", "conflicting_key"}
    if decided & set(study.ledger.to_frame()["reason"]):
        return
    shuffled = {name: random.sample(entries, len(entries)) for name, entries in rows.items()}
    again = run(frames(shuffled))
    for name, frame in study.tables().items():
        # Of answers that agree on the value, the later line says for which occasion.
        free = ["occasion"] if name == "responses" else []
        pd.testing.assert_frame_equal(
            frame.drop(columns=free), again.tables()[name].drop(columns=free)
        )


@FEW
@given(exports)
def test_an_empty_client_changes_nobody(rows):
    study = outcome(frames(rows))
    if study is None:
        return
    rows = {**rows, "clients": [*rows["clients"], {"client_id": "nobody"}]}
    again = run(frames(rows))
    for name, frame in study.tables().items():
        other = again.tables()[name]
        if name == "clients":
            other = other[other["client_id"] != "nobody"].reset_index(drop=True)
        pd.testing.assert_frame_equal(frame, other)

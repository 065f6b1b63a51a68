"""Quarter after quarter into one store: nothing lost, nothing twice, nobody named."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest
from store_quarters import IDS, Q3, Q4, contents, replaced, without, write_export

from outcomes.errors import InputError, OutputError, UsageError
from outcomes.privacy import pseudonymise, withheld_text, without_text
from outcomes.schema import TABLES, dangling, failures
from outcomes.sources import load_key, merge, open_store, read, write_tables

pytestmark = pytest.mark.slow


@pytest.fixture
def q3(tmp_path):
    return write_export(tmp_path / "q3", Q3, "2026-09-30")


@pytest.fixture
def q4(tmp_path):
    return write_export(tmp_path / "q4", Q4, "2026-12-31")


@pytest.fixture
def store(tmp_path, q3):
    merge(q3, tmp_path / "store")
    return tmp_path / "store"


def counts(merged, table):
    frame = merged.to_frame().set_index("table")
    found = frame.loc[table]
    return {name: int(n) for name, n in found.items() if n}


def same(left, right):
    for name in TABLES:
        pd.testing.assert_frame_equal(left[name], right[name])


def sound(store):
    """A store is valid, its references hold, and its practices are closed in themselves."""
    dataset = open_store(store)
    whole = dataset.tables()
    for name, table in TABLES.items():
        assert failures(whole[name], table).empty
    assert dangling(whole).empty
    rows = dict.fromkeys(TABLES, 0)
    for part in dataset.state.partitions:
        if part.tables:
            assert dangling(dataset.tables(practices=[part.practice])).empty
        for name, file in part.tables.items():
            rows[name] += file.rows
    assert rows == {name: len(frame) for name, frame in whole.items()}
    assert dataset.ledger().balanced()
    return dataset


def test_the_first_export_comes_back_as_it_was_read(store, q3, own_key):
    study = read(q3)
    expected = pseudonymise(without_text(study.tables(), withheld_text([])), load_key(own_key))
    found = read(store)
    same(found.tables(), expected)
    pd.testing.assert_frame_equal(found.ledger.balance(), study.ledger.balance())
    assert found.name == "store"
    assert [source.name for source in found.sources][:2] == [
        "merge 1: clients.csv", "merge 1: couples.csv",
    ]  # fmt: skip
    sound(store)


def test_the_same_export_twice_changes_no_byte(store, q3):
    before = contents(store)
    merged = merge(q3, store)
    assert merged.repeated
    assert "nothing was changed" in repr(merged)
    assert contents(store) == before


def test_an_earlier_export_again_changes_nothing_after_a_later_one(store, q3, q4):
    merge(q4, store)
    before = contents(store)
    assert merge(q3, store).repeated
    assert merge(q4, store).repeated
    assert contents(store) == before


def test_a_late_score_finds_its_episode(store, q4, own_key):
    merged = merge(q4, store)
    assert counts(merged, "responses") == {"added": 3}
    found = read(store)
    (ann,) = pseudonymise(
        {"clients": pd.DataFrame({"client_id": pd.array(["ann.archer@example.org"], "string")})},
        load_key(own_key),
    )["clients"]["client_id"]
    mine = found.responses[found.responses["client_id"] == ann]
    assert len(mine) == 3
    assert len(set(mine["episode_id"])) == 1
    log = found.ledger.to_frame()
    lost = log[log["file"].str.startswith("merge 2") & (log["action"] == "dropped")]
    assert lost["reason"].tolist() == ["orphan", "orphan"]
    assert lost["line"].tolist() == [5, 6]
    sound(store)


def test_alone_the_late_scores_would_be_lost(q4):
    with pytest.raises(InputError, match="refer to"):
        read(q4)


def test_a_correction_replaces_and_the_earlier_version_is_kept(store, tmp_path):
    before = open_store(store).tables()
    fixed = replaced(Q3, "2026-07-08,attended,50", "2026-07-08,attended,90")
    merged = merge(write_export(tmp_path / "fixed", fixed, "2026-10-15"), store)
    assert counts(merged, "sessions") == {"changed": 1, "unchanged": 4}
    assert counts(merged, "clients") == {"unchanged": 4}
    dataset = sound(store)
    history = dataset.history("sessions")
    assert history[["minutes", "_since", "_until", "_why"]].to_numpy().tolist() == [
        [50, 1, 2, "changed"]
    ]
    assert sorted(dataset.table("sessions")["minutes"]) == [50, 50, 50, 90, 90]
    same(dataset.as_of(1), before)
    same(dataset.as_of(2), dataset.tables())
    with pytest.raises(UsageError, match="no merge 3"):
        dataset.as_of(3)


def gone(store, table):
    return sorted(open_store(store).stored(table)["_gone_since"].dropna())


def test_a_row_that_is_no_longer_exported_stays_and_is_flagged(store, tmp_path):
    full = {"sessions": [*Q3["sessions"], "S-8,E-1001,2026-07-29,attended,50"]}
    merge(write_export(tmp_path / "full", full, "2026-10-15"), store)
    merged = merge(write_export(tmp_path / "less", without(full, "S-2,"), "2026-11-15"), store)
    assert counts(merged, "sessions") == {"unchanged": 5, "gone": 1}
    assert "gone: not in this export" in repr(merged)
    assert gone(store, "sessions") == [3]
    assert len(read(store).sessions) == 6
    merge(write_export(tmp_path / "back", full, "2026-12-15"), store)
    assert gone(store, "sessions") == []
    sound(store)


def test_only_what_an_export_should_have_is_missed(store, tmp_path):
    # Other dates, another practice, and a table the export does not have at all.
    part = {
        "clients": ["Cleo Carter,south,woman"],
        "sessions": ["S-8,E-1003,2026-07-29,attended,50"],
    }
    merged = merge(write_export(tmp_path / "part", part, "2026-10-15"), store)
    assert merged.to_frame()["gone"].sum() == 0
    part["clients"] = ["Eve Ellis,south,woman"]
    merged = merge(write_export(tmp_path / "other", part, "2026-10-16"), store)
    assert counts(merged, "clients") == {"added": 1, "gone": 1}


def test_an_older_export_does_not_undo_a_correction(store, tmp_path):
    fixed = replaced(Q3, "Cleo Carter,south,woman", "Cleo Carter,south,other")
    merge(write_export(tmp_path / "fixed", fixed, "2026-10-15"), store)
    late = {"clients": [*Q3["clients"], "Fay Finch,south,woman"]}
    merged = merge(write_export(tmp_path / "late", late, "2026-10-01"), store)
    assert counts(merged, "clients") == {"added": 1, "unchanged": 3, "older": 1}
    assert "other" in set(read(store).clients["gender"])


def test_rows_that_hold_again_are_taken_when_the_export_says_its_day(store, tmp_path):
    fixed = replaced(Q3, "Cleo Carter,south,woman", "Cleo Carter,south,other")
    merge(write_export(tmp_path / "fixed", fixed, "2026-10-15"), store)
    assert merge(write_export(tmp_path / "undated", Q3, None), store).repeated
    merged = merge(write_export(tmp_path / "undone", Q3, "2026-11-15"), store)
    assert counts(merged, "clients") == {"changed": 1, "unchanged": 3}
    assert "other" not in set(read(store).clients["gender"])
    assert len(sound(store).history("clients")) == 2


def test_an_episode_that_was_another_clients_takes_its_answers_along(store, tmp_path):
    fixed = without(Q3, "Dan Drew,E-1004")
    fixed = replaced(fixed, "E-1004,,Dan Drew", "E-1004,,Cleo Carter")
    fixed["responses"] += ["Cleo Carter,E-1004,phq9,1,2,2026-07-04,client"]
    merged = merge(write_export(tmp_path / "fixed", fixed, "2026-10-15"), store)
    assert counts(merged, "episodes") == {"changed": 1, "unchanged": 3}
    found = counts(merged, "responses")
    assert found == {"added": 1, "unchanged": 4, "set_aside": 1}
    assert len(read(store).responses) == 5
    dataset = sound(store)
    assert dataset.history("responses")["_why"].tolist() == ["set_aside"]
    assert len(dataset.as_of(1)["responses"]) == 5


def test_a_client_moves_to_another_practice_with_everything(store, tmp_path):
    assert open_store(store).practices() == ["north", "south", None]
    moved = replaced(Q3, "Dan Drew,,man", "Dan Drew,north,man")
    merge(write_export(tmp_path / "moved", moved, "2026-10-15"), store)
    dataset = sound(store)
    assert dataset.practices() == ["north", "south"]
    north = dataset.tables(practices=["north"])
    assert len(north["clients"]) == 3
    assert len(north["sessions"]) == 4
    assert len(dataset.history("clients")) == 1


def test_only_the_practices_of_an_export_are_touched(store, tmp_path):
    before = {p: open_store(store).digests(p) for p in (None, "north", "south")}
    south = {"clients": ["Eve Ellis,south,woman"], "sessions": [], "responses": []}
    merge(write_export(tmp_path / "south", south, "2026-10-15"), store)
    after = {p: open_store(store).digests(p) for p in (None, "north", "south")}
    assert after[None] == before[None]
    assert after["north"] == before["north"]
    assert after["south"] != before["south"]


def test_nobody_is_named_in_any_file(store, q4):
    merge(q4, store)
    read_back = 0
    for name, content in contents(store).items():
        for known in IDS:
            assert known.encode() not in content, f"a planted id is in {name}"
            assert known not in name
        if name.endswith(".parquet"):
            cells = pq.read_table(store / name).to_pandas().astype(str).to_csv()
            read_back += 1
            for known in IDS:
                assert known not in cells, f"a planted id is in a cell of {name}"
    assert read_back > 15


def test_the_same_person_has_one_pseudonym_in_every_quarter(store, tmp_path):
    before = set(read(store).clients["client_id"])
    q4 = {"clients": ["ann.archer@example.org,north,woman", " Bob Baker ,north,man"]}
    merge(write_export(tmp_path / "q4", q4, "2026-12-31"), store)
    assert set(read(store).clients["client_id"]) == before


class TestKey:
    def test_a_lost_key_is_said_and_no_new_one_is_made(self, store, q4, tmp_path):
        with pytest.raises(InputError, match="lost or changed"):
            merge(q4, store, key=tmp_path / "absent")
        assert not (tmp_path / "absent").exists()

    def test_another_key_is_refused(self, store, q4, tmp_path):
        load_key(tmp_path / "other")
        before = contents(store)
        with pytest.raises(InputError, match="lost or changed"):
            merge(q4, store, key=tmp_path / "other")
        assert contents(store) == before

    def test_no_key_in_the_store(self, q3, tmp_path):
        with pytest.raises(UsageError, match="inside"):
            merge(q3, tmp_path / "store", key=tmp_path / "store" / "key")
        assert not (tmp_path / "store").exists()

    def test_kept_ids_and_pseudonyms_do_not_mix(self, store, q3, tmp_path):
        with pytest.raises(UsageError, match="as pseudonyms"):
            merge(q3, store, keep_ids=True)
        merge(q3, tmp_path / "kept", keep_ids=True)
        same(
            read(tmp_path / "kept").tables(),
            without_text(read(q3, keep_ids=True).tables(), withheld_text([])),
        )
        with pytest.raises(UsageError, match="as they came"):
            merge(q3, tmp_path / "kept")
        with pytest.raises(UsageError, match="one of the two"):
            merge(q3, tmp_path / "kept", keep_ids=True, key=tmp_path / "key")

    def test_late_scores_with_kept_ids(self, q3, q4, tmp_path):
        merge(q3, tmp_path / "kept", keep_ids=True)
        merge(q4, tmp_path / "kept", keep_ids=True)
        assert len(read(tmp_path / "kept").responses) == 8


class TestText:
    def test_the_store_remembers_what_is_allowed(self, q3, q4, tmp_path):
        merge(q3, tmp_path / "store", allow_text=["approach"])
        merge(q4, tmp_path / "store")
        # "Jane's own" tells who somebody is, whatever is allowed.
        kept = read(tmp_path / "store").episodes["approach"].dropna()
        assert kept.tolist() == ["solution focused"]

    def test_other_columns_are_refused(self, store, q4):
        with pytest.raises(UsageError, match="other columns of free text"):
            merge(q4, store, allow_text=["approach"])
        with pytest.raises(UsageError, match="no column of free text"):
            merge(q4, store, allow_text=["gender"])


class TestWhere:
    def test_a_source_that_cannot_be_read_leaves_no_folder(self, q4, tmp_path):
        with pytest.raises(InputError):
            merge(q4, tmp_path / "store")
        assert not (tmp_path / "store").exists()

    def test_a_folder_of_somebody_else_is_refused(self, q3, tmp_path):
        (tmp_path / "store").mkdir()
        (tmp_path / "store" / "thesis.docx").write_text("years of work")
        with pytest.raises(OutputError, match="not written by this tool"):
            merge(q3, tmp_path / "store")
        assert list(contents(tmp_path / "store")) == ["thesis.docx"]

    def test_a_folder_of_csv_tables_is_refused(self, q3, tmp_path):
        write_tables(read(q3), tmp_path / "store")
        with pytest.raises(OutputError, match="as CSV"):
            merge(q3, tmp_path / "store")

    def test_files_of_the_user_in_a_store_are_left_alone(self, store, q4):
        (store / "practices" / "notes.txt").write_text("mine")
        merge(q4, store)
        assert (store / "practices" / "notes.txt").read_text() == "mine"

    def test_a_store_into_a_store(self, store, tmp_path):
        merge(store, tmp_path / "copy")
        same(read(tmp_path / "copy").tables(), read(store).tables())
        assert merge(store, tmp_path / "copy").repeated
        assert merge(store, store).repeated


def test_files_of_versions_before_the_last_are_removed(store, tmp_path):
    for n in range(3):
        fixed = replaced(Q3, "attended,50", f"attended,{51 + n}")
        merge(write_export(tmp_path / f"fixed{n}", fixed, f"2026-10-1{n}"), store)
    state = open_store(store).state
    known = {file.path for file in state.files()} | set(state.superseded)
    found = {name for name in contents(store) if name.endswith(".parquet")}
    assert found == known
    assert len(state.superseded) > 0

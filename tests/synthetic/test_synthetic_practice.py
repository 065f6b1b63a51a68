"""The synthetic practice: what is in it, and that it is always the same."""

from __future__ import annotations

import csv
import io
import tomllib

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import UsageError
from outcomes.schema import TABLES, vocabularies
from outcomes.synthetic import practice
from outcomes.synthetic.build import tables
from outcomes.synthetic.export import form, names
from outcomes.synthetic.settings import model

LARGEST_FOLDER = 1_500_000  # bytes; the folder is committed
SMALL, LARGE = 60, 5000


@pytest.fixture(scope="module")
def example():
    return practice()


@pytest.fixture(scope="module")
def clean():
    frames, _ = tables(400, 20260930)
    return frames


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


class TestSameBytes:
    def test_the_same_arguments_give_the_same_bytes(self, example):
        assert practice().files == example.files

    def test_another_seed_gives_another_practice(self, example):
        assert practice(seed=1).files["phq9.csv"] != example.files["phq9.csv"]

    def test_the_committed_example_is_this_practice(self, example, root):
        folder = root / "data" / "example"
        found = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
        assert found == set(example.files)
        different = [
            name
            for name, text in example.files.items()
            if (folder / name).read_bytes() != text.encode("utf-8")
        ]
        assert not different, "write it anew: outcomes example data/example"


class TestSizes:
    def test_stays_small_enough_to_commit(self, example):
        assert sum(len(text.encode()) for text in example.files.values()) < LARGEST_FOLDER

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_a_small_practice_has_everything(self, seed):
        small = practice(SMALL, seed)
        for name in names():
            assert len(rows_of(small.files[f"{name}.csv"])) > 1, name

    @pytest.mark.slow
    def test_a_large_practice_has_all_clients(self):
        found = rows_of(practice(LARGE, 1).files["clients.csv"])
        assert len({row[0] for row in found[1:] if row}) >= LARGE

    def test_too_few_clients_are_refused(self):
        with pytest.raises(UsageError, match="too few clients"):
            practice(10)


class TestContent:
    def test_every_declared_table_has_rows(self, clean):
        filled = {form(name)["table"] for name in names() if len(clean[name])}
        assert filled == set(TABLES)

    def test_columns_and_words_are_those_of_the_schema(self, clean):
        for name in names():
            table = TABLES[form(name)["table"]]
            assert set(form(name)["columns"]) <= set(table.names), name
            for column in form(name)["columns"]:
                words = table.column(column).vocabulary
                if words:
                    used = set(clean[name][column].dropna()) - {""}
                    assert used <= set(vocabularies()[words].words), (name, column)

    def test_numbers_lie_in_the_range_of_the_schema(self, clean):
        for name in names():
            table = TABLES[form(name)["table"]]
            for column in form(name)["columns"]:
                declared = table.column(column)
                if isinstance(declared.minimum, int | float):
                    values = clean[name][column].dropna().astype(float)
                    assert values.between(declared.minimum, declared.maximum).all()

    def test_keys_are_unique_and_references_hold(self, clean):
        for name in names():
            table = TABLES[form(name)["table"]]
            if table.name in ("responses", "satisfaction"):
                key = [c for c in table.key if c in clean[name]]
            else:
                key = list(table.key)
            assert not clean[name].duplicated(key).any(), name
            for reference in table.references:
                if reference.column in form(name)["columns"]:
                    known = clean[reference.table][TABLES[reference.table].key[0]]
                    used = clean[name][reference.column]
                    assert used[used != ""].isin(known).all(), (name, reference.column)

    def test_three_practices_and_two_dozen_practitioners(self, clean):
        assert clean["clients"]["practice_id"].nunique() == 3
        assert len(clean["practitioners"]) == 24
        roles = clean["practitioners"]["role"].value_counts()
        assert set(roles.index) == {"coach", "therapist", "both"}
        assert roles["both"] == roles.min()

    def test_a_practitioner_gives_only_the_help_of_the_role(self, clean):
        seen = clean["episodes"].merge(clean["practitioners"], on="practitioner_id")
        assert set(seen.loc[seen["role"] == "coach", "intervention"]) == {"coaching"}
        assert set(seen.loc[seen["role"] == "therapist", "intervention"]) == {"therapy"}
        assert set(seen.loc[seen["role"] == "both", "intervention"]) == {"coaching", "therapy"}
        assert (seen["practice_id_x"] == seen["practice_id_y"]).all()

    def test_eight_quarters_and_both_kinds_and_units(self, clean):
        episodes = clean["episodes"]
        quarters = pd.to_datetime(episodes["started_on"]).dt.to_period("Q")
        expected = pd.period_range("2024Q4", "2026Q3", freq="Q")
        assert sorted(quarters.unique()) == list(expected)
        assert len(episodes.groupby(["intervention", "unit"])) == 4

    def test_dates_follow_each_other_and_none_is_after_the_export(self, clean):
        exported_on = pd.Timestamp(model()["calendar"]["exported_on"])
        episodes = clean["episodes"]
        closed = episodes.dropna(subset=["ended_on"])
        assert (closed["ended_on"] >= closed["started_on"]).all()
        assert (closed["ended_on"] <= exported_on).all()
        assert (episodes["referred_on"] < episodes["started_on"]).all()
        sessions = clean["sessions"]
        planned = sessions["held_on"] > exported_on
        assert planned.any()
        assert ((sessions["status"] == "planned") == planned).all()
        for name in (*model()["instruments"], "satisfaction", "session_ratings"):
            assert (clean[name]["taken_on"] <= exported_on).all()

    def test_referrals_go_both_ways(self, clean):
        ways = set(clean["referrals"]["from_intervention"])
        assert ways == {"coaching", "therapy"}
        assert set(clean["referrals"]["accepted"]) == {True, False}

    def test_every_occasion_occurs_for_every_questionnaire(self, clean):
        for name in model()["instruments"]:
            counts = clean[name]["occasion"].value_counts()
            assert set(counts.index) == {"intake", "session", "end", "followup"}, name
            assert counts["intake"] > counts["end"] > counts["followup"], name
            share = counts["end"] / counts["intake"]
            assert 0.5 < share < 0.95, name

    def test_only_partners_of_couples_fill_in_the_relationship_scale(self, clean):
        partners = pd.concat([clean["couples"]["client_a"], clean["couples"]["client_b"]])
        assert clean["rdas"]["client_id"].isin(partners).all()

    def test_answers_stay_within_the_items(self, clean):
        for name in model()["instruments"]:
            items = [column for column in clean[name] if column.isdigit()]
            values = clean[name][items].to_numpy(dtype=float, na_value=np.nan)
            assert np.nanmin(values) >= 0
            assert np.isnan(values).mean() < 0.01


class TestFaults:
    def test_each_fault_stands_where_it_is_said_to_stand(self, example):
        faults = pd.read_csv(io.StringIO(example.files["faults.csv"]), keep_default_na=False)
        for fault in faults.itertuples():
            lines = example.files[fault.file].split("\n")
            line = lines[fault.line - 1]
            if fault.reason == "blank_line":
                assert line == ""
            elif fault.reason == "duplicate_row":
                assert line in lines[1 : fault.line - 1]
            elif fault.reason == "missing_key":
                assert line.startswith(",")
            elif fault.reason == "conflicting_key":
                key = line.split(",")[0]
                assert any(other.startswith(key + ",") for other in lines[1 : fault.line - 1])
            elif fault.reason == "resubmitted":
                key = ",".join(line.split(",")[:4])
                assert any(other.startswith(key + ",") for other in lines[fault.line :])

    def test_no_line_holds_two_faults_and_reasons_come_two_or_three_at_a_time(self, example):
        faults = pd.read_csv(io.StringIO(example.files["faults.csv"]), keep_default_na=False)
        assert not faults.duplicated(["file", "line"]).any()
        assert faults["file"].nunique() >= 8
        assert faults["reason"].nunique() >= 12
        assert (faults.groupby(["file", "reason"]).size() <= 4).all()

    def test_without_its_faults_a_file_is_the_clean_table(self, example, clean):
        faults = pd.read_csv(io.StringIO(example.files["faults.csv"]), keep_default_na=False)
        inserted = ("blank_line", "duplicate_row", "conflicting_key", "missing_key", "resubmitted")
        rows = rows_of(example.files["clients.csv"])[1:]
        bad = faults[(faults["file"] == "clients.csv") & faults["reason"].isin(inserted)]
        kept = [row for place, row in enumerate(rows, start=2) if place not in set(bad["line"])]
        assert [row[0] for row in kept] == list(clean["clients"]["client_id"])


class TestLayout:
    def test_names_every_file_and_only_declared_columns(self, example):
        layout = tomllib.loads(example.files["layout.toml"])
        assert layout["schema"] == 1
        for entry in layout["files"]:
            header = rows_of(example.files[entry["file"]])[0]
            table = TABLES[entry["table"]]
            assert set(entry["columns"]) <= set(table.names)
            used = set(entry["columns"].values()) | set(entry.get("ignore", []))
            items = {c for c in header if c not in used}
            assert all(entry["items"].split("{")[0] in column for column in items), items
            for column, words in entry.get("codes", {}).items():
                place = header.index(entry["columns"][column])
                known = vocabularies()[table.column(column).vocabulary].words
                assert set(words.values()) <= set(known)
                rows = rows_of(example.files[entry["file"]])[1:]
                assert {row[place] for row in rows if row} - {""} <= set(words)

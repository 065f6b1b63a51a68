"""Every file about to leave is looked into, whatever its kind."""

from __future__ import annotations

import json

import openpyxl
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import ReleaseError
from outcomes.sources import require_clean_folder, scan_folder, write_tables

pytestmark = pytest.mark.slow

MAIL = "kestrel@quill.example"


def kinds(folder, ids=()) -> set[str]:
    return {finding.kind for finding in scan_folder(folder, ids)}


def excel(path, word):
    book = openpyxl.Workbook()
    book.active["B2"] = word
    book.save(path)


WRITERS = {
    "a.html": lambda path: path.write_text(f"<p>{MAIL}</p>"),
    "a.csv": lambda path: path.write_text(f"x,y\n1,{MAIL}\n"),
    "a.json": lambda path: path.write_text(json.dumps({"a": [{"b": MAIL}]})),
    "a.ipynb": lambda path: path.write_text(
        json.dumps({"cells": [{"outputs": [{"data": {"text/html": [f"<p>{MAIL}\n", "x"]}}]}]})
    ),
    "a.xlsx": lambda path: excel(path, MAIL),
    "a.parquet": lambda path: pd.DataFrame({"x": [MAIL]}).to_parquet(path),
    "deep/er/a.toml": lambda path: path.write_text(f'a = "{MAIL}"'),
}


@pytest.mark.parametrize("name", WRITERS)
def test_an_address_is_found_in_any_kind_of_file(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[name](path)
    found = scan_folder(tmp_path)
    assert next((f.file, f.kind) for f in found) == (name, "e-mail address")
    with pytest.raises(ReleaseError) as refused:
        require_clean_folder(tmp_path)
    assert MAIL not in str(refused.value)


def test_a_file_of_an_unknown_kind_or_broken_does_not_pass(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\x00")
    (tmp_path / "b.xlsx").write_bytes(b"no zip")
    assert [f.kind for f in scan_folder(tmp_path)] == ["a file whose words cannot be read"] * 2


def test_home_folders_raw_ids_and_names_of_files_are_found(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"path": "/home/kestrel/data", "id": "AB-12/x"}))
    (tmp_path / "hannah_quill.txt").write_text("")
    assert kinds(tmp_path, ["AB-12/x"]) == {
        "home folder of a person",
        "id of a client, couple or episode",
        "name of a person in a file name",
    }


def test_a_column_called_after_a_birth_date_is_refused_and_one_named_in_a_ledger_is_not(tmp_path):
    (tmp_path / "a.csv").write_text("DOB,x\n,1\n")
    assert kinds(tmp_path) == {"column of date of birth"}
    (tmp_path / "a.csv").write_text("reason,column,sheet\nunmapped_column,Date of Birth,x\n")
    assert kinds(tmp_path) == set()


def test_the_sample_report_and_the_clean_example_pass(root, tmp_path):
    assert scan_folder(root / "reports" / "sample") == ()
    study = oc.read()
    folder = write_tables(study, tmp_path / "clean")
    assert scan_folder(folder, study.clients["client_id"]) == ()


def test_a_name_by_chance_in_the_digest_of_a_file_is_none(tmp_path):
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "responses-ada19551203fee01.parquet")
    assert scan_folder(tmp_path) == ()
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "anna-0123456789abcdef.parquet")
    assert len(scan_folder(tmp_path)) == 1

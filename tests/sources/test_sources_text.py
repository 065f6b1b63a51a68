"""One practice as text in every encoding, separator and decimal sign, and as Parquet."""

from __future__ import annotations

import pandas as pd
import pytest
from supplier_exports import everything, export_folder, reasons, scores

import outcomes as oc
from outcomes.schema import TABLES

TEXTS = ["utf8.csv", "utf8_mark.csv", "utf16.tsv", "cp1252.csv", "pipes.txt"]
VERSIONS = [*(("text", name) for name in TEXTS), ("parquet", "typed.parquet")]
NOTES = ("für später", "heißt", "zwei", "nicht ausgefüllt")


@pytest.fixture
def study(tmp_path, request):
    supplier, version = request.param
    return oc.read(export_folder(tmp_path, supplier, version))


@pytest.mark.parametrize("study", VERSIONS, indirect=True)
def test_every_way_to_write_it_gives_the_same_practice(study):
    assert study.ledger.balanced()
    assert study.clients.set_index("client_id")["gender"].fillna("").to_dict() == {
        "0012": "woman", "0034": "man", "0101": "",
    }  # fmt: skip
    assert [f"{day:%Y-%m-%d}" for day in study.episodes["started_on"]] == [
        "2026-01-12", "2026-02-03", "2026-03-02",
    ]  # fmt: skip
    assert scores(study, "ors") == {
        ("0012", "2026-01-12"): 14.5,
        ("0012", "2026-02-23"): 21,
        ("0012", "2026-05-04"): 29.3,
        ("0034", "2026-02-03"): 26.7,
        ("0034", "2026-04-28"): 31.2,
    }
    assert [note for note in NOTES if note in everything(study)] == []


@pytest.mark.parametrize("study", VERSIONS, indirect=True)
def test_every_line_is_accounted_for(study):
    (line,) = study.ledger.files().to_dict("records")
    assert (line["lines_read"], line["lines_used"]) == (6, 6)
    assert reasons(study)["flagged", "no_answer"] == 1


@pytest.mark.parametrize("study", [("text", "cp1252.csv")], indirect=True)
def test_a_guessed_encoding_is_said(study):
    assert reasons(study)["flagged", "guessed_encoding"] == 1


@pytest.mark.parametrize(("supplier", "version"), VERSIONS)
def test_the_tables_are_equal(tmp_path, supplier, version):
    first, other = tmp_path / "first", tmp_path / "other"
    first.mkdir()
    other.mkdir()
    wanted = oc.read(export_folder(first, "text", "utf8.csv"))
    found = oc.read(export_folder(other, supplier, version))
    for name in TABLES:
        pd.testing.assert_frame_equal(found.tables()[name], wanted.tables()[name])

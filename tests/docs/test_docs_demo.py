"""The demonstration of docs/messy-exports.md runs: six suppliers' files to one report."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "docs" / "demo"
SUPPLIERS = {
    "client list.xlsx", "simplepractice-appointments.csv", "openfit-export.csv", "redcap-raw.csv",
    "qualtrics-satisfaction.csv", "wellbeing form (responses).csv",
}  # fmt: skip


def run(*words):
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "exports"
    made = run(DEMO / "make_exports.py", folder)
    assert made.returncode == 0, made.stderr
    shutil.copy(DEMO / "layout.toml", folder)
    return folder


def test_the_page_names_every_file(exports):
    page = (ROOT / "docs" / "messy-exports.md").read_text(encoding="utf-8")
    assert {item.name for item in exports.iterdir()} == {*SUPPLIERS, "layout.toml"}
    assert all(f"`{name}`" in page for name in SUPPLIERS)


def test_every_line_is_accounted_for_and_nobody_is_named(exports):
    from outcomes.sources import read

    study = read(exports)
    assert study.ledger.balanced()
    files = study.ledger.files()
    assert set(files["file"].str.partition("[")[0]) == SUPPLIERS
    found = set(study.ledger.to_frame()["reason"])
    assert {"twice_in_look_up", "several_episodes", "totals_row", "preview"} <= found
    assert {"unfinished", "identifier_column", "resubmitted", "duplicate_row"} <= found
    assert "same_session" in found
    assert set(study.responses["instrument"]) == {"phq9", "gad7", "who5"}
    everything = " ".join(frame.to_csv() for frame in study.tables().values())
    everything += study.ledger.to_csv()
    for part in ("Novak", "harbour.example", "07700", "192.0.2."):
        assert part not in everything


@pytest.mark.slow
def test_the_commands_of_the_page_make_a_report(exports, tmp_path):
    checked = run("-m", "outcomes.cli", "check", exports)
    assert checked.returncode in (0, 1), checked.stderr
    assert "In the list more than once" in checked.stdout
    done = run("-m", "outcomes.cli", "report", exports, "--out", tmp_path / "reports")
    assert done.returncode == 0, done.stderr
    (results,) = (tmp_path / "reports").rglob("results.json")
    ids = {result["id"] for result in json.loads(results.read_text(encoding="utf-8"))["results"]}
    assert any(name.startswith("comparison.phq9") for name in ids)

"""The pages on practice software show layouts that read its export."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import outcomes as oc

ROOT = Path(__file__).resolve().parents[2]
EXPORTS = ROOT / "tests" / "fixtures" / "exports"
# Page, which of its layouts, the supplier, and the fixture that plays each file.
READ = [
    ("openfit", 0, "openfit", {"openfit.csv": "yes_no.csv"}),
    ("openfit", 1, "openfit", {"openfit.csv": "yes_no.csv"}),
    ("openfit", 2, "openfit", {"openfit.csv": "couple.csv"}),
    ("simplepractice", 0, "simplepractice", {"client_attendance_report.csv": "attendance.csv"}),
    ("simplepractice", 1, "simplepractice", {"client_attendance_report.csv": "attendance.csv"}),
    ("simplepractice", 2, "simplepractice", {"appointment-status-report.csv": "appointments.csv"}),
    ("nhs", 0, "nhs_ids", {name: name for name in ("referral.csv", "care_contact.csv")}),
]


@pytest.mark.parametrize(("page", "number", "supplier", "files"), READ)
def test_the_layout_of_a_page_reads_an_export(tmp_path, page, number, supplier, files):
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text(encoding="utf-8")
    layouts = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    for name, fixture in files.items():
        shutil.copy(EXPORTS / supplier / fixture, tmp_path / name)
    if (page, number) == ("simplepractice", 0):
        # The page's first layout knows no couple.
        path = tmp_path / "client_attendance_report.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(("Fritz", "Greta"))]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    (tmp_path / "layout.toml").write_text(layouts[number], encoding="utf-8")
    study = oc.read(tmp_path)
    assert study.ledger.balanced()
    assert len(study.episodes)
    assert len(study.sessions)

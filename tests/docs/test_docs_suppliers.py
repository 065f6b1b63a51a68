"""The pages on survey tools show layouts that read their tool's export."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import outcomes as oc
from outcomes.sources import parse_layout

ROOT = Path(__file__).resolve().parents[2]
EXPORTS = ROOT / "tests" / "fixtures" / "exports"
PAGES = ["google_forms", "microsoft_forms", "qualtrics", "redcap"]
# Page, which of its layouts, and the fixture that plays each file.
READ = [
    ("redcap", 0, {"export.csv": "raw.csv", "project_DataDictionary.csv": "dictionary.csv"}),
    ("qualtrics", 1, {"survey.csv": "numeric.csv"}),
    ("google_forms", 0, {"form.csv": "uk.csv"}),
    ("microsoft_forms", 0, {"form.xlsx": "named.xlsx"}),
]
FIND = [("qualtrics", 0, {"survey.csv": "numeric.csv", "cases.csv": "cases.csv"})]


def _layouts(page):
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_one_file_and_two_files(page):
    first, second = (parse_layout(text, page) for text in _layouts(page))
    named = [{entry.file for entry in layout.files} for layout in (first, second)]
    assert sorted(map(len, named)) == [1, 2]
    assert any(e.find_episode for layout in (first, second) for e in layout.files)


def _read(folder, page, number, files):
    for name, fixture in files.items():
        shutil.copy(EXPORTS / page / fixture, folder / name)
    (folder / "layout.toml").write_text(_layouts(page)[number], encoding="utf-8")
    return oc.read(folder)


@pytest.mark.parametrize(("page", "number", "files"), READ)
def test_the_layout_of_a_page_reads_an_export(tmp_path, page, number, files):
    study = _read(tmp_path, page, number, files)
    assert study.ledger.balanced()
    assert len(study.episodes)
    assert len(study.responses)


@pytest.mark.parametrize(("page", "number", "files"), FIND)
def test_answers_find_their_course(tmp_path, page, number, files):
    pytest.importorskip("outcomes.cleaning.finding")
    assert len(_read(tmp_path, page, number, files).responses)

"""Every kind of source has a page, a fixture, and a test that reads it into a study."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import outcomes as oc
from outcomes.sources import parse_layout
from outcomes.sources.suppliers import suppliers

ROOT = Path(__file__).resolve().parents[2]
PAGES, FIXTURES = ROOT / "docs" / "how-to", ROOT / "tests" / "fixtures"
INDEX = (PAGES / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| \[(.+?)\]\((.+?)\) \| `(.+?)` \| `(.+?)::(.+?)` \|$", INDEX, re.M)
# The sources that the tool promises to read, as the first column of the index calls them.
PROMISED = (
    "CSV", "UTF-8", "byte order mark", "Windows-1252", "decimal comma", "TSV", "UTF-16", ".xlsx",
    ".xls`", ".ods", "Parquet", "REDCap, raw", "REDCap, labels", "events", "repeating",
    "checkboxes", "data dictionary", "Qualtrics", "Google Forms", "Microsoft Forms", "OpenFIT",
    "SimplePractice", "NHS", "PostgreSQL", "DuckDB", "SQLite",
)  # fmt: skip


def test_every_row_of_the_table_is_understood():
    table = [line for line in INDEX.splitlines() if line.startswith("| ")]
    assert len(ROWS) == len(table) - 1, "a row has another form than the others"


@pytest.mark.parametrize("promised", PROMISED)
def test_every_promised_kind_has_a_row(promised):
    assert any(promised in source for source, *_ in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_page_fixture_and_test_of_a_source_exist(row):
    source, name, link, fixture, module, test = row
    assert name == link
    page = (PAGES / link).read_text(encoding="utf-8")
    words = source.replace(",", " ").replace("`", "").split()
    assert any(word.casefold() in page.casefold() for word in words)
    assert (FIXTURES / fixture).exists() or (ROOT / fixture.removeprefix("../")).is_dir()
    text = (ROOT / "tests" / "sources" / module).read_text(encoding="utf-8")
    body = re.search(rf"^ *def {test}\((.*?)(?=^ *def |\Z)", text, re.M | re.S)
    assert body is not None
    assert "study" in body[0] or "read(" in body[0] or "scores(" in body[0]


def test_every_page_is_listed():
    pages = {page.name for page in PAGES.glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", INDEX)) == pages


def test_every_folder_of_exports_and_every_supplier_has_a_row():
    folders = {fixture.split("/")[1] for *_, fixture, _, _ in ROWS if "exports/" in fixture}
    assert folders == {folder.name for folder in (FIXTURES / "exports").iterdir()}
    assert {name.split("/")[0] for name in suppliers()} <= folders


def test_the_layout_of_the_page_on_text_files_reads_an_export(tmp_path):
    text = (PAGES / "text-files.md").read_text(encoding="utf-8")
    (layout,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    shutil.copy(FIXTURES / "exports" / "text" / "cp1252.csv", tmp_path / "export.csv")
    (tmp_path / "layout.toml").write_text(layout, encoding="utf-8")
    study = oc.read(tmp_path)
    assert study.ledger.balanced()
    assert (len(study.clients), len(study.episodes), len(study.responses)) == (3, 3, 5)


def test_the_layout_of_the_page_on_parquet_is_one():
    text = (PAGES / "parquet.md").read_text(encoding="utf-8")
    (layout,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    assert [entry.file for entry in parse_layout(layout, "parquet.md").files] == ["export.parquet"]

"""What else lies in a folder: workbooks of every kind, and databases, which are said."""

from __future__ import annotations

import shutil
import sqlite3
import tomllib

import duckdb
import pytest
from supplier_exports import EXPORTS

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import InputError
from outcomes.sources.proposal import propose_layout

pytestmark = pytest.mark.slow

CLIENTS = "Client ID,Gender\nA1,F\nA2,M\n"


def _sqlite(place):
    with sqlite3.connect(place) as database:
        database.execute("CREATE TABLE clients (client_id TEXT)")
        database.execute("INSERT INTO clients VALUES ('A1')")
    database.close()


def _duckdb(place):
    with duckdb.connect(place) as database:
        database.execute("CREATE TABLE clients AS SELECT 'A1' AS client_id")


MAKE = {"sqlite": _sqlite, "duckdb": _duckdb}


@pytest.fixture(params=MAKE)
def folder(request, tmp_path):
    """A folder with a database, whatever it is called."""
    MAKE[request.param](tmp_path / "clinic.backup")
    return tmp_path, request.param


@pytest.mark.parametrize("name", ["practice.xlsx", "practice.xls", "practice.ods", "macros.xlsm"])
def test_every_sheet_of_every_kind_of_workbook_is_described(tmp_path, name):
    fixture = "practice.xlsx" if name == "macros.xlsm" else name
    shutil.copy(EXPORTS / "excel" / fixture, tmp_path / name)
    text = propose_layout(tmp_path).text
    sheets = [entry["sheet"] for entry in tomllib.loads(text)["files"]]
    assert sheets == [
        "Cover", "Clients", "Courses", "PHQ-9", "Sessions", "Archive 2019", "Lists",
    ]  # fmt: skip
    assert text.count("a hidden sheet") == 2


def test_a_workbook_with_macros_is_read_like_any_other(tmp_path):
    layout = (EXPORTS / "excel" / "layout.toml").read_text(encoding="utf-8")
    shutil.copy(EXPORTS / "excel" / "practice.xlsx", tmp_path / "practice.xlsm")
    (tmp_path / "layout.toml").write_text(layout.replace(".xlsx", ".xlsm"), encoding="utf-8")
    assert len(oc.read(tmp_path).clients) == 3


def test_a_damaged_workbook_is_said_and_not_dropped(tmp_path):
    content = (EXPORTS / "excel" / "practice.xls").read_bytes()
    (tmp_path / "practice.xls").write_bytes(content[: len(content) // 3])
    (_, question), *_ = propose_layout(tmp_path).undecided
    assert "cannot be read" in question


def test_a_database_beside_exports_is_in_the_ledger(folder):
    place, _ = folder
    (place / "clients.csv").write_text("client_id\nA1\n", encoding="utf-8")
    log = oc.read(place).ledger.to_frame()
    assert log[["file", "reason", "line"]].to_numpy().tolist() == [
        ["clinic.backup", "database_file", 0]
    ]
    (place / "layout.toml").write_text('schema = 1\nignore = ["clinic.backup"]\n', "utf-8")
    assert not len(oc.read(place).ledger.to_frame())


def test_a_database_whose_name_tells_a_person_is_said_without_it(tmp_path):
    (tmp_path / "clients.csv").write_text("client_id\nA1\n", encoding="utf-8")
    _sqlite(tmp_path / "anna.db")
    assert "anna" not in oc.read(tmp_path).ledger.to_frame().to_csv()
    assert "anna" not in propose_layout(tmp_path).text


def test_a_folder_with_a_database_alone_names_the_address(folder):
    place, dialect = folder
    for attempt in (oc.read, propose_layout):
        with pytest.raises(InputError) as error:
            attempt(place)
        address = f"{dialect}:///{place}/clinic.backup"
        assert address in str(error.value)
    assert len(oc.read(address).clients) == 1


def test_the_layout_helper_names_the_address(folder, capsys):
    place, dialect = folder
    (place / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    assert f"{dialect}:///{place}/clinic.backup" in propose_layout(place).text
    assert main(["layout", str(place)]) == 0
    assert "nothing is undecided" in capsys.readouterr().err


def test_a_layout_that_names_a_database_as_a_file_is_told(folder):
    place, dialect = folder
    (place / "layout.toml").write_text(
        'schema = 1\n[[files]]\nfile = "clinic.backup"\ntable = "clients"\n'
        '[files.columns]\nclient_id = "client_id"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=f"{dialect}:///clinic.backup"):
        oc.read(place)


def test_a_database_in_the_folder_of_a_practice_is_in_the_ledger(tmp_path):
    north = tmp_path / "practice_id=north"
    north.mkdir()
    (north / "clients.csv").write_text("client_id\nA1\n", encoding="utf-8")
    _sqlite(north / "clinic.db")
    log = oc.read(tmp_path).ledger.to_frame()
    assert "database_file" in log["reason"].tolist()

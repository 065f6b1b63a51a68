"""PostgreSQL, DuckDB and SQLite give the same Study as the same rows in CSV files."""

from __future__ import annotations

import sqlite3
import uuid

import example_database as example
import pandas as pd
import pytest

from outcomes.schema import TABLES
from outcomes.sources import read

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def practice(root):
    return root / "data" / "example"


@pytest.fixture(scope="session")
def expected(practice, tmp_path_factory):
    return read(example.as_csv(practice, tmp_path_factory.mktemp("typed") / "csv"))


@pytest.fixture(scope="session")
def layout(practice, tmp_path_factory):
    place = tmp_path_factory.mktemp("layout") / "layout.toml"
    place.write_text(example.layout(practice), encoding="utf-8")
    return place


@pytest.fixture(scope="session")
def loaded(postgres, practice):
    """The example in PostgreSQL, readable by the user `reader`."""
    with postgres.connect() as database, database.cursor() as cursor:
        cursor.execute("CREATE SCHEMA export")
        for schema in ("public", "export"):
            for name, (header, rows) in example.tables(practice).items():
                cursor.execute(create(f"{schema}.{name}", name, header))
                with cursor.copy(f"COPY {schema}.{name} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
        cursor.execute("GRANT USAGE ON SCHEMA export TO reader")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA export, public TO reader")
    return postgres


def create(place: str, table: str, header: list[str]) -> str:
    columns = ", ".join(f'"{c}" {example.kind(table, c)}' for c in header[1:])
    return f'CREATE TABLE {place} ("row" integer PRIMARY KEY, {columns})'


@pytest.fixture(scope="session")
def duck(practice, tmp_path_factory):
    import duckdb

    place = tmp_path_factory.mktemp("duck") / "exports.duckdb"
    with duckdb.connect(str(place)) as database:
        for name, (header, rows) in example.tables(practice).items():
            database.execute(create(f'"{name}"', name, header))
            frame = pd.DataFrame(rows, columns=header, dtype="object")  # noqa: F841 - by name
            database.execute(f'INSERT INTO "{name}" SELECT * FROM frame')
    return place


@pytest.fixture(scope="session")
def lite(practice, tmp_path_factory):
    place = tmp_path_factory.mktemp("lite") / "exports.sqlite"
    with sqlite3.connect(place) as database:
        for name, (header, rows) in example.tables(practice).items():
            database.execute(create(f'"{name}"', name, header))
            truth = {"true": 1, "false": 0}
            cells = [[truth.get(cell, cell) for cell in row] for row in rows]
            marks = ", ".join("?" for _ in header)
            database.executemany(f'INSERT INTO "{name}" VALUES ({marks})', cells)
    database.close()
    return place


def same(study, expected, *, ledger=True):
    for name in TABLES:
        pd.testing.assert_frame_equal(study.tables()[name], expected.tables()[name])
    if not ledger:
        return
    pd.testing.assert_frame_equal(study.ledger.balance(), expected.ledger.balance())
    found, wanted = study.ledger.to_frame(), expected.ledger.to_frame()
    # A database has no line for its column names: row 1 is line 2 of the CSV file.
    wanted["line"] -= 1
    # ... and a table of a database stands where a workbook has a sheet.
    found["file"], found["sheet"] = found["sheet"] + ".csv", None
    pd.testing.assert_frame_equal(found, wanted)


def test_postgres_equals_csv(loaded, layout, expected):
    study = read(loaded.address(), layout=layout)
    same(study, expected)
    assert study.sources[0].name == "postgresql://localhost/practice[clients]"
    assert [s.rows for s in study.sources] == [s.rows for s in expected.sources]


def test_postgres_by_schema_and_plain_dialect(loaded, practice, expected, tmp_path):
    place = tmp_path / "layout.toml"
    place.write_text(example.layout(practice, "export.{}"), encoding="utf-8")
    address = loaded.address().replace("+psycopg", "")
    same(read(address, layout=place), expected, ledger=False)


def test_postgres_through_a_socket(loaded, layout, expected):
    address = loaded.address().replace(f"127.0.0.1:{loaded.port}", "")
    address += f"?host={loaded.folder}&port={loaded.port}"
    study = read(address, layout=layout)
    assert study.sources[0].name == "postgresql:///practice[clients]"
    assert study.sources[0].sha256 == read(loaded.address(), layout=layout).sources[0].sha256


def test_duckdb_equals_csv(duck, layout, expected):
    same(read(f"duckdb:///{duck}", layout=layout), expected)


def test_duckdb_by_its_first_bytes(duck, layout, expected, tmp_path):
    odd = tmp_path / "exports"
    odd.write_bytes(duck.read_bytes())
    study = read(odd, layout=layout)
    same(study, expected)
    assert study.sources[0].name == "exports[clients]"


def test_sqlite_equals_csv(lite, layout, expected):
    same(read(f"sqlite:///{lite}", layout=layout), expected)
    same(read(lite, layout=layout), expected)


def test_the_same_rows_have_the_same_digest_everywhere(loaded, duck, layout):
    one = read(loaded.address(), layout=layout).sources
    other = read(duck, layout=layout).sources
    assert [s.sha256 for s in one] == [s.sha256 for s in other]


def test_rows_without_a_key_are_ordered_by_all_columns(tmp_path):
    digests = []
    for number, rows in enumerate(([("b", "x"), ("a", "y"), ("a", "x")],
                                   [("a", "x"), ("b", "x"), ("a", "y")])):  # fmt: skip
        place = tmp_path / f"{number}.sqlite"
        with sqlite3.connect(place) as database:
            database.execute("CREATE TABLE clients (client_id text, practice_id text)")
            database.executemany("INSERT INTO clients VALUES (?, ?)", rows)
        database.close()
        study = read(place)
        digests.append(study.sources[0].sha256)
    assert digests[0] == digests[1]
    lost = study.ledger.to_frame()
    assert lost["line"].tolist() == [2]


def test_canonical_tables_need_no_layout(postgres):
    name = f"own_{uuid.uuid4().hex[:8]}"
    with postgres.connect() as admin:
        admin.execute(f"CREATE DATABASE {name}")
    with postgres.connect(name) as database:
        database.execute("CREATE TABLE clients (client_id text, prior_care boolean, notes json)")
        database.execute("""INSERT INTO clients VALUES ('A', true, '{"a": 1}'), ('B', null, null),
                            (null, null, null)""")
        database.execute("CREATE VIEW practitioners AS SELECT 'T1' AS practitioner_id, "
                         "'coach' AS role")  # fmt: skip
        database.execute("CREATE TABLE invoices (amount numeric)")
        database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    study = read(postgres.address(name))
    assert study.name == name
    assert study.clients["prior_care"].tolist() == [True, pd.NA]
    assert study.practitioners["role"].tolist() == ["coach"]
    log = study.ledger.to_frame()
    assert set(log["file"]) == {f"postgresql://localhost/{name}"}
    sheets = log.set_index("reason")["sheet"]
    assert sheets["unread_file"] == "invoices"
    assert sheets["blank_line"] == "clients"
    assert sheets["unmapped_column"] == "clients"
    files = study.ledger.files().set_index("file")
    assert files.loc[f"postgresql://localhost/{name}[clients]", "lines_read"] == 3


QUERIES = """
schema = 1
[[files]]
query = '''
-- people of one site; 100% of them: nothing here is a parameter
SELECT "Client ID" AS id, "Site" FROM clients WHERE "Client ID" LIKE 'C%' AND 'a:b' = 'a:b';
'''
table = "clients"
[files.columns]
client_id = "id"
practice_id = "Site"

[[files]]
file = "staff"
query = 'SELECT "Practitioner ID" AS id, lower("Role") AS role FROM practitioners ORDER BY 1 DESC'
table = "practitioners"
[files.columns]
practitioner_id = "id"
role = "role"
[files.codes.role]
"coach and therapist" = "both"
"""


@pytest.mark.parametrize("kind", ["postgres", "duck", "lite"])
def test_queries_as_sources(kind, loaded, duck, lite, expected, tmp_path):
    layout = tmp_path / "queries.toml"
    layout.write_text(QUERIES)
    source = {"postgres": loaded.address(), "duck": str(duck), "lite": str(lite)}[kind]
    study = read(source, layout=layout)
    names = [source.name.rpartition("[")[2] for source in study.sources]
    assert names == ["query 1]", "staff]"]
    assert len(study.clients) > 300
    columns = ["practitioner_id", "role"]
    pd.testing.assert_frame_equal(study.practitioners[columns], expected.practitioners[columns])

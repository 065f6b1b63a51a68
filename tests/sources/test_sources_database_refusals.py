"""What a database can refuse, and that no message, name or file ever holds the password."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from outcomes.errors import InputError, LayoutError, OutcomesError, UsageError
from outcomes.sources import read
from outcomes.sources.address import (
    PASSWORD,
    is_address,
    parse_address,
    settled,
    without_password,
)

SECRET = "s3cret"


def refused(source, kind=InputError, **options) -> str:
    with pytest.raises(kind) as caught:
        read(source, **options)
    message = caught.value.message()
    for secret in (SECRET, "r3ad", "only@night", "127.0.0.1"):
        assert secret not in message
    return message


def layout(tmp_path, query: str | None = None, *, file: str | None = None, head: str = "") -> Path:
    place = tmp_path / "layout.toml"
    name = f'file = "{file}"' if file else f"query = '''{query}'''"
    place.write_text(
        f'schema = 1\n{head}\n[[files]]\n{name}\ntable = "clients"\n'
        '[files.columns]\nclient_id = "id"\n'
    )
    return place


@pytest.fixture(scope="module")
def people(postgres):
    """A small database: people to read, salaries not to."""
    name = f"people_{uuid.uuid4().hex[:8]}"
    with postgres.connect() as admin:
        admin.execute(f"CREATE DATABASE {name}")
    with postgres.connect(name) as database:
        database.execute("CREATE TABLE people (id text PRIMARY KEY, photo bytea, tags text[])")
        database.execute("INSERT INTO people VALUES ('A1', 'x', '{a,b}'), ('A2', 'y', null)")
        database.execute("CREATE TABLE salaries (id text)")
        database.execute("CREATE TABLE ages (id text, age text)")
        database.execute("INSERT INTO ages VALUES ('A1', 'forty')")
        database.execute("GRANT SELECT ON people, ages TO reader")
    return name


class TestPostgres:
    def test_a_wrong_password(self, postgres):
        message = refused(postgres.address(secret=SECRET))
        assert "does not accept the user or the password" in message
        assert "postgresql://localhost/practice" in message

    def test_a_database_that_is_not_there(self, postgres):
        assert "no such database" in refused(postgres.address("nowhere"))

    def test_no_such_table_names_near_ones(self, postgres, people, tmp_path):
        message = refused(
            postgres.address(people), LayoutError, layout=layout(tmp_path, file="peple")
        )
        assert "'peple'" in message
        assert "did you mean 'people'?" in message

    def test_no_right_to_read(self, postgres, people, tmp_path):
        message = refused(postgres.address(people), layout=layout(tmp_path, file="salaries"))
        assert "may not read this" in message
        assert f"{people}[salaries]" in message

    def test_a_column_of_pictures_stops_only_who_needs_it(self, postgres, people, tmp_path):
        place = layout(tmp_path, file="people")
        study = read(postgres.address(people), layout=place)
        assert study.clients["client_id"].tolist() == ["A1", "A2"]
        place.write_text(place.read_text().replace('"id"', '"photo"'))
        assert "'photo'" in refused(postgres.address(people), layout=place)

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("SELECT id FROM peopel", "names a table that is not there"),
            ("SELECT idd AS id FROM people", "names a column that is not there"),
            ("SELECT id FROM people WHERE", "not valid SQL"),
            (
                "WITH a AS (DELETE FROM people RETURNING id) SELECT id FROM a",
                "more than read",
            ),
            ("DELETE FROM people", "not one statement that reads"),
            ("SELECT id FROM people; DELETE FROM people", "not one statement that reads"),
            ("", "not one statement that reads"),
            ("SELECT id, age::int FROM ages", "rows cannot be read"),
        ],
    )
    def test_queries(self, query, said, postgres, people, tmp_path):
        address = postgres.address(people, user="owner")
        message = refused(address, layout=layout(tmp_path, query))
        assert said in message
        assert "forty" not in message
        with postgres.connect(people) as database:
            assert database.execute("SELECT count(*) FROM people").fetchone() == (2,)

    def test_moments_need_a_place(self, postgres, people, tmp_path):
        place = tmp_path / "layout.toml"
        text = (
            "schema = 1\n{}\n[[files]]\nquery = \"SELECT 'R' AS id, 'A1' AS who, "
            'timestamptz \'2026-03-01 23:30:00+00\' AS at"\ntable = "referrals"\n'
            '[files.columns]\nreferral_id = "id"\nclient_id = "who"\nreferred_on = "at"\n'
            '[files.constants]\nfrom_intervention = "therapy"\nto_intervention = "coaching"\n'
            '[[files]]\nfile = "people"\ntable = "clients"\n[files.columns]\nclient_id = "id"\n'
        )
        place.write_text(text.format(""))
        assert "timezone" in refused(postgres.address(people), LayoutError, layout=place)
        place.write_text(text.format('timezone = "Europe/Berlin"'))
        study = read(postgres.address(people), layout=place)
        assert str(study.referrals["referred_on"][0].date()) == "2026-03-02"

    def test_the_password_may_stand_in_the_environment(self, postgres, people, monkeypatch):
        address = postgres.address(people).replace(":r3ad%2Fonly%40night", "")
        monkeypatch.setenv("PGPASSFILE", "/dev/null")
        assert "password" in refused(address)
        monkeypatch.setenv(PASSWORD, "r3ad/only@night")
        assert "has no table by a name known here" in refused(address)

    def test_every_table_is_of_one_moment(self, postgres, people, tmp_path):
        from outcomes.sources.address import parse_address
        from outcomes.sources.database import open_database

        with open_database(parse_address(postgres.address(people))) as database:
            files = [database.driver.rows_of_table("people")]
            with postgres.connect(people) as writer:
                writer.execute("INSERT INTO people VALUES ('A3')")
            try:
                again = database.driver.rows_of_table("people")
                assert sum(len(chunk[0]) for rows in (*files, again) for chunk in rows.chunks) == 4
            finally:
                with postgres.connect(people) as writer:
                    writer.execute("DELETE FROM people WHERE id = 'A3'")


class TestOutOfReach:
    def test_nobody_listens(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        message = refused(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db")
        assert "cannot be reached" in message

    def test_a_server_that_never_answers(self, monkeypatch):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            port = silent.getsockname()[1]
            address = f"postgresql://me:{SECRET}@127.0.0.1:{port}/db?connect_timeout=2"
            assert "cannot be reached" in refused(address)

    def test_a_driver_that_is_not_installed(self):
        message = refused(f"mysql+pymysql://me:{SECRET}@host/db", UsageError)
        assert "pip install pymysql" in message

    @pytest.mark.parametrize("missing", ["sqlalchemy", "psycopg", "duckdb"])
    def test_a_package_that_is_not_installed(self, missing, monkeypatch, tmp_path):
        for name in [name for name in sys.modules if name.split(".")[0] == missing]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, missing, None)
        source = f"postgresql://me:{SECRET}@host/db"
        if missing == "duckdb":
            (tmp_path / "a.duckdb").write_bytes(b"12345678DUCK")
            source = str(tmp_path / "a.duckdb")
        assert "outcomes[sources]" in refused(source, UsageError)

    @pytest.mark.parametrize(
        "address",
        [
            f"nothing://me:{SECRET}@host/db",
            f"postgresql://me:{SECRET}@host:port/db",
            f"postgresql://me:{SECRET}@[::1/db",
            "sqlite://",
            "duckdb:///:memory:",
            "duckdb:///not/there.duckdb",
            "sqlite:///not/there.sqlite",
        ],
    )
    def test_odd_addresses(self, address):
        refused(address, OutcomesError)
        assert not Path("not").exists()


class TestFiles:
    def test_a_broken_file(self, tmp_path):
        place = tmp_path / "a.sqlite"
        place.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4000)
        refused(place)
        place.write_bytes(b"12345678DUCK" + b"\xff" * 4000)
        refused(place)

    def test_an_empty_database(self, tmp_path):
        place = tmp_path / "a.sqlite"
        with sqlite3.connect(place) as database:
            database.execute("CREATE TABLE x (y)")
        database.close()
        assert "no table by a name known here" in refused(place)

    def test_a_query_of_duckdb_reads_no_other_file(self, tmp_path):
        import duckdb

        place = tmp_path / "a.duckdb"
        duckdb.connect(str(place)).close()
        other = tmp_path / "other.csv"
        other.write_text("id\n1\n")
        place_of_layout = tmp_path / "layout.toml"
        place_of_layout.write_text(
            f"schema = 1\n[[files]]\nquery = \"SELECT * FROM read_csv('{other}')\"\n"
            'table = "clients"\n[files.columns]\nclient_id = "id"\n'
        )
        assert "may not read this" in refused(place, layout=place_of_layout)

    def test_a_query_needs_a_database(self, tmp_path):
        place = layout(tmp_path, "SELECT 1 AS id")
        (tmp_path / "clients.csv").write_text("id\n1\n")
        assert "needs a database" in refused(tmp_path, LayoutError, layout=place)

    def test_a_database_has_no_sheets(self, tmp_path):
        place = tmp_path / "a.sqlite"
        sqlite3.connect(place).execute("CREATE TABLE people (id)").connection.close()
        chosen = layout(tmp_path, file='people"\nsheet = "One')
        assert "no sheets" in refused(place, LayoutError, layout=chosen)


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("postgresql+psycopg://u:p@db.example.org:5432/clinic", "postgresql://db.example.org/clinic"),
            ("postgresql://u:p/w@r?d@db/clinic?sslmode=require", "postgresql://db/clinic"),
            ("postgresql://u@[::1]:5/clinic", "postgresql://localhost/clinic"),
            ("postgresql://10.1.2.3/clinic", "postgresql://server/clinic"),
            ("postgresql:///clinic?host=/run", "postgresql:///clinic"),
            ("duckdb:////srv/jane/exports.duckdb", "exports.duckdb"),
            ("sqlite:///exports%20new.db", "exports new.db"),
        ],
    )  # fmt: skip
    def test_names_hold_no_secret(self, text, name):
        assert parse_address(text).name == name
        assert "p" not in repr(parse_address(text)).removeprefix("Address(" + name)

    @pytest.mark.parametrize(
        ("text", "bare", "password"),
        [
            ("postgresql://u:p%40w@h/d?a=b", "postgresql://u@h/d?a=b", "p@w"),
            ("postgresql://u@h/d?password=x&a=b", "postgresql://u@h/d?a=b", "x"),
            ("postgresql://u@h/d", "postgresql://u@h/d", None),
            ("exports", "exports", None),
        ],
    )
    def test_the_password_comes_off(self, text, bare, password):
        assert without_password(text) == (bare, password)

    def test_a_file_is_found_from_any_folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        address = settled("duckdb:///a b.duckdb")
        assert parse_address(address).file == (tmp_path / "a b.duckdb").resolve()
        assert settled("postgresql://u:p@h/d") == "postgresql://u:p@h/d"

    def test_what_is_an_address(self):
        assert is_address("postgresql+psycopg://h/d")
        assert not is_address("data/example")
        assert not is_address(Path("postgresql://h/d"))


@pytest.mark.slow
def test_the_command_line_keeps_the_secret(postgres, people, tmp_path):
    """A report of a database: nothing under `reports`, failed or not, holds the password."""
    command = [sys.executable, "-m", "outcomes.cli"]
    place = layout(tmp_path, file="people")
    address = postgres.address(people)
    done = subprocess.run(
        [*command, "check", address, "--layout", str(place)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"postgresql://localhost/{people}[people]" in done.stdout
    assert "r3ad" not in done.stdout + done.stderr
    out = tmp_path / "tables"
    subprocess.run(
        [*command, "clean", address, "--layout", str(place), "--out", str(out)],
        capture_output=True, check=True,
    )  # fmt: skip
    for path in out.rglob("*"):
        assert not path.is_file() or b"r3ad" not in path.read_bytes()


@pytest.mark.slow
def test_a_report_of_a_database(postgres, root, tmp_path):
    import example_database as example

    name = f"report_{uuid.uuid4().hex[:8]}"
    with postgres.connect() as admin:
        admin.execute(f"CREATE DATABASE {name}")
    with postgres.connect(name) as database, database.cursor() as cursor:
        for table, (header, rows) in example.tables(root / "data" / "example").items():
            columns = ", ".join(f'"{c}" {example.kind(table, c)}' for c in header[1:])
            cursor.execute(f'CREATE TABLE {table} ("row" integer PRIMARY KEY, {columns})')
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    place = tmp_path / "layout.toml"
    place.write_text(example.layout(root / "data" / "example"), encoding="utf-8")
    out = tmp_path / "reports"
    done = subprocess.run(
        [sys.executable, "-m", "outcomes.cli", "report", postgres.address(name),
         "--layout", str(place), "--out", str(out)],
        capture_output=True, text=True, check=False, env=None,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    manifest = json.loads(next(out.rglob("manifest.json")).read_text())
    assert manifest["parameters"]["source"] == "postgresql+psycopg://…"
    names = [entry["name"] for entry in manifest["inputs"]]
    assert f"postgresql://localhost/{name}[clients]" in names
    texts = [path.read_text(errors="ignore") for path in out.rglob("*") if path.is_file()]
    assert not any("r3ad" in text for text in [*texts, done.stdout, done.stderr])

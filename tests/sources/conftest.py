"""A PostgreSQL server of the tests' own, and the example practice inside real databases."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "r3ad/only@night"  # with the characters that an address has to escape
ESCAPED = "r3ad%2Fonly%40night"
WAIT_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server: `owner` may do everything, `reader` only read what it was given."""

    port: int
    folder: Path

    def address(self, database: str = "practice", user: str = "reader", secret: str = ESCAPED):
        return f"postgresql+psycopg://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "practice"):
        import psycopg

        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="owner",
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )


def _programs() -> Path | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: p.parent.name)
    found = [place for place in places if (place / "initdb").exists()]
    if found:
        return found[-1]
    beside = shutil.which("initdb")
    return Path(beside).parent if beside and shutil.which("postgres") else None


def _as_other_user() -> tuple[list[str], int | None]:
    """PostgreSQL refuses to run as root: the words before a command, and the user's number."""
    if os.geteuid() != 0:
        return [], None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        return ["setpriv", *ids], user.pw_uid
    return [], None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen, log: Path) -> None:
    import psycopg

    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the PostgreSQL server did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server in a folder of its own: loopback and a socket, passwords by SCRAM."""
    programs = _programs()
    if programs is None:
        reason = "PostgreSQL's programs initdb and postgres are not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    before, number = _as_other_user()
    folder = Path(tempfile.mkdtemp(prefix="outcomes-pg-"))
    secret, log = folder / "secret", folder / "log"
    secret.write_text(PASSWORD)
    log.touch()
    if number is not None:
        for path in (folder, secret, log):
            os.chown(path, number, -1)
    plain = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}}
    made = [str(programs / "initdb"), "-D", "data", "-U", "owner", "-A", "scram-sha-256"]
    made += ["--pwfile=secret", "-E", "UTF8", "--no-sync"]
    subprocess.run([*before, *made], check=True, capture_output=True, **plain)
    server = Server(_free_port(), folder)
    settings = ["listen_addresses=127.0.0.1", f"port={server.port}", "fsync=off",
                f"unix_socket_directories={folder}", "timezone=Asia/Tokyo"]  # fmt: skip
    run = [str(programs / "postgres"), "-D", "data", *(w for s in settings for w in ("-c", s))]
    with log.open("ab") as out:
        process = subprocess.Popen([*before, *run], stdout=out, stderr=out, **plain)
    try:
        _wait(server, process, log)
        with server.connect("postgres") as admin:
            admin.execute("CREATE DATABASE practice")
            admin.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)

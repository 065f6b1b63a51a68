"""Addresses of databases: what they name, and how they are shown without a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from outcomes.errors import InputError

# An address that names a user and no password takes it from here, where libpq finds none.
PASSWORD = "OUTCOMES_DATABASE_PASSWORD"  # noqa: S105 - the name of a variable
# Databases that are one file: the address ends in a path.
IN_A_FILE = ("duckdb", "sqlite")
_START = re.compile(r"([A-Za-z][\w.]*)(\+\w+)?://", re.ASCII)
# How a file begins: SQLite's header (file format, section 1.3), DuckDB's magic after a checksum.
_MAGIC = {"sqlite": (0, b"SQLite format 3\x00"), "duckdb": (8, b"DUCK")}


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address.

    `url` is the whole, secrets and all, and goes to the driver only; `name` is what ledger,
    messages and manifest say; `file` is the path where the database is one file.
    """

    url: str
    dialect: str
    name: str
    database: str
    file: Path | None = None

    def __repr__(self) -> str:
        return f"Address({self.name})"


def is_address(text: object) -> bool:
    """Whether a source is an address of a database rather than a path."""
    return isinstance(text, str) and _START.match(text) is not None


def parse_address(text: str) -> Address:
    """Take an address apart. Raises InputError where it names no file or database."""
    start = _START.match(text)
    if start is None:
        raise InputError(
            "the address of a database has another form",
            fix="write it as dialect://user@server/database, or duckdb:///file.duckdb",
        )
    dialect = start[1].lower()
    rest = text[start.end() :]
    if dialect in IN_A_FILE:
        return _file_address(text, dialect, rest)
    # A password may hold any character: everything before the last @ goes.
    place = rest.rpartition("@")[2].partition("?")[0]
    server, _, database = place.partition("/")
    name = f"{dialect}://{_shown(server)}/{database}"
    return Address(text, dialect, name, database or dialect)


def file_address(path: Path) -> Address | None:
    """Return the address of a SQLite or DuckDB file, by how it begins; None for any other."""
    try:
        if not path.is_file():  # opening a pipe would wait for somebody to write into it
            return None
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return None
    for dialect, (offset, magic) in _MAGIC.items():
        if head[offset : offset + len(magic)] == magic:
            return parse_address(f"{dialect}:///{quote(str(path.resolve()))}")
    return None


def settled(text: str) -> str:
    """Return an address that means the same in any folder."""
    address = parse_address(text)
    if address.file is None:
        return text
    return f"{text.partition('://')[0]}:///{quote(str(address.file.expanduser().resolve()))}"


def without_password(text: str) -> tuple[str, str | None]:
    """Return the address without its password, and the password, None where it has none."""
    start = _START.match(text)
    if start is None:
        return text, None
    head, rest = text[: start.end()], text[start.end() :]
    user, sign, place = rest.rpartition("@")
    place, mark, query = place.partition("?")
    name, colon, password = user.partition(":")
    pairs = parse_qsl(query, keep_blank_values=True)
    inside = dict(pairs).get("password")
    if not colon and inside is None:
        return text, None
    kept = urlencode([(key, value) for key, value in pairs if key != "password"])
    mark = mark if kept else ""
    return f"{head}{name}{sign}{place}{mark}{kept}", unquote(password) if colon else inside


@contextmanager
def lent_password(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Take the password out of an address among `values` while the block runs.

    It stands in the environment instead, for processes started meanwhile: what is written
    down of the values, a notebook's parameters say, holds no secret.
    """
    found: dict[str, Any] = {}
    secret = None
    for name, value in values.items():
        found[name] = value
        if is_address(value):
            found[name], password = without_password(value)
            secret = password or secret
    before = os.environ.get(PASSWORD)
    if secret:
        os.environ[PASSWORD] = secret
    try:
        yield found
    finally:
        if secret:
            os.environ.pop(PASSWORD)
            if before is not None:
                os.environ[PASSWORD] = before


def _file_address(text: str, dialect: str, rest: str) -> Address:
    path = unquote(rest.removeprefix("/").partition("?")[0])
    if not path or path == ":memory:":
        raise InputError(
            f"the address names no {dialect} file",
            fix=f"write it as {dialect}:///exports.{dialect}; a path from the top has four /",
        )
    file = Path(path)
    return Address(text, dialect, file.name, file.stem, file)


def _shown(server: str) -> str:
    """Name a server without its port; a number is an IP address, which names a machine."""
    bare = server[1:].partition("]")[0] if server.startswith("[") else server.partition(":")[0]
    try:
        number = ip_address(bare)
    except ValueError:
        return bare
    return "localhost" if number.is_loopback else "server"

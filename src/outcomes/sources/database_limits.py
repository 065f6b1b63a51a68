"""Limits and sentences of reading from a database, from `database.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from outcomes.errors import InputError


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """The limits of `database.toml`, where each has its reason beside it."""

    connect_seconds: int
    rows_at_once: int
    sample_rows: int
    tables_shown: int
    reading_words: tuple[str, ...]
    system_schemas: frozenset[str]
    states: dict[str, str]
    words: dict[str, list[str]]
    said: dict[str, dict[str, str]]


@cache
def database_limits() -> DatabaseLimits:
    """Read the limits that ship with the package."""
    text = files("outcomes.sources").joinpath("database.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    return DatabaseLimits(
        connect_seconds=body["connect_seconds"],
        rows_at_once=body["rows_at_once"],
        sample_rows=body["sample_rows"],
        tables_shown=body["tables_shown"],
        reading_words=tuple(body["reading_words"]),
        system_schemas=frozenset(body["system_schemas"]),
        states=body["states"],
        words=body["words"],
        said=body["said"],
    )


def refusal(kind: str, where: str) -> InputError:
    """Build the error of a kind of `database.toml`."""
    said = database_limits().said[kind]
    return InputError(said["what"], where=where, fix=said["fix"])


def kind_of(message: str, state: str | None, default: str) -> str:
    """Return what went wrong, by the server's code, else by words of its message.

    The message itself is never shown: servers quote the values they cannot read.
    """
    limits = database_limits()
    if state in limits.states:
        return limits.states[str(state)]
    lower = message.casefold()
    for kind, words in limits.words.items():
        if any(word.casefold() in lower for word in words):
            return kind
    return default

"""Marks of erased people, by which they are known again without being named.

A mark is a digest of an id as the store had it. An id that is a pseudonym (80 random bits) cannot
be had back from its mark; where a store keeps ids as they came, whoever guesses one can test it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import pandas as pd

from outcomes.cleaning import Forgotten

_SALT = "outcomes forgotten 1"
# The fields of `Forgotten`, and what their ids name.
KINDS = {
    "clients": "clients",
    "couples": "couples",
    "episodes": "episodes",
    "shared": "episodes",
    "goals": "goals",
}


def marks_of(who: Forgotten) -> tuple[str, ...]:
    """The marks of one person, the person's own first."""
    (client,) = who.clients
    others = {mark(field, value) for field in KINDS for value in getattr(who, field)}
    own = mark("clients", client)
    return (own, *sorted(others - {own}))


def mark(field: str, value: str) -> str:
    """The mark of an id."""
    return hashlib.sha256(f"{_SALT}\0{field}\0{value}".encode()).hexdigest()


def returning(
    groups: Iterable[tuple[str, ...]], hidden: Mapping[str, pd.Series]
) -> set[tuple[str, ...]]:
    """Which erased people are among the clients of an export; see `forgotten_among`."""
    there = {mark("clients", str(value)) for value in hidden.get("clients", ())}
    return {group for group in groups if group[0] in there}


def forgotten_among(
    groups: Iterable[tuple[str, ...]], hidden: Mapping[str, pd.Series]
) -> Forgotten:
    """What of erased people an export holds, in its own ids.

    `hidden` gives by kind the ids of the store, with the ids of the export as their index.
    """
    marks = {one for group in groups for one in group}
    found = {
        field: frozenset(
            str(plain)
            for plain, value in hidden.get(kind, pd.Series(dtype="string")).items()
            if mark(field, str(value)) in marks
        )
        for field, kind in KINDS.items()
    }
    return Forgotten(**found)

"""What counts as a sign of a person, read once from `identifiers.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class IdentifierKind:
    """One kind of identifier: how people call it, and which words of a column name say so."""

    name: str
    title: str
    share: float
    anywhere: tuple[str, ...]
    alone: frozenset[str]


@dataclass(frozen=True, slots=True)
class NameWords:
    """Words that make or break the name of a person; all in small letters without accents."""

    given: frozenset[str]
    titles: frozenset[str]
    particles: frozenset[str]
    things: frozenset[str]
    founders: frozenset[str]


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of `identifiers.toml`, where each has its reason beside it."""

    word_header: int
    phrase_header: int
    sample: int
    fewest: int
    fewest_matches: int
    text_words: int
    text_distinct: float
    name_shape: float
    birth_before: int
    birth_spread: int
    birth_early_year: int
    birth_early_share: float
    wrong_column: float
    cell_length: int
    oldest: int
    epochs: frozenset[str]


@dataclass(frozen=True, slots=True)
class IdentifierRules:
    """All of `identifiers.toml`."""

    kinds: dict[str, IdentifierKind]
    roles: frozenset[str]
    who: frozenset[str]
    names: NameWords
    limits: Limits


@cache
def identifier_rules() -> IdentifierRules:
    """The rules that ship with the package."""
    text = files("outcomes.privacy").joinpath("identifiers.toml").read_text(encoding="utf-8")
    body: dict[str, Any] = tomllib.loads(text)
    kinds = {
        name: IdentifierKind(
            name, kind["title"], kind["share"], tuple(kind["anywhere"]), frozenset(kind["alone"])
        )
        for name, kind in body["kinds"].items()
    }
    names = body["names"]
    limits = Limits(
        **body["limits"], oldest=body["ages"]["oldest"], epochs=frozenset(names["epochs"])
    )
    words = NameWords(
        *(frozenset(names[k]) for k in ("given", "titles", "particles", "things", "founders"))
    )
    return IdentifierRules(
        kinds, frozenset(body["words"]["roles"]), frozenset(body["words"]["who"]), words, limits
    )


def plain(text: str) -> str:
    """Small letters without accents: Müller and MULLER are one."""
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(c for c in spread if not unicodedata.combining(c)).casefold()


def header_words(header: str) -> list[str]:
    """The words of a column name: RecipientEmail and recipient_e-mail fall into the same."""
    return _SIGNS.sub(" ", plain(_HUMP.sub(" ", header))).split()


def title(kind: str) -> str:
    """What people are told a kind is."""
    return identifier_rules().kinds[kind].title

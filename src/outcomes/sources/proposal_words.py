"""Words and limits of the layout helper, from `proposal.toml`, and how words are compared."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from outcomes.cleaning.types import TRUTH
from outcomes.schema import TABLES, vocabularies

_APART = re.compile(r"[^\w+<>:%]+|_")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True, eq=False)
class ProposalWords:
    """`proposal.toml`, with every word folded: by what it may be evidence for."""

    limits: dict[str, float]
    missing: tuple[str, ...]
    sentinels: tuple[float, ...]
    people: frozenset[str]
    tables: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    instruments: dict[str, tuple[str, ...]]
    totals: frozenset[str]
    truth: dict[str, bool]
    words: dict[str, dict[str, str]]

    def headers(self, table: str, column: str) -> tuple[str, ...]:
        """Names that this column of this table goes by."""
        own = self.columns.get(f"{table}.{column}", ())
        return own or self.columns.get(column, ())


@cache
def proposal_words() -> ProposalWords:
    """Read the words that ship with the package."""
    text = files("outcomes.sources").joinpath("proposal.toml").read_text(encoding="utf-8")
    body: dict[str, Any] = tomllib.loads(text)
    truth = dict.fromkeys(body["truth"]["true"], True)
    truth |= dict.fromkeys(body["truth"]["false"], False)
    return ProposalWords(
        limits=body["limits"],
        missing=tuple(body["missing"]["words"]),
        sentinels=tuple(map(float, body["sentinels"]["numbers"])),
        people=frozenset(map(folded, body["people"]["headers"])),
        tables={name: _folded(words) for name, words in body["tables"].items()},
        columns={
            name: (folded(name.rpartition(".")[2]), *_folded(words))
            for name, words in body["columns"].items()
        },
        instruments={name: _folded(words) for name, words in body["instruments"].items()},
        totals=frozenset(map(folded, body["totals"]["words"])),
        truth={folded(word): is_true for word, is_true in truth.items()},
        words={name: _known(name, told) for name, told in body["words"].items()},
    )


def folded(text: str) -> str:
    """Small letters without accents and punctuation, words apart by one blank."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).replace("ß", "ss"))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_APART.sub(" ", bare.casefold()).split())


def translated(vocabulary: str, word: str) -> str | None:
    """Return our word for a word of an export, or None."""
    return proposal_words().words.get(vocabulary, {}).get(folded(word))


def is_ours(vocabulary: str, word: str) -> bool:
    """Whether a word needs no translation: cleaning compares without case only."""
    return word.casefold() in {known.casefold() for known in vocabularies()[vocabulary].words}


def truth(word: str) -> bool | None:
    """Return what a word says, yes or no; None where it says neither."""
    known = TRUTH.get(word.casefold())
    return proposal_words().truth.get(folded(word)) if known is None else known


def tables_of_one_row() -> list[str]:
    """Tables that come from rows as they stand, not from questionnaires."""
    return [name for name in TABLES if name not in ("responses", "satisfaction")]


def _folded(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(folded, words)))


def _known(name: str, told: dict[str, list[str]]) -> dict[str, str]:
    """Words by what they mean; one that could mean two things means nothing here."""
    vocabulary = vocabularies()[name]
    meanings: dict[str, set[str]] = {}
    for ours in vocabulary.words:
        nhs = [vocabulary.nhs_codes[ours]] if ours in vocabulary.nhs_codes else []
        for word in (ours, vocabulary.labels[ours], *nhs, *told.get(ours, ())):
            meanings.setdefault(folded(word), set()).add(ours)
    return {word: min(ours) for word, ours in meanings.items() if len(ours) == 1}

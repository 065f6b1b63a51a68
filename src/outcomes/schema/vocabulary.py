"""The coded words of the tables, read once from `vocabularies.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A closed list of words with a label each, in display order."""

    name: str
    description: str
    labels: dict[str, str]
    nhs_codes: dict[str, str]

    @property
    def words(self) -> list[str]:
        """The words a table may hold, in display order."""
        return list(self.labels)


@cache
def vocabularies() -> dict[str, Vocabulary]:
    """All vocabularies by name."""
    text = files("outcomes.schema").joinpath("vocabularies.toml").read_text(encoding="utf-8")
    found = {}
    for name, body in tomllib.loads(text).items():
        description = body.pop("description")
        found[name] = Vocabulary(
            name=name,
            description=description,
            labels={word: entry["label"] for word, entry in body.items()},
            nhs_codes={word: entry["nhs"] for word, entry in body.items() if "nhs" in entry},
        )
    return found


def label(vocabulary: str, word: str) -> str:
    """The display label of a word; the word itself where the vocabulary lacks it."""
    return vocabularies()[vocabulary].labels.get(word, word)

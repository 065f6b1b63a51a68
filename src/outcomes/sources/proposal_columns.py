"""What the cells of a column look like: counts and kinds, never a cell itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from outcomes.cleaning import DATE_ORDERS, parse_date
from outcomes.schema import Column, Kind, vocabularies
from outcomes.sources.proposal_words import is_ours, proposal_words, translated, truth

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_ID = re.compile(r"[A-Za-z]{0,8}[-_/]?\d[\w/-]*|[0-9a-fA-F-]{8,}")


@dataclass(frozen=True, slots=True, eq=False)
class ColumnFacts:
    """A column: cells filled, distinct texts with their counts, and shares by kind.

    `unique` says that no filled cell occurs twice; the shares are of the filled cells.
    """

    header: str
    n: int
    counts: pd.Series
    dates: float
    numbers: float
    truths: float
    codes: float

    @property
    def distinct(self) -> int:
        """How many different texts there are."""
        return len(self.counts)

    @property
    def unique(self) -> bool:
        """Whether every filled cell differs from all others."""
        return self.n > 1 and self.distinct == self.n

    @property
    def values(self) -> set[str]:
        """The different texts; for comparing columns only."""
        return set(map(str, self.counts.index))

    @property
    def words(self) -> list[str]:
        """The different texts, the most frequent first."""
        return sorted(map(str, self.counts.index), key=lambda w: (-int(self.counts[w]), w))

    def numeric(self) -> dict[float, int]:
        """How often each number occurs."""
        found: dict[float, int] = {}
        for text, count in self.counts.items():
            if _NUMBER.fullmatch(str(text)):
                number = float(str(text).replace(",", "."))
                found[number] = found.get(number, 0) + int(count)
        return found

    def told(self) -> str:
        """What the cells look like, in a few words without any of them."""
        if not self.n:
            return "empty"
        least = proposal_words().limits["kind_share"]
        if self.dates >= least:
            kind = "dates"
        elif self.numbers >= least:
            kind = "numbers"
        elif self.truths >= least:
            kind = "yes or no"
        else:
            kind = "ids" if self.codes >= least else "texts"
        return f"{kind}, {self.n} filled, {self.distinct} different"


def column_facts(header: str, cells: pd.Series) -> ColumnFacts:
    """Look at a column of tidied text."""
    filled = cells.dropna()
    counts = filled.value_counts()
    n = len(filled)

    def share(fits: Sequence[bool]) -> float:
        return sum(int(c) for c, fit in zip(counts, fits, strict=True) if fit) / n if n else 0.0

    texts = [str(text) for text in counts.index]
    return ColumnFacts(
        header,
        n,
        counts,
        dates=share([_is_date(text) for text in texts]),
        numbers=share([_NUMBER.fullmatch(text) is not None for text in texts]),
        truths=share([truth(text) is not None for text in texts]),
        codes=share([_ID.fullmatch(text) is not None for text in texts]),
    )


def fits(facts: ColumnFacts, column: Column) -> float | None:  # noqa: PLR0911 - one for each kind
    """How well the cells fit a column of ours: 0 to 1, None where they do not.

    Empty columns fit anything a little: their header decides.
    """
    limits = proposal_words().limits
    if not facts.n:
        return 0.0
    if column.kind is Kind.DATE:
        return 1.0 if facts.dates >= limits["words_share"] else None
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        return 0.5 if facts.numbers >= limits["kind_share"] else None
    if column.kind is Kind.BOOLEAN:
        return 0.7 if facts.truths >= limits["kind_share"] else None
    if facts.dates >= limits["kind_share"]:
        return None
    if column.vocabulary:
        return _word_fit(facts, column.vocabulary)
    if column.kind is Kind.TEXT:
        return 0.1
    return 0.3 if facts.codes >= limits["words_share"] else 0.1


def known_share(facts: ColumnFacts, vocabulary: str) -> float:
    """The share of the different words that are known."""
    if not facts.distinct:
        return 0.0
    known = [w for w in facts.words if is_ours(vocabulary, w) or translated(vocabulary, w)]
    return len(known) / facts.distinct


def _word_fit(facts: ColumnFacts, vocabulary: str) -> float | None:
    limits = proposal_words().limits
    if facts.distinct > limits["distinct_categories"]:
        return None
    # A coded column repeats its few words; names and notes do not.
    most = max(2 * len(vocabularies()[vocabulary].words), 4)
    return known_share(facts, vocabulary) if facts.distinct <= most else None


def _is_date(text: str) -> bool:
    return any(parse_date(text, order) is not None for order in DATE_ORDERS)

"""Which table a file probably is, and which of its columns is which of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from outcomes.cleaning import is_required
from outcomes.schema import TABLES, Column, Kind
from outcomes.sources.items import WIDE_TABLES
from outcomes.sources.proposal_columns import ColumnFacts, fits
from outcomes.sources.proposal_words import folded, proposal_words

# How much a name says: the whole of it, or a part; and what a file's own name adds.
_WHOLE, _PART, _FILE = 3.0, 1.5, 3.0
# A word inside a longer name counts from this length on ("id" is in everything).
_PART_LENGTH = 4
# What a required column that is not there costs: a key cannot be made up, a word can be said.
_NO_KEY, _NO_WORD, _NOT_UNIQUE = 1.5, 0.3, 1.5
_NEARLY = 0.95


@dataclass(frozen=True, slots=True)
class Match:
    """A column of ours, the source's column, what speaks for it, and whether that is enough."""

    column: str
    header: str
    score: float
    evidence: str
    sure: bool


@dataclass(frozen=True, slots=True)
class TableGuess:
    """A table with the columns found for it; `sure` where no other is as likely."""

    table: str
    score: float
    matches: tuple[Match, ...]
    evidence: str
    sure: bool = True
    others: tuple[str, ...] = field(default=())


def guess_table(
    file: str, facts: Mapping[str, ColumnFacts], among: Collection[str] | None = None
) -> TableGuess | None:
    """Return the likeliest table for these columns, None where nothing speaks for any."""
    guesses = [_guess(name, file, facts) for name in among or TABLES]
    found = sorted(
        (guess for guess in guesses if guess.matches and guess.score > 0),
        key=lambda guess: -guess.score,
    )
    if not found:
        return None
    limits = proposal_words().limits
    best = found[0]
    rivals = [g.table for g in found[1:] if best.score - g.score < limits["table_margin"]]
    sure = best.score >= limits["table_score"] and not rivals
    return TableGuess(
        best.table, best.score, best.matches, best.evidence, sure, (best.table, *rivals)
    )


def match_columns(
    table: str, facts: Mapping[str, ColumnFacts], without: Collection[str] = ()
) -> tuple[Match, ...]:
    """Give each column of a table the source's column that fits it best, in our order."""
    candidates = [
        match
        for column in TABLES[table].columns
        if column.name not in without
        for found in facts.values()
        if (match := _candidate(table, column, found)) is not None
    ]
    taken: dict[str, Match] = {}
    used: set[str] = set()
    for match in sorted(candidates, key=lambda m: (-m.score, m.header, m.column)):
        if match.column not in taken and match.header not in used:
            taken[match.column] = match
            used.add(match.header)
    return tuple(taken[name] for name in TABLES[table].names if name in taken)


def lacking(table: str, there: Collection[str]) -> list[Column]:
    """Columns every row of a table needs that have no source."""
    return [
        column
        for column in TABLES[table].columns
        if column.name not in there and (not column.nullable or is_required(table, column))
    ]


def _guess(table: str, file: str, facts: Mapping[str, ColumnFacts]) -> TableGuess:
    matches = match_columns(table, facts)
    there = {match.column for match in matches}
    if table in WIDE_TABLES and not {"value", "item"} <= there:
        return TableGuess(table, 0.0, (), "")
    name = _file_score(table, file)
    score = name + sum(_weight(table, match) for match in matches)
    for column in lacking(table, there):
        score -= _NO_WORD if column.vocabulary else _NO_KEY
    key = TABLES[table].key
    own = next((match for match in matches if (match.column,) == key), None)
    if own is not None:
        found = facts[own.header]
        score += 1.0 if found.distinct >= _NEARLY * found.n else -_NOT_UNIQUE
    by_name = sum(match.sure for match in matches)
    said = f"{by_name} of its columns by their names"
    return TableGuess(table, score, matches, f"its name, {said}" if name else said, others=(table,))


def _weight(table: str, match: Match) -> float:
    needed = is_required(table, TABLES[table].column(match.column))
    return (1.0 if needed else 0.5) * min(match.score / _WHOLE, 1.0)


def _file_score(table: str, file: str) -> float:
    path = PurePosixPath(file)
    bare = folded(path.stem if path.suffix in (".csv", ".tsv", ".txt") else path.name)
    names = proposal_words().tables.get(table, ())
    if bare in names or bare == folded(table):
        return _FILE
    return _FILE / 2 if any(_inside(name, bare) for name in names) else 0.0


def _candidate(table: str, column: Column, facts: ColumnFacts) -> Match | None:
    fit = fits(facts, column)
    if fit is None:
        return None
    names = proposal_words().headers(table, column.name)
    header = folded(facts.header)
    if header in names:
        # The first names of a list are the plainest.
        score = _WHOLE - 0.01 * names.index(header)
        return Match(column.name, facts.header, score + fit, "by its name", True)
    part = max((name for name in names if _inside(name, header)), key=len, default="")
    if part:
        sure = " " in part and fit > 0
        return Match(column.name, facts.header, _PART + fit, "by a part of its name", sure)
    limits = proposal_words().limits
    if (
        column.vocabulary
        and column.kind is Kind.CATEGORY
        and facts.n
        and fit > limits["words_share"]
    ):
        return Match(column.name, facts.header, fit, "by its words alone", False)
    return None


def _inside(name: str, longer: str) -> bool:
    return len(name) >= _PART_LENGTH and f" {name} " in f" {longer} "


def overlaps(
    facts: ColumnFacts, keys: Sequence[tuple[str, str, set[str]]]
) -> tuple[str, str, float] | None:
    """Return the file, column and share of the key that most of a column's values stand in.

    `keys` holds file, our column and the values of that column there.
    """
    values = facts.values
    if not values:
        return None
    shares = [(len(values & known) / len(values), file, column) for file, column, known in keys]
    share, file, column = max(shares, default=(0.0, "", ""))
    return (file, column, share) if share >= proposal_words().limits["overlap_share"] else None

"""Finds the columns of an export that tell who people are, by their names and by their cells.

A finding says which column, what kind, and how sure; never a cell. Time is linear in the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from outcomes.privacy.births import birth_share
from outcomes.privacy.codes import code_letters, plain_codes
from outcomes.privacy.names import (
    has_name_shape,
    holds_given_name,
    holds_name,
    is_given_name,
    says_only_a_name,
)
from outcomes.privacy.patterns import CERTAIN, certain_kind, kinds_in
from outcomes.privacy.rules import IdentifierKind, header_words, identifier_rules
from outcomes.schema.texts import text_array

HEADER, VALUE = "header", "value"
CERTAIN_, LIKELY = "certain", "likely"
NAME, TEXT, BIRTH = "person_name", "free_text", "birth_date"
_CERTAIN_KINDS = frozenset(pattern.kind for pattern in CERTAIN)


@dataclass(frozen=True, slots=True)
class ColumnFinding:
    """One sign that a column tells who somebody is.

    `kind` is a kind of `identifiers.toml`, `by` is "header" or "value", `share` the part of the
    filled cells looked at that match (0 where the header says it), `certainty` "certain" or
    "likely".
    """

    column: str
    kind: str
    by: str
    share: float
    certainty: str


def inspect_columns(cells: pd.DataFrame, columns: Iterable[str]) -> tuple[ColumnFinding, ...]:
    """Signs of people in these columns of text, by header first, in the order of `columns`.

    At most `limits.sample` different cells of each column are looked at, evenly spread.
    """
    found: list[ColumnFinding] = []
    for column in columns:
        kind = kind_of_header(column)
        if kind is not None:
            found.append(ColumnFinding(column, kind, HEADER, 0.0, CERTAIN_))
        found += [f for f in _by_value(column, cells[column]) if f.kind != kind]
    return tuple(found)


def kind_of_header(header: str) -> str | None:
    """The kind of identifier a column name announces, or None."""
    rules = identifier_rules()
    words = [word for word in header_words(header) if not word.isdigit()]
    if not words or len(words) > rules.limits.phrase_header:
        return None
    spaced = f" {' '.join(words)} "
    bare = " ".join(words)
    rest = " ".join(word for word in words if word not in rules.roles)
    for kind in rules.kinds.values():
        if bare in kind.alone or rest in kind.alone or _says(kind, spaced, len(words)):
            return kind.name
    return None


def marks(cells: pd.Series) -> pd.Series:
    """Which cells tell who somebody is by themselves; missing cells do not.

    Returns booleans with the index of `cells`.
    """
    return _each(cells, names_somebody, of_letters=_nobody)


def says_no_more(cells: pd.Series) -> pd.Series:
    """Which cells are an address, a checked number or a full name, without words besides.

    Of cells that `marks` finds: "Anna Schmidt" is; "a group with Anna Schmidt" also says what
    kind of help was given.
    """
    longest = identifier_rules().limits.cell_length
    return _each(
        cells,
        lambda text: certain_kind(text[:longest]) is not None or says_only_a_name(text[:longest]),
    )


def tells_in_text(cells: pd.Series) -> pd.Series:
    """Which cells of a column of free words tell who somebody is; stricter than `marks`.

    A given name alone, or a number of the length and check digit of a person's, is enough here.
    """
    longest = identifier_rules().limits.cell_length
    return _each(
        cells,
        lambda text: (
            bool(kinds_in(text[:longest]) - {"web_address"})
            or holds_name(text[:longest])
            or holds_given_name(text[:longest])
            or is_given_name(text[:longest])
        ),
    )


def names_somebody(text: str) -> bool:
    """Whether a text alone tells who somebody is: an address, a checked number, a name."""
    cut = text[: identifier_rules().limits.cell_length]
    return certain_kind(cut) is not None or holds_name(cut)


def may_name_somebody(text: str) -> bool:
    """Whether a text could be a name as well as a code; for what a message would print."""
    return names_somebody(text) or has_name_shape(text) or holds_given_name(text)


def identifier_share(cells: pd.Series) -> float:
    """The share of filled cells that tell who somebody is, by themselves or together.

    For columns of ids: names by shape and loose numbers count where most cells are such.
    """
    filled = cells.dropna()
    if filled.empty or only_codes(filled):
        return 0.0
    return max(float(marks(filled).mean()), together_share(filled))


def together_share(cells: pd.Series) -> float:
    """The share of filled cells that tell who somebody is where most of them do; else 0."""
    filled = cells.dropna()
    if filled.empty:
        return 0.0
    shaped = float(_each(filled, _is_shaped, of_letters=is_given_name).mean())
    limit = identifier_rules().limits.name_shape
    loose = max((f.share for f in _by_value("", filled) if f.kind != TEXT), default=0.0)
    return max(loose, shaped if shaped >= limit else 0.0)


def _nobody(_letters: str) -> bool:
    """A plain code is no name, and no pattern finds anything in it."""
    return False


def _is_shaped(text: str) -> bool:
    return has_name_shape(text) or is_given_name(text)


def only_codes(filled: pd.Series | pa.Array) -> bool:
    """Whether all texts are plain codes that begin with letters, which are no given name.

    No rule finds a person, a number or a day in them.
    """
    texts = text_array(filled)
    if not plain_codes(texts).all():
        return False
    letters = code_letters(texts).unique().to_pylist()
    return "" not in letters and not any(map(is_given_name, letters))


def _says(kind: IdentifierKind, spaced: str, n_words: int) -> bool:
    longest = identifier_rules().limits.word_header
    return any(
        f" {phrase} " in spaced and (" " in phrase or n_words <= longest)
        for phrase in kind.anywhere
    )


def _by_value(column: str, cells: pd.Series) -> Iterator[ColumnFinding]:
    """What the filled cells of one column say."""
    rules = identifier_rules()
    texts = _sample(cells)
    if not texts:
        return
    counts: dict[str, int] = {}
    plain = plain_codes(texts)
    for text in (text for text, code in zip(texts, plain, strict=True) if not code):
        kinds = kinds_in(text)
        if holds_name(text):
            kinds = kinds | {NAME}
        for kind in kinds:
            counts[kind] = counts.get(kind, 0) + 1
    for kind, count in counts.items():
        share = count / len(texts)
        if kind == NAME or (rules.kinds[kind].share and kind != BIRTH):
            enough = share >= rules.kinds[kind].share and count >= min(
                rules.limits.fewest_matches, len(texts)
            )
        else:
            enough = True
        if enough:
            sure = CERTAIN_ if kind in _CERTAIN_KINDS else LIKELY
            yield ColumnFinding(column, kind, VALUE, share, sure)
    yield from _by_words(column, texts, counts)


def _by_words(column: str, texts: list[str], counts: dict[str, int]) -> Iterator[ColumnFinding]:
    """Names by shape or list, dates of birth and notes: what only a whole column says."""
    rules = identifier_rules()
    limits = rules.limits
    if len(texts) < limits.fewest:
        return
    named = counts.get(NAME, 0) / len(texts) >= rules.kinds[NAME].share
    given = float(_each(pd.Series(texts), is_given_name, of_letters=is_given_name).mean())
    who = bool(set(header_words(column)) & rules.who)
    shaped = sum(map(has_name_shape, texts)) / len(texts) if who else 0.0
    if not named and (given >= rules.kinds[NAME].share or shaped >= limits.name_shape):
        yield ColumnFinding(column, NAME, VALUE, max(given, shaped), LIKELY)
    births = birth_share(texts)
    if births >= rules.kinds[BIRTH].share:
        yield ColumnFinding(column, BIRTH, VALUE, births, LIKELY)
    long = sum(len(text.split()) >= limits.text_words for text in texts) / len(texts)
    distinct = len(set(texts)) / len(texts)
    if long >= rules.kinds[TEXT].share and distinct >= limits.text_distinct:
        yield ColumnFinding(column, TEXT, VALUE, long, LIKELY)


def _sample(cells: pd.Series) -> list[str]:
    """Filled cells, evenly spread over the column and cut to a bounded length."""
    limits = identifier_rules().limits
    filled = text_array(cells).drop_null()
    step = max(1, -(-len(filled) // limits.sample))
    places = pa.array(np.arange(0, len(filled), step))
    texts = (text.strip()[: limits.cell_length] for text in filled.take(places).to_pylist())
    return [text for text in texts if text]


def _each(
    cells: pd.Series,
    asks: Callable[[str], bool],
    of_letters: Callable[[str], bool] | None = None,
) -> pd.Series:
    """Ask each different text once; with `of_letters`, of plain codes only their letters."""
    coded = text_array(cells).dictionary_encode()
    texts: pa.Array = coded.dictionary
    plain = np.zeros(len(texts), dtype=bool) if of_letters is None else plain_codes(texts)
    answers = np.zeros(len(texts) + 1, dtype=bool)
    others = texts.filter(pa.array(~plain)).to_pylist()
    answers[np.flatnonzero(~plain)] = [bool(asks(text)) for text in others]
    if of_letters is not None:
        answers[np.flatnonzero(plain)] = _of_letters(texts.filter(pa.array(plain)), of_letters)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return pd.Series(answers[codes], index=cells.index)


def _of_letters(texts: pa.Array, asks: Callable[[str], bool]) -> np.ndarray:
    letters = code_letters(texts).dictionary_encode()
    known = np.array([asks(start) for start in letters.dictionary.to_pylist()], dtype=bool)
    found: np.ndarray = known[letters.indices.to_numpy()]
    return found

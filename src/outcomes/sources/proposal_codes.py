"""Words of coded columns with a proposed translation, or a mark where there is none."""

from __future__ import annotations

from outcomes.cleaning import cleaning_policy
from outcomes.cleaning.types import TRUTH
from outcomes.schema import Column, Kind, vocabularies
from outcomes.sources.proposal_columns import ColumnFacts
from outcomes.sources.proposal_items import named_instrument
from outcomes.sources.proposal_people import may_be_shown
from outcomes.sources.proposal_toml import Lines
from outcomes.sources.proposal_words import is_ours, translated, truth


def put_codes(lines: Lines, column: Column, facts: ColumnFacts, *, sure: bool) -> None:
    """Translate the words of a coded column, a yes-or-no column, or names of questionnaires.

    Words are shown under the limits of the cleaning policy: a column with very many different
    words, or with long ones, may hold anything.
    """
    place = f"files.codes.{column.name}"
    if column.kind is Kind.BOOLEAN:
        for word in facts.words:
            meaning = truth(word)
            if word.casefold() not in TRUTH and meaning is not None:
                lines.say(word, meaning, table=place)
        return
    if column.name == "instrument":
        _put_instruments(lines, facts, place)
        return
    if column.vocabulary is None:
        return
    strange = [word for word in facts.words if not is_ours(column.vocabulary, word)]
    unknown = [word for word in strange if translated(column.vocabulary, word) is None]
    if not _may_be_listed(unknown, sure=sure):
        lines.head.insert(-1, f"# {column.name}: {len(unknown)} words that mean nothing here")
        unknown = []
    for word in strange:
        ours = translated(column.vocabulary, word)
        if ours is not None:
            lines.say(word, ours, table=place)
        elif word in unknown:
            known = ", ".join(vocabularies()[column.vocabulary].words)
            question = (
                f"{column.description} {int(facts.counts[word])} rows say this: one of {known}"
            )
            lines.ask(word, "", question, table=place)


def _put_instruments(lines: Lines, facts: ColumnFacts, place: str) -> None:
    for word in facts.words[: cleaning_policy().unknown_words_shown]:
        name = named_instrument(word)
        if name is not None and name != word.casefold():
            lines.say(word, name, table=place)


def _may_be_listed(words: list[str], *, sure: bool) -> bool:
    policy = cleaning_policy()
    short = all(len(word) <= policy.unknown_word_length for word in words)
    return len(words) <= policy.unknown_words_shown and short and (sure or may_be_shown(words))

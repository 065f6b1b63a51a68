"""Words of coded columns with a proposed translation, or a mark where there is none."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from outcomes.cleaning import cleaning_policy, is_withheld
from outcomes.cleaning.types import TRUTH
from outcomes.schema import Column, Kind, vocabularies
from outcomes.sources.proposal_columns import ColumnFacts
from outcomes.sources.proposal_items import named_instrument
from outcomes.sources.proposal_toml import Lines
from outcomes.sources.proposal_words import is_ours, translated, truth


def put_codes(lines: Lines, column: Column, facts: ColumnFacts, *, sure: bool) -> None:
    """Translate the words of a coded column, a yes-or-no column, or names of questionnaires.

    Words are shown under the limits of the cleaning policy (`shown_words`).
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
    listed = shown_words(lines, column.name, unknown, facts, sure=sure)
    for word in strange:
        ours = translated(column.vocabulary, word)
        if ours is not None:
            lines.say(word, ours, table=place)
        elif word in listed:
            known = ", ".join(vocabularies()[column.vocabulary].words)
            question = (
                f"{column.description} {int(facts.counts[word])} rows say this: one of {known}"
            )
            lines.ask(word, "", question, table=place)


def _put_instruments(lines: Lines, facts: ColumnFacts, place: str) -> None:
    for word in facts.words[: cleaning_policy().unknown_words_shown]:
        name = named_instrument(word)
        if name is None or is_withheld(word, int(facts.counts[word])):
            continue
        if name != word.casefold():
            lines.say(word, name, table=place)


def shown_words(
    lines: Lines, column: str, unknown: Sequence[str], facts: ColumnFacts, *, sure: bool = True
) -> Collection[str]:
    """Unknown words that may stand in the proposal; says how many others there are.

    None where they are very many, since the column may hold anything; else all but notes and
    words that may name somebody, as when a read stops on them. Where it is not sure that the
    column is a coded one, one such word keeps them all back.
    """
    few = len(unknown) <= cleaning_policy().unknown_words_shown
    found = {word for word in unknown if few and not is_withheld(word, int(facts.counts[word]))}
    if not sure and len(found) < len(unknown):
        found = set()
    if len(found) < len(unknown):
        n = len(unknown) - len(found)
        why = "since they may name somebody" if few else "too many for a coded column"
        lines.head.insert(-1, f"# {column}: {n} words that mean nothing here are not shown, {why}")
    return found

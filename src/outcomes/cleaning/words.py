"""Coded columns hold words of their vocabulary, or the read stops with the list."""

from __future__ import annotations

from functools import partial

import pandas as pd

from outcomes.cleaning.policy import CleaningPolicy, Settings
from outcomes.cleaning.text import each_text
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.errors import VocabularyError
from outcomes.schema import TABLES, vocabularies


def check_words(tables: Tables, settings: Settings) -> Traced:
    """Bring words to the case of the vocabulary.

    Raises VocabularyError naming every unknown word of every coded column with its count.
    A word of a coded column is a code of the practice's software, not a client's value; a
    column with very many unknown words may hold anything, and none of them is shown.
    """
    tracing = Tracing("check_words", tables)
    unknown: list[tuple[str, pd.Series]] = []
    for name, frame in tables.items():
        for column in TABLES[name].columns:
            if column.vocabulary is None:
                continue
            known = {word.casefold(): word for word in vocabularies()[column.vocabulary].words}
            cells = frame[column.name]
            words = each_text(cells, partial(_in_case, known))
            lost = cells[cells.notna() & words.isna()]
            if len(lost):
                unknown.append((f"{name}.{column.name}", lost.value_counts()))
            tracing.replace(name, column.name, words)
    if unknown:
        raise _refusal(unknown, settings.policy)
    return tracing.done()


def _in_case(known: dict[str, str], texts: list[str]) -> list[str | None]:
    return [known.get(text.casefold()) for text in texts]


def _refusal(unknown: list[tuple[str, pd.Series]], policy: CleaningPolicy) -> VocabularyError:
    places = [f"{where}: {_listed(counts, policy)}" for where, counts in unknown]
    first = unknown[0][0]
    table, column = first.split(".")
    vocabulary = TABLES[table].column(column).vocabulary
    words = ", ".join(vocabularies()[vocabulary].words) if vocabulary else ""
    return VocabularyError(
        "a coded column holds words that mean nothing here",
        where="; ".join(places),
        how_many=int(sum(counts.sum() for _, counts in unknown)),
        fix=f'map each word in the layout under [files.codes.{column}], as "word" = one of: '
        f"{words}",
    )


def _listed(counts: pd.Series, policy: CleaningPolicy) -> str:
    if len(counts) > policy.unknown_words_shown:
        return f"{len(counts)} different words, so this is hardly the right column"
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return ", ".join(f"'{str(w)[: policy.unknown_word_length]}' ({n})" for w, n in ordered)

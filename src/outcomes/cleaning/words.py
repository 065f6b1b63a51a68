"""Coded columns hold words of their vocabulary, or the read stops with the list."""

from __future__ import annotations

from functools import cache, partial

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcomes.cleaning.policy import CleaningPolicy, Settings, cleaning_policy
from outcomes.cleaning.text import each_text
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.errors import VocabularyError
from outcomes.ledger import FILE, LINE
from outcomes.privacy import has_name_shape, holds_given_name, names_somebody
from outcomes.schema import TABLES, vocabularies
from outcomes.schema.texts import text_array


def check_words(tables: Tables, settings: Settings) -> Traced:
    """Bring words to the case of the vocabulary.

    Raises VocabularyError naming every unknown word of every coded column with its count.
    A word of a coded column is a code of the practice's software, not a client's value; a
    column with very many unknown words may hold anything, and none of them is shown. Nor is
    a word that may name somebody, since the column may be the wrong one, nor one that only stands
    in lines with too few or too many cells, which may have slid.
    """
    tracing = Tracing("check_words", tables)
    unknown: list[tuple[str, pd.Series]] = []
    for name, frame in tables.items():
        replaced = {}
        for column in TABLES[name].columns:
            cells = frame[column.name]
            if column.vocabulary is None or are_words(cells, column.vocabulary):
                continue
            known = {word.casefold(): word for word in vocabularies()[column.vocabulary].words}
            words = each_text(cells, partial(_in_case, known))
            lost = cells[cells.notna() & words.isna()]
            if len(lost):
                counts = _counts(lost, frame.loc[lost.index], settings)
                unknown.append((f"{name}.{column.name}", counts))
            replaced[column.name] = words
        tracing.replace(name, replaced)
    if unknown:
        raise _refusal(unknown, settings.policy)
    return tracing.done()


def are_words(cells: pd.Series, vocabulary: str) -> bool:
    """Whether all cells are empty or words of the vocabulary as they are written there."""
    texts = text_array(cells)
    found = pc.is_in(texts, value_set=_written(vocabulary))
    return texts.null_count == len(texts) or bool(pc.all(pc.or_(found, texts.is_null())).as_py())


@cache
def _written(vocabulary: str) -> pa.Array:
    return pa.array(list(vocabularies()[vocabulary].words), pa.large_string())


def _counts(lost: pd.Series, rows: pd.DataFrame, settings: Settings) -> pd.Series:
    """Count the unknown words; those of lines that may have slid count together, as None."""
    if not settings.slid:
        return lost.value_counts()
    places = zip(rows[FILE], rows[LINE], strict=True)
    slid = pd.Series([place in settings.slid for place in places], index=lost.index, dtype=bool)
    shown = set(lost[~slid])
    return lost.where(lost.isin(shown)).value_counts(dropna=False)


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
    slid = int(counts[counts.index.isna()].sum())
    words = counts[counts.index.notna()]
    ordered = sorted(words.items(), key=lambda pair: (-pair[1], str(pair[0])))
    shown = [(word, n) for word, n in ordered if not is_withheld(str(word), n)]
    listed = [f"'{w}' ({n})" for w, n in shown]
    if len(shown) < len(ordered):
        listed.append(f"{len(ordered) - len(shown)} not shown, since they may name somebody")
    if slid:
        listed.append(f"{slid} in lines with too few or too many cells, to be mended in the file")
    return ", ".join(listed)


def is_withheld(word: str, n: int) -> bool:
    """Whether a word that stands `n` times is not to be shown: a note, or perhaps a name.

    Words of the software repeat, names seldom do.
    """
    policy = cleaning_policy()
    if len(word) > policy.unknown_word_length or len(word.split()) > policy.unknown_word_tokens:
        return True
    return names_somebody(word) or holds_given_name(word) or (n == 1 and has_name_shape(word))

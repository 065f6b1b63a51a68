"""The scan for identifiers over a table: each different text is looked at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from outcomes import schema
from outcomes.privacy.detection import kind_of_header
from outcomes.privacy.identifiers import SHORTEST_ID, Finding, scan
from outcomes.privacy.pseudonyms import is_pseudonym
from outcomes.privacy.rules import title

# A column with such a name leaves no doubt about its cells; a column called "name" does.
_TELLING = frozenset(
    {"birth_date", "email", "phone", "nhs_number", "national_number", "bank_account", "ip_address"}
)


def scan_frame(
    frame: pd.DataFrame, known_ids: Iterable[str] = (), *, leave_out: Collection[str] = ()
) -> list[Finding]:
    """Kinds of identifiers in the texts and column names of a table, as `scan` finds them.

    Parameters
    ----------
    frame
        Any table. Numbers, truth values and dates are no texts; pseudonyms name nobody.
    known_ids
        Ids of the study as they came, before pseudonyms took their place.
    leave_out
        Columns that hold ids because somebody asked for them.
    """
    texts: set[str] = set(map(str, frame.columns))
    announced = [kind for name in map(str, frame.columns) if (kind := kind_of_header(name))]
    for name in frame.columns:
        if name in leave_out or not _is_text(frame[name]):
            continue
        texts |= {
            str(text) for text in frame[name].dropna().unique() if not is_pseudonym(str(text))
        }
    headers = [Finding(f"column of {title(kind)}", 1) for kind in announced if kind in _TELLING]
    return [*scan("\n".join(sorted(texts)), known_ids), *headers]


def tellable(ids: Iterable[str], *, words_too: bool = False) -> frozenset[str]:
    """Ids that can be told from what an output says for other reasons.

    Too short ones, those of digits only, pseudonyms, and words of vocabularies, tables and
    columns ("both") cannot. Ids of letters only ("Young", who is also the author of a method)
    can where little else is written: in tables, with `words_too`.
    """
    words: set[str] = set()
    for vocabulary in schema.vocabularies().values():
        for word, label in vocabulary.labels.items():
            words |= {word.casefold(), *label.casefold().split()}
    for table in schema.TABLES.values():
        words |= {table.name, *table.names}
    return frozenset(
        found
        for found in {str(known) for known in ids}
        if len(found) >= SHORTEST_ID
        and (words_too or not found.isalpha())
        and any(sign.isalpha() for sign in found)
        and found.casefold() not in words
        and not is_pseudonym(found)
    )


def _is_text(cells: pd.Series) -> bool:
    return bool(
        pd.api.types.is_string_dtype(cells.dtype) or pd.api.types.is_object_dtype(cells.dtype)
    )

"""Answers given as words, turned into codes by their questionnaire's own map (`labels`)."""

from __future__ import annotations

import pandas as pd

from outcomes import instruments
from outcomes.errors import LayoutError
from outcomes.ledger import LINE
from outcomes.sources.entry import FileLayout

_FIX = "give the code of each word under [files.codes.value]"


def label_codes(rows: pd.DataFrame, entry: FileLayout) -> pd.Series:
    """Return the answers of mapped rows with known words as codes.

    Numbers stay, and so does a word the questionnaire does not have: cleaning reports its row.
    Raises LayoutError where none of the words is known, where words show another number than
    their code, and for a questionnaire without words.
    """
    values = rows["value"].copy()
    names = rows["instrument"].str.casefold()
    for name in names.dropna().unique():
        instrument = instruments.get(str(name))
        here = values[(names == name).fillna(False)].dropna()
        if not instrument.labels:
            raise LayoutError(
                f"the words of {instrument.name} are not known", where=entry.where, fix=_FIX
            )
        found = instruments.read_labels(instrument, here.unique())
        odd = found.contradicting or (() if found.codes else found.unknown)
        if odd:
            lines = rows.loc[here.index[here.isin(odd)], LINE]
            raise _refusal(lines, instrument, entry, contradicting=bool(found.contradicting))
        codes = here.map(found.codes).astype("string").dropna()
        values.loc[codes.index] = codes
    return values


def _refusal(
    lines: pd.Series,
    instrument: instruments.Instrument,
    entry: FileLayout,
    *,
    contradicting: bool,
) -> LayoutError:
    words = ", ".join(f"{word!r} is {code:g}" for word, code in instrument.labels.items())
    what = "show another number than their code" if contradicting else "are no words of it"
    return LayoutError(
        f"{len(lines)} answers to {instrument.name} {what} (first in line {int(lines.min())})",
        where=entry.where,
        how_many=len(lines),
        fix=f"{_FIX}; the words known are: {words}",
    )

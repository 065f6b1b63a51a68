"""First step: cells without surrounding space, and one way of being empty."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing

TEXT = pd.StringDtype()


def each_text(
    cells: pd.Series, change: Callable[[list[str]], Sequence[str | None]]
) -> pd.Series:
    """Cells with each distinct text changed once; missing stays missing."""
    whole = cells if cells.dtype == TEXT else cells.astype(TEXT)
    codes, distinct = pd.factorize(whole)
    before: list[str] = distinct.to_numpy(dtype=object).tolist()
    after = list(change(before))
    if after == before:
        return whole
    found = pd.array([*after, None], dtype=TEXT)[codes]
    return pd.Series(found, index=cells.index, name=cells.name)


def no_text(rows: int) -> ExtensionArray:
    """A column without any text."""
    return pd.array(pa.nulls(rows, pa.large_string()), dtype=TEXT)


def tidy(cells: pd.Series, missing: Collection[str]) -> pd.Series:
    """Trimmed text with missing words made NA; line ends inside a cell become line feeds."""
    words = {word.strip().casefold() for word in missing} | {""}

    def tidied(texts: list[str]) -> list[str | None]:
        # One search through all texts is quicker than a search in each.
        ends = "\r" in "".join(texts)
        trimmed = [(_one_line_end(text) if ends else text).strip() for text in texts]
        return [None if text.casefold() in words else text for text in trimmed]

    return each_text(cells, tidied)


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tidy_text(tables: Tables, settings: Settings) -> Traced:
    """Trim every cell and empty those that hold a word for missing."""
    tracing = Tracing("tidy_text", tables)
    for name, frame in tables.items():
        columns = [column for column in frame if not str(column).startswith("_")]
        for column in columns:
            tracing.replace(name, column, tidy(frame[column], settings.missing))
    return tracing.done()

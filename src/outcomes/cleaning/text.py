"""First step: cells without surrounding space, and one way of being empty."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing


def tidy(cells: pd.Series, missing: Collection[str]) -> pd.Series:
    """Trimmed text with missing words made NA; line ends inside a cell become line feeds."""
    words = {word.strip().casefold() for word in missing} | {""}
    whole = cells.astype("string")
    codes, distinct = pd.factorize(whole)
    before: list[str] = distinct.to_numpy(dtype=object).tolist()
    texts = [_one_line_end(text).strip() for text in before]
    empty = [text.casefold() in words for text in texts]
    if texts == before and not any(empty):
        return whole
    found = [None if gone else text for text, gone in zip(texts, empty, strict=True)]
    return pd.Series(
        pd.array([*found, None], dtype="string")[codes], index=cells.index, name=cells.name
    )


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def tidy_text(tables: Tables, settings: Settings) -> Traced:
    """Trim every cell and empty those that hold a word for missing."""
    tracing = Tracing("tidy_text", tables)
    for name, frame in tables.items():
        columns = [column for column in frame if not str(column).startswith("_")]
        for column in columns:
            tracing.replace(name, column, tidy(frame[column], settings.missing))
    return tracing.done()

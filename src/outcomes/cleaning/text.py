"""First step: cells without surrounding space, and one way of being empty."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing


def tidy(cells: pd.Series, missing: Collection[str]) -> pd.Series:
    """Trimmed text with missing words made NA; line ends inside a cell become line feeds."""
    words = {word.strip().casefold() for word in missing} | {""}
    codes, distinct = pd.factorize(cells.astype("string"))
    texts = [_tidied(text, words) for text in distinct]
    return pd.Series(
        pd.array([*texts, None], dtype="string")[codes], index=cells.index, name=cells.name
    )


def _tidied(text: str, missing: set[str]) -> str | None:
    trimmed = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return None if trimmed.casefold() in missing else trimmed


def tidy_text(tables: Tables, settings: Settings) -> Traced:
    """Trim every cell and empty those that hold a word for missing."""
    tracing = Tracing("tidy_text", tables)
    for name, frame in tables.items():
        columns = [column for column in frame if not str(column).startswith("_")]
        for column in columns:
            tracing.replace(name, column, tidy(frame[column], settings.missing))
    return tracing.done()

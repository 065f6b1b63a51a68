"""First step: cells without surrounding space, and one way of being empty."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.ledger import FILE, LINE, Action, entries


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


def missing_words(
    rows: pd.DataFrame,
    columns: Collection[str],
    missing: Collection[str],
    *,
    step: str,
    table: str = "",
) -> list[pd.DataFrame]:
    """Count, by file and column, the cells that hold a word for missing such as n/a or a dash.

    One flagged entry (missing_word) for each, at the first such line, with the count as `n`.
    """
    words = {word.strip().casefold() for word in missing} - {""}
    log = []
    for column in columns:
        codes, distinct = pd.factorize(rows[column])
        said = np.array([*(str(t).strip().casefold() in words for t in distinct), False], bool)
        if not said.any():
            continue
        found = rows.loc[said[codes], [FILE, LINE]]
        for _, places in found.groupby(FILE, sort=False):
            first = places.nsmallest(1, LINE)
            entry = entries(
                first, table=table, action=Action.FLAGGED, step=step, reason="missing_word",
                column=column, scope="table" if table else "file", n=len(places),
            )  # fmt: skip
            log.append(entry)
    return log


def tidy_text(tables: Tables, settings: Settings) -> Traced:
    """Trim every cell and empty those that hold a word for missing."""
    tracing = Tracing("tidy_text", tables)
    for name, frame in tables.items():
        columns = [column for column in frame if not str(column).startswith("_")]
        for entry in missing_words(frame, columns, settings.missing, step="tidy_text", table=name):
            tracing.remark(entry)
        for column in columns:
            tracing.replace(name, column, tidy(frame[column], settings.missing))
    return tracing.done()

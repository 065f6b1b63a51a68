"""First step: cells without surrounding space, and one way of being empty."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

from outcomes.cleaning.policy import Settings
from outcomes.cleaning.traced import Tables, Traced, Tracing
from outcomes.ledger import FILE, LINE, Action, entries
from outcomes.schema.texts import among, is_compact, text_array

TEXT = pd.StringDtype()


def each_text(cells: pd.Series, change: Callable[[list[str]], Sequence[str | None]]) -> pd.Series:
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
    whole = cells if cells.dtype == TEXT else cells.astype(TEXT)
    texts = text_array(whole)
    if not is_compact(texts):
        return each_text(whole, lambda texts: tidied(texts, missing))
    said = among(texts, _words(missing))
    if not said.any():
        return whole
    found = pd.array(pc.if_else(pa.array(said), None, texts), dtype=TEXT)
    return pd.Series(found, index=cells.index, name=cells.name)


def tidied(texts: Sequence[str], missing: Collection[str]) -> list[str | None]:
    """Texts as `tidy` leaves them, None for a word for missing."""
    words = _words(missing)
    # One search through all texts is quicker than a search in each.
    whole = "".join(texts)
    if whole.isascii() and whole.isprintable() and " " not in whole:
        trimmed = list(texts)
    else:
        ends = "\r" in whole
        trimmed = [(_one_line_end(text) if ends else text).strip() for text in texts]
    if not words.isdisjoint(map(str.casefold, trimmed)):
        return [None if text.casefold() in words else text for text in trimmed]
    return list(trimmed)


def _words(missing: Collection[str]) -> set[str]:
    """Words for missing as they are compared; an empty cell is one."""
    return {word.strip().casefold() for word in missing} | {""}


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
    words = _words(missing) - {""}
    log = []
    for column in columns:
        said = _says(rows[column], words)
        if not said.any():
            continue
        found = rows.loc[said, [FILE, LINE]]
        for _, places in found.groupby(FILE, sort=False):
            first = places.nsmallest(1, LINE)
            entry = entries(
                first, table=table, action=Action.FLAGGED, step=step, reason="missing_word",
                column=column, scope="table" if table else "file", n=len(places),
            )  # fmt: skip
            log.append(entry)
    return log


def _says(cells: pd.Series, words: Collection[str]) -> np.ndarray:
    """Which cells hold one of these words."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        codes = cells.cat.codes.to_numpy()
        distinct = cells.cat.categories
    elif cells.dtype == TEXT and is_compact(texts := text_array(cells)):
        return among(texts, words)
    else:
        codes, distinct = pd.factorize(cells)
    said = [str(text).strip().casefold() in words for text in distinct]
    if not any(said):
        return np.zeros(len(cells), dtype=bool)
    found: np.ndarray = np.array([*said, False], dtype=bool)[codes]
    return found


def _is_empty(cells: pd.Series) -> bool:
    return bool(text_array(cells).null_count == len(cells))


def tidy_text(tables: Tables, settings: Settings) -> Traced:
    """Trim every cell and empty those that hold a word for missing."""
    tracing = Tracing("tidy_text", tables)
    for name, frame in tables.items():
        columns = [c for c in frame if not str(c).startswith("_") and not _is_empty(frame[c])]
        for entry in missing_words(frame, columns, settings.missing, step="tidy_text", table=name):
            tracing.remark(entry)
        tidier = {column: tidy(frame[column], settings.missing) for column in columns}
        tracing.replace(name, tidier)
    return tracing.done()

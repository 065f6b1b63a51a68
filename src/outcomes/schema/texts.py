"""Columns of text as arrays of Arrow: what can be said of all their texts in one look."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

_TEXT = pd.StringDtype()
# Signs between the blank and the end of ASCII: none is a space, a control or a letter beyond.
_FIRST, _LAST = 0x21, 0x7E


def text_array(texts: Iterable[object]) -> pa.Array:
    """Texts as one array, without a copy where they are a column of text already."""
    if isinstance(texts, pa.Array):
        return texts if texts.type == pa.large_string() else texts.cast(pa.large_string())
    if isinstance(texts, pd.Series):
        cells = texts if texts.dtype == _TEXT else texts.astype(_TEXT)
        found = pa.array(cells.array, pa.large_string())
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return pa.array([None if text is None else str(text) for text in texts], pa.large_string())


def text_bytes(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of an array of large strings, and where in them each text begins, and the end."""
    if not len(texts):
        return np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    _, places, content = texts.buffers()
    starts = np.frombuffer(places, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    letters = np.zeros(0, np.uint8) if content is None else np.frombuffer(content, dtype=np.uint8)
    return letters, starts


def is_compact(texts: pa.Array) -> bool:
    """Whether all signs are visible ones of ASCII: nothing to trim, no space, no line end."""
    letters, starts = text_bytes(texts)
    used = letters[starts[0] : starts[-1]]
    return not len(used) or bool(used.min() >= _FIRST and used.max() <= _LAST)


def among(texts: pa.Array, words: Collection[str]) -> np.ndarray:
    """Which compact texts are one of `words`, whatever the case; a missing one is none."""
    _, starts = text_bytes(texts)
    lengths = np.diff(starts)
    short = min((len(word) for word in words), default=0), max(map(len, words), default=-1)
    if not ((lengths >= short[0]) & (lengths <= short[1])).any():
        return np.zeros(len(texts), dtype=bool)
    small = pa.array(sorted({word.casefold() for word in words}), pa.large_string())
    found = pc.is_in(pc.ascii_lower(texts), value_set=small).to_numpy(zero_copy_only=False)
    return np.asarray(found, dtype=bool)


def missing(texts: pa.Array) -> np.ndarray:
    """Which texts are missing."""
    return np.asarray(texts.is_null().to_numpy(zero_copy_only=False), dtype=bool)


def ascends(texts: pa.Array) -> bool:
    """Whether all texts are there and each comes after the one before it."""
    if len(texts) < 2:
        return True
    return not texts.null_count and bool(pc.all(pc.less(texts[:-1], texts[1:])).as_py())


def places_of(ids: pa.Array, cells: Iterable[object]) -> np.ndarray:
    """The place of each cell among distinct ids, -1 where it is none of them."""
    found = pc.index_in(text_array(cells), value_set=ids).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def ranks(cells: Iterable[object]) -> np.ndarray:
    """Numbers that order as the texts do, equal where they are; missing ones come last."""
    texts = text_array(cells)
    if ascends(texts):
        return np.arange(len(texts))
    coded = texts.dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    rank = np.full(len(order) + 1, len(order))
    rank[order] = np.arange(len(order))
    found: np.ndarray = rank[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def repeated(text: str, n: int, dtype: str = "string") -> ExtensionArray:
    """A column that says the same in every row."""
    return pd.array(pa.repeat(pa.scalar(text, pa.large_string()), n), dtype=dtype)

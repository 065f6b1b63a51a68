"""Plain codes, which most ids of an export are: found among many texts at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Up to three letters and up to eight digits, such as C0001 or AB-12: one word, so no name;
# too few digits for any number that is looked for, and no sign of an address.
_PLAIN = r"\A[A-Za-z]{0,3}[-_]?[0-9]{1,8}\z"
_AFTER_LETTERS = r"[-_]?[0-9]+\z"


def plain_codes(texts: Iterable[object]) -> np.ndarray:
    """Which texts are plain codes: no pattern and no rule for full names finds anything in them."""
    found: np.ndarray = np.asarray(pc.match_substring_regex(_array(texts), _PLAIN), dtype=bool)
    return found


def code_letters(texts: Iterable[object]) -> list[str]:
    """The letters in front of each plain code, which alone may be a given name (Ama12)."""
    letters: list[str] = pc.replace_substring_regex(_array(texts), _AFTER_LETTERS, "").to_pylist()
    return letters


def _array(texts: Iterable[object]) -> pa.Array | pa.ChunkedArray:
    if isinstance(getattr(texts, "dtype", None), pd.StringDtype):
        return pa.array(texts, pa.large_string())
    return pa.array([str(text) for text in texts], pa.large_string())

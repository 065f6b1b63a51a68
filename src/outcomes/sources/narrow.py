"""The last columns of a plain text where nearly all their cells are one sign, as answers are.

Such cells stand at the same distance from the end of their line, so that no parser is needed to
find them; lines where they do not are left to it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from outcomes.instruments.coded import looked_up

# Fewer columns, or a smaller share of lines, are not worth the second way.
_FEWEST_COLUMNS = 4
_SHARE = 0.75
_SIGNS = 256
_LOOKED_AT = 1000


def narrow_columns(body: bytes, ends: np.ndarray, separator: str, width: int) -> int:
    """How many columns at the end are one sign wide in the first line, if enough to matter.

    `ends` are the places of the line feeds of a text without returns.
    """
    if not len(ends) or b"\r" in body:
        return 0
    cells = body[: ends[0]].split(separator.encode("ascii"))
    wide = [n for n, cell in enumerate(cells) if len(cell) != 1]
    found = len(cells) - wide[-1] - 1 if wide else 0
    return found if len(cells) == width and found >= _FEWEST_COLUMNS else 0


def narrow_signs(
    body: bytes, ends: np.ndarray, separator: str, columns: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """The signs (columns, n) of lines whose last cells are all one sign, and which lines are.

    None where too few are. The last line may lack its line feed.
    """
    closed = ends if ends[-1] == len(body) - 1 else np.append(ends, len(body))
    size = 2 * columns
    starts = np.append(-1, closed[:-1])
    if len(body) < size:
        return None
    whole = np.ndarray((len(body) - size + 1,), f"V{size}", body, strides=(1,))
    # Of a shorter line something of the one before is looked at, and counts for nothing.
    last = whole[np.maximum(closed - size, 0)].view(np.uint8)
    between, signs = np.ascontiguousarray(last.reshape(-1, columns, 2).transpose(2, 1, 0))
    sign = ord(separator)
    fits = (between == sign).all(axis=0) & (signs != sign).all(axis=0)
    fits &= closed - starts > size
    return (signs, fits) if fits.mean() >= _SHARE else None


def joined(signs: np.ndarray, fits: np.ndarray, others: pa.DictionaryArray) -> pa.DictionaryArray:
    """One column, of the signs of the lines that fit and of the cells of the others."""
    there = sorted(_distinct(signs[fits].tobytes()))
    texts = [chr(sign) for sign in there]
    beside: list[str] = others.dictionary.to_pylist()
    place = {text: n for n, text in enumerate(dict.fromkeys([*texts, *beside]))}
    small = np.int8 if len(place) <= np.iinfo(np.int8).max else np.int32
    table = np.zeros(_SIGNS, dtype=small)
    table[there] = [place[text] for text in texts]
    codes = looked_up(signs, table).copy()
    of_others = np.array([place[text] for text in beside], dtype=small)
    codes[~fits] = of_others[others.indices.to_numpy()]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([*place], pa.string()))


def _distinct(signs: bytes) -> set[int]:
    """The different signs: those of the first ones, and of all that remains without these."""
    first = set(signs[:_LOOKED_AT])
    return first | set(signs.translate(None, bytes(first)))

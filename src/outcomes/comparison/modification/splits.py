"""How a column divides people into subgroups: words as they are, numbers in bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.instruments.registry import get

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Fewer distinct numbers than this are codes, not a scale.
SCALE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Subgroups of one column: `codes` by row into `names` (−1 where missing).

    `values` are the numbers of a scale (nan where missing), None for words. `how` says
    where the bands come from.
    """

    codes: IntArray
    names: tuple[str, ...]
    values: FloatArray | None
    how: str

    def take(self, rows: npt.NDArray[np.bool_]) -> Split:
        """The same for some of the rows."""
        values = None if self.values is None else self.values[rows]
        return Split(self.codes[rows], self.names, values, self.how)


def split(
    column: pd.Series, *, bands: Sequence[float] | None, instrument: str | None, thirds: int
) -> Split:
    """Divide a column: numbers by `bands` (lower ends), those of `instrument`, or equal parts.

    Words, true and false, and numbers with few distinct values are subgroups as they are,
    in sorted order. Raises UsageError for dates, for bands of words and for unordered bands.
    """
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        raise UsageError(
            "a date cannot be a modifier",
            where=f"column {column.name!r}",
            fix="turn it into days since something, or into the quarter",
        )
    plain = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if plain and (bands is not None or column.nunique() >= SCALE):
        return _numbers(column, bands, instrument, thirds)
    if bands is not None:
        raise UsageError("only numbers have bands", where=f"bands of {column.name!r}")
    codes, found = pd.factorize(column.astype("string"), sort=True)
    return Split(codes.astype(np.intp), tuple(map(str, found)), None, "as recorded")


def _numbers(
    column: pd.Series, bands: Sequence[float] | None, instrument: str | None, thirds: int
) -> Split:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    known = values[~np.isnan(values)]
    names: tuple[str, ...] | None = None
    if bands is not None:
        edges, how = np.asarray(bands, dtype=float), "bands as given"
        if len(edges) == 0 or (np.diff(edges) <= 0).any():
            raise UsageError("bands are numbers in rising order", where=f"bands of {column.name!r}")
    elif instrument is not None and get(instrument).bands:
        found = get(instrument)
        edges = np.array([band.low for band in found.bands[1:]])
        names = tuple(f"{band.label} ({band.low:g} to {band.high:g})" for band in found.bands)
        how = f"published bands of {found.name}"
    else:
        parts = np.quantile(known, np.arange(1, thirds) / thirds)
        edges, how = np.unique(parts), f"{thirds} equal parts of everybody"
    codes = np.searchsorted(edges, values, side="right").astype(np.intp)
    codes[np.isnan(values)] = -1
    return Split(codes, names or _named(edges), values, how)


def _named(edges: FloatArray) -> tuple[str, ...]:
    middle = [f"{low:.3g} to below {high:.3g}" for low, high in pairwise(edges)]
    return (f"below {edges[0]:.3g}", *middle, f"{edges[-1]:.3g} or more")

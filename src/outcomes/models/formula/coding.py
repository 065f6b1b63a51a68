"""How columns of a frame are coded: which are words, their levels, and names of what is made."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame in types that formulaic codes: true and false as words, strings as objects."""
    changed = {
        name: frame[name].astype("object")
        for name in frame.columns
        if pd.api.types.is_bool_dtype(frame[name].dtype)
        or isinstance(frame[name].dtype, pd.StringDtype)
    }
    used = {
        name: frame[name].cat.remove_unused_categories()
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    numbers = {
        name: frame[name].to_numpy(dtype="float64", na_value=np.nan)
        for name in frame.columns
        if pd.api.types.is_extension_array_dtype(frame[name].dtype)
        and pd.api.types.is_numeric_dtype(frame[name].dtype)
        and name not in changed
    }
    return frame.assign(**changed, **used, **numbers)


def levels(
    fixed: str, frame: pd.DataFrame, variables: tuple[str, ...]
) -> tuple[dict[str, tuple[Any, ...]], dict[str, tuple[float, ...]]]:
    """Levels of each column of words, or written as C(column), and the share of each."""
    made: dict[str, tuple[Any, ...]] = {}
    shares: dict[str, tuple[float, ...]] = {}
    for name in variables:
        column = frame[name]
        if not is_word(name, column, fixed):
            continue
        if isinstance(column.dtype, pd.CategoricalDtype):
            found = tuple(column.cat.remove_unused_categories().cat.categories)
        else:
            found = tuple(sorted(column.unique().tolist()))
        made[name] = found
        counted = column.value_counts()
        by_level = dict(zip(counted.index.tolist(), counted.tolist(), strict=True))
        shares[name] = tuple(by_level[level] / len(column) for level in found)
    return made, shares


def is_word(name: str, column: pd.Series, fixed: str) -> bool:
    """Whether a column is one of words, of true and false, or written as C(column)."""
    if pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
        return True
    return re.search(rf"\bC\(\s*{re.escape(name)}\b", fixed) is not None


def terms(spec: Any) -> list[str]:  # noqa: ANN401 - formulaic's spec has no type
    """The term of each column."""
    made = [""] * len(spec.column_names)
    for term, places in spec.term_slices.items():
        for place in range(places.start, places.stop):
            made[place] = "(intercept)" if str(term) == "1" else str(term)
    return made


def readable(name: str) -> str:
    """`arm[T.therapy]:week` as `arm[therapy]:week`, `Intercept` as `(intercept)`."""
    return "(intercept)" if name == "Intercept" else name.replace("[T.", "[")


def term_key(term: str) -> frozenset[str]:
    """A term whatever the order of its factors."""
    return frozenset(part.strip() for part in term.split(":"))

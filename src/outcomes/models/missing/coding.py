"""A frame's columns as numbers for the chained equations, in an order that no row order changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.missing.policy import numbers

FloatArray = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

NUMBER_METHODS = ("pmm", "norm")
WORD_METHODS = ("logistic", "multinomial")
METHODS = (*NUMBER_METHODS, *WORD_METHODS)


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One column: its numbers, or the codes of its words, with nan where missing.

    `levels` are the words in sorted order (empty for a number), `method` how it is
    imputed ("" when nothing is missing), `bounds` the ends of its scale.
    """

    name: str
    values: FloatArray
    levels: tuple[object, ...]
    method: str
    bounds: tuple[float, float] | None

    @property
    def gaps(self) -> npt.NDArray[np.bool_]:
        """Where it is missing."""
        return np.asarray(np.isnan(self.values))


def variable(column: pd.Series, method: str | None, bounds: tuple[float, float] | None) -> Variable:
    """Code one column and choose its method.

    Numbers are matched ("pmm"), or drawn ("norm") when asked; words and true/false are
    drawn by logistic or multinomial regression, and so are numbers that are 0 or 1 only.
    Raises UsageError for a date, an infinite number, a method that does not fit, values
    outside the bounds; NotEnoughData for a column with too few observed values.
    """
    name = str(column.name)
    if pd.api.types.is_datetime64_any_dtype(column):
        raise UsageError(
            "a date cannot be imputed", where=f"column {name!r}", fix="turn it into days"
        )
    observed = column.dropna()
    if observed.empty:
        raise NotEnoughData(
            "a column without any value cannot be imputed",
            where=f"column {name!r}",
            how_many=len(column),
            fix="leave the column out",
        )
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if number:
        values = column.to_numpy(dtype=float, na_value=np.nan)
        _check_numbers(name, values, bounds)
        levels: tuple[object, ...] = ()
        if set(np.unique(observed.to_numpy(dtype=float))) == {0.0, 1.0} and method in (
            None, "logistic",
        ):  # fmt: skip
            levels = (0.0, 1.0)
    else:
        levels = tuple(sorted(observed.unique().tolist(), key=str))
        codes = {level: float(place) for place, level in enumerate(levels)}
        values = np.array([codes.get(value, np.nan) for value in column.tolist()], dtype=float)
    incomplete = bool(np.isnan(values).any())
    return Variable(name, values, levels, _method(name, levels, method) if incomplete else "",
                    bounds)  # fmt: skip


def _check_numbers(name: str, values: FloatArray, bounds: tuple[float, float] | None) -> None:
    if np.isinf(values).any():
        raise UsageError(
            "a column holds infinite numbers",
            where=f"column {name!r}",
            how_many=int(np.isinf(values).sum()),
        )
    if bounds is None:
        return
    low, high = bounds
    if not low < high:
        raise UsageError("bounds are the lower and the upper end", where=f"bounds of {name!r}")
    outside = int(((values < low) | (values > high)).sum())
    if outside:
        raise UsageError(
            "values lie outside the bounds given for them",
            where=f"column {name!r}",
            how_many=outside,
            fix="give the bounds of the scale, or clean the column first",
        )


def _method(name: str, levels: tuple[object, ...], asked: str | None) -> str:
    if asked is not None and asked not in METHODS:
        raise UsageError(
            f"unknown method {asked!r}", where=f"methods of {name!r}", fix=", ".join(METHODS)
        )
    if not levels:
        if asked in WORD_METHODS:
            raise UsageError(
                f"{asked!r} is for words", where=f"methods of {name!r}", fix="pmm, norm"
            )
        return asked or "pmm"
    if asked in NUMBER_METHODS:
        raise UsageError(
            f"{asked!r} is for numbers", where=f"methods of {name!r}", fix=", ".join(WORD_METHODS)
        )
    if len(levels) > 2 and asked == "logistic":
        raise UsageError("logistic is for two words", where=f"methods of {name!r}")
    return "logistic" if len(levels) == 2 else "multinomial"


def code(
    frame: pd.DataFrame,
    names: Sequence[str],
    methods: Mapping[str, str],
    bounds: Mapping[str, tuple[float, float]],
) -> tuple[Variable, ...]:
    """Code the columns; the names in `methods` and `bounds` must be among them."""
    for where, given in (("methods", methods), ("bounds", bounds)):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise UsageError(
                f"{where} name columns that are no variables: {', '.join(unknown)}",
                where=where,
                how_many=len(unknown),
            )
    found = tuple(variable(frame[name], methods.get(name), bounds.get(name)) for name in names)
    fewest = int(numbers()["fewest_observed"])
    for one in found:
        there = int((~one.gaps).sum())
        if one.method and there < fewest:
            raise NotEnoughData(
                "too few observed values to impute the others",
                where=f"column {one.name!r}",
                how_many=there,
                fix="leave the column out",
            )
    return found


def canonical_order(variables: Sequence[Variable], clusters: Codes | None) -> Codes:
    """Positions that sort the rows by cluster and then by their values, missing last.

    Rows alike in everything may change places, and nothing changes with them: draws are
    given out in this order, so that the order of the rows does not matter.
    """
    keys = [one.values for one in reversed(variables)]
    if clusters is not None:
        keys.append(clusters.astype(float))
    return np.asarray(np.lexsort(keys), dtype=np.intp)

"""The fixed part of a model as a matrix, and rows of it for new people or for a grid.

formulaic reads the formula (Wilkinson notation) and codes words by treatment contrasts; the
reference is the first level: of a category in its own order, of other columns in sorted
order. A column that repeats earlier ones is left out and named, as R does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# A standardised column of which less than this share is its own repeats earlier columns
# (R's lm drops at 1e-7).
ALIASED = 1e-7
# A row is estimable where its part outside the data's row space is below this, relative.
ESTIMABLE = 1e-8
BLOCK = 1024  # rows of one small decomposition: it stays in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class FixedDesign:
    """A design matrix, and what is needed to make further rows of it.

    `matrix` (n × p) holds the kept columns, `names` (p) and `term_of` (p) their names and
    terms, `dropped` the columns that repeat others. `levels` gives the levels of each
    column of words that the formula uses, the reference first; `means` the mean of each
    column of numbers, over the rows used; `shares` the share of each level.
    """

    matrix: FloatArray
    names: tuple[str, ...]
    term_of: tuple[str, ...]
    dropped: tuple[str, ...]
    levels: dict[str, tuple[Any, ...]]
    means: dict[str, float]
    ranges: dict[str, tuple[float, float]]
    shares: dict[str, tuple[float, ...]]
    spec: Any
    kept: npt.NDArray[np.intp]
    null: FloatArray

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms of the formula that have a column, in order."""
        return tuple(dict.fromkeys(self.term_of))

    @property
    def variables(self) -> tuple[str, ...]:
        """Columns of the frame that the formula uses."""
        return (*self.levels, *self.means)

    def columns_of(self, term: str) -> npt.NDArray[np.intp]:
        """Positions of a term's columns. Raises UsageError for a term that is not there."""
        wanted = _term_key(term)
        found = [place for place, name in enumerate(self.term_of) if _term_key(name) == wanted]
        if not found:
            raise UsageError(
                "The model has no such term.",
                where="parameter terms",
                fix=f"Terms are {', '.join(self.terms)}.",
            )
        return np.array(found, dtype=np.intp)

    def rows(self, frame: pd.DataFrame) -> FloatArray:
        """Rows of the matrix for other data, k × p.

        Raises UsageError for a level that the model has not seen, and where a row cannot be
        estimated because a column was dropped.
        """
        for name, known in self.levels.items():
            new = ~frame[name].isin(known)
            if new.any():
                raise UsageError(
                    "A level is asked for that the model has not seen.",
                    where=f"column {name}",
                    how_many=int(new.sum()),
                    fix="Give only levels that the data of the model hold.",
                )
        whole = _as_array(self.spec.get_model_matrix(_plain(frame), na_action="raise"))
        return self.reduced(whole)

    def reduced(self, whole: FloatArray) -> FloatArray:
        """Rows of all columns (k × K) on the kept ones. Raises UsageError if not estimable."""
        if self.null.shape[1]:
            outside = np.abs(whole @ self.null).max(axis=1)
            if bool((outside > ESTIMABLE * np.maximum(np.abs(whole).max(axis=1), 1)).any()):
                raise UsageError(
                    "The data cannot tell this estimate: a needed column repeats others.",
                    where=f"columns {', '.join(self.dropped)}",
                    fix="Take a term out of the formula, or ask for other levels.",
                )
        return np.ascontiguousarray(whole[:, self.kept])


def fixed_variables(fixed: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns of the frame that a formula or an expression needs.

    Raises UsageError where a needed column is not in the frame.
    """
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        needed = Formula(fixed).required_variables
    except (FormulaicError, SyntaxError) as error:
        raise _unreadable() from error
    names = sorted(str(name) for name in needed)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise UsageError(
            "The formula names columns that the frame does not have.",
            where=f"columns {', '.join(missing)}",
            fix=f"Columns are {', '.join(map(str, frame.columns))}.",
        )
    return tuple(names)


def complete_rows(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[BoolArray, dict[str, int]]:
    """Rows in which all columns have a value, and how many others each column lacks.

    A number that is infinite counts as missing. Raises NotEnoughData where no row is left.
    """
    usable = np.ones(len(frame), dtype=bool)
    dropped: dict[str, int] = {}
    for name in dict.fromkeys(columns):
        gaps = frame[name].isna().to_numpy()
        if pd.api.types.is_float_dtype(frame[name].dtype):
            gaps = gaps | np.isinf(frame[name].to_numpy(dtype="float64", na_value=np.nan))
        if gaps.any():
            dropped[name] = int(gaps.sum())
        usable &= ~gaps
    if not usable.any():
        raise NotEnoughData(
            "No row has a value in every column of the model.",
            where=f"columns {', '.join(dict.fromkeys(columns))}",
            how_many=len(frame),
            fix="Take out the columns that are empty.",
        )
    return usable, dropped


def expression_values(expression: str, frame: pd.DataFrame, *, what: str) -> FloatArray:
    """Numbers of a response or another expression, one for each row.

    Raises UsageError where it is no number or gives more than one column.
    """
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError

    if expression in frame.columns:
        column = frame[expression]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise UsageError(
                f"The {what} is no number.",
                where=f"column {expression}",
                fix="Give a column of numbers.",
            )
        return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))
    try:
        values = _as_array(model_matrix(f"0 + {expression}", _plain(frame), na_action="ignore"))
    except (FormulaicError, SyntaxError) as error:
        raise _unreadable() from error
    if values.shape[1] != 1:
        raise UsageError(
            f"The {what} has {values.shape[1]} columns.",
            where=f"formula, {expression}",
            fix="Give one column of numbers.",
        )
    return values[:, 0]


def fixed_design(fixed: str, frame: pd.DataFrame) -> FixedDesign:
    """The design of a right-hand side over the rows of `frame`, which must be complete.

    Raises UsageError for a formula that cannot be read or names a column that is missing.
    """
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError

    variables = fixed_variables(fixed, frame)
    plain = _plain(frame)
    try:
        made = model_matrix(fixed, plain, na_action="raise")
    except (FormulaicError, SyntaxError, ValueError) as error:
        raise _unreadable() from error
    spec = made.model_spec
    whole = _as_array(made)
    kept = _independent(_triangle(whole))
    columns = [_readable(str(name)) for name in spec.column_names]
    terms = _terms(spec)
    levels, shares = _levels(fixed, plain, variables)
    numbers = [name for name in variables if name not in levels]
    values = {name: plain[name].to_numpy(dtype="float64") for name in numbers}
    return FixedDesign(
        matrix=np.ascontiguousarray(whole[:, kept]),
        names=tuple(columns[place] for place in kept),
        term_of=tuple(terms[place] for place in kept),
        dropped=tuple(name for place, name in enumerate(columns) if place not in set(kept)),
        levels=levels,
        means={name: float(found.mean()) for name, found in values.items()},
        ranges={name: (float(found.min()), float(found.max())) for name, found in values.items()},
        shares=shares,
        spec=spec,
        kept=kept,
        null=_null_space(whole, kept),
    )


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
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


def _as_array(made: Any) -> FloatArray:  # noqa: ANN401 - formulaic's matrix has no type
    return np.ascontiguousarray(np.asarray(made, dtype="float64"))


def _triangle(whole: FloatArray) -> FloatArray:
    """The R of the matrix, made block by block: the same dependences in few rows."""
    if len(whole) <= BLOCK:
        return whole
    blocks = [
        np.linalg.qr(whole[start : start + BLOCK], mode="r")
        for start in range(0, len(whole), BLOCK)
    ]
    return np.asarray(np.linalg.qr(np.concatenate(blocks), mode="r"))


def _independent(whole: FloatArray) -> npt.NDArray[np.intp]:
    """Columns that are no combination of earlier ones, in their order."""
    size = np.sqrt((whole**2).sum(axis=0))
    kept: list[int] = []
    basis = np.zeros((len(whole), 0))
    for place in range(whole.shape[1]):
        if size[place] == 0:
            continue
        column = whole[:, place] / size[place]
        for _ in range(2):  # once more against rounding (Björck 1967)
            column = column - basis @ (basis.T @ column)
        own = float(np.sqrt(column @ column))
        if own > ALIASED:
            kept.append(place)
            basis = np.column_stack([basis, column / own])
    return np.array(kept, dtype=np.intp)


def _null_space(whole: FloatArray, kept: npt.NDArray[np.intp]) -> FloatArray:
    """Directions of coefficients that the data cannot tell, K × (K − p)."""
    if len(kept) == whole.shape[1]:
        return np.zeros((whole.shape[1], 0))
    rest = np.setdiff1d(np.arange(whole.shape[1]), kept)
    orthogonal, triangle = np.linalg.qr(whole[:, kept])
    weights = np.linalg.solve(triangle, orthogonal.T @ whole[:, rest])
    null = np.zeros((whole.shape[1], len(rest)))
    null[kept] = -weights
    null[rest, np.arange(len(rest))] = 1.0
    return null


def _levels(
    fixed: str, frame: pd.DataFrame, variables: tuple[str, ...]
) -> tuple[dict[str, tuple[Any, ...]], dict[str, tuple[float, ...]]]:
    """Levels of each column of words, or written as C(column), and the share of each."""
    levels: dict[str, tuple[Any, ...]] = {}
    shares: dict[str, tuple[float, ...]] = {}
    for name in variables:
        column = frame[name]
        number = pd.api.types.is_numeric_dtype(column.dtype)
        if number and not re.search(rf"\bC\(\s*{re.escape(name)}\b", fixed):
            continue
        if isinstance(column.dtype, pd.CategoricalDtype):
            found = tuple(column.cat.categories)
        else:
            found = tuple(sorted(column.unique().tolist()))
        levels[name] = found
        counted = column.value_counts()
        shares[name] = tuple(float(counted[level]) / len(column) for level in found)
    return levels, shares


def _terms(spec: Any) -> list[str]:  # noqa: ANN401 - formulaic's spec has no type
    """The term of each column."""
    terms = [""] * len(spec.column_names)
    for term, places in spec.term_slices.items():
        for place in range(places.start, places.stop):
            terms[place] = "(intercept)" if str(term) == "1" else str(term)
    return terms


def _readable(name: str) -> str:
    """`arm[T.therapy]:week` as `arm[therapy]:week`, `Intercept` as `(intercept)`."""
    return "(intercept)" if name == "Intercept" else name.replace("[T.", "[")


def _term_key(term: str) -> frozenset[str]:
    """A term whatever the order of its factors."""
    return frozenset(part.strip() for part in term.split(":"))


def _unreadable() -> UsageError:
    return UsageError(
        "The formula cannot be read.",
        where="parameter formula",
        fix="Write it as in score ~ arm * week, with columns of the frame.",
    )

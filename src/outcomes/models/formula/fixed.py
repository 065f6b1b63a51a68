"""The fixed part of a model as a matrix, and rows of it for new people or for a grid.

formulaic reads the formula (Wilkinson notation) and codes words by treatment contrasts; the
reference is the first level: of a category in its own order, of other columns in sorted
order. A column that repeats earlier ones is left out and named, as R does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.formula.coding import is_word, levels, plain, readable, term_key, terms
from outcomes.models.formula.rank import independent, null_space, triangle, triangle_of
from outcomes.models.formula.rows import TOGETHER, Rows, by_row, names_given, pieces

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# A row is estimable where its part outside the data's row space is below this, relative.
ESTIMABLE = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class FixedDesign:
    """A design matrix, and what is needed to make further rows of it.

    `matrix` (n × p) is `held`, or is made of `source` whenever it is asked for; `names` (p)
    and `term_of` (p) are the names and terms of its columns, `dropped` the columns that
    repeat others. `levels` gives the levels of each column of words that the formula uses,
    the reference first; `means` the mean of each column of numbers, over the rows used;
    `shares` the share of each level.
    """

    held: FloatArray | None
    source: Rows | None
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
    def n(self) -> int:
        """Number of rows."""
        if self.held is not None:
            return len(self.held)
        assert self.source is not None
        return self.source.n

    @property
    def matrix(self) -> FloatArray:
        """The kept columns of all rows, n × p."""
        if self.held is not None:
            return self.held
        made = np.empty((self.n, len(self.names)))
        for rows in pieces(self.n):
            made[rows] = self.between(rows)
        return made

    def between(self, rows: slice) -> FloatArray:
        """Some rows of the matrix."""
        if self.held is not None:
            return self.held[rows]
        assert self.source is not None
        whole = _read(self.spec, self.source.between(rows))
        return np.ascontiguousarray(whole[:, self.kept])

    def parts(self) -> Iterator[FloatArray]:
        """The matrix in a few parts, in the order of the rows."""
        return (self.between(rows) for rows in pieces(self.n))

    def times(self, weights: FloatArray) -> FloatArray:
        """The matrix times weights (p), n."""
        return np.concatenate([part @ weights for part in self.parts()])

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
        wanted = term_key(term)
        found = [place for place, name in enumerate(self.term_of) if term_key(name) == wanted]
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
        whole = _as_array(self.spec.get_model_matrix(plain(frame), na_action="raise"))
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
        formula = Formula(fixed)
        needed = {str(name) for name in formula.required_variables}
    except (FormulaicError, SyntaxError) as error:
        raise _unreadable() from error
    # formulaic does not name what poly, bs and other functions of all rows are given.
    needed |= {name for name in names_given(formula) if name in frame.columns}
    names = sorted(needed)
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
        values = _as_array(model_matrix(f"0 + {expression}", plain(frame), na_action="ignore"))
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
    variables = fixed_variables(fixed, frame)
    coded = plain(frame)
    spec, whole = _made(fixed, coded)
    found = _described(fixed, coded, variables, spec, triangle(whole))
    return replace(found, held=np.ascontiguousarray(whole[:, found.kept]))


def design_of(fixed: str, rows: Rows) -> FixedDesign:
    """As `fixed_design`, without the matrix of many rows: it is made again where it is used.

    The coding is read from a few rows that hold all levels, which tells it where every
    factor is a column or a function of one row's values; other matrices are kept whole.
    """
    variables = fixed_variables(fixed, rows.between(slice(0, 0)))
    own = rows.only(variables)
    if rows.n <= TOGETHER or not by_row(fixed):
        return fixed_design(fixed, own.all())
    words = [name for name in variables if is_word(name, own.columns[name], fixed)]
    spec, _ = _made(fixed, plain(own.first_of(words)))
    known = triangle_of(_read(spec, own.between(part)) for part in pieces(own.n))
    return replace(_described(fixed, own.all(), variables, spec, known), source=own)


def _made(fixed: str, coded: pd.DataFrame) -> tuple[Any, FloatArray]:
    """The coding that formulaic finds in a frame, and the matrix of all columns."""
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError

    try:
        made = model_matrix(fixed, coded, na_action="raise")
    except (FormulaicError, SyntaxError, ValueError) as error:
        raise _unreadable() from error
    return made.model_spec, _as_array(made)


def _read(spec: Any, frame: pd.DataFrame) -> FloatArray:  # noqa: ANN401 - formulaic's
    """All columns for rows whose levels are known."""
    try:
        return _as_array(spec.get_model_matrix(plain(frame), na_action="raise"))
    except ValueError as error:
        raise _unreadable() from error


def _described(
    fixed: str,
    frame: pd.DataFrame,
    variables: tuple[str, ...],
    spec: Any,  # noqa: ANN401 - formulaic's spec has no type
    known: FloatArray,
) -> FixedDesign:
    """The design without rows; `known` has the same dependences between columns as all rows."""
    kept = independent(known)
    columns = [readable(str(name)) for name in spec.column_names]
    term_of = terms(spec)
    known_levels, shares = levels(fixed, frame, variables)
    numbers = [name for name in variables if name not in known_levels]
    values = {name: frame[name].to_numpy(dtype="float64") for name in numbers}
    return FixedDesign(
        held=None,
        source=None,
        names=tuple(columns[place] for place in kept),
        term_of=tuple(term_of[place] for place in kept),
        dropped=tuple(name for place, name in enumerate(columns) if place not in set(kept)),
        levels=known_levels,
        means={name: float(found.mean()) for name, found in values.items()},
        ranges={name: (float(found.min()), float(found.max())) for name, found in values.items()},
        shares=shares,
        spec=spec,
        kept=kept,
        null=null_space(known, kept),
    )


def _as_array(made: Any) -> FloatArray:  # noqa: ANN401 - formulaic's matrix has no type
    return np.ascontiguousarray(np.asarray(made, dtype="float64"))


def _unreadable() -> UsageError:
    return UsageError(
        "The formula cannot be read.",
        where="parameter formula",
        fix="Write it as in score ~ arm * week, with columns of the frame.",
    )

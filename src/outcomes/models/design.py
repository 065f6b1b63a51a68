"""Covariates of a frame as a matrix of numbers, with every decision named.

Rules: numbers stay as they are; words, categories and true/false become one column for
each level, all but the most frequent level (ties: the first in sorted order; for
true/false always False). A missing word is a level of its own, 'missing'. A missing
number is filled with the mean and marked in a column of its own. Constant columns and
columns that repeat earlier ones are dropped and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.arms import require_columns

FloatArray = npt.NDArray[np.float64]

MISSING = "missing"

# A standardised column of which less than this share is its own repeats earlier columns;
# rounding leaves about 1e-15, and honest collinearity stays far above.
ALIAS_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Term:
    """One column: `level` is "" for a number, "missing" for its mark, else a word."""

    covariate: str
    level: str
    is_number: bool

    @property
    def column(self) -> str:
        """The column's name, as `gender=female` or `pre`."""
        return f"{self.covariate}={self.level}" if self.level else self.covariate


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A covariate matrix without intercept.

    `candidates` (n × K) has a column for each of `terms`, reference levels included;
    `kept` gives the positions that enter models. `dropped` names the others with the
    reason, `reference_levels` the level left out by covariate, `filled` how many missing
    numbers were replaced by the mean, by covariate.
    """

    candidates: FloatArray
    terms: tuple[Term, ...]
    kept: tuple[int, ...]
    dropped: tuple[tuple[str, str], ...]
    reference_levels: dict[str, str]
    filled: dict[str, int]

    @property
    def matrix(self) -> FloatArray:
        """The columns that enter models, n × k."""
        return np.asarray(self.candidates[:, list(self.kept)])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that enter models."""
        return tuple(self.terms[position].column for position in self.kept)

    def notes(self) -> tuple[str, ...]:
        """Say what was filled or dropped, a sentence each and without counts of people."""
        said = [
            f"{covariate} is missing for some people: filled with the mean and marked"
            for covariate in self.filled
        ]
        said += [
            f"{column} is left out: {reason}"
            for column, reason in self.dropped
            if reason != "reference level"
        ]
        return tuple(said)


def design(frame: pd.DataFrame, covariates: Sequence[str]) -> Design:
    """Build the covariate matrix of `frame` by the rules at the top of this module.

    Returns n × k numbers in the order of `covariates`. Raises UsageError for an unknown
    column, a name given twice, a date, or an infinite number.
    """
    names = list(covariates)
    if len(set(names)) != len(names):
        raise UsageError("a covariate is named twice", where="covariates")
    require_columns(frame, names)
    terms: list[Term] = []
    blocks: list[FloatArray] = []
    references: dict[str, str] = {}
    filled: dict[str, int] = {}
    for name in names:
        column = frame[name]
        if _is_number(column):
            found, block = _number(name, column, filled)
        else:
            found, block, references[name] = _levels(name, column)
        terms += found
        blocks.append(block)
    candidates = np.column_stack(blocks) if blocks else np.empty((len(frame), 0))
    kept, dropped = _independent(candidates, terms, references)
    return Design(candidates, tuple(terms), kept, dropped, references, filled)


def take(covariates: Design, rows: npt.NDArray[np.bool_]) -> Design:
    """The same design for some of its rows; columns that are constant there stay in it."""
    return replace(covariates, candidates=covariates.candidates[rows])


def _is_number(column: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        raise UsageError(
            "a date cannot be a covariate",
            where=f"column {column.name!r}",
            fix="turn it into days since something, or into the quarter",
        )
    if pd.api.types.is_bool_dtype(column):
        return False
    return bool(pd.api.types.is_numeric_dtype(column))


def _number(name: str, column: pd.Series, filled: dict[str, int]) -> tuple[list[Term], FloatArray]:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise UsageError(
            "a covariate holds infinite numbers",
            where=f"column {name!r}",
            how_many=int(np.isinf(values).sum()),
        )
    gaps = np.isnan(values)
    if not gaps.any():
        return [Term(name, "", True)], values[:, None]
    filled[name] = int(gaps.sum())
    mean = float(values[~gaps].mean()) if not gaps.all() else 0.0
    block = np.column_stack([np.where(gaps, mean, values), gaps.astype(float)])
    return [Term(name, "", True), Term(name, MISSING, False)], block


def _levels(name: str, column: pd.Series) -> tuple[list[Term], FloatArray, str]:
    words = column.astype("string").fillna(MISSING)
    levels = sorted(words.unique().tolist())
    counts = words.value_counts()
    if pd.api.types.is_bool_dtype(column) and "False" in levels:
        reference = "False"
    else:
        # Sorted first, so that max() takes the first word among equally frequent ones.
        reference = max(levels, key=lambda level: int(counts[level])) if levels else ""
    block = (
        np.column_stack([words.eq(level).to_numpy(dtype=float) for level in levels])
        if levels
        else np.empty((len(words), 0))
    )
    return [Term(name, level, False) for level in levels], block, reference


def independent(matrix: FloatArray) -> list[int]:
    """Positions of the columns that vary and do not repeat earlier ones."""
    terms = [Term(f"column {position}", "", True) for position in range(matrix.shape[1])]
    return list(_independent(matrix, terms, {})[0])


def _independent(
    candidates: FloatArray, terms: Sequence[Term], references: dict[str, str]
) -> tuple[tuple[int, ...], tuple[tuple[str, str], ...]]:
    """Positions of columns that carry something new, and why the others do not."""
    centred = candidates - candidates.mean(axis=0) if len(candidates) else candidates
    spread = np.sqrt((centred**2).sum(axis=0))
    size = np.sqrt((candidates**2).sum(axis=0))
    reasons: dict[int, str] = {}
    for position, term in enumerate(terms):
        if spread[position] <= ALIAS_TOLERANCE * max(size[position], 1e-300):
            reasons[position] = "constant"
        elif references.get(term.covariate) == term.level and not term.is_number:
            reasons[position] = "reference level"
    open_ = [position for position in range(len(terms)) if position not in reasons]
    if open_:
        # The triangle of a QR keeps every dependence between columns and is tiny.
        triangle: FloatArray = np.asarray(
            np.linalg.qr(centred[:, open_] / spread[open_], mode="r"), dtype=np.float64
        )
        for index, partners in _aliased(triangle).items():
            same = " + ".join(terms[open_[partner]].column for partner in partners)
            reasons[open_[index]] = f"follows from {same}"
    kept = tuple(position for position in open_ if position not in reasons)
    dropped = tuple((terms[position].column, reasons[position]) for position in sorted(reasons))
    return kept, dropped


def _aliased(triangle: FloatArray) -> dict[int, list[int]]:
    """Columns that earlier kept columns determine, with those columns."""
    kept: list[int] = []
    aliased: dict[int, list[int]] = {}
    for index in range(triangle.shape[1]):
        column = triangle[:, index]
        if kept:
            basis = triangle[:, kept]
            share = np.linalg.lstsq(basis, column, rcond=None)[0]
            if np.linalg.norm(column - basis @ share) <= ALIAS_TOLERANCE:
                weights = np.abs(share)
                aliased[index] = [
                    kept[place] for place in np.flatnonzero(weights > ALIAS_TOLERANCE)
                ]
                continue
        kept.append(index)
    return aliased

"""From a formula and a frame to what the engine takes: outcome, columns and groupings."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.formula import (
    FixedDesign,
    MixedFormula,
    Rows,
    complete_rows,
    design_of,
    parse,
    rows_of,
)
from outcomes.models.formula.fixed import expression_values, fixed_variables
from outcomes.models.mixed.stacks import Codes, Numbers
from outcomes.models.mixed.structure import Grouping

_INTERCEPT = re.compile(r"\s*1\s*\Z")


@dataclass(frozen=True, slots=True, eq=False)
class RandomColumns:
    """Columns of one random term; `design` makes them for other rows, None for an intercept."""

    group: tuple[str, ...]
    design: FixedDesign | None

    def rows(self, frame: pd.DataFrame) -> Numbers:
        """The columns for other rows."""
        if self.design is None:
            return np.ones((len(frame), 1))
        return self.design.rows(frame)


@dataclass(frozen=True, slots=True, eq=False)
class ModelData:
    """The rows a model uses. `used` says which rows of the frame they are.

    `rows` refers to the caller's columns and holds pandas to leave them as they are: a caller
    who edits the frame gets a copy. `outcome` may be one of them and is not to be parted
    from `rows`.
    `origin` is taken off the outcome; `constant` (p) are the fixed effects of a constant 1,
    None where the fixed part holds none. `random` lists the terms of each grouping.
    """

    formula: MixedFormula
    rows: Rows
    outcome: Numbers
    fixed: FixedDesign
    groupings: tuple[Grouping, ...]
    random: tuple[tuple[RandomColumns, ...], ...]
    origin: float
    constant: Numbers | None
    used: np.typing.NDArray[np.bool_]
    dropped: dict[str, int]
    index: pd.Index

    @property
    def n_rows(self) -> int:
        """Rows of the frame."""
        return len(self.used)

    @property
    def n_used(self) -> int:
        """Rows with a value in every column."""
        return len(self.outcome)


def model_data(formula: str, frame: pd.DataFrame) -> ModelData:
    """Read the formula over the frame's complete rows.

    Raises UsageError without a random term, or where a column is missing.
    """
    read = parse(formula)
    if not read.random:
        raise UsageError(
            "A mixed model needs a random term.",
            where="parameter formula",
            fix="Add one, as in score ~ week + (week | client).",
        )
    columns = used_columns(read, frame)
    used, dropped = complete_rows(frame, columns)
    rows = rows_of(frame, columns, used)
    outcome = _response(read.response, rows)
    finite = np.isfinite(outcome)
    if not finite.all():  # an expression such as log(score) may have no value
        dropped[read.response] = int((~finite).sum())
        used = used.copy()
        used[np.flatnonzero(used)[~finite]] = False
        rows, outcome = rows_of(frame, columns, used), outcome[finite]
    fixed = design_of(read.fixed, rows)
    constant = _constant(fixed)
    groupings, random = _groupings(read, rows)
    return ModelData(
        formula=read,
        rows=rows,
        outcome=outcome,
        fixed=fixed,
        groupings=groupings,
        random=random,
        origin=float(outcome.mean()) if constant is not None else 0.0,
        constant=constant,
        used=used,
        dropped=dropped,
        index=frame.index if rows.places is None else frame.index[used],
    )


def used_columns(read: MixedFormula, frame: pd.DataFrame) -> tuple[str, ...]:
    """Every column of the frame that the model uses."""
    response = (
        (read.response,)
        if read.response in frame.columns
        else fixed_variables(read.response, frame)
    )
    expressions = [read.fixed, *(term.expression for term in read.random)]
    names = [name for one in expressions for name in fixed_variables(one, frame)]
    missing = [name for name in read.groups if name not in frame.columns]
    if missing:
        raise UsageError(
            "The formula groups by columns that the frame does not have.",
            where=f"columns {', '.join(missing)}",
            fix=f"Columns are {', '.join(map(str, frame.columns))}.",
        )
    return (*response, *names, *read.groups)


def _response(response: str, rows: Rows) -> Numbers:
    """The outcome of the rows used, without a copy where the frame holds it as it is needed."""
    no_rows = rows.between(slice(0, 0))
    named = [response] if response in rows.columns else fixed_variables(response, no_rows)
    return expression_values(response, rows.only(named).all(), what="response")


def _constant(fixed: FixedDesign) -> Numbers | None:
    """Coefficients with which the fixed columns add up to 1 in every row."""
    if "(intercept)" in fixed.names:
        made = np.zeros(len(fixed.names))
        made[fixed.names.index("(intercept)")] = 1.0
        return made
    gram, total = np.zeros((len(fixed.names),) * 2), np.zeros(len(fixed.names))
    for X in fixed.parts():
        gram += X.T @ X
        total += X.sum(axis=0)
    made = np.asarray(np.linalg.lstsq(gram, total, rcond=None)[0])
    return made if np.abs(fixed.times(made) - 1).max() < 1e-10 else None


def _groupings(
    read: MixedFormula, rows: Rows
) -> tuple[tuple[Grouping, ...], tuple[tuple[RandomColumns, ...], ...]]:
    """One grouping for each factor, with the columns of all its terms side by side."""
    made, terms_of = [], []
    for group in dict.fromkeys(term.group for term in read.random):
        codes, levels = level_codes(rows.only(group).all(), group)
        blocks, terms, begin = [], [], 0
        names: list[str] = []
        for term in read.random:
            if term.group != group:
                continue
            design = None if _INTERCEPT.match(term.expression) else design_of(term.expression, rows)
            columns = ("(intercept)",) if design is None else design.names
            blocks.append(tuple(range(begin, begin + len(columns))))
            begin += len(columns)
            names += columns
            terms.append(RandomColumns(group, design))
        designs = tuple(term.design for term in terms)
        made.append(Grouping(":".join(group), codes, levels, designs, tuple(names), tuple(blocks)))
        terms_of.append(tuple(terms))
    return tuple(made), tuple(terms_of)


def level_codes(
    rows: pd.DataFrame, group: tuple[str, ...]
) -> tuple[Codes, np.typing.NDArray[np.object_]]:
    """The level of each row and the levels: values, or tuples of values for a:b.

    Codes take four bytes a row: there are fewer than two thousand million levels.
    """
    if len(group) == 1:
        codes, levels = pd.factorize(rows[group[0]])
        return codes.astype(np.int32), np.asarray(levels, dtype=object)
    parts = [pd.factorize(rows[name]) for name in group]
    codes = np.zeros(len(rows), dtype=np.intp)
    for part, values in parts:
        codes = codes * len(values) + part
    number, first = np.unique(codes, return_index=True)
    codes = np.searchsorted(number, codes)
    levels = np.empty(len(number), dtype=object)
    for place, row in enumerate(first):
        levels[place] = tuple(values[part[row]] for part, values in parts)
    return codes.astype(np.int32), levels

"""A frame as the engine reads it: complete rows, subjects as numbers, visits as a grid."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.formula.fixed import (
    FixedDesign,
    complete_rows,
    design_of,
    expression_values,
    fixed_variables,
)
from outcomes.models.formula.lme4 import parse
from outcomes.models.formula.rows import rows_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class CategoryDesign(FixedDesign):
    """A design whose words may be numbers: visits 2, 3, 5 and 8 are categories in new rows too."""

    def rows(self, frame: pd.DataFrame) -> FloatArray:
        """Rows of the matrix for other data, k × p; raises as FixedDesign does."""
        coded = {
            name: pd.Categorical(frame[name], categories=list(known))
            for name, known in self.levels.items()
        }
        return FixedDesign.rows(self, frame.assign(**coded))


@dataclass(frozen=True, slots=True, eq=False)
class VisitData:
    """Used rows: outcome (n), design, subject (n), position on the grid of `visits` (n).

    `design` keeps no matrix of its own: X (n × p) stands beside it. `seen` counts rows by
    visit and by the levels of the words in the model, in the frame's own column names.
    """

    outcome: str
    y: FloatArray
    X: FloatArray
    design: FixedDesign
    subject: IntArray
    position: IntArray
    visits: tuple[Any, ...]
    clusters: IntArray | None
    n_rows: int
    n_subjects_in: int
    dropped: dict[str, int]
    seen: pd.DataFrame


def visit_data(
    formula: str, frame: pd.DataFrame, *, subject: str, visit: str, cluster: str | None = None
) -> VisitData:
    """Read `formula` over the complete rows of `frame`; the visit is always a category.

    Raises UsageError for an unknown column, a random term, or two rows of a subject at one
    visit; NotEnoughData where no row is complete or all are at one visit.
    """
    parsed = parse(formula)
    if parsed.random:
        raise UsageError(
            "A model for repeated measures has no random terms.",
            where="parameter formula",
            fix="Leave (… | …) out, or use oc.mixed.",
        )
    asked = [name for name in (subject, visit, cluster) if name is not None]
    _require(frame, asked)
    columns = (
        *fixed_variables(f"0 + {parsed.response}", frame),
        *fixed_variables(parsed.fixed, frame),
        *asked,
    )
    usable, dropped = complete_rows(frame, columns)
    used = frame.loc[usable, list(dict.fromkeys(columns))]
    grid = _grid(used[visit])
    used = used.assign(**{visit: grid})
    if len(grid.categories) < 2:
        raise NotEnoughData(
            "Every row is at the same visit.", where=f"column {visit}", how_many=len(used)
        )
    design = design_of(parsed.fixed, rows_of(used, used.columns, np.ones(len(used), dtype=bool)))
    X = design.matrix
    codes = pd.factorize(used[subject])[0].astype(np.intp)
    _once(codes, grid.codes, len(grid.categories), subject, visit)
    return VisitData(
        outcome=parsed.response,
        y=expression_values(parsed.response, used, what="outcome"),
        X=X,
        design=_without_matrix(design),
        subject=codes,
        position=np.asarray(grid.codes, dtype=np.intp),
        visits=tuple(grid.categories),
        clusters=None if cluster is None else _clusters(used[cluster], codes, cluster),
        n_rows=len(frame),
        n_subjects_in=int(frame[subject].nunique()),
        dropped=dropped,
        seen=_seen(used, visit, design),
    )


def _without_matrix(design: FixedDesign) -> CategoryDesign:
    parts = {field.name: getattr(design, field.name) for field in fields(design)}
    return CategoryDesign(**{**parts, "held": np.empty((0, len(design.names))), "source": None})


def _require(frame: pd.DataFrame, columns: list[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise UsageError(
            "Columns are missing.",
            where=f"columns {', '.join(missing)}",
            fix=f"Columns are {', '.join(map(str, frame.columns))}.",
        )


def _grid(column: pd.Series) -> pd.Categorical:
    """Visits in the order of their category, else sorted; unused ones are left out."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Categorical(column.cat.remove_unused_categories())
    return pd.Categorical(column)


def _once(codes: IntArray, place: npt.ArrayLike, size: int, subject: str, visit: str) -> None:
    counts = np.bincount(codes * size + np.asarray(place, dtype=np.intp))
    if counts.max() > 1:
        raise UsageError(
            "A subject has more than one row at a visit.",
            where=f"columns {subject} and {visit}",
            how_many=int((counts > 1).sum()),
            fix="Keep one row for each subject and visit; oc.visits chooses one.",
        )


def _clusters(column: pd.Series, codes: IntArray, name: str) -> IntArray:
    found = np.asarray(pd.factorize(column)[0], dtype=np.intp)
    of_subject = np.full(codes.max() + 1, -1, dtype=np.intp)
    of_subject[codes] = found
    if (of_subject[codes] != found).any():
        raise UsageError(
            "A subject belongs to more than one cluster.",
            where=f"column {name}",
            how_many=len(np.unique(codes[of_subject[codes] != found])),
            fix="Give clusters that hold whole subjects.",
        )
    return found


def _seen(used: pd.DataFrame, visit: str, design: FixedDesign) -> pd.DataFrame:
    words = [name for name in design.levels if name != visit]
    return used.groupby([*words, visit], observed=True, sort=True).size().rename("n").reset_index()

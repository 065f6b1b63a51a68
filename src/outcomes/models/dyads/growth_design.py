"""Rows of partners and of people seen alone over time, ready for a growth model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.design import design
from outcomes.models.dyads.growth_covariance import CourseModel
from outcomes.models.dyads.partners import (
    check_pairs,
    number_partners,
    numbers,
    require,
    two_roles,
)
from outcomes.models.dyads.units import ALONE, FIRST, SECOND, IntArray, Rows
from outcomes.models.formula import complete_rows

FloatArray = npt.NDArray[np.float64]
BOTH, INDIVIDUAL = "partner", "individual"


@dataclass(frozen=True, slots=True)
class GrowthColumns:
    """Columns of a growth model as given; `individual` is the role of people seen alone."""

    couple: str
    role: str
    outcome: str
    time: str
    occasion: str | None
    arm: str | None
    covariates: tuple[str, ...]
    individual: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """Complete rows: n answers of partners and of people seen alone.

    `role` is 0, 1 or 2 (alone), `cell` (n) the number of the cell whose mean course a row
    belongs to, `cells` names them (columns role and arm). `extra` (n × k) are covariates.
    """

    unit: IntArray
    role: IntArray
    occasion: IntArray
    time: FloatArray
    y: FloatArray
    cell: IntArray
    cells: pd.DataFrame
    extra: FloatArray
    extra_names: tuple[str, ...]
    roles: tuple[str, str] | None
    n_rows: int
    dropped: dict[str, int]
    notes: tuple[str, ...]

    @property
    def has_alone(self) -> bool:
        """Whether there are people seen alone."""
        return bool((self.role == ALONE).any())

    def fixed(self) -> tuple[FloatArray, tuple[str, ...]]:
        """Mean at time 0 and slope of each cell, then covariates: n × p, with names."""
        flags = np.zeros((len(self.y), len(self.cells)))
        flags[np.arange(len(self.y)), self.cell] = 1.0
        words = [", ".join(str(word) for word in row) for row in self.cells.to_numpy()]
        names = [f"start: {word}" for word in words] + [f"slope: {word}" for word in words]
        matrix = np.column_stack([flags, flags * self.time[:, None], self.extra])
        return matrix, (*names, *self.extra_names)

    def random(self, model: CourseModel) -> FloatArray:
        """Start and slope of each role in columns of its own: n × q."""
        own = np.column_stack([np.ones_like(self.time), self.time])[:, : model.each]
        found = np.zeros((len(self.y), model.columns))
        for role in (FIRST, SECOND, ALONE)[: model.columns // model.each]:
            here = self.role == role
            found[np.ix_(here, np.arange(role * model.each, (role + 1) * model.each))] = own[here]
        return found

    def scales(self, model: CourseModel) -> FloatArray:
        """The size of Z's columns (q)."""
        size = float(np.sqrt((self.time**2).mean())) or 1.0
        return np.tile(np.array([1.0, size])[: model.each], model.columns // model.each)

    def rows(self, model: CourseModel) -> Rows:
        """The rows for a fit."""
        return Rows(
            self.unit, self.role, self.occasion, self.y, self.fixed()[0], self.random(model)
        )


def read_courses(
    frame: pd.DataFrame,
    columns: GrowthColumns,
    *,
    told_apart: bool,
    roles: Sequence[str] | None = None,
    within: float = 0.0,
) -> Courses:
    """Take the rows with every value, number couples, partners, occasions and cells."""
    needed = [columns.couple, columns.role, columns.outcome, columns.time, *columns.covariates]
    needed += [name for name in (columns.occasion, columns.arm) if name]
    require(frame, needed)
    usable, dropped = complete_rows(frame, needed)
    kept = frame[usable].reset_index(drop=True)
    alone = _alone(kept, columns)
    _check_rows(kept, alone, columns)
    partners = kept[~alone]
    if partners.empty:
        raise NotEnoughData(
            "Nobody is a partner, so there is nothing to say about couples.",
            where=f"column {columns.role}",
            how_many=len(kept),
        )
    named = two_roles(partners[columns.role], roles) if told_apart else None
    role = np.full(len(kept), ALONE, dtype=np.intp)
    if named is None:
        role[~alone] = number_partners(partners[columns.couple], partners[columns.role])
    else:
        role[~alone] = np.where(partners[columns.role].astype(str).eq(named[0]), FIRST, SECOND)
    unit = _units(kept, alone, columns)
    cell, cells = _cells(kept, role, columns, named)
    extra = design(kept, list(columns.covariates))
    time = numbers(kept, columns.time)
    return Courses(
        unit=unit,
        role=role,
        occasion=_occasions(kept, columns, unit, role, time=time, within=within),
        time=time,
        y=numbers(kept, columns.outcome),
        cell=cell,
        cells=cells,
        extra=extra.matrix,
        extra_names=extra.columns,
        roles=named,
        n_rows=len(frame),
        dropped=dropped,
        notes=extra.notes(),
    )


def _alone(kept: pd.DataFrame, columns: GrowthColumns) -> npt.NDArray[np.bool_]:
    if columns.individual is None:
        return np.zeros(len(kept), dtype=bool)
    return np.asarray(kept[columns.role].astype(str).eq(columns.individual), dtype=bool)


def _check_rows(kept: pd.DataFrame, alone: npt.NDArray[np.bool_], columns: GrowthColumns) -> None:
    """Two people a couple, one alone; each answers once at a time (or occasion)."""
    at = columns.occasion or columns.time
    check_pairs(kept[~alone], columns.couple, columns.role, within=at)
    repeated = int(kept.loc[alone, [columns.couple, at]].duplicated().sum())
    if repeated:
        raise UsageError(
            "A person seen alone has several rows at one time.",
            where=f"columns {columns.couple} and {at}",
            how_many=repeated,
            fix="Give each person seen alone a name of their own in the couple's column, and "
            "keep one row for each time.",
        )


def _units(kept: pd.DataFrame, alone: npt.NDArray[np.bool_], columns: GrowthColumns) -> IntArray:
    """Couples and individuals numbered from 0; the same name may be used by one of each."""
    names = pd.MultiIndex.from_arrays([alone, kept[columns.couple]])
    return np.asarray(pd.factorize(names, sort=True)[0], dtype=np.intp)


def _cells(
    kept: pd.DataFrame, role: IntArray, columns: GrowthColumns, named: tuple[str, str] | None
) -> tuple[IntArray, pd.DataFrame]:
    words = np.array([*(named or (BOTH, BOTH)), columns.individual or INDIVIDUAL], dtype=object)
    table = pd.DataFrame({"role": words[role]})
    if columns.arm is not None:
        table["arm"] = kept[columns.arm].astype(str).to_numpy()
    cells = table.drop_duplicates()
    order = {word: place for place, word in enumerate(words)}
    keys = [cells["role"].map(order), *([cells["arm"]] if columns.arm else [])]
    cells = cells.iloc[np.lexsort([key.to_numpy() for key in reversed(keys)])]
    cells = cells.reset_index(drop=True)
    numbered = table.merge(cells.assign(cell=np.arange(len(cells))), how="left")
    return np.asarray(numbered["cell"].to_numpy(), dtype=np.intp), cells


def _occasions(
    kept: pd.DataFrame,
    columns: GrowthColumns,
    unit: IntArray,
    role: IntArray,
    *,
    time: FloatArray,
    within: float,
) -> IntArray:
    """Numbers that partners' answers share where they were given at the same occasion."""
    if columns.occasion is not None:
        return np.asarray(pd.factorize(kept[columns.occasion])[0], dtype=np.intp)
    if within == 0:
        return np.asarray(pd.factorize(time, sort=True)[0], dtype=np.intp)
    found = np.arange(len(time), dtype=np.intp)
    table = pd.DataFrame({"unit": unit, "time": time, "row": found}).sort_values(
        ["time", "unit", "row"], kind="stable"
    )
    first, second = (table[role[table["row"]] == side] for side in (FIRST, SECOND))
    near = pd.merge_asof(
        first.assign(mine=first["time"]),
        second.assign(theirs=second["time"]).rename(columns={"row": "other"}),
        on="time",
        by="unit",
        direction="nearest",
        tolerance=within,
    ).dropna(subset="other")
    near = near.assign(away=(near["mine"] - near["theirs"]).abs())
    near = near.sort_values(["away", "time", "unit"], kind="stable").drop_duplicates("other")
    found[near["other"].to_numpy(dtype=np.intp)] = near["row"].to_numpy()
    return found

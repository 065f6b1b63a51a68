"""Marginal means, their contrasts and slopes, over a grid of the fixed part.

A mean is averaged with equal weights over the levels of words that are not asked for
(or by their shares in the data), and taken at the mean of each number not asked for.

Source: Searle, S. R., Speed, F. M. & Milliken, G. A. (1980). Population marginal means in
the linear model. Am. Stat. 34:216-221; the conventions are those of R's emmeans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.formula.fixed import FixedDesign
from outcomes.models.inference.effects import FixedEffects, estimate_table

FloatArray = npt.NDArray[np.float64]
Weights = Literal["equal", "proportional"]
At = Mapping[str, Sequence[Any]]
# Step of a slope as a share of the number's range in the data, as in emmeans' emtrends.
STEP = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Marginal:
    """Means, contrasts and slopes of one fit.

    Contrasts are level minus reference (the first level unless named), in units of the outcome.
    """

    design: FixedDesign
    effects: FixedEffects

    def means(
        self,
        over: str | Sequence[str],
        *,
        at: At | None = None,
        weights: Weights = "equal",
    ) -> pd.DataFrame:
        """The mean at each combination of `over`; `at` gives values for numbers or levels."""
        cells, rows = self.grid(over, at=at, weights=weights)
        return estimate_table(self.effects, rows, cells)

    def contrasts(
        self,
        variable: str,
        *,
        by: str | Sequence[str] = (),
        at: At | None = None,
        reference: object = None,
        pairwise: bool = False,
        weights: Weights = "equal",
    ) -> pd.DataFrame:
        """Differences between levels of `variable` within each combination of `by`.

        Column `contrast` reads "level - reference". Raises UsageError for a variable or
        reference that the model does not know.
        """
        within = _names(by)
        cells, rows = self.grid([*within, variable], at=at, weights=weights)
        values = list(dict.fromkeys(cells[variable]))
        pairs = _pairs(values, reference, pairwise=pairwise)
        return self._differences(cells, rows, variable, within, pairs)

    def slopes(
        self,
        variable: str,
        *,
        by: str | Sequence[str] = (),
        at: At | None = None,
        contrast: str | None = None,
        weights: Weights = "equal",
    ) -> pd.DataFrame:
        """Change of the mean for one unit of a number, in each combination of `by`.

        With `contrast`, one of `by`, differences of the slopes between its levels.
        """
        if variable not in self.design.means:
            raise UsageError(
                "A slope needs a number that the model uses.",
                where="parameter variable",
                fix=f"Numbers are {', '.join(self.design.means) or 'none'}.",
            )
        cells, rows = self._slope_rows(variable, _names(by), at, weights)
        if contrast is None:
            return estimate_table(self.effects, rows, cells)
        within = [name for name in _names(by) if name != contrast]
        pairs = _pairs(list(dict.fromkeys(cells[contrast])), None, pairwise=False)
        return self._differences(cells, rows, contrast, within, pairs)

    def grid(
        self, over: str | Sequence[str], *, at: At | None = None, weights: Weights = "equal"
    ) -> tuple[pd.DataFrame, FloatArray]:
        """Combinations of `over` (k rows) and the coefficients' weights in each (k × p)."""
        names = _names(over)
        choices = self._choices(names, dict(at or {}))
        names = [*names, *(name for name in at or {} if name not in names and len(at[name]) > 1)]  # type: ignore[index]
        full = pd.DataFrame(
            list(product(*choices.values())), columns=list(choices), dtype=object
        ).infer_objects()
        if not choices:
            full = pd.DataFrame(index=[0])
        rows = self.design.rows(full)
        share = self._shares(full, names, weights)
        if not names:
            return pd.DataFrame({"mean": ["overall"]}), (share @ rows)[None, :]
        number = full.groupby(names, sort=False, observed=True).ngroup().to_numpy()
        summed = np.zeros((number.max() + 1, rows.shape[1]))
        np.add.at(summed, number, rows * share[:, None])
        return full[names].drop_duplicates().reset_index(drop=True), summed

    def _differences(
        self,
        cells: pd.DataFrame,
        rows: FloatArray,
        variable: str,
        within: list[str],
        pairs: list[tuple[Any, Any]],
    ) -> pd.DataFrame:
        """The row of one level of `variable` less that of another, in each cell of `within`."""
        labels, made = [], []
        for cell in _cells(cells, within):
            chosen = dict(zip(cells.loc[cell, variable], rows[cell], strict=True))
            for high, low in pairs:
                place = cells.loc[cell[0], within].to_dict()
                labels.append({**place, "contrast": f"{high} - {low}"})
                made.append(chosen[high] - chosen[low])
        return estimate_table(self.effects, np.array(made), pd.DataFrame(labels))

    def _choices(self, names: list[str], at: dict[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """Values of every variable, those asked for first."""
        unknown = [name for name in (*names, *at) if name not in self.design.variables]
        if unknown:
            raise UsageError(
                "The model does not use a column that is asked for.",
                where=f"columns {', '.join(unknown)}",
                fix=f"It uses {', '.join(self.design.variables)}.",
            )
        choices: dict[str, list[Any]] = {}
        for name in (*names, *(name for name in self.design.variables if name not in names)):
            if name in at:
                choices[name] = list(at[name])
            elif name in self.design.levels:
                choices[name] = list(self.design.levels[name])
            else:
                choices[name] = [self.design.means[name]]
        return choices

    def _shares(self, full: pd.DataFrame, names: list[str], weights: Weights) -> FloatArray:
        """The weight of each combination within its cell."""
        share = np.ones(len(full))
        for name in full.columns.difference(names):
            if name not in self.design.levels:
                continue
            levels = list(dict.fromkeys(full[name]))
            known = dict(zip(self.design.levels[name], self.design.shares[name], strict=True))
            total = sum(known[level] for level in levels)
            share *= (
                full[name].map({level: known[level] / total for level in levels}).to_numpy(float)
                if weights == "proportional"
                else 1 / len(levels)
            )
        return share

    def _slope_rows(
        self, variable: str, by: list[str], at: At | None, weights: Weights
    ) -> tuple[pd.DataFrame, FloatArray]:
        """Cells of `by` and the change of their rows for one unit of `variable`."""
        low, high = self.design.ranges[variable]
        step = STEP * (high - low)
        base = self.design.means[variable]
        if at and variable in at:
            if len(at[variable]) > 1:
                raise UsageError(
                    "A slope is taken at one value.",
                    where=f"parameter at, column {variable}",
                    fix="Give one value, or ask for each in turn.",
                )
            base = float(at[variable][0])
        around = {**(at or {}), variable: [base - step / 2]}
        cells, before = self.grid(by, at=around, weights=weights)
        _, after = self.grid(by, at={**around, variable: [base + step / 2]}, weights=weights)
        return cells, (after - before) / step


def _names(over: str | Sequence[str]) -> list[str]:
    return [over] if isinstance(over, str) else list(over)


def _cells(cells: pd.DataFrame, within: list[str]) -> list[npt.NDArray[np.intp]]:
    """Positions of the rows of each combination of `within`, in order of appearance."""
    if not within:
        return [np.arange(len(cells))]
    number = cells.groupby(within, sort=False, observed=True).ngroup().to_numpy()
    return [np.flatnonzero(number == cell) for cell in range(number.max() + 1)]


def _pairs(values: list[Any], reference: object, *, pairwise: bool) -> list[tuple[Any, Any]]:
    """(level, reference) for each contrast."""
    if reference is not None and reference not in values:
        raise UsageError(
            "The reference is no level of the variable.",
            where="parameter reference",
            fix=f"Levels are {', '.join(map(str, values))}.",
        )
    if pairwise:
        return [(high, low) for place, low in enumerate(values) for high in values[place + 1 :]]
    low = values[0] if reference is None else reference
    return [(value, low) for value in values if value != low]

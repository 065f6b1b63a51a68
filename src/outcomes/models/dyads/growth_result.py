"""`DyadicGrowthResult`: mean courses of both partners, and how the couples' own differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.dyads import growth_words as words
from outcomes.models.dyads.distinguishability import Distinguishability
from outcomes.models.dyads.fitting import DyadFit
from outcomes.models.dyads.growth_covariance import CourseModel
from outcomes.models.dyads.growth_design import GrowthColumns
from outcomes.models.dyads.policy import dyads_policy
from outcomes.models.inference import Convergence, FixedEffects, estimate_table
from outcomes.models.inference.hypertext import fit_html
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DyadicGrowthResult(Drawable):
    """Mean courses by role (and arm), their differences, and the partners' covariance.

    `coefficients`: the mean at time 0 ("start") and the slope of each cell, then covariates;
    term, estimate, se, df, statistic, p, low, high. `cells` names the cells (role, arm).
    `variances`: SDs and correlations of the couples' own starts, slopes and residuals.
    `n_courses` couples have both partners at two occasions or more, `n_together` occasions have
    both partners' answers, `n_alone` people are seen alone; `cell_sizes` are the people of each
    cell. Nine in ten answers are given by `time_most`. `model` says what varies and who
    shares what; `extra_means` are the means of covariates, at which means are taken.
    """

    coefficients: pd.DataFrame
    cells: pd.DataFrame
    variances: pd.DataFrame
    test: Distinguishability | None
    columns: GrowthColumns
    roles: tuple[str, str] | None
    model: CourseModel
    n_rows: int
    n_used: int
    n_couples: int
    n_complete: int
    n_courses: int
    n_alone: int
    n_together: int
    cell_sizes: tuple[int, ...]
    dropped: dict[str, int]
    time_range: tuple[float, float]
    time_most: float
    loglik: float
    n_parameters: int
    convergence: Convergence
    warnings: tuple[str, ...]
    direction: str
    ddf: str
    reml: bool
    level: float
    fit: DyadFit
    fixed: FixedEffects
    extra_means: FloatArray

    @property
    def converged(self) -> bool:
        """Whether the estimates may be used."""
        return self.convergence.usable

    @property
    def enough(self) -> bool:
        """Whether there are enough couples with both courses for a verdict."""
        return self.n_courses >= int(dyads_policy()["enough"]["growth_couples"])

    @property
    def unit(self) -> str:
        """What a slope is measured in."""
        return f"points of {self.columns.outcome} for one unit of {self.columns.time}"

    @property
    def method(self) -> str:
        """Model, estimation and df in one line."""
        return words.growth_method(self)

    @property
    def source(self) -> str:
        """Where the model comes from."""
        return words.GROWTH_SOURCE

    def slopes(self) -> pd.DataFrame:
        """Change for one unit of time in each cell."""
        return estimate_table(self.fixed, self._rows("slope"), self.cells)

    def means(self, times: Sequence[float]) -> pd.DataFrame:
        """Mean of each cell at each of `times`, covariates at their means."""
        tables = [self.cells.assign(time=float(at)) for at in times]
        rows = np.vstack([self._rows("mean", float(at)) for at in times])
        return estimate_table(self.fixed, rows, pd.concat(tables, ignore_index=True))

    def contrasts(
        self, over: str = "role", *, what: str = "slope", at: float | None = None
    ) -> pd.DataFrame:
        """Differences between roles (within arms) or arms (within roles).

        `over`: "role", "arm" or "role x arm" (difference of differences, first two of each).
        `what`: "slope", "start" (mean at time 0) or "mean" at the time `at`. Second minus first,
        and so on to the first.
        """
        rows = self._rows(what, at)
        if over == "role x arm":
            return self._crossed(rows)
        if over not in self.cells.columns:
            raise UsageError(
                "The model has no such groups.",
                where="parameter over",
                fix=f"Choose from {', '.join(self.cells.columns)}.",
            )
        others = [name for name in self.cells.columns if name != over]
        labels, made = [], []
        parts = self.cells.groupby(others, sort=False) if others else [((), self.cells)]
        for key, part in parts:
            first, *rest = list(part.index)
            for place in rest:
                name = f"{self.cells.loc[place, over]} - {self.cells.loc[first, over]}"
                labels.append({**dict(zip(others, key, strict=True)), "contrast": name})
                made.append(rows[place] - rows[first])
        if not made:
            raise UsageError(
                "There is one group only, so there is nothing to compare.",
                where=f"column {over}",
            )
        return estimate_table(self.fixed, np.array(made), pd.DataFrame(labels))

    def verdict(self, cell: int) -> Verdict:
        """Whether the mean of a cell moves: supported, or cannot tell."""
        row = self.slopes().iloc[cell]
        if not self.converged or not self.enough or row["low"] <= 0 <= row["high"]:
            return Verdict.CANNOT_TELL
        return Verdict.SUPPORTED

    @property
    def sentence(self) -> str:
        """What the model says, in words; a course is no effect of the help."""
        return words.growth_sentence(self)

    def to_frame(self) -> pd.DataFrame:
        """Return the slope of each cell, a row each."""
        return self.slopes()

    def __repr__(self) -> str:
        if not self.converged:
            return f"NOT CONVERGED: DyadicGrowthResult({self.convergence.sentence})"
        short = "{:.4g}".format
        lines = [
            f"DyadicGrowthResult({self.columns.outcome} over {self.columns.time}: {self.n_used} "
            f"answers, {self.n_couples} couples, {self.n_complete} with both partners, "
            f"{self.n_alone} people alone)",
            self.coefficients.to_string(index=False, float_format=short),
            self.variances.to_string(index=False, float_format=short),
        ]
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        return fit_html(self.convergence, self.sentence, self.warnings, self.coefficients)

    def explain(self) -> str:
        """Say what was computed, with formula and source, and what it does not tell."""
        return words.growth_explained(self)

    def _rows(self, what: str, at: float | None = None) -> FloatArray:
        """Weights of the coefficients for each cell: cells × p."""
        n, p = len(self.cells), len(self.coefficients)
        found = np.zeros((n, p))
        if what == "slope":
            found[:, n : 2 * n] = np.eye(n)
            return found
        if what not in ("start", "mean") or (what == "mean" and at is None):
            raise UsageError(
                "It is not said what to compare.",
                where="parameter what",
                fix="Choose slope, start, or mean with a time in `at`.",
            )
        found[:, :n] = np.eye(n)
        found[:, n : 2 * n] = (at or 0.0) * np.eye(n)
        found[:, 2 * n :] = self.extra_means
        return found

    def _crossed(self, rows: FloatArray) -> pd.DataFrame:
        """Difference between the first two arms, second role minus first role."""
        if "arm" not in self.cells.columns:
            raise UsageError("The model has no arms.", where="parameter over", fix="Give arm=.")
        place = {(row.role, row.arm): row.Index for row in self.cells.itertuples()}
        roles, arms = (list(dict.fromkeys(self.cells[name])) for name in ("role", "arm"))
        wanted = [(role, arm) for role in roles[:2] for arm in arms[:2]]
        if len(roles) < 2 or len(arms) < 2 or any(key not in place for key in wanted):
            raise UsageError(
                "Two roles in two arms are needed.",
                where="parameter over",
                fix="Compare over role or arm alone.",
            )
        low, high, low2, high2 = (rows[place[key]] for key in wanted)
        made = (high2 - low2) - (high - low)
        label = f"({arms[1]} - {arms[0]}): {roles[1]} - {roles[0]}"
        return estimate_table(self.fixed, made[None, :], pd.DataFrame({"contrast": [label]}))

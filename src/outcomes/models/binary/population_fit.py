"""What follows from a fitted population-averaged model: df, intervals, mean probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.models.binary.marginal import Average, average
from outcomes.models.binary.population import Population
from outcomes.models.formula import FixedDesign
from outcomes.models.inference.effects import FixedEffects, JointTest, wald

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PopulationEffects:
    """Coefficients' covariance (p × p) under a correction, and the df that goes with it."""

    found: Population
    correction: str
    ddf: str
    name: str = "population-averaged"

    @property
    def covariance(self) -> FloatArray:
        """Covariance (p × p) that standard errors come from."""
        return self.found.sandwich.covariance(self.correction)

    def single(self, rows: FloatArray) -> FloatArray:
        """The df of each row (k × p); nan where clusters are no more than coefficients."""
        if self.ddf == "satterthwaite":
            return self.found.sandwich.satterthwaite(rows)
        if self.ddf == "none":
            return np.full(len(rows), np.inf)
        left = float(len(self.found.sandwich.own) - len(self.found.coefficients))
        return np.full(len(rows), left if left > 0 else np.nan)

    def joint(self, rows: FloatArray, estimate: FloatArray) -> JointTest:
        """Wald's F with the smallest df of its rows."""
        df = float(self.single(rows).min())
        return JointTest(wald(rows, estimate, self.covariance), float(len(rows)), df)


@dataclass(frozen=True, slots=True, eq=False)
class PopulationFit:
    """What further questions need: the rows, the design, and the effects."""

    frame: pd.DataFrame
    trials: FloatArray
    fixed: FixedDesign
    effects: FixedEffects

    @property
    def levels(self) -> dict[str, tuple[Any, ...]]:
        """Levels of each column of words, the reference first."""
        return self.fixed.levels

    @property
    def known(self) -> tuple[str, ...]:
        """Columns that the model uses."""
        return self.fixed.variables

    def averages(
        self, variable: str, values: Sequence[Any], at: Mapping[str, Any]
    ) -> list[Average]:
        """The mean probability with `variable` at each value for everybody in the rows."""
        changed = [self.frame.assign(**{**at, variable: value}) for value in values]
        beta = self.effects.estimate
        return [average(self.fixed.rows(rows), (), (), beta, self.trials) for rows in changed]

    def spread_of(self, gradient: FloatArray) -> tuple[float, float]:
        """Standard error and df of something with this gradient in the coefficients."""
        variance = float(gradient @ self.effects.covariance @ gradient)
        df = float(self.effects.inference.single(gradient[None, :])[0])
        return float(np.sqrt(max(variance, 0.0))), df

    def reach(self, df: float) -> float:
        """The t quantile of the level."""
        return float(stdtrit(df, 0.5 + self.effects.level / 2))

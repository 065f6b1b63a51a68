"""What a fitted logistic mixed model is made of, and the numbers that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from outcomes.models.binary.clusters import OneFactor
from outcomes.models.binary.factors import Factor
from outcomes.models.binary.marginal import Average, average
from outcomes.models.binary.rows import Rows
from outcomes.models.binary.search import Optimum
from outcomes.models.binary.several import SeveralFactors
from outcomes.models.inference.effects import DegreesOfFreedom

FloatArray = npt.NDArray[np.float64]
Engine = OneFactor | SeveralFactors
VARIANCE_COLUMNS = ["group", "effect", "other", "variance", "sd", "correlation", "low", "high"]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Rows, likelihood and optimum of a fit.

    `covariance` (P × P) of all parameters, corrected for few groups; `sd_limits` by place of a
    parameter that is a standard deviation.
    """

    rows: Rows
    engine: Engine
    optimum: Optimum
    inference: DegreesOfFreedom
    covariance: FloatArray
    sd_limits: dict[int, tuple[float, float]]
    level: float

    @property
    def beta(self) -> FloatArray:
        """Coefficients on the log-odds scale (p)."""
        return self.optimum.parameters[: self.engine.n_fixed]

    @property
    def levels(self) -> dict[str, tuple[Any, ...]]:
        """Levels of each column of words, the reference first."""
        return self.rows.fixed.levels

    @property
    def known(self) -> tuple[str, ...]:
        """Columns that the model uses."""
        random = [n for block in self.rows.random for design in block for n in design.variables]
        return tuple(dict.fromkeys((*self.rows.fixed.variables, *random)))

    def roots(self) -> list[tuple[Factor, FloatArray, int]]:
        """Each factor with its Λ and where its parameters begin."""
        found, place = [], self.engine.n_fixed
        for factor in self.engine.factors:
            own = self.optimum.parameters[place : place + len(factor.free)]
            found.append((factor, factor.root(own), place))
            place += len(factor.free)
        return found

    def variances(self) -> pd.DataFrame:
        """Columns `VARIANCE_COLUMNS`: a row for each effect and each pair of them."""
        rows = []
        for factor, root, place in self.roots():
            covariance = root @ root.T
            sd = np.sqrt(np.diag(covariance))
            for a, name in enumerate(factor.names):
                low, high = self.sd_limits.get(place + a, (np.nan, np.nan))
                rows.append((factor.name, name, "", covariance[a, a], sd[a], np.nan, low, high))
            rows += [
                (
                    factor.name,
                    factor.names[a],
                    factor.names[b],
                    covariance[a, b],
                    np.nan,
                    covariance[a, b] / (sd[a] * sd[b]) if sd[a] * sd[b] > 0 else np.nan,
                    np.nan,
                    np.nan,
                )
                for a in range(factor.width)
                for b in range(a)
                if (a, b) in factor.free
            ]
        return pd.DataFrame(rows, columns=VARIANCE_COLUMNS).astype(
            dict.fromkeys(VARIANCE_COLUMNS[:3], "string")
        )

    def modes(self) -> pd.DataFrame:
        """Effect of each group on the log-odds scale: group, level, effect, mode, se."""
        self.engine.evaluate(self.optimum.parameters)
        parts = [
            pd.DataFrame(
                {
                    "group": factor.name,
                    "level": [level for level in factor.levels for _ in factor.names],
                    "effect": list(factor.names) * factor.n_groups,
                    "mode": (modes @ root.T).reshape(-1),
                    "se": np.sqrt(np.einsum("ab,gbc,ac->ga", root, spread, root).clip(0)).reshape(
                        -1
                    ),
                }
            )
            for (factor, root, _), (modes, spread) in zip(
                self.roots(), self.engine.conditional(self.optimum.parameters), strict=True
            )
        ]
        return pd.concat(parts, ignore_index=True)

    def averages(
        self, variable: str, values: Sequence[Any], at: Mapping[str, Any]
    ) -> list[Average]:
        """The mean probability with `variable` at each value for everybody in the rows."""
        rows = self.rows
        found = []
        for value in values:
            changed = rows.frame.assign(**{**at, variable: value})
            designs = {
                factor.name: np.column_stack([design.rows(changed) for design in block])
                for factor, block in zip(rows.factors, rows.random, strict=True)
            }
            found.append(
                average(
                    rows.fixed.rows(changed),
                    self.engine.factors,
                    tuple(designs[factor.name] for factor in self.engine.factors),
                    self.optimum.parameters,
                    rows.counts.trials,
                )
            )
        return found

    def spread_of(self, gradient: FloatArray) -> tuple[float, float]:
        """Standard error and df of something with this gradient in the parameters."""
        variance = float(gradient @ self.covariance @ gradient)
        df = float(self.inference.single(gradient[None, : self.engine.n_fixed])[0])
        return float(np.sqrt(max(variance, 0.0))), df

    def reach(self, df: float) -> float:
        """The t quantile of the level."""
        return float(stdtrit(df, 0.5 + self.level / 2))

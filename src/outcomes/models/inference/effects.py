"""Estimates of linear combinations of fixed effects, with standard error, df and interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError

FloatArray = npt.NDArray[np.float64]
ESTIMATE_COLUMNS = ["estimate", "se", "df", "statistic", "p", "low", "high"]


@dataclass(frozen=True, slots=True)
class JointTest:
    """An F test: `statistic` on `df1` and `df2` degrees of freedom; a chi-square has df2 = inf."""

    statistic: float
    df1: float
    df2: float

    @property
    def p(self) -> float:
        """The two-sided p value."""
        from scipy import stats

        if np.isinf(self.df2):
            return float(stats.chi2.sf(self.statistic * self.df1, self.df1))
        return float(stats.f.sf(self.statistic, self.df1, self.df2))


class DegreesOfFreedom(Protocol):
    """A covariance of fixed effects, and the df that goes with it."""

    @property
    def name(self) -> str:
        """What the df are called: satterthwaite, kenward-roger, none."""
        ...

    @property
    def covariance(self) -> FloatArray:
        """Covariance (p × p) that standard errors come from."""
        ...

    def single(self, rows: FloatArray) -> FloatArray:
        """The df of each row (k × p)."""
        ...

    def joint(self, rows: FloatArray, estimate: FloatArray) -> JointTest:
        """The test that all rows (k × p, of full rank) are zero."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Asymptotic:
    """Normal limits: df are infinite (or `df`, the same for every row)."""

    covariance: FloatArray
    df: float = np.inf
    name: str = "none"

    def single(self, rows: FloatArray) -> FloatArray:
        """The df of each row."""
        return np.full(len(rows), self.df)

    def joint(self, rows: FloatArray, estimate: FloatArray) -> JointTest:
        """Wald's chi-square over its df, or F with the fixed denominator."""
        return JointTest(wald(rows, estimate, self.covariance), float(len(rows)), self.df)


@dataclass(frozen=True, slots=True, eq=False)
class FixedEffects:
    """Fixed effects (p), their names, and how uncertain combinations of them are."""

    names: tuple[str, ...]
    estimate: FloatArray
    inference: DegreesOfFreedom
    level: float = 0.95

    @property
    def covariance(self) -> FloatArray:
        """Covariance (p × p) that standard errors come from."""
        return self.inference.covariance

    def table(self) -> pd.DataFrame:
        """One row for each coefficient: term and `ESTIMATE_COLUMNS`."""
        labels = pd.DataFrame({"term": pd.array(self.names, dtype="string")})
        return estimate_table(self, np.eye(len(self.names)), labels)


def wald(rows: FloatArray, estimate: FloatArray, covariance: FloatArray) -> float:
    """The Wald quadratic form over the number of rows."""
    value = rows @ estimate
    return float(value @ np.linalg.solve(rows @ covariance @ rows.T, value)) / len(rows)


def estimate_table(
    effects: FixedEffects, rows: FloatArray, labels: pd.DataFrame, *, null: float = 0.0
) -> pd.DataFrame:
    """`labels` (k rows) with the estimate of each combination in `rows` (k × p).

    Columns `ESTIMATE_COLUMNS`: the estimate in units of the outcome, its standard error,
    df, t statistic against `null`, two-sided p and limits at the level of `effects`.
    """
    from scipy import stats

    estimate = rows @ effects.estimate
    variance = np.einsum("ij,jk,ik->i", rows, effects.covariance, rows)
    # A combination of no coefficient has no variance; rounding may leave -1e-20.
    se = np.sqrt(np.maximum(variance, 0.0))
    df = effects.inference.single(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = (estimate - null) / se
    reach = stats.t.ppf(0.5 + effects.level / 2, df) * se
    columns = {
        "estimate": estimate,
        "se": se,
        "df": df,
        "statistic": statistic,
        "p": 2 * stats.t.sf(np.abs(statistic), df),
        "low": estimate - reach,
        "high": estimate + reach,
    }
    return labels.reset_index(drop=True).assign(**columns)


def joint_test(effects: FixedEffects, rows: FloatArray) -> JointTest:
    """Test that all combinations in `rows` (k × p) are zero; repeated rows count once.

    Raises UsageError where no row is left.
    """
    kept = independent_rows(rows)
    if not len(kept):
        raise UsageError(
            "There is nothing to test: every combination is zero.",
            where="parameter terms",
            fix="Name terms that the model holds.",
        )
    return effects.inference.joint(kept, effects.estimate)


def independent_rows(rows: FloatArray) -> FloatArray:
    """An orthonormal basis of the rows' space: the test does not depend on the basis."""
    _, size, right = np.linalg.svd(rows, full_matrices=False)
    if not size.size or size[0] == 0:
        return np.zeros((0, rows.shape[1]))
    return np.asarray(right[size > size[0] * 1e-10])

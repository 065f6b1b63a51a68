"""`oc.pool`: one set of coefficients from the estimates of many imputations."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri, stdtr, stdtrit

from outcomes.errors import UsageError
from outcomes.models.missing.enough import enough_imputations
from outcomes.models.missing.rubin import DfMethod, Rubin, rubin

METHODS = {
    "barnard-rubin": "Rubin's rules, Barnard-Rubin degrees of freedom",
    "satterthwaite": "Rubin's rules, Satterthwaite degrees of freedom of both parts",
}
SOURCES = {
    "barnard-rubin": "Rubin 1987; Barnard and Rubin 1999",
    "satterthwaite": "Rubin 1987; Satterthwaite 1946",
}
# Student's t at infinitely many degrees of freedom, within rounding.
MANY = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Pooled coefficients of k terms over m imputations.

    `coefficients` has term, estimate, se, df, statistic, p, low, high; `information` has
    term, within, between, total, riv (relative increase in variance), lambda (share of the
    variance due to missing data), fmi (fraction of missing information), mc_error (Monte
    Carlo error of the estimate) and enough (imputations that would do, von Hippel 2020).
    """

    coefficients: pd.DataFrame
    information: pd.DataFrame
    rubin: Rubin
    m: int
    level: float

    @property
    def method(self) -> str:
        """How the imputations were joined."""
        return METHODS[self.rubin.df_method]

    @property
    def source(self) -> str:
        """Who published it."""
        return SOURCES[self.rubin.df_method]

    @property
    def estimate(self) -> float:
        """The estimate, where there is one term."""
        return self._one(self.coefficients, "estimate")

    @property
    def se(self) -> float:
        """Its standard error."""
        return self._one(self.coefficients, "se")

    @property
    def df(self) -> float:
        """Its degrees of freedom."""
        return self._one(self.coefficients, "df")

    @property
    def low(self) -> float:
        """Lower end of its interval."""
        return self._one(self.coefficients, "low")

    @property
    def high(self) -> float:
        """Upper end of its interval."""
        return self._one(self.coefficients, "high")

    @property
    def p(self) -> float:
        """Two-sided p value of the test against 0."""
        return self._one(self.coefficients, "p")

    @property
    def fmi(self) -> float:
        """Fraction of missing information."""
        return self._one(self.information, "fmi")

    @property
    def mc_error(self) -> float:
        """Monte Carlo error of the estimate."""
        return self._one(self.information, "mc_error")

    @property
    def enough(self) -> int:
        """Imputations that would do for every term."""
        return int(self.information["enough"].max())

    def to_frame(self) -> pd.DataFrame:
        """One row for each term: coefficients and information."""
        return self.coefficients.merge(self.information, on="term", validate="1:1")

    def explain(self) -> str:
        """What was computed, and what it does not tell."""
        return (
            f"Estimates of {self.m} imputed data sets, averaged; the standard error joins the "
            f"variance within and between them ({self.method}; {self.source}). fmi is the share of "
            "information lost to what is missing. Nothing here shows that the values are missing "
            "for reasons the imputation knew of: see the tipping point. "
            f"For a standard error that moves by no more than a twentieth, {self.enough} "
            "imputations are needed (von Hippel 2020)."
        )

    def __repr__(self) -> str:
        return f"Pooled({self.m} imputations)\n{self.to_frame().to_string(index=False)}"

    def _repr_html_(self) -> str:
        head = f"<p>{html.escape(f'{self.m} imputations; {self.method}')}</p>"
        return head + str(self.to_frame().to_html(index=False))

    @staticmethod
    def _one(frame: pd.DataFrame, column: str) -> float:
        if len(frame) != 1:
            raise UsageError(
                f"{len(frame)} terms were pooled; a single {column} does not exist",
                fix="read coefficients and information",
            )
        return float(frame[column].iloc[0])


def pool(
    estimates: npt.ArrayLike | pd.DataFrame,
    ses: npt.ArrayLike | pd.DataFrame,
    df_complete: npt.ArrayLike = np.inf,
    *,
    terms: Sequence[str] | None = None,
    level: float = 0.95,
    df_method: DfMethod = "barnard-rubin",
) -> Pooled:
    """Pool the estimates of m imputations and their standard errors.

    `estimates` and `ses`: m numbers, or m rows and a column for each term (a frame's
    column names become the terms). `df_complete`: degrees of freedom had nothing been
    missing, one number or one for each term; infinite for large samples. `df_method`:
    "barnard-rubin", or "satterthwaite" where `df_complete` counts clusters, not people.
    Raises UsageError for unlike shapes, NotEnoughData with fewer than two imputations.
    """
    if not 0 < level < 1:
        raise UsageError("level lies between 0 and 1", where="level")
    if isinstance(estimates, pd.DataFrame) and terms is None:
        terms = [str(name) for name in estimates.columns]
    if isinstance(estimates, pd.DataFrame) and isinstance(ses, pd.DataFrame):
        ses = ses[list(estimates.columns)]
    errors = np.asarray(ses, dtype=float)
    found = rubin(np.asarray(estimates, float), errors**2, df_complete, df_method)
    return from_rubin(found, terms, level)


def from_rubin(found: Rubin, terms: Sequence[str] | None, level: float) -> Pooled:
    """The tables of pooled numbers."""
    k = len(found.estimate)
    names = list(terms) if terms is not None else [f"term {place + 1}" for place in range(k)]
    if len(names) != k:
        raise UsageError(f"{len(names)} names for {k} terms", where="terms")
    low, high, p = t_limits(found, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = found.estimate / found.se
    coefficients = pd.DataFrame(
        {"term": names, "estimate": found.estimate, "se": found.se, "df": found.df,
         "statistic": statistic, "p": p, "low": low, "high": high}
    )  # fmt: skip
    enough = [enough_imputations(float(fmi), found.m) for fmi in found.fmi]
    information = pd.DataFrame(
        {"term": names, "within": found.within, "between": found.between, "total": found.total,
         "riv": found.riv, "lambda": found.share, "fmi": found.fmi, "mc_error": found.mc_error,
         "enough": enough}
    )  # fmt: skip
    return Pooled(coefficients, information, found, found.m, level)


def t_limits(
    found: Rubin, level: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Lower and upper end of the t interval, and the two-sided p value, for each term."""
    df = np.minimum(found.df, MANY)
    reach = stdtrit(df, (1 + level) / 2) * found.se
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stdtr(df, -np.abs(found.estimate) / found.se)
    return found.estimate - reach, found.estimate + reach, np.asarray(p)


@dataclass(frozen=True, slots=True)
class PooledRSquared:
    """Pooled R² with its interval; `fmi` is that of Fisher's z."""

    estimate: float
    low: float
    high: float
    fmi: float
    m: int
    level: float

    def __repr__(self) -> str:
        return f"R² {self.estimate:.3f} ({self.low:.3f} to {self.high:.3f}), {self.m} imputations"


def pool_r_squared(r_squared: npt.ArrayLike, n: int, *, level: float = 0.95) -> PooledRSquared:
    """Pool R² of m fits to n rows by Fisher's z of its root (Harel 2009).

    A lower limit of z below 0 gives 0. Raises UsageError when R² lies outside 0 to 1 or
    n is below 4.
    """
    r2 = np.asarray(r_squared, dtype=float)
    if not ((r2 >= 0) & (r2 < 1)).all():
        raise UsageError("R² lies from 0 to below 1", where="r_squared")
    if n < 4:
        raise UsageError("R² of fewer than four rows has no standard error", where="n")
    found = rubin(np.arctanh(np.sqrt(r2)), np.full(len(r2), 1 / (n - 3)))
    reach = float(ndtri((1 + level) / 2)) * float(found.se[0])
    z = float(found.estimate[0])
    low, mid, high = (np.tanh(max(value, 0.0)) ** 2 for value in (z - reach, z, z + reach))
    return PooledRSquared(float(mid), float(low), float(high), float(found.fmi[0]), found.m, level)

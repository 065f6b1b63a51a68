"""`MmrmResult`: means by visit, differences between arms, and everything they rest on."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.formula.fixed import FixedDesign
from outcomes.models.inference import Convergence, FixedEffects, Marginal
from outcomes.models.inference.marginal import At, Weights
from outcomes.models.repeated import words
from outcomes.models.repeated.fit import PatternFit
from outcomes.models.repeated.terms import term_tests
from outcomes.schema.drawing import Drawable

METHOD = "mixed model for repeated measures"
SOURCE = "Mallinckrodt et al. 2008; Kenward & Roger 1997"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A covariance that was tried, whether it converged, and why not."""

    covariance: str
    converged: bool
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class MmrmResult(Drawable):
    """A fitted model for repeated measures.

    `coefficients` has a row for each term with estimate (points of the outcome), se, df,
    statistic, p and limits; `variances` the standard deviations and correlations;
    `covariance` V by visit. `n_rows` counts the frame's rows, `n_used` those without a gap,
    `dropped` gaps by column. `attempts` are the covariances tried, the last one used where
    it converged. `patterns` counts subjects by the visits they have, `observed` scores by
    visit and group. Of a model that did not converge no number may be used.
    """

    coefficients: pd.DataFrame
    variances: pd.DataFrame
    covariance: pd.DataFrame
    loglik: float
    converged: bool
    convergence: Convergence
    warnings: tuple[str, ...]
    n_rows: int
    n_used: int
    n_subjects_in: int
    n_subjects: int
    dropped: dict[str, int]
    level: float
    formula: str
    outcome: str
    subject: str
    visit: str
    visits: tuple[Any, ...]
    cluster: str | None
    reml: bool
    ddf: str
    attempts: tuple[Attempt, ...]
    patterns: pd.DataFrame
    observed: pd.DataFrame
    effects: FixedEffects
    design: FixedDesign
    fit: PatternFit
    method: str = METHOD
    source: str = SOURCE

    @property
    def structure(self) -> str:
        """Name of the covariance used, as "us"."""
        return self.fit.structure.name

    @property
    def correlation(self) -> pd.DataFrame:
        """Correlations by visit."""
        sd = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(sd, sd)

    @property
    def n_parameters(self) -> int:
        """Free numbers that information criteria count: of V, and under ML of the mean too."""
        return len(self.fit.theta) + (0 if self.reml else len(self.design.names))

    @property
    def aic(self) -> float:
        """Akaike's criterion; under REML comparable only between models of the same mean."""
        return -2 * self.loglik + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of subjects."""
        return -2 * self.loglik + float(np.log(self.n_subjects)) * self.n_parameters

    @property
    def group(self) -> str | None:
        """The first column of words that stands in a term with the visit: the arm."""
        for term in self.design.terms:
            names = [name.strip() for name in term.split(":")]
            others = [name for name in names if name in self.design.levels and name != self.visit]
            if self.visit in names and others:
                return others[0]
        return next((name for name in self.design.levels if name != self.visit), None)

    @property
    def marginal(self) -> Marginal:
        """Means, contrasts and slopes of the fitted means."""
        return Marginal(self.design, self.effects)

    def means(
        self,
        by: str | Sequence[str] | None = None,
        *,
        at: At | None = None,
        weights: Weights = "equal",
    ) -> pd.DataFrame:
        """Estimated means in each combination of `by` (default: arm and visit, where known).

        Numbers are at their mean over the used rows unless `at` gives values; other words
        are averaged with equal weights, or by their share with weights="proportional".
        """
        if by is None:
            by = [name for name in (self.group, self.visit) if name in self.design.variables]
        return self.marginal.means(by, at=at, weights=weights)

    def contrasts(
        self,
        variable: str,
        *,
        by: str | Sequence[str] = (),
        reference: object = None,
        pairwise: bool = False,
        at: At | None = None,
        weights: Weights = "equal",
    ) -> pd.DataFrame:
        """Differences level − reference of `variable` (reference: the first level) in each `by`."""
        return self.marginal.contrasts(
            variable, by=by, at=at, reference=reference, pairwise=pairwise, weights=weights
        )

    def tests(self) -> pd.DataFrame:
        """An F test of every term, whatever the coding: term, df1, df2, statistic, p."""
        return term_tests(self.marginal)

    def standardised(
        self,
        variable: str,
        *,
        reference: object = None,
        sd: float | None = None,
        at: At | None = None,
    ) -> pd.DataFrame:
        """Differences by visit over a standard deviation, with its uncertainty (delta method).

        Without `sd` it is the model's at that visit: of people alike in the formula's other
        columns, so smaller than the usual one where a start score is in the formula. With `sd`
        (points, as that at the start) it counts as known.
        """
        from scipy import stats

        table = self.contrasts(variable, by=self.visit, reference=reference, at=at)
        place = table[self.visit].map({name: k for k, name in enumerate(self.visits)}).to_numpy()
        scale, spread = self._scales(sd)
        divisor, relative = scale[place], spread[place]
        estimate = table["estimate"].to_numpy() / divisor
        se = np.sqrt((table["se"].to_numpy() / divisor) ** 2 + (estimate * relative) ** 2)
        reach = stats.t.ppf(0.5 + self.level / 2, table["df"].to_numpy()) * se
        return pd.DataFrame(
            {
                self.visit: table[self.visit],
                "contrast": table["contrast"],
                "sd": divisor,
                "estimate": estimate,
                "se": se,
                "df": table["df"],
                "low": estimate - reach,
                "high": estimate + reach,
            }
        )

    def seen(self, by: str | None = None) -> pd.DataFrame:
        """Number of people with a score at each visit, in each level of `by`."""
        keys = [self.visit] if by is None else [by, self.visit]
        unknown = [name for name in keys if name not in self.observed.columns]
        if unknown:
            raise UsageError(
                "People are counted by columns of words in the formula.",
                where="parameter by",
                fix=f"Choose from {', '.join(self.observed.columns.drop('n'))}.",
            )
        return self.observed.groupby(keys, observed=True, sort=False)["n"].sum().reset_index()

    def to_frame(self) -> pd.DataFrame:
        """The coefficients."""
        return self.coefficients.copy()

    def explain(self) -> str:
        """What was computed, formula, source, and what it does not tell."""
        return words.explanation(self)

    def __repr__(self) -> str:
        head = (
            f"MmrmResult({self.outcome}: {self.n_used} scores of {self.n_subjects} people at "
            f"{len(self.visits)} visits)"
        )
        if not self.converged:
            return "\n".join([f"NOT CONVERGED: {self.convergence.message}", head, *self._said()])
        how = "REML" if self.reml else "ML"
        lines = [
            head,
            f"  {words.structure_name(self.structure)} covariance, {how} log-likelihood "
            f"{self.loglik:.3f}, AIC {self.aic:.1f}, {self.ddf}",
            self.coefficients.to_string(index=False, float_format="{:.4g}".format),
        ]
        return "\n".join([*lines, *self._said()])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
        if not self.converged:
            return f"<p><b>Not converged</b>: {html.escape(self.convergence.message)}.</p>{notes}"
        return f"{self.coefficients.to_html(index=False, escape=True)}{notes}"

    def _said(self) -> list[str]:
        return [f"warning: {text}" for text in self.warnings]

    def _scales(self, sd: float | None) -> tuple[np.ndarray, np.ndarray]:
        """The divisor at each visit, and the standard error of its logarithm."""
        size = len(self.visits)
        if sd is not None:
            return np.full(size, float(sd)), np.zeros(size)
        V = self.fit.covariance
        slopes = self.fit.structure.derivative(self.fit.theta)
        log_sd = np.diagonal(slopes, axis1=1, axis2=2).T / (2 * np.diag(V)[:, None])
        variance = np.einsum("ir,rs,is->i", log_sd, self.fit.theta_covariance, log_sd)
        return np.sqrt(np.diag(V)), np.sqrt(np.maximum(variance, 0.0))

"""`WeightResult`: weights that make two arms comparable, and how far they succeed."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.models.balance import DENOMINATORS
from outcomes.schema.drawing import Drawable

POPULATIONS = {
    "ATE": "everybody in either arm",
    "ATT": "people like those in the other arm",
    "ATC": "people like those in the reference arm",
    "ATO": "people who could have been in either arm (overlap weights)",
    "ATM": "people who would find a match in the other arm (matching weights)",
}
FORMULAS = {
    "ATE": "other 1 / e, reference 1 / (1 − e)",
    "ATT": "other 1, reference e / (1 − e)",
    "ATC": "other (1 − e) / e, reference 1",
    "ATO": "other 1 − e, reference e",
    "ATM": "other min(e, 1 − e) / e, reference min(e, 1 − e) / (1 − e)",
}
SEPARATED = "some combination of covariates occurs in one arm only (separation)"
_SOURCES = {
    "ATE": "Rosenbaum and Rubin 1983; Hirano, Imbens and Ridder 2003",
    "ATT": "Hirano, Imbens and Ridder 2003",
    "ATC": "Hirano, Imbens and Ridder 2003",
    "ATO": "Li, Morgan and Zaslavsky 2018",
    "ATM": "Li and Greene 2013",
}


@dataclass(frozen=True, slots=True, eq=False)
class WeightResult(Drawable):
    """Weights and propensity by row, with the diagnostics.

    `weights`, `propensity` (chance of being in the other arm) and `arm` carry the frame's
    index; they are missing in rows of a third arm or left out. `arms` is (reference,
    other). `ess` is the effective sample size by arm, `max_share` the largest share of an
    arm's weight held by one row, `overlap` the shared area of the propensity densities
    (0 to 1), `outside_support` the share of rows outside the common range. `balance` has
    a row for each covariate or level. `separated`: some covariate pattern occurs in one
    arm only. `converged` is False when the propensity equations were not solved.
    """

    weights: pd.Series
    propensity: pd.Series
    arm: pd.Series
    estimand: str
    arms: tuple[str, str]
    n: dict[str, int]
    ess: dict[str, float]
    max_share: float
    overlap: float
    outside_support: float
    balance: pd.DataFrame
    converged: bool
    separated: bool
    warnings: tuple[str, ...]
    n_in: int
    n_used: int
    formula: str

    @property
    def sources(self) -> tuple[str, ...]:
        """Who proposed the weights and the diagnostics."""
        return (_SOURCES[self.estimand], "Austin 2009", "Kish 1965", "Inman and Bradley 1989")

    @property
    def worst_smd(self) -> float:
        """Largest absolute standardised difference after weighting; nan without covariates."""
        return float(self.balance["smd_after"].abs().max())

    def to_frame(self) -> pd.DataFrame:
        """One row for each row of the frame: arm, propensity, weight."""
        return pd.DataFrame(
            {"arm": self.arm, "propensity": self.propensity, "weight": self.weights}
        )

    def explain(self) -> str:
        """Say what was computed, for whom, and what it cannot do."""
        reference, other = self.arms
        return (
            f"Weights ({self.estimand}) make {other} and {reference} alike in the covariates; they "
            f"stand for {POPULATIONS[self.estimand]}. Propensity e: logistic regression, "
            f"{self.formula}. Weights: {FORMULAS[self.estimand]}. Standardised differences divide "
            f"by {DENOMINATORS[self.estimand]}. Overlap is 1 minus the largest distance between "
            "the arms' propensity distributions. Weights balance what was recorded, nothing else."
        )

    def __repr__(self) -> str:
        lines = [
            f"WeightResult({self.estimand}, {self.arms[1]} against {self.arms[0]}: "
            f"{self.n_used} of {self.n_in} rows)",
            *(
                f"  {arm}: {self.n[arm]} people, worth {self.ess[arm]:.1f} after weighting"
                for arm in self.arms
            ),
            f"  overlap {self.overlap:.2f}, outside common support {self.outside_support:.1%}, "
            f"largest weight {self.max_share:.1%} of its arm",
            f"  largest standardised difference {self._before():.3f} before, "
            f"{self.worst_smd:.3f} after",
        ]
        if not self.converged:
            lines.insert(1, "  NOT CONVERGED: the weights are not to be used")
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        table = self.balance.to_html(index=False, float_format=lambda value: f"{value:.3f}")
        return f"<pre>{html.escape(repr(self))}</pre>{table}"

    def _before(self) -> float:
        return float(self.balance["smd_before"].abs().max())

"""`WeightResult`: weights that make two arms comparable, and how far they succeed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from outcomes.models.balance import DENOMINATORS
from outcomes.models.weight_model import WeightModel
from outcomes.schema.drawing import Drawable

if TYPE_CHECKING:
    from outcomes.models.weighting.recipe import Recipe
    from outcomes.models.weighting.trimming import Trimmed

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
REDUCED = (
    "the propensity is bias-reduced (Firth 1993): its weights are finite although the arms are "
    "separated, but people in one arm only still have nobody to be compared with"
)
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
    arm only, or entropy balancing has no solution. `converged` is False when the equations
    were not solved. `recipe` says how the weights were made, `trimmed` who was set aside;
    those people have weight 0 and are not in `n`. `model` is the fit (see `weight_scores`).
    `n_columns` counts the columns of the model, curves and products included. `common`, for
    two of several arms: the population shared with the others, and the weights.
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
    recipe: Recipe | None = None
    trimmed: Trimmed | None = None
    model: WeightModel | None = None
    common: tuple[str, str] | None = None
    n_columns: int = 0

    @property
    def sources(self) -> tuple[str, ...]:
        """Who proposed the weights and the diagnostics."""
        own: tuple[str, ...] = (_SOURCES[self.estimand],)
        if self.way == "entropy":
            own = ("Hainmueller 2012",)
        elif self.way == "bias_reduced":
            own = (*own, "Firth 1993", "Heinze and Schemper 2002")
        if self.trimmed is not None:
            rule = {"support": "Dehejia and Wahba 1999"}.get(
                self.trimmed.rule, "Crump and others 2009"
            )
            own = (*own, rule)
        return (*own, "Austin 2009", "Kish 1965", "Inman and Bradley 1989")

    @property
    def way(self) -> str:
        """How the weights were made: "logistic", "bias_reduced" or "entropy"."""
        return "logistic" if self.model is None else self.model.way

    @property
    def population(self) -> str:
        """For whom a weighted difference holds."""
        if self.common:
            return self.common[0]
        whom = POPULATIONS[self.estimand]
        if self.trimmed is None or not self.trimmed.share > 0:
            return whom
        return f"{whom}, {self.trimmed.population()}"

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
        how = (
            "Entropy balancing: the most even weights under which the covariate means are equal"
            if self.way == "entropy"
            else f"Weights: {self.common[1] if self.common else FORMULAS[self.estimand]}"
        )
        kind = "bias-reduced " if self.way == "bias_reduced" else ""
        kind = "multinomial " if self.common else kind
        made = "" if self.recipe is None else f"{self.recipe.explain()} "
        return (
            f"Weights ({self.estimand}) make {other} and {reference} alike in the covariates; they "
            f"stand for {self.population}. {made}Propensity e: "
            f"{kind}logistic regression, "
            f"{self.formula}. {how}. Standardised differences divide "
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
        if self.trimmed is not None:
            lines.insert(1, f"  {self.trimmed.share:.1%} of people set aside (trimming)")
        if not self.converged:
            lines.insert(1, "  NOT CONVERGED: the weights are not to be used")
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        table = self.balance.to_html(index=False, float_format=lambda value: f"{value:.3f}")
        return f"<pre>{html.escape(repr(self))}</pre>{table}"

    def _before(self) -> float:
        return float(self.balance["smd_before"].abs().max())

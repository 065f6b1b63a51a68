"""`ComparisonResult`: the adjusted difference, its checks and its verdict."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import pandas as pd

from outcomes.comparison.diagnostics import Diagnostics
from outcomes.comparison.sentence import CONSTANT, sentence
from outcomes.models.weight_result import POPULATIONS, WeightResult
from outcomes.models.weighting import Recipe
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict

METHOD_NAMES = {
    "weighting": "weighted difference",
    "ancova": "analysis of covariance",
    "ancova_interactions": "analysis of covariance by arm",
    "g_computation": "g-computation",
    "aipw": "augmented weighting",
}


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonResult(Drawable):
    """`estimate` = other − reference, in `unit` of the outcome, adjusted for the covariates.

    low and high bound the interval of `confidence`; equivalence_low and _high that of two
    one-sided tests (nan without a margin). Under the verdicts not comparable and not
    measurable every number of the effect is nan. `direction` says which outcome is better.
    `n_in` counts the rows of both arms, `n_used` those with an outcome, `left_out` the
    others by reason, `n` the used rows by arm, `n_clusters` the clusters (None without).
    With `effect` "ratio" the estimate and its limits are other / reference, while `se` and
    `df` are of its logarithm. `means` are the adjusted means (shares, for `binary`) by arm.
    `identification` is the assumption under which the difference is an effect, if one was
    stated.
    """

    estimate: float
    se: float
    df: float
    low: float
    high: float
    p: float
    equivalence_low: float
    equivalence_high: float
    verdict: Verdict
    reasons: tuple[str, ...]
    diagnostics: Diagnostics
    method: str
    uncertainty: str
    estimand: str
    reference: str
    other: str
    outcome: str
    covariates: tuple[str, ...]
    cluster: str | None
    unit: str
    direction: str | None
    margin: float | None
    confidence: float
    n_in: int
    n_used: int
    left_out: dict[str, int]
    n: dict[str, int]
    n_clusters: int | None
    converged: bool
    warnings: tuple[str, ...]
    sources: tuple[str, ...]
    weights: WeightResult | None
    effect: str = "difference"
    means: dict[str, float] = field(default_factory=dict)
    identification: str | None = None
    binary: bool = False

    @property
    def null(self) -> float:
        """The value of no difference: 0, or 1 for a ratio."""
        return 1.0 if self.effect == "ratio" else 0.0

    @property
    def recipe(self) -> Recipe | None:
        """How the weights were made, where that was asked for."""
        return None if self.weights is None else self.weights.recipe

    @property
    def method_name(self) -> str:
        """The method in words, as 'overlap-weighted difference'."""
        name = METHOD_NAMES[self.method]
        return f"overlap-{name}" if (self.method, self.estimand) == ("weighting", "ATO") else name

    @property
    def population(self) -> str:
        """For whom the difference holds."""
        if self.method == "ancova":
            return CONSTANT
        return POPULATIONS[self.estimand] if self.weights is None else self.weights.population

    @property
    def sentence(self) -> str:
        """The result in plain words: who, what, how much, how sure, and no more than that."""
        return sentence(self)

    @property
    def better(self) -> str | None:
        """The arm with the better adjusted outcome; None without estimate or direction."""
        if self.direction is None or not abs(self.estimate - self.null) > 0:
            return None
        above = self.estimate > self.null
        return self.other if above == (self.direction == "higher") else self.reference

    def to_frame(self) -> pd.DataFrame:
        """One row: the contrast with its interval, verdict and counts."""
        row = {
            "outcome": self.outcome,
            "contrast": f"{self.other} - {self.reference}",
            "method": self.method,
            "estimand": self.estimand,
            "estimate": self.estimate,
            "se": self.se,
            "df": self.df,
            "low": self.low,
            "high": self.high,
            "p": self.p,
            "unit": self.unit,
            "verdict": str(self.verdict),
            "reasons": ", ".join(self.reasons),
            "n_in": self.n_in,
            "n_used": self.n_used,
            "n_reference": self.n.get(self.reference, 0),
            "n_other": self.n.get(self.other, 0),
            "n_clusters": self.n_clusters,
            "effect": self.effect,
            "uncertainty": self.uncertainty,
        }
        return pd.DataFrame([row])

    def explain(self) -> str:
        """What was computed, for whom, how sure it is, and what it does not tell."""
        if self.verdict is Verdict.NOT_MEASURABLE:
            return (
                f"{self.other} and {self.reference} share no measure of {self.outcome}, so no "
                "difference exists to be estimated."
            )
        parts = [
            f"{self.other} minus {self.reference} in {self.outcome}, adjusted for "
            f"{', '.join(self.covariates)}; it holds for {self.population}.",
            _HOW[self.method],
            *([self.recipe.explain()] if self.recipe is not None else []),
            f"Uncertainty: {self.uncertainty or 'none, because nothing was estimated'}"
            + (
                f", clusters: {self.cluster.replace('_', ' ')}."
                if self.cluster
                else ", every row on its own."
            ),
        ]
        if self.effect == "ratio":
            parts.append(
                f"The effect is {self.other} / {self.reference}; its interval is made on the "
                "logarithmic scale."
            )
        if self.margin is not None:
            within = f"{self.margin:g} {self.unit} either way"
            if self.effect == "ratio":
                within = f"{1 / self.margin:.2f} and {self.margin:.2f}"
            parts.append(
                f"Equivalent means that the {2 * self.confidence - 1:.0%} interval lies within "
                f"{within} (two one-sided tests)."
            )
        parts.append(
            "Adjustment is for what was recorded at the start and nothing else; people without an "
            "outcome are not in it, and an interval that includes 0 does not show that the arms "
            "are the same."
        )
        return " ".join(parts)

    def __repr__(self) -> str:
        lines = [
            f"ComparisonResult({self.outcome}: {self.other} - {self.reference}, "
            f"{self.method_name}, {self.n_used} of {self.n_in} rows)",
            f"  verdict: {self.verdict} ({', '.join(self.reasons)})",
        ]
        if abs(self.estimate) >= 0 and self.converged:
            lines.insert(
                1,
                f"  {self.estimate:.3f} {self.unit}, {self.confidence:.0%} interval "
                f"{self.low:.3f} to {self.high:.3f} (se {self.se:.3f}, df {self.df:.1f}, "
                f"p {self.p:.4f})",
            )
        return "\n".join([*lines, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self.warnings)
        said = f"<p>{html.escape(self.sentence)}</p>"
        return f"{said}{self.to_frame().to_html(index=False)}{notes}"


_HOW = {
    "weighting": "Propensity weights make the arms alike in the covariates; the estimate is the "
    "difference of the weighted means. Under overlap weights the covariates are in the weighted "
    "regression too: the means are exactly balanced, so that changes only the precision.",
    "ancova": "Ordinary least squares of the outcome on arm and covariates; a straight line "
    "stands for each number, and the difference between the arms is taken to be the same for all.",
    "ancova_interactions": "Ordinary least squares with slopes of their own in each arm, at the "
    "covariates' means in the population; those means count as known (Lin 2013).",
    "g_computation": "An outcome model in each arm (straight lines for numbers, a logistic curve "
    "for yes and no) predicts what everybody would have had in either; the estimate compares the "
    "averages of the predictions over the population. It is right when the outcome models are.",
    "aipw": "An outcome model in each arm, corrected by its weighted residuals; right when "
    "either the propensity model or the outcome models are.",
}

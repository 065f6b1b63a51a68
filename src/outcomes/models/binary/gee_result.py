"""`GeeResult`: how the population's mean goes with covariates."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.binary.population_fit import PopulationFit
from outcomes.models.binary.probabilities import Averaging
from outcomes.models.binary.yes_no import NOT_CAUSE, YesNoResult

_CORRECTED = {
    "none": "robust, not corrected for few clusters",
    "kauermann-carroll": "robust, bias-corrected (Kauermann & Carroll 2001)",
    "mancl-derouen": "robust, bias-corrected (Mancl & DeRouen 2001)",
    "average": "robust, the average of two bias corrections (Ford & Westgate 2017)",
}
_DDF = {
    "satterthwaite": "Satterthwaite's df (Pan & Wall 2002)",
    "clusters": "clusters - coefficients df",
    "none": "normal limits",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GeeResult(YesNoResult):
    """A population-averaged model by generalised estimating equations.

    `coefficients` compare people of the whole population: log odds ratios (family binomial) or
    differences (gaussian). `standard_errors` has them under every correction. `alpha` is the
    working correlation, `scale` the mean squared Pearson residual.
    """

    cluster: str
    n_clusters: int
    family: str
    correlation: str
    correction: str
    ddf: str
    standard_errors: pd.DataFrame
    alpha: float
    scale: float
    fit: PopulationFit | None

    @property
    def method(self) -> str:
        """How it was estimated."""
        return f"generalised estimating equations, {self.correlation} working correlation"

    @property
    def source(self) -> str:
        """Where the method comes from."""
        return (
            "Liang, K.-Y. & Zeger, S. L. (1986), Biometrika 73:13-22; correlation as in geepack "
            "(Yan & Fine 2004, Stat. Med. 23:859-874); " + _CORRECTED[self.correction]
        )

    @property
    def unit(self) -> str:
        """Unit of the coefficients."""
        return "log odds" if self.family == "binomial" else "points of the outcome"

    @property
    def direction(self) -> str:
        """What a coefficient above 0 means."""
        return "higher: more often yes" if self.family == "binomial" else "higher: more"

    @property
    def odds_ratios(self) -> pd.DataFrame:
        """Odds ratios of the population. Raises UsageError where the outcome is a number."""
        if self.family != "binomial":
            raise UsageError("An outcome that is a number has no odds.", where="odds_ratios")
        # slots=True makes a new class, which the bare super() does not know.
        return YesNoResult.odds_ratios.fget(self)  # type: ignore[attr-defined]

    def _averaging(self) -> Averaging | None:
        if self.family != "binomial":
            raise UsageError(
                "An outcome that is a number has no probabilities.",
                where="parameter family",
                fix="The coefficients are in points of the outcome.",
            )
        return self.fit

    def _table(self) -> pd.DataFrame:
        if self.family != "binomial":
            return self.coefficients
        return YesNoResult._table(self)

    def _head(self) -> str:
        return (
            f"Population-averaged model ({self.family}, {self.correlation}): "
            f"{self.n_used} of {self.n_rows} rows, {self.n_clusters} levels of {self.cluster}."
        )

    def _tail(self) -> list[str]:
        return [
            f"working correlation {self.alpha:.4f}; standard errors {_CORRECTED[self.correction]}, "
            f"{_DDF[self.ddf]}"
        ]

    def explain(self) -> str:
        """What was estimated, how, from where, and what it does not tell."""
        what = (
            "A coefficient is a log odds ratio between people of the whole population, nearer to "
            "0 than between people of the same group (oc.mixed_logistic)."
            if self.family == "binomial"
            else "A coefficient is a difference in means of the population."
        )
        lines = [
            self._head(),
            f"Mean of {self.formula}, estimated so that rows of one {self.cluster} need not be "
            f"independent; the working correlation ({self.correlation}) may be wrong without "
            "harm to the coefficients.",
            what,
            f"Standard errors: {_CORRECTED[self.correction]}. Limits: {100 * self.level:g} %, "
            f"{_DDF[self.ddf]}.",
            "Rows that are missing must be missing whatever the outcome would have been; the mixed "
            "model allows them to depend on the person's other outcomes.",
            self.convergence.sentence if not self.separated else f"Cannot tell: {self.why_not}",
            NOT_CAUSE,
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

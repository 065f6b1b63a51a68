"""`MixedLogistic`: a logistic mixed model of a yes/no outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri

from outcomes.errors import NotEnoughData
from outcomes.models.binary.fitted import Fitted
from outcomes.models.binary.probabilities import Averaging
from outcomes.models.binary.working import Correlation
from outcomes.models.binary.yes_no import NOT_CAUSE, YesNoResult

if TYPE_CHECKING:
    from outcomes.models.binary.beside import Beside

# Variance of the standard logistic distribution: what a yes/no row has of its own.
LOGISTIC_VARIANCE = np.pi**2 / 3
SOURCES = (
    "Bates, D. et al. (2015), J. Stat. Softw. 67(1); Pinheiro, J. C. & Chao, E. C. (2006), "
    "J. Comput. Graph. Stat. 15:58-81; df: Li, P. & Redden, D. T. (2015), BMC Med. Res. Methodol. "
    "15:38; probabilities: Zeger, S. L., Liang, K.-Y. & Albert, P. S. (1988), Biometrics 44:1049"
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MixedLogistic(YesNoResult):
    """Log odds of a yes/no outcome, with people who belong together.

    `coefficients` are log odds ratios between people of the same group; `variances` the spread
    between groups on that scale, with profile limits of a standard deviation that stands alone.
    `loglik` is that of the rows as given, `loglik_without` without any random effect. `fitted`
    holds the parts that further questions need; None where there is no estimate.
    """

    method: str
    points: int
    ddf: str
    interval: str
    trials: str | None
    n_trials: int
    n_successes: int
    groups: dict[str, int]
    variances: pd.DataFrame
    loglik: float
    loglik_without: float
    fitted: Fitted | None

    @property
    def source(self) -> str:
        """Where the method comes from."""
        return SOURCES

    @property
    def heterogeneity(self) -> pd.DataFrame:
        """Spread of intercepts in words of people: group, share, median_odds_ratio, with limits.

        `share` of the variance on the latent scale that lies between groups (intraclass
        correlation; Goldstein, Browne & Rasbash 2002); `median_odds_ratio` between two groups
        chosen at random, the higher over the lower (Merlo et al. 2006).
        """
        alone = self.variances[self.variances["other"].eq("")]
        alone = alone[~alone["group"].duplicated(keep=False)]
        total = float(alone["variance"].sum()) + LOGISTIC_VARIANCE
        found = {"group": alone["group"].to_numpy()}
        for end, column in (("", "sd"), ("_low", "low"), ("_high", "high")):
            sd = alone[column].to_numpy(dtype=float)
            others = total - alone["variance"].to_numpy(dtype=float)
            found[f"share{end}"] = sd**2 / (sd**2 + others)
            found[f"median_odds_ratio{end}"] = np.exp(np.sqrt(2) * ndtri(0.75) * sd)
        return pd.DataFrame(found)

    def beside(
        self, *, cluster: str | None = None, correlation: Correlation = "exchangeable"
    ) -> Beside:
        """The population-averaged model (`oc.gee`) of the same rows, beside this one."""
        from outcomes.models.binary.beside import beside

        return beside(self, cluster=cluster, correlation=correlation)

    def modes(self, group: str | None = None) -> pd.DataFrame:
        """Conditional modes with standard errors given the coefficients: log odds by level.

        They are drawn towards zero the more, the fewer rows a level has. Not a league table.
        Raises NotEnoughData where the model has no estimate.
        """
        self._known()
        if self.fitted is None:
            raise NotEnoughData("Cannot tell: there is no fit.", where=f"model {self.formula}")
        found = self.fitted.modes()
        return found if group is None else found[found["group"].eq(group)].reset_index(drop=True)

    def _averaging(self) -> Averaging | None:
        return self.fitted

    def _head(self) -> str:
        belong = ", ".join(f"{n} levels of {name}" for name, n in self.groups.items())
        how = "Laplace" if self.points == 1 else f"{self.points}-point quadrature"
        return (
            f"Logistic mixed model ({how}): {self.n_successes} of {self.n_trials} yes, "
            f"{self.n_used} of {self.n_rows} rows, {belong}."
        )

    def _tail(self) -> list[str]:
        spread = self.variances.dropna(axis=1, how="all")
        return [
            spread.to_string(index=False, float_format="%.4f", na_rep="not known"),
            f"log-likelihood {self.loglik:.4f}; {self.convergence.sentence}",
        ]

    def _corrected(self) -> tuple[str, ...]:
        if self.ddf == "none":
            return ()
        return (
            "Standard errors of what rests on groups are multiplied by √(groups / df), which "
            "restricted likelihood does in a balanced design; with fewer than ten groups these "
            "limits are rather too wide, those of a standard deviation too narrow.",
        )

    def explain(self) -> str:
        """What was estimated, how, from where, and what it does not tell."""
        how = (
            "Laplace's approximation at the mode of the random effects"
            if self.points == 1
            else f"adaptive Gauss-Hermite quadrature with {self.points} points"
        )
        limits = (
            "profile likelihood" if self.interval == "profile" else f"Wald, t with {self.ddf} df"
        )
        lines = [
            self._head(),
            f"log(odds) = {self.formula}; random effects are normal. Maximum likelihood by {how}.",
            "An odds ratio compares two people of the same group (and is farther from 1 than that "
            "of the population); probabilities() and differences() average over the groups.",
            *self._corrected(),
            f"Limits of coefficients: {100 * self.level:g} %, {limits}; of standard deviations: "
            "profile likelihood. Conditional modes are drawn towards zero.",
            self.convergence.sentence if not self.separated else f"Cannot tell: {self.why_not}",
            f"{NOT_CAUSE} The effects of groups are taken to be normal.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

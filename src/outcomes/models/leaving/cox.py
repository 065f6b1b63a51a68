"""`cox`: what goes with leaving sooner, by Cox's proportional hazards model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.models.leaving.concordance import Concordance, concordance
from outcomes.models.leaving.cox_fit import CoxFit, cox_fit
from outcomes.models.leaving.cox_robust import robust
from outcomes.models.leaving.model_frame import Asked, ModelFrame, model_frame
from outcomes.models.leaving.model_result import ModelResult, coefficient_table
from outcomes.models.leaving.policy import leaving_policy
from outcomes.models.leaving.proportional import proportional_tests

if TYPE_CHECKING:
    from outcomes.models.inference.convergence import Convergence

_TIES = {
    "efron": "Efron 1977",
    "breslow": "Breslow 1974",
    "exact": "exact for tied times, as a discrete logistic model (Cox 1972)",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoxResult(ModelResult):
    """Hazard ratios with intervals: above 1 means leaving sooner.

    `tests` (test, chi2, df, p): likelihood ratio, Wald and score tests of all terms
    together, with people taken as independent. `proportional` (term, chi2, df, p): whether
    a term's ratio changes over time; empty for exact ties. `concordance`: how often the one
    who left first had the higher predicted hazard.
    """

    tests: pd.DataFrame
    proportional: pd.DataFrame
    concordance: Concordance
    loglik_null: float
    ties: str
    strata: str | None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        alpha = float(leaving_policy("model")["proportional_alpha"])
        wrong = self.proportional[self.proportional["p"] < alpha]
        terms = [term for term in wrong["term"] if term != "all"]
        said: tuple[str, ...] = ()
        if terms and self.converged:
            said = (
                f"The hazard ratio of {', '.join(terms)} changes over time: the one shown is an "
                "average over the times of leaving.",
            )
        return (*self._of_convergence(), *self._of_size(), *said)

    def explain(self) -> str:
        """What was estimated, how, and what it does not tell."""
        lines = [
            f"Cox's proportional hazards model: {self.formula}; {self._people()}.",
            "A hazard ratio says how many times as fast people leave, among those still there, "
            "for one unit more of a term; above 1 means sooner. Endings of another kind count "
            "as censored, so it is the rate of this kind of leaving, not the share that leaves.",
            f"Ties: {_TIES[self.ties]}. Newton's method with the exact Hessian.",
            *([f"Each {self.strata} has its own baseline hazard."] if self.strata else []),
            self._uncertainty(),
            f"Rows left out: {self._dropped()}.",
            "What this does not tell: that a term makes people stay or leave. It is an "
            "association among people who were not allotted at random.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    def _dropped(self) -> str:
        if not self.dropped:
            return "none"
        return ", ".join(f"{n} without {name}" for name, n in self.dropped.items())


def cox(
    formula: str,
    frame: pd.DataFrame,
    *,
    event: str,
    cause: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    ties: str = "efron",
    level: float = 0.95,
) -> CoxResult:
    """Fit `time ~ terms` to one row for each person or episode.

    `event` is a column of True and False (or 0 and 1), or of words of which `cause` counts
    and all others are censored. `strata` gives each word its own baseline hazard; `cluster`
    names who is not independent (a row without a word stands alone); `ties` is "efron",
    "breslow" or "exact". Rows with a missing value are left out and counted. Raises
    UsageError for columns or words that cannot be used, NotEnoughData where nobody has the
    event or terms cannot be told apart.
    """
    asked = Asked(formula, event, cause, cluster, level)
    data = model_frame(formula, frame, event=event, cause=cause, strata=strata, cluster=cluster)
    fit = cox_fit(data.time, data.event, data.X, strata=data.strata, ties=ties)
    covariance, kind, df, count = fit.covariance, "model", np.inf, None
    if data.clusters is not None and fit.converged:
        clustered = robust(fit, data.clusters)
        covariance, kind = clustered.covariance, clustered.kind
        df, count = clustered.df, clustered.n_clusters
    endless = tuple(name for name, flag in zip(data.names, fit.endless, strict=True) if flag)
    return CoxResult(
        coefficients=coefficient_table(data.names, fit.beta, covariance, df, level),
        covariance=covariance,
        covariance_kind=kind,
        loglik=fit.loglik,
        convergence=_convergence(fit),
        endless=endless,
        **asked.fields(),
        n_clusters=count,
        **data.counts(),
        method=f"Cox, {ties} ties",
        source="Cox 1972; Therneau & Grambsch 2000; clusters: Lin & Wei 1989, Lipsitz et al. 1994",
        tests=_tests(fit),
        proportional=_proportional(fit, data),
        concordance=concordance(
            data.time,
            data.event,
            data.X @ fit.beta,
            strata=data.strata,
            cluster=data.clusters,
        ),
        loglik_null=fit.loglik_null,
        ties=ties,
        strata=strata,
    )


def _convergence(fit: CoxFit) -> Convergence:
    from outcomes.models.inference.convergence import Convergence

    message = "a coefficient has no finite value" if fit.endless.any() else "no maximum was found"
    return Convergence(
        converged=fit.converged,
        gradient=float(np.sqrt(max(fit.decrement, 0.0))),
        curvature=fit.left,
        evaluations=fit.steps + 1,
        message="" if fit.converged else message,
    )


def _tests(fit: CoxFit) -> pd.DataFrame:
    rows = [(name, value, len(fit.beta), fit.p_of(name)) for name, value in fit.tests.items()]
    return pd.DataFrame(rows, columns=["test", "chi2", "df", "p"])


def _proportional(fit: CoxFit, data: ModelFrame) -> pd.DataFrame:
    columns = ["term", "chi2", "df", "p"]
    if fit.partial is None or not fit.converged:
        return pd.DataFrame(columns=columns)
    found = proportional_tests(fit, data.terms)
    return pd.DataFrame([(t.term, t.chi2, t.df, t.p) for t in found], columns=columns)

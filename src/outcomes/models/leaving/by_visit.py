"""`leaving_by_visit`: the chance of leaving at each visit, for few visits with many ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.errors import NotEnoughData
from outcomes.models.leaving.hazard import (
    HazardFit,
    Periods,
    clustered_hazard,
    hazard_fit,
    person_periods,
)
from outcomes.models.leaving.model_frame import Asked, model_frame
from outcomes.models.leaving.model_result import ModelResult, coefficient_table

if TYPE_CHECKING:
    from outcomes.models.inference.convergence import Convergence


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VisitResult(ModelResult):
    """Odds ratios (logit) or hazard ratios (cloglog) of leaving at a visit, of those still there.

    `visits`: visit, at_risk, events, chance (observed share of those at risk that leave).
    `n_person_visits` rows entered the regression; `skipped` visits had no event and tell
    nothing of the terms.
    """

    visits: pd.DataFrame
    n_person_visits: int
    skipped: tuple[float, ...]
    link: str
    deviance: float

    def explain(self) -> str:
        """What was estimated, how, and what it does not tell."""
        ratio = "odds ratio" if self.link == "logit" else "hazard ratio"
        lines = [
            f"Discrete-time {self.link} model: {self.formula}; {self._people()}, "
            f"{self.n_person_visits} rows of person and visit.",
            f"Each visit has its own chance of leaving; a term multiplies it by its {ratio}, "
            "among those still there. Above 1 means leaving sooner.",
            "Meant for times known only to the visit, where many leave at once; with the cloglog "
            "link the ratios are those of Cox's model for such times.",
            self._uncertainty(),
            "What this does not tell: that a term makes people stay or leave.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)


def leaving_by_visit(
    formula: str,
    frame: pd.DataFrame,
    *,
    event: str,
    cause: str | None = None,
    cluster: str | None = None,
    link: str = "logit",
    level: float = 0.95,
) -> VisitResult:
    """Fit `visit ~ terms` to one row for each person; `visit` is the last one at risk.

    Arguments are those of `cox`; `link` is "logit" or "cloglog". A person who left at visit
    3 was at risk at all visits up to 3. Raises as `cox`.
    """
    asked = Asked(formula, event, cause, cluster, level)
    data = model_frame(formula, frame, event=event, cause=cause, strata=None, cluster=cluster)
    periods = person_periods(data.time, data.event)
    visits = _visits(periods)
    # A visit at which nobody or everybody leaves has an infinite constant and says nothing.
    events, at_risk = visits["events"].to_numpy(), visits["at_risk"].to_numpy()
    mixed = (events > 0) & (events < at_risk)
    used = mixed[periods.period]
    if not used.any():
        raise NotEnoughData("At no visit do some leave and others stay.", where="event")
    constants = (periods.period[used][:, None] == np.flatnonzero(mixed)).astype(float)
    X = np.column_stack([constants, data.X[periods.person[used]]])
    fit = hazard_fit(periods.event[used], X, link)
    own = slice(int(mixed.sum()), None)
    covariance, kind, df, count = fit.covariance, "model", np.inf, None
    if data.clusters is not None and fit.converged:
        robust = clustered_hazard(fit, X, data.clusters[periods.person[used]])
        covariance, kind = robust.covariance, robust.kind
        df, count = robust.df, robust.n_clusters
    endless = tuple(n for n, flag in zip(data.names, fit.endless[own], strict=True) if flag)
    return VisitResult(
        coefficients=coefficient_table(data.names, fit.beta[own], covariance[own, own], df, level),
        covariance=covariance[own, own],
        covariance_kind=kind,
        loglik=fit.loglik,
        convergence=_convergence(fit),
        endless=endless,
        **asked.fields(),
        n_clusters=count,
        **data.counts(),
        method=f"discrete time, {link}",
        source="Prentice & Gloeckler 1978; Singer & Willett 1993",
        visits=visits,
        n_person_visits=int(used.sum()),
        skipped=tuple(float(time) for time in periods.times[~mixed]),
        link=link,
        deviance=fit.deviance,
    )


def _visits(periods: Periods) -> pd.DataFrame:
    """visit, at_risk, events, chance."""
    m = len(periods.times)
    at_risk = np.bincount(periods.period, minlength=m)
    events = np.bincount(periods.period, weights=periods.event, minlength=m).astype(int)
    chance = events / np.maximum(at_risk, 1)
    return pd.DataFrame(
        {"visit": periods.times, "at_risk": at_risk, "events": events, "chance": chance}
    )


def _convergence(fit: HazardFit) -> Convergence:
    from outcomes.models.inference.convergence import Convergence

    return Convergence(
        converged=fit.converged,
        gradient=float(np.sqrt(max(fit.decrement, 0.0))),
        curvature=fit.left,
        evaluations=fit.steps + 1,
        message="" if fit.converged else "a coefficient has no finite value",
    )

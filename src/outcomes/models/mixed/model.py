"""`mixed`: a linear mixed model of a frame, with small-sample inference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.inference.effects import FixedEffects
from outcomes.models.mixed.data import ModelData, model_data
from outcomes.models.mixed.fit import Fit, fit_prepared
from outcomes.models.mixed.inference import degrees_of_freedom
from outcomes.models.mixed.prepare import prepare
from outcomes.models.mixed.result import MixedResult
from outcomes.models.mixed.summary import Summary, summarise
from outcomes.models.mixed.variances import variance_table

DDF = ("satterthwaite", "kenward-roger", "none")


def mixed(
    formula: str,
    frame: pd.DataFrame,
    *,
    reml: bool = True,
    ddf: str = "satterthwaite",
    level: float = 0.95,
) -> MixedResult:
    """Fit a linear mixed model, `formula` as in lme4: "score ~ arm * week + (week | client)".

    Several random terms may be nested or crossed; which it is, is found from the data.
    Rows that lack a value in a column of the model are left out and counted. `reml=False`
    for maximum likelihood (to compare models with different fixed parts). `ddf` is
    "satterthwaite", "kenward-roger" (REML only) or "none" (normal limits).

    A variance of zero or a correlation of one is an answer: `singular` and a warning say
    so. Raises UsageError for a formula that does not fit the frame, NotEnoughData where
    the random effects are as many as the rows.
    """
    if ddf not in DDF:
        raise UsageError(
            "There are no such degrees of freedom.",
            where="parameter ddf",
            fix=f"Use one of {', '.join(DDF)}.",
        )
    if not 0 < level < 1:
        raise UsageError(
            "The level of an interval lies between 0 and 1.",
            where="parameter level",
            fix="Give 0.95 for 95 %.",
        )
    return fit_model(formula, model_data(formula, frame), reml=reml, ddf=ddf, level=level)


def fit_model(formula: str, data: ModelData, *, reml: bool, ddf: str, level: float) -> MixedResult:
    """Fit the model to data that have been read."""
    # The summary is not held on to: the search works on what is made of it.
    fit = fit_prepared(prepare(summary_of(data)), reml=reml)
    return result_of(formula, data, fit, ddf=ddf, level=level)


def summary_of(data: ModelData) -> Summary:
    """The cross-products of the data, one record a client."""
    return summarise(data.outcome, data.fixed, data.fixed.names, data.groupings, origin=data.origin)


def result_of(formula: str, data: ModelData, fit: Fit, *, ddf: str, level: float) -> MixedResult:
    """A fit with inference, tables and warnings."""
    beta = fit.beta
    if data.constant is not None:
        beta = beta + data.origin * data.constant
    inference = degrees_of_freedom(fit, ddf)
    effects = FixedEffects(data.fixed.names, beta, inference, level)
    return MixedResult(
        formula=formula,
        coefficients=effects.table(),
        variances=variance_table(fit),
        residual_sd=float(np.sqrt(fit.residual_variance)),
        loglik=-fit.deviance / 2,
        reml=fit.reml,
        ddf=ddf,
        level=level,
        convergence=fit.convergence,
        warnings=_warnings(data, fit),
        n_rows=data.n_rows,
        n_used=data.n_used,
        n_groups={grouping.name: grouping.n_levels for grouping in data.groupings},
        dropped=dict(data.dropped),
        effects=effects,
        fit=fit,
        data=data,
    )


def _warnings(data: ModelData, fit: Fit) -> tuple[str, ...]:
    """What a reader must know before using the numbers."""
    found = []
    if not fit.convergence.converged:
        found.append(fit.convergence.sentence)
    if fit.convergence.on_bound:
        found.append(
            f"At the edge of what is possible: {'; '.join(fit.convergence.on_bound)}. The data "
            "hold too little to tell this variance from zero; the fixed effects can be used."
        )
    if data.fixed.dropped:
        found.append(
            f"Left out because they repeat other columns: {', '.join(data.fixed.dropped)}."
        )
    return tuple(found)

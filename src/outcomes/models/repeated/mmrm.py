"""`mmrm`: a mean for every visit and arm, with the covariance of a person's visits estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.inference import (
    Asymptotic,
    Convergence,
    DegreesOfFreedom,
    FixedEffects,
    KenwardRoger,
    Satterthwaite,
)
from outcomes.models.repeated import words
from outcomes.models.repeated.fit import PatternFit, fit_reduced
from outcomes.models.repeated.patterns import Patterns, patterns
from outcomes.models.repeated.policy import fallback_names, repeated_policy
from outcomes.models.repeated.result import Attempt, MmrmResult
from outcomes.models.repeated.robust import ClusterRobust, cluster_robust
from outcomes.models.repeated.small_sample import kenward_roger, positive, satterthwaite
from outcomes.models.repeated.structures import Structure, natural_values, structure
from outcomes.models.repeated.tables import covariance_table, pattern_table, variance_table
from outcomes.models.repeated.visits import VisitData, visit_data

Ddf = Literal["kenward-roger", "kenward-roger-linear", "satterthwaite", "cr2", "none"]


def mmrm(
    formula: str,
    frame: pd.DataFrame,
    *,
    subject: str,
    visit: str,
    covariance: str | Structure = "us",
    reml: bool = True,
    ddf: Ddf = "satterthwaite",
    level: float = 0.95,
    fallback: str | Sequence[str] | None = "stated",
    cluster: str | None = None,
) -> MmrmResult:
    """Fit a mixed model for repeated measures: "score ~ baseline * visit + arm * visit".

    `frame` has one row for each subject and visit with a score; rows with a gap in a used
    column are dropped and counted. `visit` is a category in the formula whatever its type.
    `covariance` names a structure of STRUCTURES ("us", "toeph", "ar1h", "csh", "toep", "ar1",
    "cs", ...). Where it cannot be estimated, `fallback` says what is tried next: "stated"
    (the order of policy.toml), names in the order wanted, or None. `ddf` chooses covariance
    and degrees of freedom of the coefficients; "cr2" is robust by subject, or by `cluster`.
    Satterthwaite's are the default because their intervals cover best in small trials.

    Raises UsageError for an unknown name or option, NotEnoughData where the data cannot
    tell the coefficients. A fit that does not converge is returned and says so.

    Source: Mallinckrodt, C. H. et al. (2008). Drug Inf. J. 42:303-319.
    """
    _check(ddf, level, reml=reml, cluster=cluster)
    data = visit_data(formula, frame, subject=subject, visit=visit, cluster=cluster)
    reduced = patterns(data.y, data.X, data.subject, data.position, len(data.visits))
    fit, attempts = _first_that_converges(reduced, covariance, fallback, reml=reml)
    inference = cast("DegreesOfFreedom", _inference(fit, data, ddf))
    effects = FixedEffects(data.design.names, fit.coefficients, inference, level)
    asked = _Asked(formula, subject, visit, cluster, ddf)
    return _result(asked, data, fit, attempts, effects)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the caller asked for and the result repeats."""

    formula: str
    subject: str
    visit: str
    cluster: str | None
    ddf: str


def _result(
    asked: _Asked,
    data: VisitData,
    fit: PatternFit,
    attempts: tuple[Attempt, ...],
    effects: FixedEffects,
) -> MmrmResult:
    bounds = _on_bound(fit)
    return MmrmResult(
        coefficients=effects.table(),
        variances=variance_table(fit, data.visits),
        covariance=covariance_table(fit, data.visits),
        loglik=fit.loglik,
        converged=fit.converged,
        convergence=_convergence(fit, bounds),
        warnings=words.warnings(data, fit, attempts, bounds, effects.inference),
        n_rows=data.n_rows,
        n_used=fit.n,
        n_subjects_in=data.n_subjects_in,
        n_subjects=fit.n_subjects,
        dropped=data.dropped,
        level=effects.level,
        formula=asked.formula,
        outcome=data.outcome,
        subject=asked.subject,
        visit=asked.visit,
        visits=data.visits,
        cluster=asked.cluster,
        reml=fit.reml,
        ddf=asked.ddf,
        attempts=attempts,
        patterns=pattern_table(fit.data, data.visits),
        observed=data.seen,
        effects=effects,
        design=data.design,
        fit=fit,
    )


def _check(ddf: str, level: float, *, reml: bool, cluster: str | None) -> None:
    if ddf not in get_args(Ddf):
        raise UsageError(
            "The degrees of freedom are not known by that name.",
            where="parameter ddf",
            fix=f"Choose from {', '.join(get_args(Ddf))}.",
        )
    if not 0 < level < 1:
        raise UsageError("A level lies between 0 and 1.", where="parameter level")
    if ddf.startswith("kenward") and not reml:
        raise UsageError(
            "Kenward and Roger's method belongs to restricted maximum likelihood.",
            where="parameter ddf",
            fix="Give reml=True, or ddf='satterthwaite'.",
        )
    if cluster is not None and ddf != "cr2":
        raise UsageError(
            "A cluster is used by the robust covariance only.",
            where="parameter cluster",
            fix="Give ddf='cr2', or leave the cluster out.",
        )


def _first_that_converges(
    reduced: Patterns,
    covariance: str | Structure,
    fallback: str | Sequence[str] | None,
    *,
    reml: bool,
) -> tuple[PatternFit, tuple[Attempt, ...]]:
    """The first fit that converges, else that of the structure asked for; and all attempts."""
    size = reduced.size
    named = isinstance(covariance, str)
    asked = structure(covariance, size) if isinstance(covariance, str) else covariance
    if asked.size != size:
        raise UsageError(
            f"The covariance has {asked.size} occasions and the data {size} visits.",
            where="parameter covariance",
        )
    others = fallback_names(asked.name, fallback) if named else ()
    attempts: list[Attempt] = []
    first: PatternFit | None = None
    for one in (asked, *(structure(name, size) for name in others)):
        fit = fit_reduced(reduced, one, reml=reml)
        attempts.append(Attempt(one.name, fit.converged, words.why(fit)))
        if fit.converged:
            return fit, tuple(attempts)
        first = first or fit
    if first is None:
        raise AssertionError("at least the structure asked for was tried")
    return first, tuple(attempts)


def _inference(
    fit: PatternFit, data: VisitData, ddf: str
) -> Asymptotic | Satterthwaite | KenwardRoger | ClusterRobust:
    if not fit.converged or ddf == "none":
        return Asymptotic(fit.coefficient_covariance)
    if ddf == "satterthwaite":
        return satterthwaite(fit)
    if ddf == "cr2":
        residuals = data.y - data.X @ fit.coefficients
        return cluster_robust(
            data.X,
            residuals,
            data.subject,
            data.position,
            fit.covariance,
            clusters=data.clusters,
        )
    made = kenward_roger(fit, linear=ddf == "kenward-roger-linear")
    # Second derivatives may take away more than there is; then only the first order is left.
    return made if positive(made) else kenward_roger(fit, linear=True)


def _convergence(fit: PatternFit, bounds: tuple[str, ...]) -> Convergence:
    if fit.optimum is None:
        return Convergence(False, np.nan, np.nan, 0, (), words.why(fit))
    scale = np.sqrt(np.maximum(np.abs(np.diag(fit.optimum.slope.observed)), 1e-300))
    return Convergence(
        converged=fit.converged,
        gradient=float(np.abs(fit.gradient / scale).max(initial=0.0)),
        curvature=fit.flattest,
        evaluations=fit.steps + 1,
        on_bound=bounds,
        message=words.why(fit),
    )


def _on_bound(fit: PatternFit) -> tuple[str, ...]:
    """Components without variance and correlations of one, in words."""
    if fit.optimum is None:
        return ()
    bound = repeated_policy().bound
    values, _ = natural_values(fit.structure, fit.theta)
    largest = float(np.sqrt(np.diag(fit.covariance).max()))
    found = []
    for item, number in zip(fit.structure.natural(), values, strict=True):
        part = f" of {item.part}" if item.part else ""
        if item.kind == "sd" and number < bound * largest:
            found.append(f"a standard deviation{part} of 0")
        if item.kind == "correlation" and abs(number) > 1 - bound:
            found.append(f"a correlation{part} of {np.sign(number):.0f}")
    return tuple(dict.fromkeys(found))

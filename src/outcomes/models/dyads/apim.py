"""`apim`: the actor-partner interdependence model of two people's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.dyads import apim_tables as tables
from outcomes.models.dyads.apim_design import (
    ApimColumns,
    Coding,
    People,
    interaction,
    read_people,
    two_intercepts,
)
from outcomes.models.dyads.apim_result import ApimResult
from outcomes.models.dyads.covariance import pair_residual
from outcomes.models.dyads.distinguishability import (
    NO_SCALES,
    Distinguishability,
    distinguishability,
)
from outcomes.models.dyads.fitting import DyadFit, check_ddf, fit
from outcomes.models.dyads.policy import dyads_policy
from outcomes.models.dyads.ratio import RATIO_SOURCES, RatioMethod

Told = bool | Literal["test"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is fitted and told."""

    coding: Coding
    reml: bool
    ddf: str
    ratio: RatioMethod
    level: float
    seed: int


def apim(
    frame: pd.DataFrame,
    *,
    couple: str = "couple",
    role: str = "role",
    outcome: str,
    actor: str,
    partner: str | None = None,
    covariates: Sequence[str] = (),
    distinguishable: Told = "test",
    roles: Sequence[str] | None = None,
    coding: Coding = "two_intercept",
    reml: bool = True,
    ddf: str = "satterthwaite",
    ratio: RatioMethod = "fieller",
    level: float = 0.95,
    seed: int = 0,
) -> ApimResult:
    """How each person's outcome goes with the own and with the partner's predictor.

    `frame` has one row for each person. `actor` is the own predictor; `partner` the column with
    the partner's value, which is built from the partner's row where it is not given.
    `distinguishable`: True (roles are two words with the same meaning in every couple; each has
    its own coefficients and residual variance), False (one model for both; residual compound
    symmetry), or "test" (apart where a likelihood-ratio test says so; couples whose roles are
    not two words are taken as the same). `coding`: coefficients for each role, or their mean and
    half difference with role as +1 (first of `roles`) and -1. `ddf`: "satterthwaite",
    "kenward-roger", "residual" (n - p, as R's gls) or "none" (normal). `ratio`: limits of
    k = partner / actor. Estimates are in points of the outcome for one unit of the predictor.

    People with a missing value are left out and counted; their partner stays, which is right
    where what is missing depends on what is seen only. Raises UsageError for couples of three, a
    role twice or wrong columns, NotEnoughData where the model cannot be estimated.
    """
    settings = Settings(coding, reml, ddf, ratio, level, seed)
    _check(distinguishable, settings)
    columns = ApimColumns(couple, role, outcome, actor, partner, tuple(covariates))
    people, test = _settle(frame, columns, roles, distinguishable)
    warnings = _warnings(people, test, distinguishable)
    return _result(people, columns, settings, test, warnings)


def _settle(
    frame: pd.DataFrame, columns: ApimColumns, roles: Sequence[str] | None, told: Told
) -> tuple[People, Distinguishability | None]:
    """The people, with roles told apart or not, and the test of it where roles are known."""
    known = _known_roles(frame, columns, roles, told)
    people = read_people(frame, columns, roles, told_apart=known)
    if not known:
        return people, None
    test = distinguishability(people, people.base[:, 1])
    if told == "test" and not (test.converged and test.p < _alpha()):
        people = read_people(frame, columns, roles, told_apart=False)
    return people, test


def _result(
    people: People,
    columns: ApimColumns,
    settings: Settings,
    test: Distinguishability | None,
    warnings: tuple[str, ...],
) -> ApimResult:
    """Fit the model and make its tables."""
    fitted, names = fit_people(people, settings.coding, reml=settings.reml)
    effects = fitted.effects(names, settings.ddf, settings.level)
    made = tables.Inputs(people, fitted, effects, settings.coding, settings.level)
    return ApimResult(
        coefficients=effects.table(),
        effects=tables.effects(made, str(columns.actor)),
        differences=tables.differences(made),
        ratios=tables.ratios(made, settings.ratio, settings.seed),
        variances=tables.variances(made),
        explained=tables.explained(made, reml=settings.reml),
        test=test,
        columns=columns,
        roles=people.roles,
        n_rows=people.n_rows,
        n_used=len(people.y),
        n_couples=people.n_couples,
        n_complete=people.n_complete,
        dropped=people.dropped,
        loglik=fitted.loglik,
        n_parameters=fitted.n_parameters,
        convergence=fitted.convergence,
        warnings=warnings,
        coding=settings.coding,
        ddf=settings.ddf,
        ratio=settings.ratio,
        reml=settings.reml,
        level=settings.level,
        fit=fitted,
        fixed=effects,
    )


def fit_people(people: People, coding: Coding, *, reml: bool) -> tuple[DyadFit, tuple[str, ...]]:
    """Fit the model of people whose roles are told apart, or not, and name the coefficients."""
    if people.roles is None:
        fixed, names = people.base, people.labels
    else:
        fixed, names = (two_intercepts if coding == "two_intercept" else interaction)(people)
    structure = pair_residual(distinguishable=people.roles is not None)
    return fit(people.rows(fixed), structure, NO_SCALES, reml=reml), names


def _known_roles(
    frame: pd.DataFrame, columns: ApimColumns, roles: Sequence[str] | None, told: Told
) -> bool:
    """Whether roles can be told apart: as asked, or where there are two words."""
    if told != "test" or roles is not None or columns.role not in frame.columns:
        return bool(told)
    return int(frame[columns.role].nunique()) == 2


def _alpha() -> float:
    return float(dyads_policy()["distinguishability"]["alpha"])


def _check(told: Told, settings: Settings) -> None:
    check_ddf(settings.ddf, reml=settings.reml)
    choices = {
        "distinguishable": (told, (True, False, "test")),
        "coding": (settings.coding, ("two_intercept", "interaction")),
        "ratio": (settings.ratio, tuple(RATIO_SOURCES)),
    }
    for name, (given, known) in choices.items():
        if given not in known:
            raise UsageError(
                f"{name} has a value that is not known.",
                where=f"parameter {name}",
                fix=f"Choose from {', '.join(map(repr, known))}.",
            )


def _warnings(people: People, test: Distinguishability | None, told: Told) -> tuple[str, ...]:
    found = [*people.notes]
    few = dyads_policy()["enough"]["couples"]
    if people.n_complete < few:
        found.append(f"Fewer than {few} couples with both partners: no verdict.")
    small = dyads_policy()["distinguishability"]["small"]
    if test is not None and people.n_complete < small:
        found.append(
            f"With fewer than {small} couples the test whether roles differ rejects too often."
        )
    if told == "test":
        said = "differ" if people.roles is not None else "are not told apart"
        how = "no two roles are the same in all couples" if test is None else "by the test"
        found.append(
            f"That the roles {said} was decided {how}; intervals do not know of that choice."
        )
    return tuple(found)

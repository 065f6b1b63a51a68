"""`dyadic_growth`: the courses of two partners over time, and of people seen alone beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.dyads.distinguishability import (
    CONDITIONAL,
    Distinguishability,
    likelihood_ratio,
)
from outcomes.models.dyads.fitting import DyadFit, check_ddf, fit
from outcomes.models.dyads.growth_covariance import CourseModel, Individuals, course_covariance
from outcomes.models.dyads.growth_design import Courses, GrowthColumns, read_courses
from outcomes.models.dyads.growth_result import DyadicGrowthResult
from outcomes.models.dyads.growth_tables import course_variances
from outcomes.models.dyads.policy import dyads_policy
from outcomes.models.inference import FixedEffects

Told = bool | Literal["test"]
Slopes = bool | Literal["auto"]


def dyadic_growth(
    frame: pd.DataFrame,
    *,
    couple: str = "couple",
    role: str = "role",
    outcome: str,
    time: str,
    occasion: str | None = None,
    within: float = 0.0,
    arm: str | None = None,
    covariates: Sequence[str] = (),
    distinguishable: Told = True,
    roles: Sequence[str] | None = None,
    individual: str | None = None,
    individuals: Individuals = "own",
    slopes: Slopes = "auto",
    direction: str | None = None,
    reml: bool = True,
    ddf: str = "satterthwaite",
    level: float = 0.95,
) -> DyadicGrowthResult:
    """How the scores of both partners move over time, and how alike their courses are.

    `frame` has one row for each person and time. Each role (and `arm`, a column such as the kind
    of help) has a mean course of its own: the mean at time 0 and the slope for one unit of
    `time`. Around it each couple has a start and a slope for each partner, all four correlated,
    and residuals of two answers at one occasion are correlated (of either sign) with a variance
    for each role. Answers belong to one `occasion` where that column, or else the time, is the
    same or at most `within` apart.

    `distinguishable`: True, False (partners may be exchanged), or "test". `individual`: the
    word in `role` of people seen alone, one row for each time, named in `couple` each by itself;
    they have a mean course of their own and `individuals`: "own" variances, or those of a
    partner ("shared", needs distinguishable=False). `slopes`: whether slopes vary between
    couples; "auto" tries that and takes starts alone where the data cannot tell, which is said.
    `direction` ("lower" or "higher" is better) is for the words only.

    Raises UsageError for couples of three, two rows at one time or wrong columns, NotEnoughData
    where the model cannot be estimated.
    """
    check_ddf(ddf, reml=reml)
    _check(distinguishable, individual, individuals, direction)
    columns = GrowthColumns(
        couple, role, outcome, time, occasion, arm, tuple(covariates), individual
    )
    courses, model, test = _settle(frame, columns, roles, distinguishable, within)
    model = replace(model, slopes=bool(slopes), alone=individuals if courses.has_alone else None)
    fitted, model, notes = fit_courses(courses, model, auto=slopes == "auto", reml=reml)
    warnings = _warnings(courses, model, notes, distinguishable)
    effects = fitted.effects(courses.fixed()[1], ddf, level)
    return _result(
        courses, columns, model, fitted, effects,
        test=test, warnings=warnings, direction=direction or "none", ddf=ddf,
    )  # fmt: skip


def _settle(
    frame: pd.DataFrame,
    columns: GrowthColumns,
    roles: Sequence[str] | None,
    told: Told,
    within: float,
) -> tuple[Courses, CourseModel, Distinguishability | None]:
    """The courses, with roles told apart or not, and the test of it where asked for."""
    courses = read_courses(frame, columns, told_apart=bool(told), roles=roles, within=within)
    model = CourseModel(distinguishable=bool(told), slopes=True)
    if told != "test":
        return courses, model, None
    same = read_courses(frame, columns, told_apart=False, within=within)
    alone: Individuals | None = "own" if courses.has_alone else None
    test = _test(courses, same, replace(model, alone=alone))
    if test.converged and test.p < dyads_policy()["distinguishability"]["alpha"]:
        return courses, model, test
    return same, replace(model, distinguishable=False), test


def _result(
    courses: Courses,
    columns: GrowthColumns,
    model: CourseModel,
    fitted: DyadFit,
    effects: FixedEffects,
    *,
    test: Distinguishability | None,
    warnings: tuple[str, ...],
    direction: str,
    ddf: str,
) -> DyadicGrowthResult:
    """Everything that is known of a fit."""
    return DyadicGrowthResult(
        coefficients=effects.table(),
        cells=courses.cells,
        variances=course_variances(fitted, model, courses.roles, effects.level),
        test=test,
        columns=columns,
        roles=courses.roles,
        model=model,
        n_rows=courses.n_rows,
        n_used=len(courses.y),
        **_counts(courses),
        cell_sizes=_people(courses),
        dropped=courses.dropped,
        time_range=(float(courses.time.min()), float(courses.time.max())),
        time_most=float(np.quantile(courses.time, 0.9)),
        loglik=fitted.loglik,
        n_parameters=fitted.n_parameters,
        convergence=fitted.convergence,
        warnings=warnings,
        direction=direction,
        ddf=ddf,
        reml=fitted.reml,
        level=effects.level,
        fit=fitted,
        fixed=effects,
        extra_means=courses.extra.mean(axis=0),
    )


def fit_courses(
    courses: Courses, model: CourseModel, *, auto: bool, reml: bool
) -> tuple[DyadFit, CourseModel, tuple[str, ...]]:
    """Fit the model; where slopes cannot be told and `auto`, starts alone, with a note."""
    try:
        found = _fit(courses, model, reml=reml)
    except NotEnoughData:
        if not (auto and model.slopes):
            raise
        found = None
    if found is not None and (found.convergence.usable or not (auto and model.slopes)):
        return found, model, ()
    simple = replace(model, slopes=False)
    note = (
        "The data cannot tell how slopes vary between couples, so only starts vary: intervals of "
        "slopes may be too narrow."
    )
    return _fit(courses, simple, reml=reml), simple, (note,)


def _fit(courses: Courses, model: CourseModel, *, reml: bool) -> DyadFit:
    rows, scales = courses.rows(model), courses.scales(model)
    return fit(rows, course_covariance(model), scales, reml=reml)


def _test(apart: Courses, same: Courses, model: CourseModel) -> Distinguishability:
    """The likelihood-ratio test that partners may be exchanged, by maximum likelihood."""
    one, kept, _ = fit_courses(apart, model, auto=True, reml=False)
    other = _fit(same, replace(kept, distinguishable=False), reml=False)
    usable = one.convergence.usable and other.convergence.usable
    return Distinguishability(pd.DataFrame([likelihood_ratio(CONDITIONAL, one, other)]), usable)


def _counts(courses: Courses) -> dict[str, int]:
    """Couples, those with both partners, people alone, occasions with both partners."""
    table = pd.DataFrame({"unit": courses.unit, "role": courses.role, "occasion": courses.occasion})
    pairs = table[table["role"] < 2]
    partners = pairs.groupby("unit")["role"].nunique()
    together = pairs.groupby(["unit", "occasion"])["role"].nunique()
    many = pairs.groupby(["unit", "role"])["occasion"].nunique()
    least = many.groupby("unit").min()[partners.eq(2)]
    enough = dyads_policy()["enough"]["growth_occasions"]
    return {
        "n_couples": len(partners),
        "n_complete": int(partners.eq(2).sum()),
        "n_courses": int(least.ge(enough).sum()),
        "n_alone": int(table.loc[table["role"].eq(2), "unit"].nunique()),
        "n_together": int(together.eq(2).sum()),
    }


def _people(courses: Courses) -> tuple[int, ...]:
    """How many people are behind each cell."""
    table = pd.DataFrame({"unit": courses.unit, "role": courses.role, "cell": courses.cell})
    sizes = table.drop_duplicates().groupby("cell").size()
    return tuple(int(n) for n in sizes.reindex(range(len(courses.cells)), fill_value=0))


def _warnings(
    courses: Courses, model: CourseModel, notes: tuple[str, ...], told: Told
) -> tuple[str, ...]:
    found = [*courses.notes, *notes]
    rules = dyads_policy()["enough"]
    if _counts(courses)["n_courses"] < rules["growth_couples"]:
        found.append(
            f"Fewer than {rules['growth_couples']} couples have both partners at "
            f"{rules['growth_occasions']} occasions or more: no verdict."
        )
    if told == "test":
        said = "differ" if model.distinguishable else "are not told apart"
        found.append(f"That the roles {said} was decided by the test; intervals do not know it.")
    if not np.isclose(courses.time.min(), 0) and courses.time.min() > 0:
        found.append("No answer is at time 0, so the mean there is an extrapolation.")
    return tuple(found)


def _check(told: Told, individual: str | None, individuals: str, direction: str | None) -> None:
    if individual is not None and individuals == "shared" and told is not False:
        raise UsageError(
            "People seen alone can share variances only with partners who are not told apart.",
            where="parameters individuals and distinguishable",
            fix="Give distinguishable=False, or individuals='own'.",
        )
    choices = {
        "distinguishable": (told, (True, False, "test")),
        "individuals": (individuals, ("own", "shared")),
        "direction": (direction, ("lower", "higher", None)),
    }
    for name, (given, known) in choices.items():
        if given not in known:
            raise UsageError(
                f"{name} has a value that is not known.",
                where=f"parameter {name}",
                fix=f"Choose from {', '.join(map(repr, known))}.",
            )

"""`mixed_logistic`: a logistic mixed model from a formula and a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import UsageError
from outcomes.models.binary.clusters import one_factor
from outcomes.models.binary.counts import compress
from outcomes.models.binary.degrees import BetweenWithin, between_within
from outcomes.models.binary.factors import Factor
from outcomes.models.binary.fitted import VARIANCE_COLUMNS, Engine, Fitted
from outcomes.models.binary.mixed_result import MixedLogistic
from outcomes.models.binary.policy import binary_policy
from outcomes.models.binary.profile import limits
from outcomes.models.binary.rows import Rows, check_spread, read_rows
from outcomes.models.binary.search import Optimum, search
from outcomes.models.binary.separation import Logistic, logistic
from outcomes.models.binary.several import elimination_order, several_factors
from outcomes.models.formula import parse
from outcomes.models.inference.convergence import Convergence
from outcomes.models.inference.effects import (
    ESTIMATE_COLUMNS,
    Asymptotic,
    DegreesOfFreedom,
    FixedEffects,
)

FloatArray = npt.NDArray[np.float64]
Method = Literal["laplace", "quadrature"]
Ddf = Literal["between-within", "none"]
Interval = Literal["wald", "profile"]
# Standard deviation of the random effects to start from, on the log-odds scale.
FIRST_SD = 0.7


@dataclass(frozen=True, slots=True)
class _Asked:
    """How to fit and how to tell."""

    formula: str
    trials: str | None
    method: Method
    points: int
    ddf: Ddf
    interval: Interval
    level: float


def mixed_logistic(
    formula: str,
    frame: pd.DataFrame,
    *,
    method: Method = "laplace",
    points: int | None = None,
    trials: str | None = None,
    level: float = 0.95,
    ddf: Ddf = "between-within",
    interval: Interval = "wald",
) -> MixedLogistic:
    """Fit a yes/no outcome (1 and 0), or counts of `trials`, with people who belong together.

    `formula` as in lme4: "improved ~ arm + (1 | practitioner)". `method` "laplace" takes any
    number of random terms, nested or crossed; "quadrature" takes one grouping factor with one or
    two effects and `points` (default 25) in each dimension. `ddf` "between-within" gives t with
    df by where a term varies and standard errors corrected for few groups, "none" normal limits
    as glmer does. `interval` "profile" gives
    profile-likelihood limits of every coefficient.

    Raises UsageError for a formula that cannot be read, an unknown column or an outcome that is
    no yes/no; NotEnoughData where no row is left or no group has two answers. Separation and a
    search that does not arrive are results (`verdict` "cannot tell"), not errors.
    """
    parsed = parse(formula)
    if not parsed.random:
        raise UsageError(
            "The model has no random term.",
            where="parameter formula",
            fix="Add who belongs together, as in improved ~ arm + (1 | practitioner).",
        )
    if not 0 < level < 1:
        raise UsageError("The level is not between 0 and 1.", where="parameter level")
    _check_choice("ddf", ddf, ("between-within", "none"))
    _check_choice("interval", interval, ("wald", "profile"))
    rows = read_rows(parsed, frame, trials)
    asked = _Asked(
        formula, trials, method, _points(method, points, rows.factors), ddf, interval, level
    )
    check_spread(rows.factors, rows.counts)
    alone = logistic(rows.counts, rows.fixed.matrix)
    if alone.separated:
        return _result(asked, rows, alone, None)
    engine = _engine(rows, asked)
    start = np.concatenate(
        [alone.coefficients, *(factor.start(FIRST_SD) for factor in engine.factors)]
    )
    return _result(asked, rows, alone, (engine, search(engine, start, alone.scale)))


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(
            f"Unknown {name}: {value!r}.",
            where=f"parameter {name}",
            fix=f"Choose from {', '.join(known)}.",
        )


def _points(method: str, points: int | None, factors: tuple[Factor, ...]) -> int:
    """Points of the quadrature in each dimension; one for Laplace."""
    _check_choice("method", method, ("laplace", "quadrature"))
    policy = binary_policy("mixed")
    if method == "laplace":
        if points not in (None, 1):
            raise UsageError(
                "Laplace's approximation has one point.",
                where="parameter points",
                fix='Leave points out, or give method="quadrature".',
            )
        return 1
    if len(factors) > 1 or factors[0].width > policy["most_dimensions"]:
        raise UsageError(
            "Quadrature takes one grouping factor with one or two effects.",
            where="parameter method",
            fix='Give method="laplace".',
        )
    chosen = int(policy["points"]) if points is None else points
    if not 1 <= chosen <= policy["most_points"]:
        raise UsageError(
            f"Points of the quadrature are 1 to {policy['most_points']}.", where="parameter points"
        )
    return chosen


def _engine(rows: Rows, asked: _Asked) -> Engine:
    """The likelihood of the rows, those alike put together."""
    factors = elimination_order(rows.factors)
    columns = [factor.codes for factor in factors] + [factor.design for factor in factors]
    put = compress(rows.counts, np.column_stack([*columns, rows.fixed.matrix]))
    design = rows.fixed.matrix[put.first]
    taken = tuple(factor.take(put.first) for factor in factors)
    if len(taken) == 1:
        return one_factor(put.counts, design, taken[0], asked.points)
    engine = several_factors(put.counts, design, taken)
    dense = sum(factor.n_groups * factor.width for factor in taken[len(engine.chain) :])
    if dense > binary_policy("mixed")["most_dense"]:
        raise UsageError(
            "Crossed grouping factors have too many levels for one model.",
            where="random terms",
            how_many=dense,
            fix="Leave out the crossed factor with fewer rows a level.",
        )
    return engine


def _result(
    asked: _Asked, rows: Rows, alone: Logistic, found: tuple[Engine, Optimum] | None
) -> MixedLogistic:
    names = rows.fixed.names
    fitted, warnings = None, _dropped_columns(rows)
    coefficients = pd.DataFrame({"term": pd.array(names, dtype="string")})
    variances = pd.DataFrame(columns=VARIANCE_COLUMNS)
    separated = tuple(names[place] for place in alone.separated)
    loglik, convergence = np.nan, Convergence(False, np.nan, np.nan, 0, (), "separation")
    if found is None:
        coefficients = coefficients.assign(**dict.fromkeys(ESTIMATE_COLUMNS, np.nan))
    else:
        engine, optimum = found
        convergence, loglik = _judged(optimum, engine), -optimum.deviance / 2
        fitted = _fitted(asked, rows, engine, optimum, usable=convergence.usable)
        coefficients = _coefficients(asked, fitted, usable=convergence.usable)
        variances = fitted.variances()
        warnings += _warnings(rows, fitted, convergence)
    return MixedLogistic(
        formula=asked.formula,
        method=asked.method,
        points=asked.points,
        ddf=asked.ddf,
        interval=asked.interval,
        level=asked.level,
        n_rows=rows.n_rows,
        n_used=rows.n_used,
        trials=asked.trials,
        n_trials=int(rows.counts.trials.sum()),
        n_successes=int(rows.counts.successes.sum()),
        dropped=rows.dropped,
        groups={factor.name: factor.n_groups for factor in rows.factors},
        coefficients=coefficients,
        variances=variances,
        loglik=loglik,
        loglik_without=alone.loglik,
        convergence=convergence,
        separated=separated,
        warnings=warnings,
        fitted=fitted,
    )


def _judged(optimum: Optimum, engine: Engine) -> Convergence:
    """Whether the search arrived, and at a spread that can be an estimate."""
    most = float(binary_policy("mixed")["largest_sd"])
    beta = optimum.parameters[: engine.n_fixed]
    place, worst = engine.n_fixed, 0.0
    for factor in engine.factors:
        root = factor.root(optimum.parameters[place : place + len(factor.free)])
        spread = np.sqrt(((factor.design @ root) ** 2).sum(axis=1))
        worst = max(worst, float(np.median(spread)))
        place += len(factor.free)
    told = optimum.convergence
    if worst <= most and bool(np.isfinite(beta).all()):
        return told
    message = "almost every group has one answer only, so that their spread has no finite estimate"
    return Convergence(
        False, told.gradient, told.curvature, told.evaluations, told.on_bound, message
    )


def _fitted(asked: _Asked, rows: Rows, engine: Engine, optimum: Optimum, *, usable: bool) -> Fitted:
    p = engine.n_fixed
    covariance = optimum.covariance
    # Frozen classes have what the protocol asks for; mypy wants it settable.
    inference = cast("DegreesOfFreedom", Asymptotic(covariance[:p, :p]))
    if asked.ddf == "between-within":
        trials = float(rows.counts.trials.sum())
        df, correction = between_within(engine.design, engine.factors, trials)
        scale = np.concatenate([correction, np.ones(len(covariance) - p)])
        covariance = covariance * np.outer(scale, scale)
        inference = cast("DegreesOfFreedom", BetweenWithin(covariance[:p, :p], df))
    spans: dict[int, tuple[float, float]] = {}
    place = p
    for factor in engine.factors:
        if factor.width == 1 and usable:
            spans[place] = limits(engine, optimum, place, asked.level, floor=0.0)
        place += len(factor.free)
    return Fitted(rows, engine, optimum, inference, covariance, spans, asked.level)


def _coefficients(asked: _Asked, fitted: Fitted, *, usable: bool) -> pd.DataFrame:
    names = fitted.rows.fixed.names
    table = FixedEffects(names, fitted.beta, fitted.inference, asked.level).table()
    if asked.interval == "profile" and usable:
        ends = [
            limits(fitted.engine, fitted.optimum, place, asked.level, floor=None)
            for place in range(len(names))
        ]
        table = table.assign(low=[low for low, _ in ends], high=[high for _, high in ends])
    return table


def _dropped_columns(rows: Rows) -> tuple[str, ...]:
    if not rows.fixed.dropped:
        return ()
    return (f"{', '.join(rows.fixed.dropped)} left out: it follows from other columns.",)


def _warnings(rows: Rows, fitted: Fitted, convergence: Convergence) -> tuple[str, ...]:
    few = int(binary_policy("mixed")["few_groups"])
    said = [
        f"{factor.n_groups} levels of {factor.name}: what rests on them is uncertain beyond its "
        "interval."
        for factor in rows.factors
        if factor.n_groups < few
    ]
    if convergence.singular:
        said.append(
            f"At a bound: {', '.join(convergence.on_bound)}. The data show none; they do not "
            "prove that there is none."
        )
    each = fitted.inference.single(np.eye(fitted.engine.n_fixed))
    if np.isnan(each).any():
        said.append("Some terms rest on too few groups for an interval.")
    return tuple(said)

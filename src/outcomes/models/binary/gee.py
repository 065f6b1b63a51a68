"""`gee`: a population-averaged model from a formula and a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.binary.gee_result import GeeResult
from outcomes.models.binary.policy import binary_policy
from outcomes.models.binary.population import FAMILIES, Equations, Family, Population, population
from outcomes.models.binary.population_fit import PopulationEffects, PopulationFit
from outcomes.models.binary.rows import group_codes, responses, usable_rows
from outcomes.models.binary.sandwich import CORRECTIONS
from outcomes.models.binary.separation import logistic
from outcomes.models.binary.working import CORRELATIONS, Clusters, Correlation
from outcomes.models.formula import FixedDesign, MixedFormula, fixed_design, parse
from outcomes.models.formula.fixed import expression_values
from outcomes.models.inference.convergence import Convergence
from outcomes.models.inference.effects import ESTIMATE_COLUMNS, DegreesOfFreedom, FixedEffects
from outcomes.models.least_squares import least_squares

FloatArray = npt.NDArray[np.float64]
Correction = Literal["none", "kauermann-carroll", "mancl-derouen", "average"]
Ddf = Literal["satterthwaite", "clusters", "none"]
DDFS = ("satterthwaite", "clusters", "none")


@dataclass(frozen=True, slots=True)
class _Asked:
    formula: str
    cluster: str
    order: str | None
    trials: str | None
    family: Family
    correlation: Correlation
    correction: Correction
    ddf: Ddf
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """The rows used, in the order given: outcome (counts or numbers), trials, design, clusters."""

    frame: pd.DataFrame
    dropped: dict[str, int]
    outcome: FloatArray
    trials: FloatArray
    fixed: FixedDesign
    codes: npt.NDArray[np.intp]
    n_clusters: int
    start: FloatArray
    separated: tuple[str, ...]


def gee(
    formula: str,
    frame: pd.DataFrame,
    *,
    cluster: str,
    family: Family = "binomial",
    correlation: Correlation = "exchangeable",
    order: str | None = None,
    trials: str | None = None,
    correction: Correction = "kauermann-carroll",
    ddf: Ddf = "satterthwaite",
    level: float = 0.95,
) -> GeeResult:
    """Estimate how the population's mean goes with covariates, rows of a cluster not independent.

    `family` "binomial" for yes/no (1 and 0) or counts of `trials`, "gaussian" for numbers.
    `correlation` is the working one, a guess that costs precision only; "ar1" needs `order`, the
    column with the number of the occasion. `correction` is of the robust standard errors for
    few clusters, `ddf` their degrees of freedom: "clusters" is clusters − coefficients. The
    defaults are those whose intervals cover with 4 to 40 clusters (docs/models/binary.md).

    Raises UsageError for a formula that cannot be read or an unknown column or choice, and
    NotEnoughData where fewer than two clusters are left. Separation is a result, not an error.
    """
    asked = _Asked(formula, cluster, order, trials, family, correlation, correction, ddf, level)
    _check(asked)
    parsed = parse(formula)
    if parsed.random:
        raise UsageError(
            "A population-averaged model has no random term.",
            where="parameter formula",
            fix="Name who belongs together in cluster=.",
        )
    given = _read(asked, parsed, frame)
    if given.separated:
        return _result(asked, given, len(frame), None)
    return _result(asked, given, len(frame), population(_equations(asked, given), given.start))


def _read(asked: _Asked, parsed: MixedFormula, frame: pd.DataFrame) -> _Given:
    """The complete rows as numbers, with the fit that knows of no clusters."""
    further = [asked.cluster] if asked.order is None else [asked.cluster, asked.order]
    used, dropped = usable_rows(parsed, frame, asked.trials, *further)
    codes, clusters = group_codes(used, (asked.cluster,))
    if len(clusters) < 2:
        raise NotEnoughData(
            "There are fewer than two clusters: their spread is not known.",
            where=f"column {asked.cluster}",
            how_many=len(clusters),
        )
    fixed = fixed_design(parsed.fixed, used)
    separated: tuple[str, ...] = ()
    if asked.family == "binomial":
        found = responses(parsed.response, used, asked.trials)
        alone = logistic(found, fixed.matrix)
        outcome, trials, start = found.successes, found.trials, alone.coefficients
        separated = tuple(fixed.names[place] for place in alone.separated)
    else:
        outcome = expression_values(parsed.response, used, what="outcome")
        trials, start = np.ones(len(used)), least_squares(outcome, fixed.matrix).coefficients
    return _Given(used, dropped, outcome, trials, fixed, codes, len(clusters), start, separated)


def _check(asked: _Asked) -> None:
    for name, value, known in (
        ("family", asked.family, FAMILIES),
        ("correlation", asked.correlation, CORRELATIONS),
        ("correction", asked.correction, CORRECTIONS),
        ("ddf", asked.ddf, DDFS),
    ):
        if value not in known:
            raise UsageError(
                f"Unknown {name}: {value!r}.",
                where=f"parameter {name}",
                fix=f"Choose from {', '.join(known)}.",
            )
    if not 0 < asked.level < 1:
        raise UsageError("The level is not between 0 and 1.", where="parameter level")
    if asked.correlation == "ar1" and asked.order is None:
        raise UsageError(
            "A correlation that falls with distance needs the order of the rows.",
            where="parameter order",
            fix="Name the column with the number of the session or visit.",
        )


def _equations(asked: _Asked, given: _Given) -> Equations:
    """The equations with rows in the order of clusters and occasions."""
    places = _places(given.frame, asked.order)
    order = np.lexsort((places, given.codes))
    ordered = given.codes[order]
    starts = np.flatnonzero(np.r_[True, np.diff(ordered) > 0]).astype(np.intp)
    sizes = np.diff(np.r_[starts, len(ordered)]).astype(np.intp)
    if asked.correlation == "ar1":
        twice = (np.diff(ordered) == 0) & (np.diff(places[order]) == 0)
        if twice.any():
            raise UsageError(
                "A cluster has two rows of one occasion.",
                where="parameter order",
                how_many=int(twice.sum()),
                fix='Keep one row for each occasion, or take correlation="exchangeable".',
            )
    return Equations(
        given.outcome[order] / given.trials[order],
        given.trials[order],
        given.fixed.matrix[order],
        Clusters(starts, sizes, places[order]),
        asked.family,
        asked.correlation,
    )


def _result(asked: _Asked, given: _Given, n_rows: int, found: Population | None) -> GeeResult:
    fixed = given.fixed
    terms = pd.DataFrame({"term": pd.array(fixed.names, dtype="string")})
    coefficients = terms.assign(**dict.fromkeys(ESTIMATE_COLUMNS, np.nan))
    errors, fit = terms, None
    convergence = Convergence(False, np.nan, np.nan, 0, (), "separation")
    if found is not None:
        inference = cast("DegreesOfFreedom", PopulationEffects(found, asked.correction, asked.ddf))
        effects = FixedEffects(fixed.names, found.coefficients, inference, asked.level)
        fit = PopulationFit(given.frame, given.trials, fixed, effects)
        coefficients, convergence = effects.table(), found.convergence
        each = {name: np.sqrt(np.diag(found.sandwich.covariance(name))) for name in CORRECTIONS}
        errors = terms.assign(**each)
    return GeeResult(
        formula=asked.formula,
        level=asked.level,
        n_rows=n_rows,
        n_used=len(given.frame),
        dropped=given.dropped,
        coefficients=coefficients,
        convergence=convergence,
        separated=given.separated,
        warnings=_warnings(given),
        cluster=asked.cluster,
        n_clusters=given.n_clusters,
        family=asked.family,
        correlation=asked.correlation,
        correction=asked.correction,
        ddf=asked.ddf,
        standard_errors=errors,
        alpha=np.nan if found is None else found.correlation,
        scale=np.nan if found is None else found.scale,
        fit=fit,
    )


def _warnings(given: _Given) -> tuple[str, ...]:
    said = []
    if given.fixed.dropped:
        said.append(f"{', '.join(given.fixed.dropped)} left out: it follows from other columns.")
    if given.n_clusters < binary_policy("gee")["few_clusters"]:
        said.append(
            f"{given.n_clusters} clusters: standard errors rest on so few numbers, even corrected "
            "ones."
        )
    return tuple(said)


def _places(used: pd.DataFrame, order: str | None) -> FloatArray:
    """The number of each row's occasion among all occasions there are."""
    if order is None:
        return np.zeros(len(used))
    codes = np.unique(used[order].to_numpy(), return_inverse=True)[1]
    return np.asarray(codes, dtype=float)

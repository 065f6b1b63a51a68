"""What is said about a fit: why it failed, what to know before using it, how it was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from outcomes.models.inference import DegreesOfFreedom, KenwardRoger
from outcomes.models.repeated.fit import PatternFit
from outcomes.models.repeated.newton import FLAT, SINGULAR, smallest_correlation
from outcomes.models.repeated.structures import STRUCTURES
from outcomes.models.repeated.visits import VisitData

if TYPE_CHECKING:
    from outcomes.models.repeated.result import Attempt, MmrmResult

# A standard error below this share of the plain one is said.
NARROWED = 0.99
INFERENCE = {
    "kenward-roger": "covariance and degrees of freedom after Kenward and Roger (1997)",
    "kenward-roger-linear": "covariance and degrees of freedom after Kenward and Roger (1997), "
    "without second derivatives, as SAS has them",
    "satterthwaite": "degrees of freedom after Satterthwaite (Giesbrecht and Burns 1985)",
    "cr2": "robust covariance CR2 with degrees of freedom of Pustejovsky and Tipton (2018)",
    "none": "normal limits, without correction for few people",
}


def structure_name(name: str) -> str:
    """The structure in words."""
    return STRUCTURES.get(name, name)


def why(fit: PatternFit) -> str:
    """Why a fit did not converge; empty where it did."""
    if fit.converged:
        return ""
    if fit.optimum is None:
        return "no start value gives a covariance that is positive definite"
    flat = fit.flattest <= FLAT
    never = int((np.triu(fit.data.pairs == 0, 1)).sum())
    if flat and never:
        return (
            f"nobody has scores at both visits of {never} pair{'s' if never > 1 else ''}, so the "
            "data do not tell every correlation"
        )
    singular = smallest_correlation(fit.covariance) < SINGULAR
    reasons = {
        "the covariance becomes singular: too few people were seen at some visits": singular,
        "the likelihood is flat in at least one direction, so the data do not tell it": flat,
        f"no maximum was found in {fit.steps} steps": fit.stopped == "too many steps",
    }
    found = [reason for reason, holds in reasons.items() if holds]
    last = "no maximum was found: the best covariance lies where it is not positive definite"
    return next(iter(found), last)


def warnings(
    data: VisitData,
    fit: PatternFit,
    attempts: Sequence[Attempt],
    bounds: tuple[str, ...],
    inference: DegreesOfFreedom,
) -> tuple[str, ...]:
    """What a reader must know before using the numbers."""
    said = []
    if not fit.converged:
        said.append(f"The model did not converge: {why(fit)}.")
    elif len(attempts) > 1:
        failed = "; ".join(f"{structure_name(a.covariance)}: {a.message}" for a in attempts[:-1])
        said.append(
            f"The covariance used is {structure_name(attempts[-1].covariance)}, because the one "
            f"asked for did not converge ({failed})."
        )
    if bounds:
        said.append(f"The fit lies on a bound: {', '.join(bounds)}.")
    if data.design.dropped:
        said.append(
            f"Columns left out because they repeat others: {', '.join(data.design.dropped)}."
        )
    for name, count in data.dropped.items():
        if name != data.outcome:
            said.append(f"{count} rows have no value in {name} and are left out.")
    if fit.converged and inference.name == "none":
        said.append("Normal limits: too narrow with few people.")
    if isinstance(inference, KenwardRoger) and _narrowed(inference):
        said.append(
            "The second derivatives of Kenward and Roger's method make standard errors smaller "
            "than without the method; ddf='kenward-roger-linear' leaves them out."
        )
    return tuple(said)


def _narrowed(inference: KenwardRoger) -> bool:
    """Whether any standard error is smaller than the plain one by more than a hundredth."""
    ratio = np.diag(inference.covariance) / np.diag(inference.plain)
    return bool(ratio.min() < NARROWED**2)


def explanation(result: MmrmResult) -> str:
    """What was computed, formula, source, and what it does not tell."""
    how = "restricted maximum likelihood" if result.reml else "maximum likelihood"
    lines = [
        f"Mixed model for repeated measures of {result.outcome} at {len(result.visits)} visits: "
        f"{result.formula}.",
        f"{result.n_used} scores of {result.n_subjects} {_people(result)}; "
        f"{result.n_rows - result.n_used} of {result.n_rows} rows have a gap and are not used.",
        "y_i ~ N(X_i β, V_i): V_i are the rows and columns of one covariance matrix V over the "
        f"visits at which person i was seen. V is {structure_name(result.structure)}; "
        f"β and V by {how}.",
        f"Intervals: {100 * result.level:g} %, t, {INFERENCE[result.ddf]}.",
        "Nobody is left out for missing a visit, and nothing is filled in: people who left count "
        "with the visits they had. That is right when leaving depends only on what was recorded "
        "(scores before, and what stands in the formula): missing at random.",
        "What this does not tell: what would have happened if leaving depended on the scores "
        "nobody saw (look at the tipping point); and, where people were not randomised, that an "
        "arm caused the difference.",
        "Sources: Mallinckrodt et al. 2008 (Drug Inf. J. 42:303); Jennrich and Schluchter 1986 "
        "(Biometrics 42:805); Kenward and Roger 1997 (Biometrics 53:983).",
        *(f"Warning: {text}" for text in result.warnings),
    ]
    return "\n".join(lines)


def _people(result: MmrmResult) -> str:
    without = result.n_subjects_in - result.n_subjects
    return "people" if not without else f"people ({without} more have no complete row)"

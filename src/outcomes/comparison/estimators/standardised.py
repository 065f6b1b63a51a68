"""Outcome models averaged over a population: g-computation, and with weights added, AIPW."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.comparison.estimators.arm_models import ArmModel, linear, logistic
from outcomes.comparison.estimators.estimate import Estimate, Expansion, conclude
from outcomes.comparison.estimators.weight_scores import Moving

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

WITH_MODELS = (
    "CR2 of the outcome models, Satterthwaite degrees of freedom; the sampled population included"
)
WITH_BOTH = f"{WITH_MODELS}, the estimation of the weights too"


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Whom an estimate is made from and for, as arrays of n rows.

    `members` says how much each row counts in the population; `weights` make each arm
    stand for it (only AIPW looks at them), with `moving` when their estimation counts.
    """

    y: FloatArray
    in_other: BoolArray
    covariates: FloatArray
    members: FloatArray
    weights: FloatArray
    moving: Moving | None
    clusters: Codes | None
    binary: bool


def g_computation(people: People, effect: str, *, small_sample: bool = True) -> Estimate:
    """Means of both arms' predictions over the population (Robins 1986; Snowden and others 2011).

    An outcome model in each arm, linear or (for yes and no) logistic; the log ratio or the
    difference of the two standardised means.
    """
    found = standardised(people, augmented=False)
    words = WITH_MODELS if people.moving is None else WITH_BOTH
    return conclude(found, people.clusters, effect, words, adjusted=small_sample)


def aipw(people: People, effect: str, *, small_sample: bool = True) -> Estimate:
    """Augmented inverse-probability weighting (Robins, Rotnitzky and Zhao 1994).

    G-computation corrected by the weighted residuals of each arm, over the population h(e) of
    the estimand (Mao, Li and Greene 2019).
    """
    found = standardised(people, augmented=True)
    words = WITH_MODELS if people.moving is None else WITH_BOTH
    return conclude(found, people.clusters, effect, words, adjusted=small_sample)


def arm_models(people: People) -> tuple[ArmModel, ArmModel]:
    """The outcome models of (reference, other)."""
    fit = logistic if people.binary else linear
    first, second = (
        fit(people.y, rows, people.covariates) for rows in (~people.in_other, people.in_other)
    )
    return first, second


def standardised(people: People, *, augmented: bool) -> Expansion:
    """The expansion of the two means; see `Expansion`."""
    models = arm_models(people)
    n, total = len(people.y), float(people.members.sum())
    widths = [model.design.shape[1] for model in models]
    design = np.zeros((n, sum(widths)))
    residuals, form, rest = np.zeros(n), np.zeros((2, n)), np.zeros((2, n))
    means = [0.0, 0.0]
    for place, (model, rows) in enumerate(
        zip(models, (~people.in_other, people.in_other), strict=True)
    ):
        first = place * widths[0]
        design[rows, first : first + widths[place]] = model.design
        raw = people.y[rows] - model.fitted[rows]
        residuals[rows] = raw / model.root
        gradient = people.members / total
        extra = np.zeros(n)
        if augmented:
            extra[rows] = people.weights[rows] / total
            gradient = gradient - extra
        means[place] = float(people.members @ model.fitted / total + extra[rows] @ raw)
        form[place, rows] = model.form(gradient) + extra[rows] * model.root
        weighted = np.zeros(n)
        weighted[rows] = raw / total if augmented else 0.0
        rest[place] = _rest(people, model.fitted, means[place], weighted)
    return Expansion((means[0], means[1]), design, None, residuals, form, rest)


def _rest(people: People, fitted: FloatArray, mean: float, weighted: FloatArray) -> FloatArray:
    """What a row adds by being in the population, and through the weights' parameters.

    `weighted` (n) is the derivative of the mean by each row's weight.
    """
    by_member = (fitted - mean) / float(people.members.sum())
    sampled = people.members * by_member
    if people.moving is None:
        return np.asarray(sampled)
    return np.asarray(sampled + people.moving.rest(weighted, by_member))


def influence_aipw(people: People, effect: str) -> Estimate:
    """AIPW with the standard error of its influence function, all models counted as known.

    Summed by cluster, times clusters / (clusters − 1), t with clusters − 1 df.
    """
    first, second = arm_models(people)
    return from_predictions(people, (first.fitted, second.fitted), effect)


def from_predictions(
    people: People, fitted: tuple[FloatArray, FloatArray], effect: str
) -> Estimate:
    """AIPW from given predictions (reference, other) of everybody; see `influence_aipw`."""
    total = float(people.members.sum())
    means, parts = [], []
    for place, rows in enumerate((~people.in_other, people.in_other)):
        residual = np.where(rows, people.weights * (people.y - fitted[place]), 0.0)
        one = people.members * fitted[place] + residual
        means.append(float(one.sum() / total))
        parts.append((one - people.members * means[place]) / total)
    n = len(people.y)
    found = Expansion(
        (means[0], means[1]),
        np.zeros((n, 0)),
        None,
        np.zeros(n),
        np.zeros((2, n)),
        np.vstack(parts),
    )
    return plain(found, people.clusters, effect, "influence-function standard error")


def plain(found: Expansion, clusters: Codes | None, effect: str, words: str) -> Estimate:
    """An expansion of `rest` alone: sums by cluster, t with clusters − 1 df."""
    estimate = conclude(found, clusters, effect, words, adjusted=False)
    moves = estimate.moves
    if moves is None or len(moves) < 2:
        return estimate
    count = len(moves)
    moves = moves * np.sqrt(count / (count - 1))
    se = float(np.sqrt((moves**2).sum()))
    return Estimate(
        estimate.estimate, se, float(count - 1),
        f"{words}, t with clusters − 1 df", found.means, moves,
    )  # fmt: skip

"""AIPW whose models never saw the people they predict (Chernozhukov and others 2018).

Folds are whole clusters. Each fold's outcomes and chances are predicted from models of the
other folds, so that a flexible or overfitted model does not flatter itself. The split is
repeated and the median taken over repeats, with the spread between repeats in the standard
error (their definition 3.3).
"""

from __future__ import annotations

import numpy as np

from outcomes.comparison.estimators.arm_models import linear, logistic
from outcomes.comparison.estimators.estimate import NAN, Codes, Estimate, FloatArray
from outcomes.comparison.estimators.folds import folds
from outcomes.comparison.estimators.given import Given, population
from outcomes.comparison.estimators.standardised import People, from_predictions
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.weighting import balancing_weights


def cross_fitted(given: Given, effect: str, *, number: int, repeats: int, seed: int) -> Estimate:
    """AIPW cross-fitted over `number` folds, the median of `repeats` seeded splits.

    Raises NotEnoughData when a split leaves an arm with too few people to fit its model,
    UsageError for weights that come from no propensity.
    """
    if given.model is None or given.model.way == "entropy":
        raise UsageError(
            "cross-fitting needs a propensity model",
            where="cross_fit",
            fix="a recipe with the way 'logistic'",
        )
    rng = np.random.default_rng(seed)
    clusters = int(given.codes.max()) + 1
    number = min(number, clusters)
    if number < 2:
        raise NotEnoughData("one cluster cannot be split", where="cross-fitting", how_many=1)
    found = []
    for _ in range(repeats):
        fold = folds(given.in_other, given.codes, number, rng)
        found.append(_one_split(given, effect, fold, number))
    estimates = np.array([one.estimate for one in found])
    middle = float(np.median(estimates))
    squares = np.array([one.se for one in found]) ** 2 + (estimates - middle) ** 2
    nearest = found[int(np.argmin(np.abs(estimates - middle)))]
    words = (
        f"{nearest.uncertainty}; cross-fitted over {number} folds of whole clusters, "
        f"median of {repeats} splits"
    )
    means = np.median(np.array([one.means for one in found]), axis=0)
    return Estimate(
        middle, float(np.sqrt(np.median(squares))), nearest.df, words,
        (float(means[0]), float(means[1])), nearest.moves,
    )  # fmt: skip


def _one_split(given: Given, effect: str, fold: Codes, number: int) -> Estimate:
    n = len(given.y)
    # Curves and products of the recipe; a repeated constant does no harm.
    columns = given.covariates if given.model is None else given.model.basis
    chance = np.full(n, NAN)
    fitted: tuple[FloatArray, FloatArray] = (np.empty(n), np.empty(n))
    fit = logistic if given.binary else linear
    needed = given.covariates.shape[1] + 2
    for one in range(number):
        out, train = fold == one, fold != one
        chance[out] = logistic(given.in_other.astype(float), train, columns).fitted[out]
        for side, arm in enumerate((~given.in_other, given.in_other)):
            rows = train & arm
            if rows.sum() < needed:
                raise NotEnoughData(
                    "a fold leaves an arm too few people for its outcome model",
                    where="cross-fitting",
                    how_many=int(rows.sum()),
                    fix="use more folds, fewer covariates, or no cross-fitting",
                )
            fitted[side][out] = fit(given.y, rows, given.covariates).fitted[out]
    weights = balancing_weights(chance, given.in_other, given.estimand)
    members = population(chance, given.in_other, given.estimand)
    people = People(
        given.y, given.in_other, given.covariates, members, weights, None, given.clusters,
        given.binary,
    )  # fmt: skip
    return from_predictions(people, fitted, effect)

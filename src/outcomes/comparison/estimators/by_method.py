"""The estimator that a method and its options name."""

from __future__ import annotations

from outcomes.comparison.estimators.bootstrap import bootstrap
from outcomes.comparison.estimators.cross_fit import cross_fitted
from outcomes.comparison.estimators.estimate import Estimate
from outcomes.comparison.estimators.given import Given
from outcomes.comparison.estimators.options import Options
from outcomes.comparison.estimators.regression import ancova, ancova_interactions, weighting
from outcomes.comparison.estimators.standardised import aipw, g_computation, influence_aipw
from outcomes.errors import UsageError


def by_method(given: Given, method: str, how: Options) -> Estimate:
    """The effect by `method` with the uncertainty asked for.

    Raises UsageError where the weights would have to be estimated anew and cannot be.
    """
    if given.model is None and how.uncertainty.startswith("bootstrap"):
        raise UsageError(
            "weights pooled over imputations cannot be drawn again",
            where="uncertainty",
            fix="uncertainty='fixed', or missing covariates by indicator",
        )
    if how.uncertainty.startswith("bootstrap"):
        kind = "bca" if how.uncertainty == "bootstrap_bca" else "t"
        return bootstrap(
            given,
            lambda one: once(one, method, how, stacked=True),
            draws=how.draws,
            seed=how.seed,
            kind=kind,
        )
    return once(given, method, how, stacked=how.uncertainty == "stacked")


def once(given: Given, method: str, how: Options, *, stacked: bool) -> Estimate:
    """The effect with its closed-form standard error."""
    if method == "ancova":
        return ancova(given.y, given.in_other, given.covariates, given.clusters)
    if method == "ancova_interactions":
        return ancova_interactions(
            given.y, given.in_other, given.covariates, given.members, given.clusters
        )
    if method == "weighting":
        return weighting(
            given.y, given.in_other, given.covariates, given.weights, given.clusters,
            adjust=given.balanced, moving=given.moving if stacked else None,
            effect=how.effect,
        )  # fmt: skip
    if method == "g_computation":
        return g_computation(given.people(stacked=stacked), how.effect)
    if how.folds:
        return cross_fitted(given, how.effect, number=how.folds, repeats=how.repeats, seed=how.seed)
    people = given.people(stacked=stacked)
    return aipw(people, how.effect) if stacked else influence_aipw(people, how.effect)

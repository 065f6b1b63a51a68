"""What an estimator works on: outcome, arms, covariates, and the weights with their fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from outcomes.comparison.estimators.estimate import BoolArray, Codes, FloatArray
from outcomes.comparison.estimators.standardised import People
from outcomes.comparison.estimators.weight_scores import Moving, moving
from outcomes.models.propensity import propensity
from outcomes.models.weight_model import WeightModel
from outcomes.models.weighting import balancing_weights, refit, tilt


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The rows of a comparison as arrays of n; nobody who was set aside is among them.

    `model` is the fit that made the weights; None where it is not kept, and then their
    estimation cannot enter an interval.
    """

    y: FloatArray
    in_other: BoolArray
    covariates: FloatArray
    clusters: Codes | None
    weights: FloatArray
    model: WeightModel | None
    estimand: str
    binary: bool

    @property
    def members(self) -> FloatArray:
        """How much each row counts in the population of the estimand.

        ATT and ATC average over the people of one arm, not over their fitted chances of it.
        """
        if self.model is None:
            return np.ones(len(self.y))
        return population(self.model.probability, self.in_other, self.estimand)

    @property
    def moving(self) -> Moving | None:
        """How the weights move with the rows, if that is known."""
        return None if self.model is None else moving(self.model, self.estimand)

    @property
    def balanced(self) -> bool:
        """Whether the weighted means of the covariates are the same in both arms to rounding."""
        logistic = self.model is not None and self.model.way == "logistic"
        return self.estimand == "ATO" and logistic

    @property
    def codes(self) -> Codes:
        """Cluster of each row; every row its own without clusters."""
        return np.arange(len(self.y)) if self.clusters is None else self.clusters

    def people(self, *, stacked: bool) -> People:
        """As g-computation and AIPW take them."""
        return People(
            self.y, self.in_other, self.covariates, self.members, self.weights,
            self.moving if stacked else None, self.clusters, self.binary,
        )  # fmt: skip

    def take(self, rows: npt.NDArray[np.intp], codes: Codes) -> Given:
        """Other rows (a resample), with weights estimated anew and clusters as numbered."""
        if self.model is None:
            raise ValueError("weights without a fit cannot be estimated anew")
        weights, model = refit(self.model, rows)
        return replace(
            self, y=self.y[rows], in_other=self.in_other[rows], covariates=self.covariates[rows],
            clusters=None if self.clusters is None else codes, weights=weights, model=model,
        )  # fmt: skip


def logistic_model(in_other: BoolArray, covariates: FloatArray, estimand: str) -> WeightModel:
    """A plain logistic propensity and its weights."""
    fit = propensity(in_other.astype(float), covariates)
    kept = np.ones(len(in_other), dtype=bool)
    found = balancing_weights(fit.probability, in_other, estimand)
    return WeightModel("logistic", estimand, fit.basis, in_other, kept, fit.probability, found)


def population(probability: FloatArray, in_other: BoolArray, estimand: str) -> FloatArray:
    """How much each propensity counts in the population of the estimand; see `Given.members`."""
    members = {"ATT": in_other.astype(float), "ATC": (~in_other).astype(float)}
    return members.get(estimand, tilt(probability, estimand))

"""From a design and a recipe to weights: propensity, trimming, and the way asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.errors import NotEnoughData
from outcomes.models.design import Design, independent
from outcomes.models.propensity import Propensity, propensity
from outcomes.models.weight_model import WeightModel
from outcomes.models.weight_result import REDUCED, SEPARATED
from outcomes.models.weighting.entropy import INFEASIBLE, entropy_weights
from outcomes.models.weighting.estimands import balancing_weights
from outcomes.models.weighting.recipe import Recipe
from outcomes.models.weighting.terms import columns
from outcomes.models.weighting.trimming import Trimmed, trim

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Weights of these go to 0 where one arm has nobody, and maximum likelihood balances them
# exactly; they need no bias reduction to be usable.
_FINITE = ("ATO", "ATM")


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Weights of the used rows and what is to be said of their making."""

    weights: FloatArray
    model: WeightModel
    names: tuple[str, ...]
    trimmed: Trimmed | None
    converged: bool
    separated: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """A propensity of the kept rows, with the chance of everybody."""

    chance: Propensity
    kept: BoolArray
    matrix: FloatArray
    probability: FloatArray


def make(
    covariates: Design, in_other: BoolArray, arms: tuple[str, str], estimand: str, recipe: Recipe
) -> Made:
    """Weights of n rows by the recipe. Raises NotEnoughData for too many columns."""
    smaller = int(min(in_other.sum(), (~in_other).sum()))
    built = columns(covariates, smaller, recipe)
    enough(len(in_other), built.matrix.shape[1])
    reduce = recipe.bias_reduction
    if reduce == "separated" and estimand in _FINITE:
        reduce = "never"
    everybody = np.ones(len(in_other), dtype=bool)
    fit = _fit(built.matrix, in_other, everybody, reduce)
    trimmed = None
    if recipe.trim is not None:
        trimmed = trim(fit.probability, in_other, arms, recipe.trim)
        if not trimmed.kept.all():
            fit = _fit(built.matrix, in_other, trimmed.kept, reduce)
    notes = [*built.notes, *([trimmed.said()] if trimmed and trimmed.share > 0 else [])]
    if recipe.way == "entropy":
        found, model, solved = _entropy(fit, in_other, estimand)
        said = [] if solved else [INFEASIBLE]
        # What cannot be balanced is not comparable: the same as a pattern in one arm only.
        return Made(found, model, built.names, trimmed, solved, not solved, (*said, *notes))
    found = np.where(fit.kept, balancing_weights(fit.probability, in_other, estimand), 0.0)
    way = "bias_reduced" if fit.chance.reduced else "logistic"
    basis = _full(fit.chance.basis, fit.kept)
    model = WeightModel(way, estimand, basis, in_other, fit.kept, fit.probability, found)
    said = _said(fit.chance)
    chance = fit.chance
    return Made(
        found, model, built.names, trimmed, chance.converged, chance.separated, (*said, *notes)
    )


def _fit(matrix: FloatArray, in_other: BoolArray, kept: BoolArray, reduce: str) -> _Fit:
    if kept.all():
        chance = propensity(in_other.astype(float), matrix, reduce=reduce)
        return _Fit(chance, kept, matrix, chance.probability)
    inside = in_other[kept]
    if inside.all() or not inside.any():
        raise NotEnoughData("trimming leaves nobody in an arm", where="trim", how_many=0)
    # Columns may be constant among those who stay.
    narrow = matrix[:, independent(matrix[kept])]
    enough(int(kept.sum()), narrow.shape[1])
    chance = propensity(inside.astype(float), narrow[kept], reduce=reduce)
    everybody = expit(chance.coefficients[0] + narrow @ chance.coefficients[1:])
    return _Fit(chance, kept, narrow, everybody)


def _entropy(fit: _Fit, in_other: BoolArray, estimand: str) -> tuple[FloatArray, WeightModel, bool]:
    kept = fit.kept
    balanced = entropy_weights(in_other[kept], fit.matrix[kept], estimand)
    found = np.zeros(len(in_other))
    found[kept] = balanced.weights
    basis = _full(balanced.basis, kept)
    model = WeightModel("entropy", estimand, basis, in_other, kept, fit.probability, found)
    return found, model, balanced.solved


def _full(basis: FloatArray, kept: BoolArray) -> FloatArray:
    if kept.all():
        return basis
    full = np.zeros((len(kept), basis.shape[1]))
    full[kept] = basis
    return full


def enough(people: int, width: int) -> None:
    """Raise NotEnoughData for as many columns as people."""
    if people <= width + 1:
        raise NotEnoughData(
            f"{people} people are too few for {width} covariate columns",
            where="propensity model",
            how_many=people,
            fix="adjust for fewer covariates",
        )


def _said(chance: Propensity) -> list[str]:
    said = []
    if not chance.converged:
        said.append("the propensity model did not converge")
    if chance.separated:
        said.append(SEPARATED)
        if chance.reduced:
            said.append(REDUCED)
    return said

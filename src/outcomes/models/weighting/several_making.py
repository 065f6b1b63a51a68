"""From a design and a recipe to the weights of several arms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.design import Design, independent
from outcomes.models.multinomial import Multinomial, multinomial
from outcomes.models.weight_result import SEPARATED
from outcomes.models.weighting.entropy import INFEASIBLE, TARGETS, balanced_to
from outcomes.models.weighting.generalised import balanced_overlap, generalised_weights
from outcomes.models.weighting.making import enough
from outcomes.models.weighting.recipe import TRIMMINGS, Recipe
from outcomes.models.weighting.several_scores import SeveralModel
from outcomes.models.weighting.terms import columns

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

UNBALANCED = (
    "the equations that give every arm the same means have no solution here; overlap weights "
    "follow from maximum likelihood, and the means differ a little"
)


@dataclass(frozen=True, slots=True, eq=False)
class SeveralMade:
    """Weights of the used rows of several arms and what is to be said of their making."""

    model: SeveralModel
    names: tuple[str, ...]
    converged: bool
    separated: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The model of the rows that are kept, and what is to be said of the others."""

    model: Multinomial
    kept: BoolArray
    notes: tuple[str, ...]


def make_several(
    covariates: Design,
    codes: IntArray,
    arms: int,
    estimand: str,
    *,
    target: int | None,
    recipe: Recipe,
) -> SeveralMade:
    """Weights of n rows by the recipe; `codes` gives their arms. Raises for too many columns."""
    _check_recipe(recipe)
    built = columns(covariates, int(np.bincount(codes, minlength=arms).min()), recipe)
    fit = _fit(built.matrix, codes, arms, recipe.trim)
    inside = codes[fit.kept]
    if recipe.way == "entropy":
        inner, solved = _entropy(fit.model, inside, estimand, target)
        converged, separated = solved, not solved
        notes = [] if solved else [INFEASIBLE]
    else:
        inner, solved = _by_chance(fit.model, inside, estimand, target), True
        if estimand == "ATO" and not recipe.likelihood:
            inner, solved = _balanced(inner, fit.model)
        converged, separated = fit.model.converged, fit.model.separated
        notes = [*([] if solved else [UNBALANCED]), *([SEPARATED] if separated else [])]
        notes += [] if converged else ["the propensity model did not converge"]
    return SeveralMade(
        _among_all(inner, codes, fit.kept),
        built.names,
        converged,
        separated,
        (*notes, *fit.notes, *built.notes),
    )


def support(probability: FloatArray, codes: IntArray) -> tuple[FloatArray, FloatArray]:
    """The range of each arm's chance that every arm reaches (Lopez and Gutman 2017)."""
    parts = [probability[codes == arm] for arm in range(probability.shape[1])]
    low = np.max([part.min(axis=0) for part in parts], axis=0)
    return low, np.min([part.max(axis=0) for part in parts], axis=0)


def _check_recipe(recipe: Recipe) -> None:
    if recipe.bias_reduction == "always":
        raise UsageError("bias reduction is for two arms", where="bias_reduction")
    if recipe.missing == "impute":
        raise UsageError(
            "missing covariates of several arms are marked, not imputed",
            where="missing",
            fix="Recipe(missing='indicator'), or impute first (oc.impute) and compare each",
        )
    if recipe.trim == "crump":
        raise UsageError(
            "Crump's rule is for two arms", where="trim", fix="a limit such as 0.05, or 'support'"
        )


def _fit(matrix: FloatArray, codes: IntArray, arms: int, trim: float | str | None) -> _Fit:
    enough(len(codes), matrix.shape[1] * (arms - 1))
    model = multinomial(codes, matrix, arms)
    if trim is None:
        return _Fit(model, np.ones(len(codes), dtype=bool), ())
    if isinstance(trim, str):
        how = TRIMMINGS["support"].replace("both arms reach", "every arm reaches")
        low, high = support(model.probability, codes)
    else:
        how = f"a chance of every arm of at least {trim:g} (Yoshida and others 2019)"
        low, high = np.full(arms, trim), np.ones(arms)
    inside = (model.probability >= low) & (model.probability <= high)
    kept = np.asarray(inside.all(axis=1))
    if np.bincount(codes[kept], minlength=arms).min() == 0:
        raise NotEnoughData("trimming leaves nobody in an arm", where="trim", how_many=0)
    narrow = matrix[:, independent(matrix[kept])]
    enough(int(kept.sum()), narrow.shape[1] * (arms - 1))
    said = (
        f"people outside {how} are set aside; the comparison is about the others, and the model "
        "was fitted again to them"
    )
    notes = () if kept.all() else (said,)
    return _Fit(multinomial(codes[kept], narrow[kept], arms), kept, notes)


def _by_chance(
    fit: Multinomial, codes: IntArray, estimand: str, target: int | None
) -> SeveralModel:
    kept = np.ones(len(codes), dtype=bool)
    found = generalised_weights(fit.probability, codes, estimand, target)
    return SeveralModel(
        "logistic", estimand, target, fit.basis, codes, kept, fit.probability, found
    )


def _balanced(plain: SeveralModel, fit: Multinomial) -> tuple[SeveralModel, bool]:
    """The same with exactly balanced means, where that has a solution."""
    found = balanced_overlap(fit, plain.codes)
    if not found.solved:
        return plain, False
    own = replace(plain, way="balanced", probability=found.probability, weights=found.weights)
    return own, True


def _entropy(
    fit: Multinomial, codes: IntArray, estimand: str, target: int | None
) -> tuple[SeveralModel, bool]:
    if estimand not in TARGETS:
        raise UsageError(
            f"entropy balancing has no target for {estimand}",
            where="estimand",
            fix="ATE or ATT; overlap weights balance exactly already",
        )
    kept = np.ones(len(codes), dtype=bool)
    basis, aim = fit.basis, kept if target is None else codes == target
    goal, intercept = basis[aim].sum(axis=0), basis.sum(axis=0)
    found, solved = np.ones(len(codes)), True
    for arm in range(fit.probability.shape[1]):
        mine = codes == arm
        if arm != target:
            found[mine], right = balanced_to(basis[mine], goal, intercept)
            solved = solved and right
    model = SeveralModel("entropy", estimand, target, basis, codes, kept, fit.probability, found)
    return model, solved


def _among_all(model: SeveralModel, codes: IntArray, kept: BoolArray) -> SeveralModel:
    """The arrays of the kept rows in their places among all rows, 0 elsewhere."""
    if kept.all():
        return model
    return replace(
        model,
        codes=codes,
        kept=kept,
        basis=_placed(model.basis, kept),
        probability=_placed(model.probability, kept),
        weights=_placed(model.weights, kept),
    )


def _placed(part: FloatArray, kept: BoolArray) -> FloatArray:
    full = np.zeros((len(kept), *part.shape[1:]))
    full[kept] = part
    return full

"""The columns of the weights' model: covariates as they are, bent, and multiplied.

A restricted cubic spline with k knots adds k − 2 columns to a number (Harrell 2015, eq.
2.25); outside the outer knots it is a straight line. Products with the start score come
after. A column is added only while the smaller arm has people enough for each, in the
order of the covariates, so that the rule depends on counts and never on the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError
from outcomes.models.design import Design, independent
from outcomes.models.weighting.recipe import Recipe, weighting_policy

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The matrix (n × k, full rank), its column names, and what was not added, in words."""

    matrix: FloatArray
    names: tuple[str, ...]
    notes: tuple[str, ...]


def columns(covariates: Design, smaller_arm: int, recipe: Recipe) -> Columns:
    """The columns of the model by the recipe; `smaller_arm` counts its people.

    Raises UsageError when the interactions name a covariate that is not there.
    """
    if recipe.interactions is not None:
        known = list(dict.fromkeys(term.covariate for term in covariates.terms))
        if recipe.interactions not in known:
            raise UsageError(
                f"interactions of {recipe.interactions!r}, which is no covariate",
                where="interactions",
                fix=f"covariates are: {', '.join(known)}",
            )
    matrix, names = covariates.matrix, list(covariates.columns)
    if not (recipe.splines or recipe.interactions):
        return Columns(matrix, tuple(names), ())
    room = int(smaller_arm / _number("rows_per_column")) - len(names)
    blocks, notes = [matrix], []
    for label, added, found in _more(covariates, smaller_arm, recipe):
        if len(added) > room:
            notes.append(f"{label} is left out of the weights' model: too few people for it")
            continue
        room -= len(added)
        blocks.append(found)
        names += added
    wide = np.column_stack(blocks)
    kept = independent(wide)
    return Columns(
        np.asarray(wide[:, kept]), tuple(names[position] for position in kept), tuple(notes)
    )


def _more(
    covariates: Design, smaller_arm: int, recipe: Recipe
) -> Iterator[tuple[str, list[str], FloatArray]]:
    """What may be added: label, column names and columns, one covariate after the other."""
    if recipe.splines:
        count = 4 if smaller_arm >= _number("four_knots_from") else 3
        for position in covariates.kept:
            term = covariates.terms[position]
            if not term.is_number:
                continue
            values = covariates.candidates[:, position]
            knots = spline_knots(values, count)
            if knots is not None:
                bent = restricted_cubic(values, knots)
                added = [f"{term.column} bend {b + 1}" for b in range(bent.shape[1])]
                yield f"the curve of {term.column}", added, bent
    if recipe.interactions:
        yield from _products(covariates, recipe.interactions)


def _products(covariates: Design, first: str) -> Iterator[tuple[str, list[str], FloatArray]]:
    own = [p for p in covariates.kept if covariates.terms[p].covariate == first]
    others = [p for p in covariates.kept if covariates.terms[p].covariate != first]
    centred = covariates.candidates - covariates.candidates.mean(axis=0)
    for covariate in dict.fromkeys(covariates.terms[p].covariate for p in others):
        mine = [p for p in others if covariates.terms[p].covariate == covariate]
        pairs = [(left, right) for left in own for right in mine]
        added = [
            f"{covariates.terms[left].column} × {covariates.terms[right].column}"
            for left, right in pairs
        ]
        found = [centred[:, left] * centred[:, right] for left, right in pairs]
        if found:
            yield f"the product of {first} and {covariate}", added, np.column_stack(found)


def spline_knots(values: FloatArray, count: int) -> FloatArray | None:
    """Harrell's quantiles for `count` knots; fewer where they coincide, None below three."""
    if len(np.unique(values)) < _number("distinct"):
        return None
    for number in range(count, 2, -1):
        places = weighting_policy()["knots"][str(number)]["value"]
        knots = np.unique(np.quantile(values, places))
        if len(knots) == number:
            return np.asarray(knots, dtype=np.float64)
    return None


def restricted_cubic(values: FloatArray, knots: FloatArray) -> FloatArray:
    """The k − 2 bent columns of a restricted cubic spline, n × (k − 2), in the values' unit."""
    last, before = knots[-1], knots[-2]
    scale = (last - knots[0]) ** 2
    found = []
    for knot in knots[:-2]:
        rise = _cube(values - knot)
        rise -= _cube(values - before) * (last - knot) / (last - before)
        rise += _cube(values - last) * (before - knot) / (last - before)
        found.append(rise / scale)
    return np.column_stack(found)


def _cube(values: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(values, 0.0) ** 3)


def _number(name: str) -> float:
    return float(weighting_policy()["numbers"][name]["value"])

"""F tests of terms that do not depend on the coding: contrasts of marginal means and slopes.

A term of words is tested by differences (and differences of differences) of the means over
its levels, the other words averaged with equal weights and numbers at their mean; a number in
the term enters by its slope. That is what R's emmeans::joint_tests does and, with every cell
filled, what is called a test of type III.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.inference import Marginal, joint_test

FloatArray = npt.NDArray[np.float64]
TEST_COLUMNS = ["term", "df1", "df2", "statistic", "p"]


def term_tests(marginal: Marginal) -> pd.DataFrame:
    """One row for each term but the intercept: `TEST_COLUMNS`."""
    rows = []
    for term in marginal.design.terms:
        if term == "(intercept)":
            continue
        test = joint_test(marginal.effects, term_rows(marginal, term))
        rows.append((term, test.df1, test.df2, test.statistic, test.p))
    return pd.DataFrame(rows, columns=TEST_COLUMNS)


def term_rows(marginal: Marginal, term: str) -> FloatArray:
    """Combinations of coefficients (k × p) that are zero when the term does nothing."""
    design = marginal.design
    factors = term.split(":")
    if not all(name in design.variables for name in factors):
        # A function of a column, such as np.log(week): its own coefficients.
        return np.asarray(np.eye(len(design.names))[design.columns_of(term)])
    words = [name for name in factors if name in design.levels]
    numbers = [name for name in factors if name not in design.levels]
    rows = _differenced(marginal, words, numbers)
    for place, name in enumerate(words):
        levels = len(design.levels[name])
        shape = [len(design.levels[other]) for other in words]
        shape[:place] = [size - 1 for size in shape[:place]]
        cube = rows.reshape(*shape, rows.shape[-1])
        first = cube.take([0], axis=place)
        rows = (cube.take(range(1, levels), axis=place) - first).reshape(-1, rows.shape[-1])
    return rows


def _differenced(marginal: Marginal, words: list[str], numbers: list[str]) -> FloatArray:
    """Rows over the levels of `words`, as slopes in each of `numbers`."""
    design = marginal.design
    total: FloatArray | None = None
    for signs in product((-1.0, 1.0), repeat=len(numbers)):
        at = {
            name: [design.means[name] + sign * _reach(design.ranges[name])]
            for name, sign in zip(numbers, signs, strict=True)
        }
        rows = marginal.grid(words, at=at)[1] * float(np.prod(signs))
        total = rows if total is None else total + rows
    if total is None:
        raise AssertionError("a product of nothing has one member")
    return total


def _reach(limits: tuple[float, float]) -> float:
    """Half the range of a number: the slope of a straight line is the same at any step."""
    return (limits[1] - limits[0]) / 2 or 1.0

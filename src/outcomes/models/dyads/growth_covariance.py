"""The covariance of partners' courses: own starts and slopes, correlated between partners.

Told apart, the four coefficients of a couple (start and slope of either partner) have a free
4 × 4 covariance. Not told apart, partners may be exchanged without changing it: the sums and
the differences of the two partners' coefficients are uncorrelated, each with a 2 × 2
covariance S and D, and G = [[(S+D)/2, (S-D)/2], [(S-D)/2, (S+D)/2]], which is a covariance
matrix whatever the sign of S - D.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from outcomes.models.dyads.blocks import (
    Block,
    OneResidual,
    PairResidual,
    SameResidual,
    Triangle,
)
from outcomes.models.dyads.covariance import Covariance, lower
from outcomes.models.dyads.units import ALONE, FIRST, SECOND

FloatArray = npt.NDArray[np.float64]
Individuals = Literal["own", "shared"]


@dataclass(frozen=True, slots=True)
class CourseModel:
    """What varies between couples: starts, and slopes where `slopes`; who shares what.

    `alone`: None (couples only), "own" (people seen alone have variances of their own) or
    "shared" (those of a partner; needs partners who are not told apart).
    """

    distinguishable: bool
    slopes: bool
    alone: Individuals | None = None

    @property
    def each(self) -> int:
        """Coefficients of one person: start, and slope."""
        return 2 if self.slopes else 1

    @property
    def columns(self) -> int:
        """Columns of Z."""
        return self.each * (3 if self.alone else 2)


def course_covariance(model: CourseModel) -> Covariance:
    """G and R of the model, in the elements of `random_elements` and `residual_elements`."""
    random, residual = random_elements(model), residual_elements(model)
    blocks: list[Block] = []
    if model.distinguishable:
        blocks.append(Triangle(2 * model.each))
    else:
        blocks += [Triangle(model.each), Triangle(model.each)]
    if model.alone == "own":
        blocks.append(Triangle(model.each))
    blocks.append(PairResidual() if model.distinguishable else SameResidual())
    if model.alone == "own":
        blocks.append(OneResidual())
    size = sum(block.given for block in blocks)
    mixing = np.zeros((len(random) + len(residual), size))
    place = _mix_random(mixing, model, random)
    _mix_residual(mixing[len(random) :, place:], model)
    names = tuple(f"t{number}" for number in range(size))
    return Covariance(random, residual, mixing, names, tuple(blocks))


def random_elements(model: CourseModel) -> tuple[tuple[int, int], ...]:
    """Elements of G: the couple's, then those of people seen alone."""
    found = lower(0, 2 * model.each)
    return (*found, *lower(2 * model.each, model.each)) if model.alone else found


def residual_elements(model: CourseModel) -> tuple[tuple[int, int], ...]:
    """Elements of R: both variances, the covariance, the variance of people seen alone."""
    found = ((FIRST, FIRST), (SECOND, SECOND), (SECOND, FIRST))
    return (*found, (ALONE, ALONE)) if model.alone else found


def _mix_random(mixing: FloatArray, model: CourseModel, random: tuple[tuple[int, int], ...]) -> int:
    """Fill the rows of G; return how many t they use."""
    each = model.each
    own = each * (each + 1) // 2
    used = len(lower(0, 2 * each)) if model.distinguishable else 2 * own
    for row, (a, b) in enumerate(random):
        alone = a >= 2 * each
        if alone and model.alone == "own":
            mixing[row, used + row - len(lower(0, 2 * each))] = 1.0
        elif model.distinguishable:
            mixing[row, row] = 1.0
        else:
            high, low = sorted((a % each, b % each), reverse=True)
            place = high * (high + 1) // 2 + low
            mixing[row, place] = 0.5
            mixing[row, own + place] = 0.5 if alone or a // each == b // each else -0.5
    return used + (own if model.alone == "own" else 0)


def _mix_residual(mixing: FloatArray, model: CourseModel) -> None:
    """Fill the rows of R."""
    if model.distinguishable:
        mixing[:3, :3] = np.eye(3)
    else:
        mixing[0, 0] = mixing[1, 0] = mixing[2, 1] = 1.0
    if model.alone == "own":
        mixing[3, -1] = 1.0
    elif model.alone == "shared":
        mixing[3, 0] = 1.0

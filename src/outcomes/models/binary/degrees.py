"""Degrees of freedom by where a covariate varies: between groups or within them.

A coefficient whose column is the same for everybody in a group rests on groups, not on rows: it
gets groups − (such columns). So does one whose effect varies by group in the model, as the slope
of time, and time by arm where a group is in one arm. Others get the rows left. The smallest over
the grouping factors holds. A combination of coefficients takes (Σ a)² / Σ (a² / df), a the
variance that each brings (Satterthwaite 1946).

Source: Schluchter, M. D. & Elashoff, J. T. (1990); Pinheiro, J. C. & Bates, D. M. (2000), p. 91;
recommended for few clusters with yes/no outcomes by Li, P. & Redden, D. T. (2015), BMC Med. Res.
Methodol. 15:38.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.binary.factors import Factor
from outcomes.models.binary.policy import binary_policy
from outcomes.models.inference.effects import JointTest, wald

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
# Share of a column's squares within a group that rounding may leave.
SAME = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class BetweenWithin:
    """The covariance (p × p) of coefficients and the df of each; nan where none is left."""

    covariance: FloatArray
    each: FloatArray
    name: str = "between-within"

    def single(self, rows: FloatArray) -> FloatArray:
        """The df of each row (k × p): those of its coefficients, by their share of the variance."""
        parts = rows**2 * np.diag(self.covariance)
        whole = parts.sum(axis=1)
        inverse = np.where(parts > 0, parts**2 / self.each, 0.0).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(whole > 0, whole**2 / inverse, np.inf)

    def joint(self, rows: FloatArray, estimate: FloatArray) -> JointTest:
        """Wald's F with the smallest df of the coefficients it needs."""
        df = float(self.single(rows).min())
        return JointTest(wald(rows, estimate, self.covariance), float(len(rows)), df)


def between_within(
    design: FloatArray, factors: tuple[Factor, ...], trials: float
) -> tuple[FloatArray, FloatArray]:
    """The df of each column of `design` (n × p) with `trials` answers, and its correction.

    The correction √(groups / df) multiplies the standard error of what rests on groups: what
    restricted likelihood adds to maximum likelihood in a balanced design.
    """
    p = design.shape[1]
    rests = [[follows(design, factor, effect) for effect in factor.design.T] for factor in factors]
    between = np.any([any_effect for own in rests for any_effect in own], axis=0)
    left = trials - sum(factor.n_groups for factor in factors) - int((~between).sum())
    df, correction = np.full(p, max(left, 1.0)), np.ones(p)
    for factor, own in zip(factors, rests, strict=True):
        for same in own:
            fewer = factor.n_groups - float(same.sum())
            here = same & (fewer < df)
            df = np.where(here, fewer, df)
            correction = np.where(here, np.sqrt(factor.n_groups / max(fewer, 1.0)), correction)
    return np.where(df > 0, df, np.nan), correction


def follows(design: FloatArray, factor: Factor, effect: FloatArray) -> BoolArray:
    """Which columns are, within every group (nearly), the effect's column times one number.

    For an intercept: the columns that are the same for all rows of each group. For the slope of
    time: time, and time times anything that is the same for a group.
    """
    groups = factor.n_groups
    mostly = float(binary_policy("mixed")["mostly_between"])
    across = np.bincount(factor.codes, weights=effect**2, minlength=groups)
    overall = float(across.sum())
    found = []
    for column in design.T:
        squares = float((column**2).sum())
        shared = np.bincount(factor.codes, weights=column * effect, minlength=groups)
        explained = np.where(across > 0, shared**2 / np.where(across > 0, across, 1.0), 0.0)
        within = squares - float(explained.sum())
        total = squares - (float(shared.sum()) ** 2 / overall if overall else 0.0)
        found.append(within <= max(mostly * total, SAME * squares))
    return np.array(found)

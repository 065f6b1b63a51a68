"""How strongly each measured covariate goes with the arm and with the outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.design import Design

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
_PER_SD = 0.91  # Chinn 2000, as in evalue.py


@dataclass(frozen=True, slots=True)
class Strength:
    """One covariate: risk ratios and partial R² with the arm and with the outcome.

    `rr_arm` is how much more frequent its most lopsided level is in one arm, `rr_outcome`
    the ratio between its best and worst level given arm and the other covariates; `factor`
    = rr_arm rr_outcome / (rr_arm + rr_outcome − 1) is the most that it could have shifted
    a risk ratio by. `r2_arm` and `r2_outcome` are partial R², given the others (and the
    arm). `smallest` is the smallest count of people behind the shares.
    """

    covariate: str
    rr_arm: float
    rr_outcome: float
    r2_arm: float
    r2_outcome: float
    smallest: int

    @property
    def factor(self) -> float:
        """Joint bounding factor (Ding and VanderWeele 2016); nan where a ratio is not known."""
        a, o = self.rr_arm, self.rr_outcome
        return a * o / (a + o - 1)


def strengths(
    covariates: Design, in_other: BoolArray, y: FloatArray, *, fewest: int
) -> tuple[Strength, ...]:
    """The strength of each covariate of a design, in its order.

    `in_other` and `y` have a value for each of its rows. Levels with fewer than `fewest`
    people in an arm give no ratio; a covariate without two such levels has nan.
    """
    kept = [covariates.terms[place].covariate for place in covariates.kept]
    names = list(dict.fromkeys(kept))
    with_arm, with_outcome, sd = _partial(covariates.matrix, kept, names, in_other, y)
    found = []
    for name in names:
        levels = _levels(covariates, name)
        arm, outcome, smallest = _ratios(
            levels, _others(covariates, kept, name), in_other, y, sd=sd, fewest=fewest
        )
        found.append(Strength(name, arm, outcome, with_arm[name], with_outcome[name], smallest))
    return tuple(found)


def _partial(
    matrix: FloatArray,
    kept: Sequence[str],
    names: Sequence[str],
    in_other: BoolArray,
    y: FloatArray,
) -> tuple[dict[str, float], dict[str, float], float]:
    """Partial R² of groups of columns with arm and outcome, and the SD of y within arms."""
    n = len(y)
    arm = in_other.astype(np.float64)
    columns = np.column_stack([np.ones(n), matrix, arm, y])
    # The triangle has the cross-products of everything, so that each fit is a tiny one.
    R = np.asarray(np.linalg.qr(columns, mode="r"), dtype=np.float64)
    design, arm_column, outcome = R[:, :-2], R[:, -2], R[:, -1]
    both = np.column_stack([design, arm_column])
    labels = np.array(["", *kept])
    full_arm, full_outcome = _left(design, arm_column), _left(both, outcome)
    with_arm, with_outcome = {}, {}
    for name in names:
        stay = labels != name
        with_arm[name] = _share(full_arm, _left(design[:, stay], arm_column))
        with_outcome[name] = _share(full_outcome, _left(both[:, [*stay, True]], outcome))
    within = [float(((y[rows] - y[rows].mean()) ** 2).sum()) for rows in (in_other, ~in_other)]
    return with_arm, with_outcome, math.sqrt(sum(within) / max(n - 2, 1))


def _left(X: FloatArray, target: FloatArray) -> float:
    residual = target - X @ np.linalg.lstsq(X, target, rcond=None)[0]
    return float(residual @ residual)


def _share(full: float, without: float) -> float:
    return max(1 - full / without, 0.0) if without > 0 else float("nan")


def _levels(covariates: Design, name: str) -> FloatArray:
    """N × L of 0 and 1: the levels of a word, or below and above the median of a number."""
    places = [i for i, term in enumerate(covariates.terms) if term.covariate == name]
    numbers = [i for i in places if covariates.terms[i].is_number]
    if not numbers:
        return covariates.candidates[:, places]
    values = covariates.candidates[:, numbers[0]]
    high = values > np.median(values)
    if not high.any():
        high = values >= np.median(values)
    return np.column_stack([~high, high]).astype(np.float64)


def _others(covariates: Design, kept: Sequence[str], name: str) -> FloatArray:
    return covariates.matrix[:, [other != name for other in kept]]


def _ratios(
    levels: FloatArray,
    others: FloatArray,
    in_other: BoolArray,
    y: FloatArray,
    *,
    sd: float,
    fewest: int,
) -> tuple[float, float, int]:
    """rr_arm, rr_outcome and the smallest count behind them."""
    counts = np.array([levels[rows].sum(axis=0) for rows in (in_other, ~in_other)])
    usable = counts.min(axis=0) >= fewest
    if usable.sum() < 2 or not sd > 0:
        return math.nan, math.nan, int(counts.min(initial=0))
    shares = counts[:, usable] / np.array([[in_other.sum()], [(~in_other).sum()]])
    ratios = shares[0] / shares[1]
    arm = float(np.maximum(ratios, 1 / ratios).max())
    # Everybody stays in the fit; the first usable level is what the others differ from.
    columns = levels[:, usable][:, 1:]
    rare = levels[:, ~usable]
    X = np.column_stack([np.ones(len(y)), in_other.astype(float), columns, rare, others])
    # Cross-products, since a frame may have a million rows and a ratio needs few digits.
    effects = np.linalg.lstsq(X.T @ X, X.T @ y, rcond=None)[0][2 : 2 + columns.shape[1]]
    spread = float(np.ptp(np.append(effects, 0.0)))
    return arm, math.exp(_PER_SD * spread / sd), int(counts[:, usable].min())

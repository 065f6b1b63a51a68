"""Weights that make the arms alike inside each subgroup, and whether they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.comparison.modification.policy import ModificationPolicy
from outcomes.comparison.modification.rows import Compared
from outcomes.models.balance import balance, effective_size
from outcomes.models.design import Design, design
from outcomes.models.overlap import overlap_coefficient
from outcomes.models.propensity import propensity
from outcomes.models.weighting import balancing_weights

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

WITHIN = "within each subgroup"
SHARED = "one model with the subgroups in it"
NONE = "none"
# A column name that no frame has.
SUBGROUP = "\0subgroup"


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Weights by row (n), and by subgroup (k) overlap, people in weight and worst imbalance."""

    weights: FloatArray
    how: str
    overlap: FloatArray
    ess: FloatArray  # k x 2: reference, other
    worst_smd: FloatArray


def weigh_within(
    people: Compared,
    covariates: Sequence[str],
    codes: IntArray,
    levels: Sequence[int],
    *,
    estimand: str | None,
    rules: ModificationPolicy,
) -> Weighed:
    """Weights for rows of `levels` (others 0): a propensity for each subgroup, where n allows.

    That is one logistic model with every interaction, so that overlap weights balance the
    means exactly inside each subgroup (Yang et al. 2021, Stat Med 40:4294-4309). Where a
    subgroup has too few people for its columns, one model with the subgroups as covariates
    serves all of them. `estimand` None: all weights are 1.
    """
    frame, in_other = people.frame, people.in_other
    parts = {level: design(frame.loc[codes == level], covariates) for level in levels}
    own = all(
        _smaller(in_other[codes == level]) >= rules.rows_per_column * len(part.kept)
        for level, part in parts.items()
    )
    chance = np.full(len(codes), np.nan)
    used = np.isin(codes, levels)
    if own:
        for level, part in parts.items():
            rows = codes == level
            chance[rows] = propensity(in_other[rows].astype(float), part.matrix).probability
    else:
        both = frame.loc[used, list(covariates)].assign(**{SUBGROUP: codes[used].astype(str)})
        matrix = design(both, [*covariates, SUBGROUP]).matrix
        chance[used] = propensity(in_other[used].astype(float), matrix).probability
    weights = used.astype(float)
    if estimand is not None:
        weights[used] = balancing_weights(chance[used], in_other[used], estimand)
    how = NONE if estimand is None else WITHIN if own else SHARED
    checks = []
    for level, part in parts.items():
        rows = codes == level
        kind = estimand or "ATE"
        checks.append(_check(part, in_other[rows], chance[rows], weights[rows], kind))
    table = np.array(checks)
    return Weighed(weights, how, table[:, 0], table[:, 1:3], table[:, 3])


def _check(
    part: Design, in_other: BoolArray, chance: FloatArray, weights: FloatArray, estimand: str
) -> tuple[float, float, float, float]:
    """Overlap, effective people in the reference and the other arm, worst imbalance."""
    after = balance(part, in_other, weights, estimand)["smd_after"].abs()
    return (
        overlap_coefficient(chance, in_other),
        effective_size(weights[~in_other]),
        effective_size(weights[in_other]),
        float(after.max()) if len(after) else 0.0,
    )


def _smaller(in_other: BoolArray) -> int:
    return int(min(in_other.sum(), (~in_other).sum()))

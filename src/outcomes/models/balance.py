"""How alike two weighted groups are: standardised differences, variances, distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.models.design import Design

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

BALANCE_COLUMNS = [
    "covariate",
    "level",
    "smd_before",
    "smd_after",
    "variance_ratio_before",
    "variance_ratio_after",
    "ks_before",
    "ks_after",
]

# The spread that standardises a difference, by estimand: the arm the estimand is about, else both.
DENOMINATORS = {
    "ATE": "the root of the mean of both arms' unweighted variances",
    "ATO": "the root of the mean of both arms' unweighted variances",
    "ATM": "the root of the mean of both arms' unweighted variances",
    "ATT": "the unweighted standard deviation of the other arm",
    "ATC": "the unweighted standard deviation of the reference arm",
}
# A difference below this share of the covariate's size is rounding, not imbalance.
ROUNDING = 1e-12


def effective_size(weights: FloatArray) -> float:
    """(Σw)² / Σw² (Kish 1965); nan when all weights are 0."""
    squares = float((weights**2).sum())
    return float(weights.sum() ** 2 / squares) if squares > 0 else float("nan")


def weighted_mean(values: FloatArray, weights: FloatArray) -> float:
    """Σwx / Σw; nan when all weights are 0."""
    total = float(weights.sum())
    return float(weights @ values / total) if total > 0 else float("nan")


def weighted_variance(values: FloatArray, weights: FloatArray) -> float:
    """Unbiased for reliability weights: Σw(x − m)² Σw / ((Σw)² − Σw²); n − 1 without weights."""
    total = float(weights.sum())
    free = total**2 - float((weights**2).sum())
    if not free > 0:
        return float("nan")
    deviation = values - weighted_mean(values, weights)
    return float(weights @ deviation**2 * total / free)


def distribution_distance(
    values: FloatArray,
    in_other: BoolArray,
    weights: FloatArray,
    order: npt.NDArray[np.intp] | None = None,
) -> float:
    """Kolmogorov-Smirnov: the largest distance between the arms' weighted distributions.

    `order` sorts the values; given when it is known already.
    """
    sums = [float(weights[arm].sum()) for arm in (in_other, ~in_other)]
    if min(sums) <= 0:
        return float("nan")
    order = np.argsort(values, kind="stable") if order is None else order
    sorted_values = values[order]
    signed = np.where(in_other, weights / sums[0], -weights / sums[1])[order]
    last_of_ties = np.r_[sorted_values[1:] != sorted_values[:-1], True]
    return float(np.abs(np.cumsum(signed)[last_of_ties]).max())


def _distances(
    values: FloatArray, in_other: BoolArray, weightings: Sequence[FloatArray], *, two_valued: bool
) -> list[float]:
    """Kolmogorov-Smirnov distance under each weighting; of a share, the plain difference."""
    if two_valued:
        means = [
            [weighted_mean(values[arm], weights[arm]) for arm in (in_other, ~in_other)]
            for weights in weightings
        ]
        return [abs(first - second) for first, second in means]
    order = np.argsort(values, kind="stable")
    return [distribution_distance(values, in_other, weights, order) for weights in weightings]


def balance(
    design: Design, in_other: BoolArray, weights: FloatArray, estimand: str
) -> pd.DataFrame:
    """One row for each column of the design that varies, reference levels included.

    smd is (mean of other − mean of reference) / spread, with the spread of `DENOMINATORS`
    before and after, so that weighting changes only the difference. Shares are
    standardised too (Austin 2009). variance_ratio is other / reference, for numbers only.
    ks lies between 0 and 1 and equals the difference of shares for a word.
    """
    constant = {column for column, reason in design.dropped if reason == "constant"}
    plain = np.ones(len(in_other))
    rows = []
    for position, term in enumerate(design.terms):
        if term.column in constant:
            continue
        values = design.candidates[:, position]
        two_valued = not term.is_number or bool(np.isin(values, (0.0, 1.0)).all())
        spread = _spread(values, in_other, estimand, two_valued=two_valued)
        row: list[object] = [term.covariate, term.level]
        row += [_smd(values, in_other, w, spread) for w in (plain, weights)]
        row += [
            float("nan") if two_valued else _variance_ratio(values, in_other, w)
            for w in (plain, weights)
        ]
        row += _distances(values, in_other, (plain, weights), two_valued=two_valued)
        rows.append(row)
    return pd.DataFrame(rows, columns=BALANCE_COLUMNS)


def _spread(values: FloatArray, in_other: BoolArray, estimand: str, *, two_valued: bool) -> float:
    variances = []
    for arm in (in_other, ~in_other):
        mean = float(values[arm].mean())
        variances.append(
            mean * (1 - mean) if two_valued else weighted_variance(values[arm], np.ones(arm.sum()))
        )
    if estimand == "ATT":
        return float(np.sqrt(variances[0]))
    if estimand == "ATC":
        return float(np.sqrt(variances[1]))
    return float(np.sqrt(np.mean(variances)))


def _smd(values: FloatArray, in_other: BoolArray, weights: FloatArray, spread: float) -> float:
    means = [weighted_mean(values[arm], weights[arm]) for arm in (in_other, ~in_other)]
    difference = means[0] - means[1]
    if abs(difference) <= ROUNDING * max(1.0, abs(means[0]), abs(means[1])):
        return 0.0
    return difference / spread if spread > 0 else float(np.copysign(np.inf, difference))


def _variance_ratio(values: FloatArray, in_other: BoolArray, weights: FloatArray) -> float:
    top, bottom = (weighted_variance(values[arm], weights[arm]) for arm in (in_other, ~in_other))
    return top / bottom if bottom > 0 else float("nan")

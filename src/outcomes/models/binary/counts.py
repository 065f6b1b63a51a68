"""Successes out of trials: the binomial log-likelihood with a logit link, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """`successes` of `trials` by row (n each); single yes/no rows have one trial.

    `constant` is the part of the log-likelihood that no parameter moves, of the rows as they
    were given: putting rows together changes it, and the log-likelihood is told for the rows.
    """

    successes: FloatArray
    trials: FloatArray
    constant: float

    def kernel(self, linear: FloatArray) -> FloatArray:
        """The log-likelihood of each row without the constant."""
        return np.asarray(self.successes * linear - self.trials * np.logaddexp(0.0, linear))

    def residuals(self, linear: FloatArray) -> FloatArray:
        """Successes less expected successes: the first derivative of `kernel`."""
        return np.asarray(self.successes - self.trials * expit(linear))

    def weights(self, linear: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The variance of each row, and its derivative in the linear predictor."""
        mean = expit(linear)
        variance = self.trials * mean * (1 - mean)
        return variance, variance * (1 - 2 * mean)


def counts(successes: FloatArray, trials: FloatArray) -> Counts:
    """Counts of rows as they are given."""
    chosen = gammaln(trials + 1) - gammaln(successes + 1) - gammaln(trials - successes + 1)
    return Counts(successes, trials, float(chosen.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class Compressed:
    """Rows with the same covariates and groups put together: nothing of the fit is lost.

    `first` is the place of one original row of each, `row` the place here of every original.
    """

    counts: Counts
    first: IntArray
    row: IntArray


def compress(given: Counts, columns: FloatArray) -> Compressed:
    """Put together the rows that are alike in all of `columns` (n × k, covariates and groups)."""
    order = np.lexsort(columns.T)
    ordered = columns[order]
    fresh = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)]
    row = np.empty(len(columns), dtype=np.intp)
    row[order] = np.cumsum(fresh) - 1
    size = int(fresh.sum())
    together = Counts(
        np.bincount(row, weights=given.successes, minlength=size).astype(np.float64),
        np.bincount(row, weights=given.trials, minlength=size).astype(np.float64),
        given.constant,
    )
    return Compressed(together, order[fresh], row)

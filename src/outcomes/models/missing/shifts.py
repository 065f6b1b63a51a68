"""Delta adjustment: what the pooled estimate becomes when imputed outcomes are shifted.

For an estimate that is linear in the outcome (least squares, weighting, AIPW) each
imputation's estimate is a straight line in the shift delta and its variance a parabola. Three
analyses of each imputation therefore give every delta exactly; a fourth checks it. Where
the check fails (a logistic model, say) each delta is analysed for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.missing.rubin import DfMethod, Rubin, rubin

FloatArray = npt.NDArray[np.float64]
# Estimates (m), standard errors (m) and complete-data degrees of freedom at one delta.
Evaluate = Callable[[float], tuple[FloatArray, FloatArray, float]]

# Rounding of a parabola through three points, relative to the size of the numbers.
EXACT = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The pooled estimate as a function of delta.

    `lines` (m × 2) are the estimates' intercepts and slopes, `parabolas` (m × 3) the
    variances' coefficients; `exact` says whether they hold, else `evaluate` is asked.
    """

    lines: FloatArray
    parabolas: FloatArray
    df_complete: float
    exact: bool
    evaluate: Evaluate
    df_method: DfMethod = "barnard-rubin"

    def at(self, deltas: npt.ArrayLike) -> Rubin:
        """Pooled numbers at each delta (k)."""
        d = np.atleast_1d(np.asarray(deltas, dtype=float))
        if self.exact:
            estimates = self.lines @ np.vstack([np.ones_like(d), d])
            variances = self.parabolas @ np.vstack([np.ones_like(d), d, d**2])
            return rubin(estimates, np.maximum(variances, 0.0), self.df_complete, self.df_method)
        found = [self.evaluate(float(one)) for one in d]
        estimates = np.column_stack([part[0] for part in found])
        errors = np.column_stack([part[1] for part in found])
        complete = np.array([part[2] for part in found])
        return rubin(estimates, errors**2, complete, self.df_method)


def course(
    evaluate: Evaluate,
    step: float,
    start: tuple[FloatArray, FloatArray, float] | None = None,
    df_method: DfMethod = "barnard-rubin",
) -> Course:
    """The course of an analysis; `step` is a shift of usual size, `start` the analysis at 0."""
    q0, s0, df = evaluate(0.0) if start is None else start
    up, down = evaluate(step), evaluate(-step)
    check = evaluate(0.6 * step)
    lines = np.column_stack([q0, (up[0] - down[0]) / (2 * step)])
    bend = (up[1] ** 2 + down[1] ** 2 - 2 * s0**2) / (2 * step**2)
    parabolas = np.column_stack([s0**2, (up[1] ** 2 - down[1] ** 2) / (2 * step), bend])
    exact = _holds(lines, parabolas, 0.6 * step, check) and _same(df, check[2])
    return Course(lines, parabolas, df, exact, evaluate, df_method)


def _holds(
    lines: FloatArray,
    parabolas: FloatArray,
    d: float,
    found: tuple[FloatArray, FloatArray, float],
) -> bool:
    """Whether line and parabola give what was found at d."""
    estimate, variance = lines @ [1, d], parabolas @ [1, d, d**2]
    size = float(np.abs(found[0]).max() + found[1].max())
    off = float(np.abs(estimate - found[0]).max()) / max(size, 1e-300)
    bent = float(np.abs(variance - found[1] ** 2).max()) / max(float((found[1] ** 2).max()), 1e-300)
    return max(off, bent) <= EXACT


def _same(df: float, other: float) -> bool:
    return df == other or abs(df - other) <= EXACT * abs(df)


def crossed(first: Course, second: Course, both: Course, a: FloatArray, b: FloatArray) -> Rubin:
    """Pooled numbers at pairs of deltas (k), from the courses of each shift and of both.

    The cross term of the variance is what the course of both has beyond the two.
    """
    one, zero = np.ones_like(a), first.parabolas[:, :1]
    estimates = first.lines[:, :1] * one + first.lines[:, 1:] * a + second.lines[:, 1:] * b
    p, q, r = first.parabolas, second.parabolas, both.parabolas
    cross = r[:, 2:] - p[:, 2:] - q[:, 2:]
    variances = (
        zero * one + p[:, 1:2] * a + q[:, 1:2] * b + p[:, 2:] * a**2 + q[:, 2:] * b**2
        + cross * a * b
    )  # fmt: skip
    return rubin(estimates, np.maximum(variances, 0.0), first.df_complete, first.df_method)

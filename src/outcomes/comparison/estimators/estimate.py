"""What an estimator returns, and how its uncertainty follows from what each row adds.

Every estimator here has a linear expansion: its error is a sum over rows of
`form` times the residual of an outcome model, plus `rest`: what the row adds because the
weights were estimated (its score in the propensity model) and because the population was
sampled. Residuals get the CR2 adjustment of their model (Bell and McCaffrey 2002), `rest` the
factor clusters / (clusters − 1); both are summed by cluster, then squared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.cluster_robust import adjusted_form

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

NAN = float("nan")
ARM = 1  # position of the arm's coefficient: after the intercept
EFFECTS = ("difference", "ratio")


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Bootstrap draws, and `roots`: (draw − estimate) · se of the estimate / se of the draw.

    `bias` and `acceleration` are those of BCa (Efron 1987); nan asks for percentile-t.
    """

    draws: FloatArray
    roots: FloatArray
    bias: float
    acceleration: float


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """other − reference in the outcome's units, or the logarithm of other / reference.

    `means` are the adjusted means (reference, other) where the estimator has them. `moves`
    (clusters) are what each cluster adds to the estimate's error.
    """

    estimate: float
    se: float
    df: float
    uncertainty: str
    means: tuple[float, float] = (NAN, NAN)
    moves: FloatArray | None = None
    resampled: Resampled | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """The linear expansion of two adjusted means, rows of (reference, other).

    `design` (n × p), `weights` (n or None) and `residuals` (n) are those of the outcome
    model; `form` (2 × n) multiplies the residuals, `rest` (2 × n) is added.
    """

    means: tuple[float, float]
    design: FloatArray
    weights: FloatArray | None
    residuals: FloatArray
    form: FloatArray
    rest: FloatArray | None


def contrast(means: tuple[float, float], effect: str) -> tuple[float, FloatArray]:
    """The effect and its derivative by (reference, other); a ratio on the log scale."""
    reference, other = means
    if effect == "difference":
        return other - reference, np.array([-1.0, 1.0])
    if not (reference > 0 and other > 0):
        return NAN, np.array([NAN, NAN])
    return float(np.log(other / reference)), np.array([-1 / reference, 1 / other])


def conclude(
    found: Expansion, clusters: Codes | None, effect: str, words: str, *, adjusted: bool = True
) -> Estimate:
    """Estimate, standard error and df from an expansion; every row alone without clusters.

    `adjusted` False leaves out both small-sample corrections, as most programs do
    (Stefanski and Boos 2002); it exists to be held against them.
    """
    value, gradient = contrast(found.means, effect)
    if not np.isfinite(value):
        return Estimate(NAN, NAN, NAN, "", found.means)
    codes = np.arange(len(found.residuals)) if clusters is None else clusters
    count = int(codes.max()) + 1
    form, df = gradient @ found.form, float(count - 1)
    if adjusted:
        form, df = adjusted_form(found.design, found.weights, codes, form)
    moves = np.bincount(codes, weights=form * found.residuals, minlength=count)
    if found.rest is not None:
        rest = np.bincount(codes, weights=gradient @ found.rest, minlength=count)
        moves = moves + rest * (np.sqrt(count / (count - 1)) if adjusted else 1.0)
    se = float(np.sqrt((moves**2).sum()))
    return Estimate(value, se, df, words, found.means, np.asarray(moves, dtype=np.float64))

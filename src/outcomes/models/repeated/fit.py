"""`fit_patterns`: generalised least squares with a structured covariance, from plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.repeated.newton import FLAT, MAX_STEPS, NEAR, Optimum, minimise
from outcomes.models.repeated.patterns import FloatArray, IntArray, Patterns, patterns
from outcomes.models.repeated.structures import Structure

# A moment matrix is lifted until its smallest scaled eigenvalue is at least this.
LIFT = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PatternFit:
    """A fitted model, whether or not it converged: look at `converged` first.

    `covariance` (size × size) is V over the grid; `coefficients` (p) with
    `coefficient_covariance` (X'V⁻¹X)⁻¹; `theta_covariance` (r × r) the inverse of half the
    observed curvature of the deviance, nan where it is not positive definite. `gradient` is
    that of the deviance in theta, `decrement` g'H⁻¹g: twice the log-likelihood still to be
    won; `flattest` the smallest eigenvalue of the curvature scaled to a unit diagonal.
    """

    structure: Structure
    reml: bool
    theta: FloatArray
    covariance: FloatArray
    coefficients: FloatArray
    coefficient_covariance: FloatArray
    theta_covariance: FloatArray
    loglik: float
    gradient: FloatArray
    decrement: float
    flattest: float
    steps: int
    converged: bool
    stopped: str
    data: Patterns
    optimum: Optimum | None

    @property
    def n(self) -> int:
        """Rows used."""
        return self.data.n

    @property
    def n_subjects(self) -> int:
        """Subjects used."""
        return self.data.n_subjects


def fit_patterns(
    y: FloatArray,
    X: FloatArray,
    subject: npt.ArrayLike,
    position: IntArray,
    structure: Structure,
    *,
    reml: bool = True,
    start: FloatArray | None = None,
    max_steps: int = MAX_STEPS,
) -> PatternFit:
    """Fit y (n) on X (n × p, full rank) with rows of a subject correlated by `structure`.

    `subject` labels the n rows, `position` gives their place on the grid (0 to
    structure.size - 1). Raises UsageError for two rows of a subject at one position or
    missing numbers, NotEnoughData where X has not full rank.
    """
    data = patterns(y, X, subject, position, structure.size)
    return fit_reduced(data, structure, reml=reml, start=start, max_steps=max_steps)


def fit_reduced(
    data: Patterns,
    structure: Structure,
    *,
    reml: bool = True,
    start: FloatArray | None = None,
    max_steps: int = MAX_STEPS,
) -> PatternFit:
    """As `fit_patterns`, from rows already reduced: several structures share one reduction."""
    first = structure.start(start_moments(data)) if start is None else start
    found = minimise(data, structure, first, reml=reml, max_steps=max_steps)
    if found is None:
        return _nothing(data, structure, first, reml=reml)
    sound = found.flattest > FLAT
    at = found.at
    inverse = data.inverse
    return PatternFit(
        structure=structure,
        reml=reml,
        theta=at.theta,
        covariance=at.matrix,
        coefficients=data.start + inverse @ at.gamma,
        coefficient_covariance=inverse @ at.A_inverse @ inverse.T,
        theta_covariance=_theta_covariance(found, sound=sound),
        loglik=-at.deviance / 2,
        gradient=found.slope.gradient,
        decrement=found.decrement,
        flattest=found.flattest,
        steps=found.steps,
        converged=sound and found.stopped == "optimum" and found.decrement < NEAR,
        stopped=found.stopped,
        data=data,
        optimum=found,
    )


def _theta_covariance(found: Optimum, *, sound: bool) -> FloatArray:
    """The inverse of half the observed curvature; 0 for numbers at a bound, which are known."""
    r = len(found.slope.gradient)
    if not sound:
        return np.full((r, r), np.nan)
    free = np.flatnonzero(found.slope.free)
    covariance = np.zeros((r, r))
    covariance[np.ix_(free, free)] = np.linalg.inv(found.slope.observed[np.ix_(free, free)] / 2)
    return covariance


def start_moments(data: Patterns) -> FloatArray:
    """Mean products of the least-squares residuals by pair of occasions, made definite.

    A pair nobody has counts as uncorrelated; the correlations are then shrunk towards 0
    until the matrix is comfortably positive definite.
    """
    variances = np.diag(data.moments).copy()
    usual = variances[variances > 0]
    variances[variances <= 0] = usual.mean() if len(usual) else 1.0
    sd = np.sqrt(variances)
    R = np.where(data.pairs > 1, data.moments / np.outer(sd, sd), 0.0)
    np.fill_diagonal(R, 1.0)
    smallest = float(np.linalg.eigvalsh(R)[0])
    if smallest < LIFT:
        share = (1 - LIFT) / (1 - smallest)
        R = share * R + (1 - share) * np.eye(len(R))
    return np.asarray(R * np.outer(sd, sd))


def _nothing(data: Patterns, structure: Structure, theta: FloatArray, *, reml: bool) -> PatternFit:
    p, r = data.p, len(theta)
    return PatternFit(
        structure=structure,
        reml=reml,
        theta=theta,
        covariance=np.full((data.size, data.size), np.nan),
        coefficients=np.full(p, np.nan),
        coefficient_covariance=np.full((p, p), np.nan),
        theta_covariance=np.full((r, r), np.nan),
        loglik=np.nan,
        gradient=np.full(r, np.nan),
        decrement=np.nan,
        flattest=np.nan,
        steps=0,
        converged=False,
        stopped="no start value with a positive definite matrix",
        data=data,
        optimum=None,
    )

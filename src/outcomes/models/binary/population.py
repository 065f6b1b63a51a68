"""Generalised estimating equations: the population's mean, with rows that belong together.

Σ D'V⁻¹(y − μ) = 0 with V = A^½ R A^½ is solved by scoring, the working correlation R estimated
anew before every step. J and s of each cluster give the robust covariance.

Source: Liang, K.-Y. & Zeger, S. L. (1986), Biometrika 73:13-22.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.models.binary.policy import binary_policy
from outcomes.models.binary.sandwich import Sandwich, sandwich
from outcomes.models.binary.working import Clusters, Correlation, moment, whiten
from outcomes.models.inference.convergence import Convergence

FloatArray = npt.NDArray[np.float64]
Family = Literal["binomial", "gaussian"]
FAMILIES = get_args(Family)
# The last step in standard errors, and of the correlation.
ARRIVED = 1e-11
SMALLEST = 1e-12
CONVERGED = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Shares of `trials` or numbers (n), and the design (n × p), in the order of `clusters`."""

    outcome: FloatArray
    trials: FloatArray
    design: FloatArray
    clusters: Clusters
    family: Family
    correlation: Correlation

    def pearson(self, beta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals over their standard deviations (n), and D over the same (n × p)."""
        linear = self.design @ beta
        if self.family == "gaussian":
            return self.outcome - linear, self.design
        mean = expit(linear)
        # Far out on the way to a solution a mean can round to 0 or 1.
        sd = np.sqrt(np.maximum(mean * (1 - mean), SMALLEST) / self.trials)
        # dμ/dη = μ (1 − μ), so that D over the standard deviation is X times this.
        return (self.outcome - mean) / sd, self.design * (sd * self.trials)[:, None]

    def parts(self, beta: FloatArray, rho: float) -> tuple[FloatArray, FloatArray]:
        """J (G × p × p) and s (G × p) of every cluster."""
        residuals, derivative = self.pearson(beta)
        columns = np.column_stack([derivative, residuals])
        products = whiten(self.correlation, rho, columns, self.clusters).products(self.clusters)
        return products[:, :-1, :-1], products[:, :-1, -1]


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Coefficients (p), working correlation, phi (mean square of Pearson residuals), sandwich."""

    coefficients: FloatArray
    correlation: float
    scale: float
    sandwich: Sandwich
    convergence: Convergence


def population(equations: Equations, start: FloatArray) -> Population:
    """Solve the equations from `start` (p)."""
    beta, rho, step = start, 0.0, np.full(len(start), np.inf)
    number, most = 0, int(binary_policy("gee")["most_steps"])
    while number < most:
        number += 1
        before = rho
        rho = moment(equations.correlation, equations.pearson(beta)[0], equations.clusters)
        information, scores = equations.parts(beta, rho)
        bread = np.linalg.inv(information.sum(axis=0))
        step = (bread @ scores.sum(axis=0)) / np.sqrt(np.diag(bread))
        beta = beta + step * np.sqrt(np.diag(bread))
        if max(float(np.abs(step).max()), abs(rho - before)) < ARRIVED:
            break
    residuals = equations.pearson(beta)[0]
    rho = moment(equations.correlation, residuals, equations.clusters)
    information, scores = equations.parts(beta, rho)
    whole = information.sum(axis=0)
    size = np.sqrt(np.diag(whole))
    moved = float(np.abs(step).max())
    curvature = float(np.linalg.eigvalsh(whole / np.outer(size, size))[0])
    arrived = bool(np.isfinite(beta).all()) and moved < CONVERGED and curvature > 0
    message = "" if arrived else "the estimating equations were not solved"
    return Population(
        np.asarray(beta),
        rho,
        float((residuals**2).mean()),
        sandwich(information, scores),
        Convergence(arrived, moved, curvature, number, (), message),
    )

"""Probabilities for a population of groups, from a model given the group.

An odds ratio of a mixed model compares people of the same group. What share of people would
have the outcome averages over the groups: P = E expit(x'β + z'b). z'b is one normal number
with variance v = Σ z'ΛΛ'z, so that the integral has one dimension whatever the model; the
trapezoidal rule takes it to rounding. Standard errors by the delta method from the joint
covariance of (β, θ).

Source: Zeger, S. L., Liang, K.-Y. & Albert, P. S. (1988). Biometrics 44:1049-1060; averages over
people's own covariates: Muller, C. J. & MacLehose, R. F. (2014). Int. J. Epidemiol. 43:962-970.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from outcomes.models.binary.factors import Factor

FloatArray = npt.NDArray[np.float64]

# The normal density is below 1e-16 outside.
REACH = 8.6
# The rule's error falls with exp(−2π · strip / step): these steps leave less than 1e-13.
WIDEST = 0.45
STRIP = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """A mean probability over people, with its gradient in (β, θ), and for a typical group."""

    value: float
    gradient: FloatArray
    typical: float


def average(
    fixed: FloatArray,
    factors: tuple[Factor, ...],
    designs: tuple[FloatArray, ...],
    parameters: FloatArray,
    weights: FloatArray,
) -> Average:
    """Average over rows `fixed` (k × p) and `designs` (k × q by factor), with `weights` (k)."""
    p = fixed.shape[1]
    beta, theta = parameters[:p], parameters[p:]
    linear = fixed @ beta
    variance = np.zeros(len(fixed))
    slopes: list[FloatArray] = []
    place = 0
    for factor, design in zip(factors, designs, strict=True):
        own = theta[place : place + len(factor.free)]
        place += len(factor.free)
        effects = design @ factor.root(own)
        variance += (effects**2).sum(axis=1)
        slopes += [design[:, row] * effects[:, column] for row, column in factor.free]
    sd = np.sqrt(variance)
    mean, first, turned = logistic_normal(linear, sd)
    share = weights / weights.sum()
    # dP/dθ = E[z expit'] · dv/dθ / 2s; without spread E[z expit'] is of order s, and 0 here.
    along = np.where(sd > 0, turned / np.where(sd > 0, sd, 1.0), 0.0)
    gradient = np.concatenate(
        [fixed.T @ (share * first), np.array([float((share * along) @ slope) for slope in slopes])]
    )
    return Average(float(share @ mean), gradient, float(share @ expit(linear)))


def logistic_normal(
    linear: FloatArray, sd: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """E expit(η + s z), E expit'(η + s z) and E z expit'(η + s z) for standard normal z."""
    step = min(WIDEST, STRIP / max(float(sd.max(initial=0.0)), 1e-12))
    places = np.arange(-REACH, REACH + step, step)
    weights = np.exp(-0.5 * places**2)
    weights /= weights.sum()
    mean, first, turned = (np.zeros(len(linear)) for _ in range(3))
    for z, weight in zip(places, weights, strict=True):
        value = expit(linear + sd * z)
        slope = value * (1 - value) * weight
        mean += weight * value
        first += slope
        turned += z * slope
    return mean, first, turned

"""Degrees of freedom of fixed effects in small samples, from a fit's own summaries.

Satterthwaite takes the covariance of the fixed effects as a function of the free variance
parameters and sigma^2; Kenward and Roger take all variances and covariances, in which the
covariance of the outcome is linear: V = sigma^2 I + sum_k gamma_k V_k, gamma = sigma^2 D.

Source: see models/inference; Halekoh & Højsgaard 2014, section 2 for the parametrisation.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from outcomes.errors import UsageError
from outcomes.models.inference.effects import Asymptotic, DegreesOfFreedom
from outcomes.models.inference.kenward_roger import KenwardRoger, adjusted_covariance
from outcomes.models.inference.satterthwaite import Satterthwaite
from outcomes.models.mixed.backward import scores
from outcomes.models.mixed.directions import directions, products
from outcomes.models.mixed.fit import Fit
from outcomes.models.mixed.stacks import Numbers


def degrees_of_freedom(fit: Fit, ddf: str) -> DegreesOfFreedom:
    """The inference asked for: "satterthwaite", "kenward-roger" or "none" (normal limits)."""
    if ddf == "satterthwaite":
        return cast("DegreesOfFreedom", satterthwaite(fit))
    if ddf == "kenward-roger":
        return cast("DegreesOfFreedom", kenward_roger(fit))
    if ddf == "none":
        return cast("DegreesOfFreedom", Asymptotic(fit.beta_covariance))
    raise UsageError(
        "There are no such degrees of freedom.",
        where="parameter ddf",
        fix='Use "satterthwaite", "kenward-roger" or "none".',
    )


def satterthwaite(fit: Fit) -> Satterthwaite:
    """Satterthwaite from the Hessian of the deviance by the free parameters and sigma^2."""
    swept, df = fit.point.swept, fit.df
    sigma2 = swept.r2 / df
    J = fit.free.jacobian
    m = J.shape[1]
    hessian = np.empty((m + 1, m + 1))
    by_elements = fit.curvature.logdet + fit.curvature.r2 / sigma2
    hessian[:m, :m] = fit.free.hessian(by_elements)
    hessian[:m, m] = hessian[m, :m] = -(J.T @ fit.point.r2_gradient) / sigma2**2
    hessian[m, m] = df / sigma2**2
    inverse = swept.fixed_inverse
    by_D = np.array([-sigma2 * inverse @ change @ inverse for change in fit.curvature.fixed])
    gradients = np.concatenate(
        [np.tensordot(J.T, by_D, axes=1) if len(by_D) else by_D, inverse[None]]
    )
    units = np.outer(fit.fixed_units, fit.fixed_units)
    return Satterthwaite(fit.beta_covariance, gradients * units, 2 * _inverse(hessian))


def kenward_roger(fit: Fit) -> KenwardRoger:
    """Kenward and Roger's covariance and df. Raises UsageError after maximum likelihood."""
    if not fit.reml:
        raise UsageError(
            "Kenward-Roger belongs to restricted maximum likelihood.",
            where="parameter ddf",
            fix='Fit with reml=True, or use ddf="satterthwaite".',
        )
    swept, df = fit.point.swept, fit.df
    sigma2 = swept.r2 / df
    D = fit.objective.parameters.elements(swept.D)
    P, Q = _fixed_parts(fit, D)
    information = _expected(fit, D) / sigma2**2
    P, Q = P / sigma2**2, Q / sigma2**3
    covariance = sigma2 * swept.fixed_inverse
    W = 2 * _inverse(information)
    units = np.outer(fit.fixed_units, fit.fixed_units)
    adjusted = adjusted_covariance(covariance, P, Q, W) * units
    return KenwardRoger(covariance * units, adjusted, P / units, W)


def component_covariance(fit: Fit) -> Numbers:
    """Covariance of all variances and covariances and sigma^2 (k + 1), in scaled columns.

    Twice the inverse of the expected information of the deviance.
    """
    sigma2 = fit.point.swept.r2 / fit.df
    D = fit.objective.parameters.elements(fit.point.swept.D)
    return 2 * _inverse(_expected(fit, D) / sigma2**2)


def _fixed_parts(fit: Fit, D: Numbers) -> tuple[Numbers, Numbers]:
    """P (k + 1, p, p) and Q (k + 1, k + 1, p, p) at sigma = 1; the last element is I.

    I = V0 - sum_k D_k V_k, so that its parts follow from those of the V_k.
    """
    swept = fit.point.swept
    k, p = len(D), fit.prepared.n_fixed
    along = []
    for column in range(p):
        unit = np.zeros(p + 1)
        unit[column] = 1.0
        along += directions(swept, fit.objective.parameters, scores(swept, unit))
    whole = products(swept, along, fixed=False).reshape(p, k, p, k)
    inner = np.transpose(whole, (1, 3, 0, 2))  # X'V0^-1 V_k V0^-1 V_l V0^-1 X
    # Both ends from the same directions: no step, no difference.
    change = fit.curvature.fixed
    S = swept.S[:p, :p]
    P = np.empty((k + 1, p, p))
    P[:k] = change
    P[k] = -(S + np.tensordot(D, change, axes=1))
    Q = np.empty((k + 1, k + 1, p, p))
    Q[:k, :k] = inner
    for one in range(k):
        Q[one, k] = -change[one] - np.tensordot(D, inner[one], axes=1)
        Q[k, one] = Q[one, k].T
    Q[k, k] = (
        S
        + 2 * np.tensordot(D, change, axes=1)
        + np.einsum("k,l,klab->ab", D, D, inner, optimize=True)
    )
    return P, Q


def _expected(fit: Fit, D: Numbers) -> Numbers:
    """tr(P V_k P V_l) for all elements and I, at sigma = 1."""
    k = len(D)
    second, first = -fit.curvature.logdet, fit.point.logdet_gradient
    made = np.empty((k + 1, k + 1))
    made[:k, :k] = second
    made[:k, k] = made[k, :k] = first - second @ D
    made[k, k] = fit.df - 2 * D @ first + D @ second @ D
    return made


def _inverse(matrix: Numbers) -> Numbers:
    """The inverse, on the directions that the data tell."""
    size = np.sqrt(np.maximum(np.abs(np.diagonal(matrix)), 1e-300))
    made: Numbers = np.linalg.pinv(matrix / np.outer(size, size), rcond=1e-10, hermitian=True)
    return np.asarray(made / np.outer(size, size))

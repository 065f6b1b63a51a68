"""What Satterthwaite and Kenward and Roger need, by pattern and without r² matrices.

With W the covariance of theta = F F', the middle of Kenward and Roger's covariance,
Σ_jl W_jl (Q_jl - R_jl / 4), is X'V⁻¹ {Σ_f D_f V⁻¹ D_f - S / 4} V⁻¹X with D_f = Σ_j F_jf ∂V/∂θ_j
and S = Σ_jl W_jl ∂²V/∂θ_j∂θ_l: one matrix for each pattern.
"""

from __future__ import annotations

import numpy as np

from outcomes.errors import UsageError
from outcomes.models.inference import KenwardRoger, Satterthwaite
from outcomes.models.repeated.fit import PatternFit
from outcomes.models.repeated.likelihood import blocks, restrict, weigh
from outcomes.models.repeated.patterns import FloatArray


def satterthwaite(fit: PatternFit) -> Satterthwaite:
    """Satterthwaite's df with theta's covariance from the observed curvature."""
    products = _products(fit)
    plain = fit.coefficient_covariance
    # ∂Φ/∂θ_j = Φ X'V⁻¹ ∂V V⁻¹X Φ
    return Satterthwaite(plain, plain @ products @ plain, fit.theta_covariance)


def kenward_roger(fit: PatternFit, *, linear: bool = False) -> KenwardRoger:
    """Kenward and Roger's covariance and df; `linear` leaves the second derivatives out.

    The second derivatives depend on the parametrisation; `linear` does not, and is what SAS
    gives for an unstructured covariance. Raises UsageError for a fit that is not REML.
    """
    if not fit.reml:
        raise UsageError(
            "Kenward and Roger's method belongs to restricted maximum likelihood.",
            where="parameter reml",
            fix="Give reml=True, or ddf='satterthwaite'.",
        )
    P = -_products(fit)
    plain = fit.coefficient_covariance
    W = fit.theta_covariance
    triangle = fit.data.triangle
    inner = triangle.T @ _middle(fit, linear=linear) @ triangle
    inner = inner - np.einsum("jl,jab,bc,lcd->ad", W, P, plain, P, optimize=True)
    adjusted = plain + 2 * plain @ inner @ plain
    return KenwardRoger(plain, (adjusted + adjusted.T) / 2, P, W)


def positive(made: KenwardRoger) -> bool:
    """Whether the adjusted covariance is positive definite, as a covariance must be."""
    scale = np.sqrt(np.diag(made.plain))
    return bool(np.linalg.eigvalsh(made.covariance / np.outer(scale, scale))[0] > 0)


def _products(fit: PatternFit) -> FloatArray:
    """X'V⁻¹ ∂V/∂θ_j V⁻¹X in the columns given, r × p × p."""
    if fit.optimum is None:
        raise AssertionError("a fit without a start value has no inference")
    triangle = fit.data.triangle
    return np.asarray(triangle.T @ fit.optimum.slope.products @ triangle)


def _middle(fit: PatternFit, *, linear: bool) -> FloatArray:
    """Σ_jl W_jl (Q_jl - R_jl / 4) in the orthonormal columns, p × p."""
    data, structure, theta = fit.data, fit.structure, fit.theta
    size, vectors = np.linalg.eigh(fit.theta_covariance)
    factor = vectors * np.sqrt(np.maximum(size, 0.0))
    turned = np.tensordot(factor.T, structure.derivative(theta), axes=1)
    bent = np.zeros((1, data.size, data.size))
    if not linear:
        bent[0] = np.einsum("jl,jlab->ab", fit.theta_covariance, structure.second(theta))
    total = np.zeros((data.p + 1, data.p + 1))
    for block in blocks(data, fit.covariance, len(turned)):
        D, S = restrict(turned, block.places), restrict(bent, block.places)[:, 0]
        W = block.W
        squared = (D @ W[:, None] @ D).sum(axis=1)
        total += weigh(block, (W @ (squared - S / 4) @ W)[:, None])[0]
    return total[:-1, :-1]

"""The best fit of a model of couples, and how one knows that it is the best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.dyads.blocks import PairResidual, SameResidual, Triangle
from outcomes.models.dyads.covariance import Covariance
from outcomes.models.dyads.likelihood import Evaluation, Prepared, evaluate
from outcomes.models.dyads.units import Rows, batches
from outcomes.models.inference import (
    Asymptotic,
    Convergence,
    DegreesOfFreedom,
    FixedEffects,
    KenwardRoger,
    Satterthwaite,
    adjusted_covariance,
)

FloatArray = npt.NDArray[np.float64]
DDF = ("satterthwaite", "kenward-roger", "residual", "none")

# The outcome has variance one while searching; Newton's steps end far below this.
_GRADIENT = 1e-6
# Eigenvalues of the Hessian below this share of the largest are flat: a bound, not a minimum.
_FLAT = 1e-7
_STEPS, _HALVINGS = 200, 40
# An outcome that varies less than this share of its size is constant but for rounding.
_CONSTANT = 1e-12
# A log standard deviation or atanh correlation moves at most this far in one step.
_REACH = 1.0
# A variance below this share of the outcome's counts as zero, a correlation above as one.
_ZERO, _ONE = 1e-8, 0.99999


def check_ddf(ddf: str, *, reml: bool) -> None:
    """Raise UsageError for df that are not known, or that the estimation does not allow."""
    if ddf not in DDF:
        raise UsageError(
            "ddf has a value that is not known.",
            where="parameter ddf",
            fix=f"Choose from {', '.join(map(repr, DDF))}.",
        )
    if ddf == "kenward-roger" and not reml:
        raise UsageError(
            "Kenward and Roger's method belongs to restricted maximum likelihood.",
            where="parameters ddf and reml",
            fix="Give reml=True, or ddf='satterthwaite'.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class DyadFit:
    """A fit: `t` are the distinct variances and covariances, in squared points.

    `at` holds the likelihood there, `t_covariance` (r × r) their sampling covariance from the
    observed curvature, `t_expected` the same from the expected information. `psi` are the free
    numbers of the scaled search with their covariance `psi_covariance`.
    """

    rows: Rows
    structure: Covariance
    t: FloatArray
    at: Evaluation
    t_covariance: FloatArray
    t_expected: FloatArray
    psi: FloatArray
    psi_covariance: FloatArray
    convergence: Convergence
    reml: bool

    @property
    def loglik(self) -> float:
        """Log likelihood, restricted where the fit is REML."""
        return -self.at.deviance / 2

    @property
    def n_parameters(self) -> int:
        """Fixed effects and distinct variances and covariances."""
        return len(self.at.beta) + len(self.t)

    def value(self, name: str) -> float:
        """One variance or covariance by name."""
        return float(self.t[self.structure.names.index(name)])

    def inference(self, ddf: str) -> DegreesOfFreedom:
        """Covariance of the fixed effects with the df asked for."""
        at = self.at
        if ddf == "satterthwaite":
            gradients = at.covariance @ at.P @ at.covariance
            return Satterthwaite(at.covariance, gradients, self.t_covariance)
        if ddf == "kenward-roger":
            spread = self.t_expected
            adjusted = adjusted_covariance(at.covariance, -at.P, at.Q, spread)
            return KenwardRoger(at.covariance, adjusted, -at.P, spread)
        if ddf == "residual":
            return Asymptotic(at.covariance, float(len(self.rows.y) - len(at.beta)), "residual")
        return Asymptotic(at.covariance)

    def effects(self, names: tuple[str, ...], ddf: str, level: float) -> FixedEffects:
        """The fixed effects with their names, ready for tables and contrasts."""
        return FixedEffects(names, self.at.beta, self.inference(ddf), level)


def fit(
    rows: Rows,
    structure: Covariance,
    scales: FloatArray,
    *,
    reml: bool,
    start: FloatArray | None = None,
) -> DyadFit:
    """Fit V = Z G Z' + R by REML or ML.

    `scales` (q) is about the size of each column of Z; columns that share a variance need the
    same. `start`: free numbers of a fit to like data, to begin the search there. Raises
    NotEnoughData where the fixed part cannot be estimated.
    """
    spread = _spread(rows)
    work = rows.with_outcome(rows.y / spread).with_columns(rows.Z / scales)
    prepared = Prepared.of(batches(work, len(structure.names)), structure)
    psi, tries = _search(prepared, structure, start, reml=reml)
    factors = structure.scaled(spread, scales)
    t = structure.values(psi) * factors
    given = Prepared.of(batches(rows, len(structure.names)), structure)
    final, scaled = (
        evaluate(given, t, reml=reml),
        evaluate(prepared, structure.values(psi), reml=reml),
    )
    if final is None or scaled is None:
        raise NotEnoughData(
            "The covariance of the partners has no inverse: they repeat each other.",
            where="outcome",
            how_many=len(rows.y),
        )
    J = structure.jacobian(psi)
    hessian = J.T @ scaled.hessian @ J + structure.curvature(psi, scaled.gradient)
    psi_covariance = _inverse(hessian / 2)
    turned = factors[:, None] * J
    return DyadFit(
        rows=rows,
        structure=structure,
        t=t,
        at=final,
        t_covariance=turned @ psi_covariance @ turned.T,
        t_expected=turned @ _inverse(J.T @ scaled.information @ J) @ turned.T,
        psi=psi,
        psi_covariance=psi_covariance,
        convergence=_verdict(structure, psi, J.T @ scaled.gradient, hessian, tries),
        reml=reml,
    )


def _spread(rows: Rows) -> float:
    """Standard deviation of the outcome around least squares, which the search divides by."""
    n, p = rows.X.shape
    if n <= p or np.linalg.matrix_rank(rows.X) < p:
        raise NotEnoughData(
            "There are too few rows for the model, or a column repeats others.",
            where="fixed part of the model",
            how_many=n,
            fix="Take out covariates, or give more couples.",
        )
    beta, *_ = np.linalg.lstsq(rows.X, rows.y, rcond=None)
    spread = float(np.std(rows.y - rows.X @ beta))
    if spread <= _CONSTANT * max(float(np.abs(rows.y).max()), 1e-300):
        raise NotEnoughData(
            "The outcome does not vary around the model, so nothing can be estimated.",
            where="outcome",
            how_many=n,
        )
    return spread


def _search(
    prepared: Prepared, structure: Covariance, start: FloatArray | None, *, reml: bool
) -> tuple[FloatArray, int]:
    """Newton's steps with a Hessian made positive, halved until the deviance falls."""
    psi = structure.start() if start is None else start
    at = evaluate(prepared, structure.values(psi), reml=reml)
    tries = 1
    for _ in range(_STEPS):
        if at is None:
            break
        J = structure.jacobian(psi)
        gradient = J.T @ at.gradient
        hessian = J.T @ at.hessian @ J + structure.curvature(psi, at.gradient)
        step = _newton(gradient, hessian)
        if np.abs(gradient).max() < _GRADIENT * 1e-3 or not np.abs(step).max() > 1e-12:
            break
        moved = False
        for halving in range(_HALVINGS):
            trial = psi + step / 2**halving
            there = evaluate(prepared, structure.values(trial), reml=reml)
            tries += 1
            if there is not None and there.deviance < at.deviance:
                psi, at, moved = trial, there, True
                break
            # Rounding hides a fall that is smaller than this: the last step is taken as it is.
            if there is not None and abs(gradient @ step) < 1e-9 * abs(at.deviance):
                better = np.abs(structure.jacobian(trial).T @ there.gradient).max()
                if better < np.abs(gradient).max():
                    psi, at, moved = trial, there, True
                break
        if not moved:
            break
    return psi, tries


def _newton(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    """The step against the gradient; flat and falling directions are taken as rising."""
    size, vectors = np.linalg.eigh(hessian)
    size = np.maximum(np.abs(size), max(float(np.abs(size).max()) * 1e-10, 1e-10))
    step = -vectors @ ((vectors.T @ gradient) / size)
    longest = float(np.abs(step).max())
    return np.asarray(step if longest <= _REACH else step * (_REACH / longest))


def _inverse(matrix: FloatArray) -> FloatArray:
    """The inverse; a direction that is flat or falling carries no information and gives zero."""
    size, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    kept = size > _FLAT * max(float(size.max()), 0.0)
    return np.asarray((vectors[:, kept] / size[kept]) @ vectors[:, kept].T)


def _verdict(
    structure: Covariance,
    psi: FloatArray,
    gradient: FloatArray,
    hessian: FloatArray,
    tries: int,
) -> Convergence:
    size = np.linalg.eigvalsh(hessian)
    bounds = _bounds(structure, psi)
    worst = float(np.abs(gradient).max())
    falling = float(size.min()) < -_FLAT * float(size.max())
    flat = float(size.min()) < _FLAT * float(size.max()) and not bounds
    problem = ""
    if (worst > _GRADIENT * 100 and not bounds) or worst > _GRADIENT * 1e4:
        problem = "the search stopped where the likelihood still rises"
    elif falling and not bounds:
        problem = "the search stopped at a saddle"
    elif flat:
        problem = "the data do not tell all variances apart"
    return Convergence(
        converged=not problem,
        gradient=worst,
        curvature=float(size.min()),
        evaluations=tries,
        on_bound=bounds,
        message=problem,
    )


def _bounds(structure: Covariance, psi: FloatArray) -> tuple[str, ...]:
    """What lies at a bound: a variance of zero, or a correlation of one."""
    found, place = [], 0
    for block in structure.blocks:
        part = psi[place : place + block.free]
        place += block.free
        if isinstance(block, Triangle):
            G = block.factor(part) @ block.factor(part).T
            if np.linalg.eigvalsh(G).min() < _ZERO:
                found.append("covariance of the units' own intercepts and slopes")
        elif isinstance(block, PairResidual | SameResidual) and abs(np.tanh(part[-1])) > _ONE:
            found.append("correlation between the partners")
    return tuple(dict.fromkeys(found))

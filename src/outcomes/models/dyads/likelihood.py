"""Likelihood of couples' data with all its derivatives by the variances and covariances.

With V linear in t, B_k = dV/dt_k, Φ = (X'V⁻¹X)⁻¹, e = V⁻¹(y − Xβ) and
P = V⁻¹ − V⁻¹XΦX'V⁻¹, the deviance D (−2 log likelihood) has
  dD/dt_k        = tr(P B_k) − e'B_k e                        (REML; ML has V⁻¹ for P),
  d²D/dt_k dt_l  = −tr(P B_k P B_l) + 2 e'B_k P B_l e         (ML: V⁻¹ in the trace).

Source: Searle, S. R., Casella, G. & McCulloch, C. E. (1992). Variance Components, Wiley,
sections 6.6 and 6.8; constants of the REML likelihood as in R's nlme and lme4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.models.dyads.covariance import Covariance
from outcomes.models.dyads.units import Batch

FloatArray = npt.NDArray[np.float64]
# Bases of all batches may hold this many numbers (240 MB) before they are made anew each time.
_KEPT = 30_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The deviance at one t (r numbers), and what inference needs.

    `gradient` (r) and `hessian` (r × r) are of the deviance by t; `information` (r × r) is the
    expected one of t. `P` (r × p × p) is X'V⁻¹B_kV⁻¹X and `Q` (r × r × p × p)
    X'V⁻¹B_kV⁻¹B_lV⁻¹X. `beta` (p), `covariance` (p × p).
    """

    deviance: float
    beta: FloatArray
    covariance: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    information: FloatArray
    P: FloatArray
    Q: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Batches with their bases, kept for all evaluations of one fit where they fit in memory."""

    batches: tuple[Batch, ...]
    covariance: Covariance
    kept: tuple[FloatArray, ...]

    @classmethod
    def of(cls, batches: tuple[Batch, ...], covariance: Covariance) -> Prepared:
        """The bases of every batch, or none where together they are too many numbers."""
        size = sum(batch.y.size * batch.y.shape[1] for batch in batches)
        if size * len(covariance.names) > _KEPT:
            return cls(batches, covariance, ())
        return cls(batches, covariance, tuple(covariance.bases(batch) for batch in batches))

    def parts(self) -> Iterator[tuple[Batch, FloatArray]]:
        """Each batch with its bases."""
        for place, batch in enumerate(self.batches):
            yield batch, self.kept[place] if self.kept else self.covariance.bases(batch)


def evaluate(prepared: Prepared, t: FloatArray, *, reml: bool) -> Evaluation | None:
    """Everything at t; None where V has no inverse."""
    p, r = prepared.batches[0].X.shape[2], len(t)
    cross, right, logdet, rows = np.zeros((p, p)), np.zeros(p), 0.0, 0
    inverses = []
    for batch, bases in prepared.parts():
        V = np.einsum("k,kbij->bij", t, bases)
        try:
            half = np.linalg.cholesky(V)
        except np.linalg.LinAlgError:
            return None
        logdet += 2 * float(np.log(np.einsum("bii->bi", half)).sum())
        inverse = np.linalg.inv(V)
        inverses.append(inverse)
        weighted = inverse @ batch.X
        cross += np.einsum("bip,biq->pq", batch.X, weighted)
        right += np.einsum("bip,bi->p", weighted, batch.y)
        rows += batch.y.size
    try:
        half = np.linalg.cholesky(cross)
    except np.linalg.LinAlgError:
        return None
    found = np.linalg.inv(cross)
    covariance: FloatArray = np.asarray((found + found.T) / 2, dtype=np.float64)
    beta: FloatArray = np.asarray(np.linalg.solve(cross, right), dtype=np.float64)
    sums = _Sums.zeros(r, p)
    for (batch, bases), inverse in zip(prepared.parts(), inverses, strict=True):
        sums.add(batch, bases, inverse, beta)
    deviance = logdet + sums.square
    deviance += (rows - p if reml else rows) * np.log(2 * np.pi)
    if reml:
        deviance += 2 * float(np.log(np.diag(half)).sum())
    return _finish(sums, deviance, beta, covariance, reml=reml)


@dataclass(slots=True, eq=False)
class _Sums:
    """Sums over units while they are being added up."""

    square: float
    single: FloatArray
    double: FloatArray
    forms: FloatArray
    crossed: FloatArray
    turned: FloatArray
    P: FloatArray
    Q: FloatArray

    @classmethod
    def zeros(cls, r: int, p: int) -> _Sums:
        return cls(
            0.0,
            np.zeros(r),
            np.zeros((r, r)),
            np.zeros(r),
            np.zeros((r, r)),
            np.zeros((r, p)),
            np.zeros((r, p, p)),
            np.zeros((r, r, p, p)),
        )

    def add(self, batch: Batch, bases: FloatArray, inverse: FloatArray, beta: FloatArray) -> None:
        """Add the units of one batch."""
        rest = batch.y - batch.X @ beta
        e = np.einsum("bij,bj->bi", inverse, rest)
        H = inverse @ batch.X
        U = inverse @ bases
        de = np.einsum("kbij,bj->kbi", bases, e)
        F = bases @ H
        r = len(bases)
        p = H.shape[2]
        self.square += float(np.einsum("bi,bi->", rest, e))
        self.single += np.einsum("kbii->k", U)
        self.double += U.reshape(r, -1) @ U.transpose(0, 1, 3, 2).reshape(r, -1).T
        self.forms += np.einsum("kbi,bi->k", de, e)
        solved = np.einsum("bij,kbj->kbi", inverse, de)
        self.crossed += de.reshape(r, -1) @ solved.reshape(r, -1).T
        self.turned += np.einsum("bip,kbi->kp", H, de)
        self.P += np.einsum("bip,kbiq->kpq", H, F)
        flat = F.transpose(0, 3, 1, 2).reshape(r * p, -1)
        half = (inverse @ F).transpose(0, 3, 1, 2).reshape(r * p, -1)
        self.Q += (flat @ half.T).reshape(r, p, r, p).transpose(0, 2, 1, 3)


def _finish(
    sums: _Sums, deviance: float, beta: FloatArray, covariance: FloatArray, *, reml: bool
) -> Evaluation:
    quadratic = sums.crossed - sums.turned @ covariance @ sums.turned.T
    inside = covariance @ sums.P
    traces = sums.double
    gradient = sums.single - sums.forms
    if reml:
        gradient = gradient - np.einsum("kii->k", inside)
        traces = traces - 2 * np.einsum("ij,klji->kl", covariance, sums.Q)
        traces = traces + np.einsum("kij,lji->kl", inside, inside)
    hessian = 2 * quadratic - traces
    return Evaluation(
        deviance=float(deviance),
        beta=beta,
        covariance=covariance,
        gradient=gradient,
        hessian=(hessian + hessian.T) / 2,
        information=(traces + traces.T) / 4,
        P=sums.P,
        Q=sums.Q,
    )

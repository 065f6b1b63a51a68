"""Any covariance matrix: V = L L' with L = D M, D standard-deviation-like, M unit triangular."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from outcomes.models.repeated.structures.base import FloatArray, Natural


@dataclass(frozen=True, slots=True, eq=False)
class Unstructured:
    """Log of D's diagonal, then the elements of M below its diagonal, row by row.

    M is lower triangular with ones on the diagonal; this is the parametrisation of the R
    package mmrm, on which the second derivatives in Kenward and Roger's covariance depend.
    """

    size: int
    name: str = "us"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the m (m + 1) / 2 free numbers."""
        rows, columns = self._below()
        scales = tuple(f"log scale {k + 1}" for k in range(self.size))
        return (*scales, *(f"M {a + 1},{b + 1}" for a, b in zip(rows, columns, strict=True)))

    def matrix(self, theta: FloatArray) -> FloatArray:
        """V at theta, positive definite everywhere."""
        scale, M = self._split(theta)
        factor = scale[:, None] * M
        return np.asarray(factor @ factor.T)

    def derivative(self, theta: FloatArray) -> FloatArray:
        """∂V/∂θ, r × m × m."""
        scale, M = self._split(theta)
        V = np.outer(scale, scale) * (M @ M.T)
        own = np.eye(self.size)
        scales = (own[:, :, None] + own[:, None, :]) * V
        return np.concatenate([scales, np.outer(scale, scale) * self._inner(M)])

    def second(self, theta: FloatArray) -> FloatArray:
        """∂²V/∂θ², r × r × m × m."""
        m, r = self.size, len(theta)
        scale, M = self._split(theta)
        both = np.outer(scale, scale)
        own = np.eye(m)
        counts = own[:, :, None] + own[:, None, :]
        out = np.zeros((r, r, m, m))
        out[:m, :m] = counts[:, None] * counts[None, :] * (both * (M @ M.T))
        out[:m, m:] = counts[:, None] * (both * self._inner(M))[None, :]
        out[m:, :m] = out[:m, m:].swapaxes(0, 1)
        # M_ab and M_cd meet only where they stand in one column: ∂²(MM')_ac = 1.
        rows, columns = self._below()
        first, other = np.nonzero(columns[:, None] == columns[None, :])
        np.add.at(out, (m + first, m + other, rows[first], rows[other]), 1.0)
        np.add.at(out, (m + first, m + other, rows[other], rows[first]), 1.0)
        out[m:, m:] *= both
        return out

    def start(self, moments: FloatArray) -> FloatArray:
        """Exactly `moments`."""
        factor = np.linalg.cholesky(moments)
        scale = np.diag(factor)
        # L = D M with unit M: D is the diagonal of L, M its rows divided by it.
        return np.concatenate([np.log(scale), (factor / scale[:, None])[self._below()]])

    def natural(self) -> tuple[Natural, ...]:
        """Every standard deviation and every correlation."""
        rows, columns = self._below()
        sds = [Natural("", k, k, shared=False) for k in range(self.size)]
        pairs = zip(columns.tolist(), rows.tolist(), strict=True)
        return (*sds, *(Natural("", a, b, shared=False) for a, b in pairs))

    def parts(self, theta: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
        """One component."""
        return {"": (self.matrix(theta), self.derivative(theta))}

    def _below(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], ...]:
        return _below_diagonal(self.size)

    def _split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        M = np.eye(self.size)
        M[self._below()] = theta[self.size :]
        return np.exp(theta[: self.size]), M

    def _inner(self, M: FloatArray) -> FloatArray:
        """∂(MM')/∂M_ab for every element below the diagonal."""
        rows, columns = self._below()
        out = np.zeros((len(rows), self.size, self.size))
        place = np.arange(len(rows))
        out[place, rows] = M[:, columns].T
        return np.asarray(out + out.swapaxes(1, 2))


@cache
def _below_diagonal(size: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], ...]:
    return np.tril_indices(size, -1)

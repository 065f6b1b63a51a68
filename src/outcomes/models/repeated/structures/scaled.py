"""V = D P D: standard deviations, one for all or one an occasion, around a correlation matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.repeated.structures.base import FloatArray, Natural
from outcomes.models.repeated.structures.correlations import Correlation

# A start matrix that is not positive definite has its correlations shrunk by this until it is.
SHRINK = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """Log standard deviations (one, or one an occasion) and then the numbers of `correlation`."""

    correlation: Correlation
    heterogeneous: bool

    @property
    def name(self) -> str:
        """Such as "csh"."""
        return self.correlation.name + ("h" if self.heterogeneous else "")

    @property
    def size(self) -> int:
        """Number of occasions."""
        return self.correlation.size

    @property
    def n_scales(self) -> int:
        """How many standard deviations."""
        return self.size if self.heterogeneous else 1

    @property
    def names(self) -> tuple[str, ...]:
        """Log standard deviations, then x of each correlation."""
        scales = tuple(f"log sd {k + 1}" for k in range(self.n_scales))
        pairs = self.correlation.pairs
        return (*scales, *(f"x of correlation {a + 1},{b + 1}" for a, b in pairs))

    def matrix(self, theta: FloatArray) -> FloatArray:
        """V at theta."""
        sd, x = self._split(theta)
        return np.asarray(self.correlation.values(x)[0] * np.outer(sd, sd))

    def derivative(self, theta: FloatArray) -> FloatArray:
        """∂V/∂θ, r × m × m."""
        sd, x = self._split(theta)
        P, first, _ = self.correlation.values(x)
        both = np.outer(sd, sd)
        return np.concatenate([self._counts() * (P * both), first * both])

    def second(self, theta: FloatArray) -> FloatArray:
        """∂²V/∂θ², r × r × m × m."""
        sd, x = self._split(theta)
        P, first, second = self.correlation.values(x)
        both = np.outer(sd, sd)
        counts = self._counts()
        scales, r = self.n_scales, len(theta)
        out = np.empty((r, r, self.size, self.size))
        out[:scales, :scales] = counts[:, None] * counts[None, :] * (P * both)
        out[:scales, scales:] = counts[:, None] * (first * both)[None, :]
        out[scales:, :scales] = out[:scales, scales:].swapaxes(0, 1)
        out[scales:, scales:] = second * both
        return out

    def start(self, moments: FloatArray) -> FloatArray:
        """From the variances and correlations of `moments`."""
        variances = np.diag(moments)
        own = np.sqrt(variances)
        x = self.correlation.start(moments / np.outer(own, own))
        while len(x) and np.linalg.eigvalsh(self.correlation.values(x)[0])[0] < 1 - SHRINK:
            x = x * SHRINK
            if np.abs(x).max() < 1 - SHRINK:
                break
        scales = np.log(own) if self.heterogeneous else np.array([np.log(variances.mean()) / 2])
        return np.concatenate([scales, x])

    def natural(self) -> tuple[Natural, ...]:
        """Standard deviations, then correlations."""
        shared = not self.heterogeneous
        sds = [Natural("", k, k, shared) for k in range(self.n_scales)]
        every = self.correlation.everywhere
        return (*sds, *(Natural("", a, b, shared=every) for a, b in self.correlation.pairs))

    def parts(self, theta: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
        """One component."""
        return {"": (self.matrix(theta), self.derivative(theta))}

    def _split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        sd = np.exp(theta[: self.n_scales])
        return np.broadcast_to(sd, (self.size,)), theta[self.n_scales :]

    def _counts(self) -> FloatArray:
        """How often each log standard deviation enters each element: 0, 1 or 2."""
        m = self.size
        if not self.heterogeneous:
            return np.full((1, m, m), 2.0)
        own = np.eye(m)
        return own[:, :, None] + own[:, None, :]

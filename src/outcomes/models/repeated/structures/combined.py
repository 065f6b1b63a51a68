"""Structures made of structures: sums, linear images and Kronecker products.

A random intercept with an autoregressive residual is Sum(intercept=Image(ones, us of 1),
residual=Scaled(Autoregressive)); random slopes are an Image with the times; two partners
over occasions are a Kronecker product.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from outcomes.models.repeated.structures.base import FloatArray, Natural, Structure


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """V is the sum of named components, each with numbers of its own."""

    components: tuple[tuple[str, Structure], ...]
    name: str

    @property
    def size(self) -> int:
        """Number of occasions."""
        return self.components[0][1].size

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers, each with its component."""
        return tuple(f"{label}: {name}" for label, part in self.components for name in part.names)

    def matrix(self, theta: FloatArray) -> FloatArray:
        """V at theta."""
        return np.asarray(sum(part.matrix(own) for _, part, own in self._split(theta)))

    def derivative(self, theta: FloatArray) -> FloatArray:
        """∂V/∂θ, r × m × m."""
        return np.concatenate([part.derivative(own) for _, part, own in self._split(theta)])

    def second(self, theta: FloatArray) -> FloatArray:
        """∂²V/∂θ²: components do not meet."""
        r = len(theta)
        out = np.zeros((r, r, self.size, self.size))
        first = 0
        for _, part, own in self._split(theta):
            last = first + len(own)
            out[first:last, first:last] = part.second(own)
            first = last
        return out

    def start(self, moments: FloatArray) -> FloatArray:
        """The components share the variance equally."""
        share = moments / len(self.components)
        return np.concatenate([part.start(share) for _, part in self.components])

    def natural(self) -> tuple[Natural, ...]:
        """What describes each component."""
        return tuple(
            replace(item, part=_path(label, item.part))
            for label, part in self.components
            for item in part.natural()
        )

    def parts(self, theta: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Each component's matrix, with its derivative in all r numbers."""
        out = {}
        first = 0
        for label, part, own in self._split(theta):
            for inner, (matrix, derivative) in part.parts(own).items():
                whole = np.zeros((len(theta), *derivative.shape[1:]))
                whole[first : first + len(own)] = derivative
                out[_path(label, inner)] = (matrix, whole)
            first += len(own)
        return out

    def _split(self, theta: FloatArray) -> list[tuple[str, Structure, FloatArray]]:
        sizes = [len(part.names) for _, part in self.components]
        pieces = np.split(theta, np.cumsum(sizes)[:-1])
        return [
            (label, part, piece)
            for (label, part), piece in zip(self.components, pieces, strict=True)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """V = Z G Z' of a smaller structure G: random effects with design Z (m × q)."""

    design: FloatArray
    inner: Structure
    name: str

    @property
    def size(self) -> int:
        """Number of occasions."""
        return len(self.design)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of G's numbers."""
        return self.inner.names

    def matrix(self, theta: FloatArray) -> FloatArray:
        """V at theta, singular when q < m."""
        return np.asarray(self.design @ self.inner.matrix(theta) @ self.design.T)

    def derivative(self, theta: FloatArray) -> FloatArray:
        """∂V/∂θ, r × m × m."""
        return np.asarray(self.design @ self.inner.derivative(theta) @ self.design.T)

    def second(self, theta: FloatArray) -> FloatArray:
        """∂²V/∂θ², r × r × m × m."""
        return np.asarray(self.design @ self.inner.second(theta) @ self.design.T)

    def start(self, moments: FloatArray) -> FloatArray:
        """G of the least-squares coefficients on Z, made a little larger to be definite."""
        back = np.linalg.pinv(self.design)
        G = back @ moments @ back.T
        return self.inner.start(G + np.diag(np.diag(G)) / len(moments))

    def natural(self) -> tuple[Natural, ...]:
        """What describes G."""
        return self.inner.natural()

    def parts(self, theta: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
        """G, not V: that is what people read."""
        return self.inner.parts(theta)


@dataclass(frozen=True, slots=True, eq=False)
class Kronecker:
    """V = A ⊗ B: outer place slow, inner place fast; B is best a correlation (scale fixed).

    `scale_free` of B are positions of theta that stay 0, as B's log standard deviation.
    """

    outer: Structure
    inner: Structure
    name: str
    held: tuple[int, ...] = (0,)

    @property
    def size(self) -> int:
        """Number of places of the grid."""
        return self.outer.size * self.inner.size

    @property
    def names(self) -> tuple[str, ...]:
        """Names of A's numbers and of B's free ones."""
        inner = [self.inner.names[k] for k in self._free()]
        return tuple(f"outer: {n}" for n in self.outer.names) + tuple(f"inner: {n}" for n in inner)

    def matrix(self, theta: FloatArray) -> FloatArray:
        """V at theta."""
        a, b = self._split(theta)
        return _kron(self.outer.matrix(a), self.inner.matrix(b))

    def derivative(self, theta: FloatArray) -> FloatArray:
        """∂V/∂θ, r × m × m."""
        a, b = self._split(theta)
        free = self._free()
        A, B = self.outer.matrix(a), self.inner.matrix(b)
        first = _kron(self.outer.derivative(a), B[None])
        return np.concatenate([first, _kron(A[None], self.inner.derivative(b)[free])])

    def second(self, theta: FloatArray) -> FloatArray:
        """∂²V/∂θ², r × r × m × m."""
        a, b = self._split(theta)
        free = self._free()
        A, B = self.outer.matrix(a), self.inner.matrix(b)
        dA, dB = self.outer.derivative(a), self.inner.derivative(b)[free]
        cut, r = len(a), len(theta)
        out = np.empty((r, r, self.size, self.size))
        out[:cut, :cut] = _kron(self.outer.second(a), B[None, None])
        out[:cut, cut:] = _kron(dA[:, None], dB[None, :])
        out[cut:, :cut] = out[:cut, cut:].swapaxes(0, 1)
        out[cut:, cut:] = _kron(A[None, None], self.inner.second(b)[np.ix_(free, free)])
        return out

    def start(self, moments: FloatArray) -> FloatArray:
        """A from the mean block diagonal, B from the mean correlation within blocks."""
        q, m = self.outer.size, self.inner.size
        blocks = moments.reshape(q, m, q, m)
        A = np.einsum("aibi->ab", blocks) / m
        within = np.einsum("aiaj->aij", blocks)
        sd = np.sqrt(np.einsum("aii->ai", within))
        R = (within / (sd[:, :, None] * sd[:, None, :])).mean(axis=0)
        return np.concatenate([self.outer.start(A), self.inner.start(R)[self._free()]])

    def natural(self) -> tuple[Natural, ...]:
        """A's standard deviations and correlations, then B's correlations."""
        inner = [item for item in self.inner.natural() if item.kind == "correlation"]
        items = [("outer", item) for item in self.outer.natural()]
        items += [("inner", item) for item in inner]
        return tuple(replace(item, part=_path(label, item.part)) for label, item in items)

    def parts(self, theta: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
        """A and B, each with its derivative in all r numbers."""
        a, b = self._split(theta)
        out = {}
        for inner, (matrix, derivative) in self.outer.parts(a).items():
            whole = np.zeros((len(theta), *derivative.shape[1:]))
            whole[: len(a)] = derivative
            out[_path("outer", inner)] = (matrix, whole)
        for inner, (matrix, derivative) in self.inner.parts(b).items():
            whole = np.zeros((len(theta), *derivative.shape[1:]))
            whole[len(a) :] = derivative[self._free()]
            out[_path("inner", inner)] = (matrix, whole)
        return out

    def _free(self) -> list[int]:
        return [k for k in range(len(self.inner.names)) if k not in self.held]

    def _split(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        cut = len(self.outer.names)
        b = np.zeros(len(self.inner.names))
        b[self._free()] = theta[cut:]
        return theta[:cut], b


def _kron(A: FloatArray, B: FloatArray) -> FloatArray:
    """Kronecker product over the last two axes, the others broadcast."""
    product = A[..., :, None, :, None] * B[..., None, :, None, :]
    *lead, a, b, c, d = product.shape
    return np.asarray(product.reshape(*lead, a * b, c * d))


def _path(label: str, inner: str) -> str:
    return f"{label}: {inner}" if inner else label

"""What a covariance structure is: a matrix over the occasions with its two derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Natural:
    """A number people read off V: a standard deviation (first = second) or a correlation.

    `part` names the component it is read from, "" where there is one only; `shared` says
    that the number holds for all occasions or all pairs.
    """

    part: str
    first: int
    second: int
    shared: bool

    @property
    def kind(self) -> str:
        """Either "sd" or "correlation"."""
        return "sd" if self.first == self.second else "correlation"


class Structure(Protocol):
    """A covariance matrix V (size × size) as a smooth function of r free numbers theta."""

    @property
    def name(self) -> str:
        """Short name, as "us"."""

    @property
    def size(self) -> int:
        """Number of occasions of the grid."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the r free numbers, on their own unbounded scale."""

    def matrix(self, theta: FloatArray) -> FloatArray:
        """V at theta; need not be positive definite everywhere."""

    def derivative(self, theta: FloatArray) -> FloatArray:
        """∂V/∂θ_j, r × size × size."""

    def second(self, theta: FloatArray) -> FloatArray:
        """∂²V/∂θ_j∂θ_l, r × r × size × size."""

    def start(self, moments: FloatArray) -> FloatArray:
        """A theta whose matrix is positive definite and near `moments` (size × size)."""

    def natural(self) -> tuple[Natural, ...]:
        """Which standard deviations and correlations describe V."""

    def parts(self, theta: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Each component's matrix and its derivative in all r numbers; "" for one only."""


def natural_values(structure: Structure, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The values of `structure.natural()` (q) and their derivative in theta (q × r)."""
    components = structure.parts(theta)
    values, slopes = [], []
    for item in structure.natural():
        matrix, derivative = components[item.part]
        a, b = item.first, item.second
        sd = np.sqrt(np.diag(matrix))
        own = derivative[:, a, a] / (2 * sd[a])
        if item.kind == "sd":
            values.append(sd[a])
            slopes.append(own)
            continue
        other = derivative[:, b, b] / (2 * sd[b])
        rho = matrix[a, b] / (sd[a] * sd[b])
        values.append(rho)
        slopes.append(derivative[:, a, b] / (sd[a] * sd[b]) - rho * (own / sd[a] + other / sd[b]))
    return np.array(values), np.array(slopes).reshape(len(values), len(structure.names))

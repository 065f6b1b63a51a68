"""The structures people ask for by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from outcomes.errors import UsageError
from outcomes.models.repeated.structures.base import FloatArray, Structure
from outcomes.models.repeated.structures.combined import Image, Sum
from outcomes.models.repeated.structures.correlations import (
    Autoregressive,
    CompoundSymmetric,
    ContinuousAutoregressive,
    Correlation,
    Independent,
    Toeplitz,
)
from outcomes.models.repeated.structures.scaled import Scaled
from outcomes.models.repeated.structures.unstructured import Unstructured

STRUCTURES = {
    "us": "unstructured",
    "toeph": "heterogeneous Toeplitz",
    "toep": "Toeplitz",
    "ar1h": "heterogeneous first-order autoregressive",
    "ar1": "first-order autoregressive",
    "csh": "heterogeneous compound symmetry",
    "cs": "compound symmetry",
    "id": "independent with one variance",
    "idh": "independent with a variance an occasion",
    "ri_ar1": "random intercept with first-order autoregressive residual",
}
_CORRELATIONS: dict[str, Callable[[int], Correlation]] = {
    "toep": Toeplitz,
    "ar1": Autoregressive,
    "cs": CompoundSymmetric,
    "id": Independent,
}


def structure(name: str, size: int) -> Structure:
    """The structure called `name` (a key of STRUCTURES) over `size` occasions."""
    if name not in STRUCTURES:
        raise UsageError(
            f"unknown covariance {name!r}",
            where="covariance",
            fix=f"choose from {', '.join(STRUCTURES)}",
        )
    if name == "us":
        return Unstructured(size)
    if name == "ri_ar1":
        return intercept_and(Scaled(Autoregressive(size), heterogeneous=False), "ri_ar1")
    heterogeneous = name.endswith("h")
    return Scaled(_CORRELATIONS[name.removesuffix("h")](size), heterogeneous)


def intercept_and(residual: Structure, name: str) -> Structure:
    """A random intercept, the same at all occasions, added to `residual`."""
    ones = np.ones((residual.size, 1))
    intercept = Image(ones, Unstructured(1), "intercept")
    return Sum((("intercept", intercept), ("residual", residual)), name)


def continuous_ar1(times: FloatArray) -> Structure:
    """Correlation that falls with time, for occasions at `times`; one variance."""
    return Scaled(ContinuousAutoregressive(np.asarray(times, dtype=np.float64)), False)

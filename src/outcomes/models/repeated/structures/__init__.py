"""Covariance structures over a grid of occasions."""

from outcomes.models.repeated.structures.base import Natural, Structure, natural_values
from outcomes.models.repeated.structures.combined import Image, Kronecker, Sum
from outcomes.models.repeated.structures.correlations import (
    Autoregressive,
    CompoundSymmetric,
    ContinuousAutoregressive,
    Correlation,
    Independent,
    Toeplitz,
)
from outcomes.models.repeated.structures.named import (
    STRUCTURES,
    continuous_ar1,
    intercept_and,
    structure,
)
from outcomes.models.repeated.structures.scaled import Scaled
from outcomes.models.repeated.structures.unstructured import Unstructured

__all__ = [
    "STRUCTURES",
    "Autoregressive",
    "CompoundSymmetric",
    "ContinuousAutoregressive",
    "Correlation",
    "Image",
    "Independent",
    "Kronecker",
    "Natural",
    "Scaled",
    "Structure",
    "Sum",
    "Toeplitz",
    "Unstructured",
    "continuous_ar1",
    "intercept_and",
    "natural_values",
    "structure",
]

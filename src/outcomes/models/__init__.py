"""Statistics of groups: least squares, cluster-robust uncertainty, propensity and weights."""

from outcomes.models.cluster_robust import (
    ClusterInference,
    cluster_covariance,
    cluster_inference,
)
from outcomes.models.design import Design, design
from outcomes.models.least_squares import LeastSquares, least_squares
from outcomes.models.propensity import Propensity, propensity
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import ESTIMANDS, weights

__all__ = [
    "ESTIMANDS",
    "ClusterInference",
    "Design",
    "LeastSquares",
    "Propensity",
    "WeightResult",
    "cluster_covariance",
    "cluster_inference",
    "design",
    "least_squares",
    "propensity",
    "weights",
]

"""Statistics of groups: least squares, cluster-robust uncertainty, propensity and weights."""

from outcomes.models.binary import Beside, GeeResult, MixedLogistic, gee, mixed_logistic
from outcomes.models.cluster_robust import (
    ClusterInference,
    cluster_covariance,
    cluster_inference,
)
from outcomes.models.design import Design, design
from outcomes.models.dose import DoseResult, dose
from outcomes.models.dyads import (
    ApimResult,
    DyadicGrowthResult,
    PartnerAgreement,
    apim,
    dyadic_growth,
    pair_partners,
    partner_agreement,
)
from outcomes.models.least_squares import LeastSquares, least_squares
from outcomes.models.missing import impute, pool, tipping_point, worst_case
from outcomes.models.mixed import MixedResult, mixed
from outcomes.models.practitioners import PractitionersResult, practitioners
from outcomes.models.propensity import Propensity, propensity
from outcomes.models.repeated import MmrmResult, mmrm
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting import ESTIMANDS, Recipe, WeightScores, weight_scores, weights

__all__ = [
    "ESTIMANDS",
    "ApimResult",
    "Beside",
    "ClusterInference",
    "Design",
    "DoseResult",
    "DyadicGrowthResult",
    "GeeResult",
    "LeastSquares",
    "MixedLogistic",
    "MixedResult",
    "MmrmResult",
    "PartnerAgreement",
    "PractitionersResult",
    "Propensity",
    "Recipe",
    "WeightResult",
    "WeightScores",
    "apim",
    "cluster_covariance",
    "cluster_inference",
    "design",
    "dose",
    "dyadic_growth",
    "gee",
    "impute",
    "least_squares",
    "mixed",
    "mixed_logistic",
    "mmrm",
    "pair_partners",
    "partner_agreement",
    "pool",
    "practitioners",
    "propensity",
    "tipping_point",
    "weight_scores",
    "weights",
    "worst_case",
]

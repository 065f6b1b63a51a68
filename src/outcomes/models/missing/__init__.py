"""Missing values honestly: imputation, pooling, shifts, bounds."""

from outcomes.models.missing.enough import enough_imputations, fmi_limits
from outcomes.models.missing.imputations import Imputations
from outcomes.models.missing.impute import impute
from outcomes.models.missing.joint import JointTest, pool_statistics, pool_wald
from outcomes.models.missing.pooled import Pooled, PooledRSquared, pool, pool_r_squared
from outcomes.models.missing.rubin import Rubin, barnard_rubin, rubin, two_part_df
from outcomes.models.missing.tipping import TippingPoint, tipping_point
from outcomes.models.missing.worst_case import WorstCase, imbens_manski, worst_case

__all__ = [
    "Imputations",
    "JointTest",
    "Pooled",
    "PooledRSquared",
    "Rubin",
    "TippingPoint",
    "WorstCase",
    "barnard_rubin",
    "enough_imputations",
    "fmi_limits",
    "imbens_manski",
    "impute",
    "pool",
    "pool_r_squared",
    "pool_statistics",
    "pool_wald",
    "rubin",
    "tipping_point",
    "two_part_df",
    "worst_case",
]

"""Inference for fixed effects that all models share: df, tables, marginal means."""

from outcomes.models.inference.convergence import Convergence
from outcomes.models.inference.effects import (
    Asymptotic,
    DegreesOfFreedom,
    FixedEffects,
    estimate_table,
    joint_test,
)
from outcomes.models.inference.kenward_roger import KenwardRoger, adjusted_covariance
from outcomes.models.inference.marginal import Marginal
from outcomes.models.inference.satterthwaite import Satterthwaite

__all__ = [
    "Asymptotic",
    "Convergence",
    "DegreesOfFreedom",
    "FixedEffects",
    "KenwardRoger",
    "Marginal",
    "Satterthwaite",
    "adjusted_covariance",
    "estimate_table",
    "joint_test",
]

"""What would overturn a comparison: hidden causes, missing people, drift, methods, choices."""

from outcomes.comparison.overturn.agreement import agreement
from outcomes.comparison.overturn.agreement_result import Agreement
from outcomes.comparison.overturn.evalue import evalue
from outcomes.comparison.overturn.evalue_result import EValues
from outcomes.comparison.overturn.hidden import hidden_confounding
from outcomes.comparison.overturn.hidden_result import Bound, HiddenConfounding
from outcomes.comparison.overturn.negative_control import negative_control
from outcomes.comparison.overturn.negative_control_result import NegativeControl
from outcomes.comparison.overturn.overturn import overturn
from outcomes.comparison.overturn.overturn_result import Overturn
from outcomes.comparison.overturn.policy import OverturnPolicy, overturn_policy
from outcomes.comparison.overturn.regression_result import RegressionToMean
from outcomes.comparison.overturn.regression_to_the_mean import (
    regression_to_the_mean,
    selected_drift,
)
from outcomes.comparison.overturn.specification_result import Specifications
from outcomes.comparison.overturn.specifications import specifications
from outcomes.comparison.overturn.strength import Strength, strengths
from outcomes.comparison.overturn.threats import Threat

__all__ = [
    "Agreement",
    "Bound",
    "EValues",
    "HiddenConfounding",
    "NegativeControl",
    "Overturn",
    "OverturnPolicy",
    "RegressionToMean",
    "Specifications",
    "Strength",
    "Threat",
    "agreement",
    "evalue",
    "hidden_confounding",
    "negative_control",
    "overturn",
    "overturn_policy",
    "regression_to_the_mean",
    "selected_drift",
    "specifications",
    "strengths",
]

"""Who leaves, when, and how: curves, competing endings, hazards, and weights for dropout."""

from outcomes.models.leaving.by_visit import VisitResult, leaving_by_visit
from outcomes.models.leaving.cox import CoxResult, cox
from outcomes.models.leaving.dropout_weights import dropout_weights
from outcomes.models.leaving.estimate import leaving
from outcomes.models.leaving.result import LeavingResult
from outcomes.models.leaving.weights_result import DropoutWeights

# Every statistic of this room; each has a reference in the tests.
METHODS = (
    "kaplan_meier",
    "nelson_aalen",
    "restricted_mean",
    "aalen_johansen",
    "cluster_df",
    "log_rank",
    "peto",
    "cox_efron",
    "cox_breslow",
    "cox_exact",
    "cox_clustered",
    "proportional",
    "concordance",
    "discrete_logit",
    "discrete_cloglog",
    "dropout_weights",
)

__all__ = [
    "METHODS",
    "CoxResult",
    "DropoutWeights",
    "LeavingResult",
    "VisitResult",
    "cox",
    "dropout_weights",
    "leaving",
    "leaving_by_visit",
]

"""The fair comparison of two arms: contrast, checks and verdict."""

from outcomes.comparison.arguments import baseline_covariates, contrast
from outcomes.comparison.compare import compare, not_measurable
from outcomes.comparison.diagnostics import Diagnostics
from outcomes.comparison.missing_answers import missing_answers
from outcomes.comparison.missing_result import Answer, MissingAnswers
from outcomes.comparison.policy import ComparisonPolicy, Rule, comparison_policy
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.verdict import decide
from outcomes.comparison.within import WithinArm, within_arms

__all__ = [
    "Answer",
    "ComparisonPolicy",
    "ComparisonResult",
    "Diagnostics",
    "MissingAnswers",
    "Rule",
    "WithinArm",
    "baseline_covariates",
    "compare",
    "comparison_policy",
    "contrast",
    "decide",
    "missing_answers",
    "not_measurable",
    "within_arms",
]

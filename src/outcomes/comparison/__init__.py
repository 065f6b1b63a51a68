"""The fair comparison of two arms: contrast, checks and verdict."""

from outcomes.comparison.arguments import baseline_covariates, contrast
from outcomes.comparison.compare import compare, not_measurable
from outcomes.comparison.compare_times import compare_times
from outcomes.comparison.diagnostics import Diagnostics
from outcomes.comparison.margins import AgainstMargin, Margin, equivalence, margin, noninferiority
from outcomes.comparison.missing_answers import missing_answers
from outcomes.comparison.missing_result import Answer, MissingAnswers
from outcomes.comparison.policy import ComparisonPolicy, Rule, comparison_policy
from outcomes.comparison.result import ComparisonResult
from outcomes.comparison.several import compare_arms
from outcomes.comparison.several_result import ArmsComparison
from outcomes.comparison.times_result import TimesComparison
from outcomes.comparison.verdict import decide
from outcomes.comparison.within import WithinArm, within_arms

__all__ = [
    "AgainstMargin",
    "Answer",
    "ArmsComparison",
    "ComparisonPolicy",
    "ComparisonResult",
    "Diagnostics",
    "Margin",
    "MissingAnswers",
    "Rule",
    "TimesComparison",
    "WithinArm",
    "baseline_covariates",
    "compare",
    "compare_arms",
    "compare_times",
    "comparison_policy",
    "contrast",
    "decide",
    "equivalence",
    "margin",
    "missing_answers",
    "noninferiority",
    "not_measurable",
    "within_arms",
]

"""What may be shown of people without an outcome: shifts and bounds give their number away.

A tipping curve rises by the share of people who were shifted, and worst-case bounds are
as wide as the share of people missing; where that number is small, neither may be shown.
"""

from __future__ import annotations

from outcomes.comparison.missing_result import WORST, Answer, MissingAnswers
from outcomes.models.missing.tipping import TippingPoint
from outcomes.privacy import Policy, hidden


def shifts_shown(result: MissingAnswers | TippingPoint, policy: Policy) -> bool:
    """Whether curves, tipping values and bounds may be shown."""
    return not any(hidden(count, policy) for count in result.hides)


def answer_shown(result: MissingAnswers, answer: Answer, policy: Policy) -> bool:
    """Whether the numbers of one answer may be shown."""
    return answer.name != WORST or shifts_shown(result, policy)
